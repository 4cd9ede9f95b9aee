"""Becoming the server: a small program that leaves its parent, confines itself and executes Postgres.

Run by a bare interpreter as landed's user, so that the server's user need not be able to read it; it gives
up that user's rights itself. One line of JSON on stdout says what came of it: ``pid`` and the answer of
:func:`landed.engines.postgres.shadow.walls.confine.confine`, or ``error``.
"""

from __future__ import annotations

import contextlib
import json
import os

from landed.engines.postgres.shadow.walls.confine import NEWEST_LANDLOCK, confine
from landed.engines.postgres.shadow.walls.landlock import opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from landed.engines.postgres.shadow.walls.launch import main; main(sys.argv[2]); import os; os._exit(0)"
)
"""For ``python -I -S -c``, with the folder of the package and the plan as arguments."""


_OPEN = "/proc/self/fd"


def main(text: str, answer: int = 1) -> None:
    """Start what a plan describes and return; ``answer`` is the descriptor that is told.

    The plan is JSON: ``command`` (its first word is the program), ``environment``, ``log`` (a file),
    ``rights`` (pairs of a path and rights), ``user`` and ``group`` (numbers, or ``null``), ``memory``,
    ``file_size`` and ``walls`` (whether to put any up). A plan with ``probe`` starts nothing: the answer says
    what would be in force.
    """
    if os.fork() == 0:
        _become(json.loads(text), answer)
    os.close(answer)


def _become(plan: dict[str, Any], answer: int) -> NoReturn:
    try:
        # Afterwards this user may not be able to read them.
        import ctypes  # noqa: F401
        import resource  # noqa: F401

        os.setsid()
        answer = os.dup(answer)
        if plan.get("probe"):
            _tell(answer, {"pid": os.getpid(), **confine({})})
            os._exit(0)
        rights = opened([(path, given) for path, given in plan["rights"]])
        _streams(plan["log"])
        _drop(plan["user"], plan["group"])
        os.umask(0o077)
        os.chdir("/")
        execute, pointers = _arguments(plan["command"], plan["environment"])
        found: dict[str, object] = {"landlock": 0, "seccomp": False, "lacking": ["switched off"]}
        if plan["walls"]:
            found = confine(
                rights,
                memory=plan["memory"],
                file_size=plan["file_size"],
                execute=pointers,
                newest=plan.get("newest", NEWEST_LANDLOCK),
            )
        _tell(answer, {"pid": os.getpid(), **found})
        number = execute()
        os.write(2, f"{plan['command'][0]}: {os.strerror(number)}\n".encode())
    except BaseException as problem:
        _tell(answer, {"error": f"{type(problem).__name__}: {problem}"})
    os._exit(127)


def _streams(log: str) -> None:
    """No input, and everything that is said goes into the log; whatever lay there under its name does not."""
    nothing = os.open("/dev/null", os.O_RDONLY)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    for number, descriptor in enumerate((nothing, written, written)):
        os.dup2(descriptor, number)
    # Whatever else is open, in whatever way it came here, does not go on to the program.
    for name in os.listdir(_OPEN) if os.path.isdir(_OPEN) else ():
        if int(name) > 2:
            with contextlib.suppress(OSError):
                os.set_inheritable(int(name), False)


def _drop(user: int | None, group: int | None) -> None:
    if user is None or group is None:
        return
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)


def _arguments(command: list[str], environment: dict[str, str]) -> tuple[Any, tuple[int, int, int]]:
    """What executes the program, and the addresses of its arguments, which nothing moves until then."""
    import ctypes

    def array(words: list[bytes]) -> Any:
        return (ctypes.c_char_p * (len(words) + 1))(*words, None)

    program = ctypes.create_string_buffer(os.fsencode(command[0]))
    words = array([os.fsencode(word) for word in command])
    named = array([os.fsencode(f"{name}={value}") for name, value in environment.items()])
    system = ctypes.CDLL(None, use_errno=True)

    def execute() -> int:
        system.execve(program, words, named)
        return ctypes.get_errno()

    return execute, (ctypes.addressof(program), ctypes.addressof(words), ctypes.addressof(named))


def _tell(answer: int, what: dict[str, object]) -> None:
    os.write(answer, json.dumps(what).encode() + b"\n")
    os.close(answer)
