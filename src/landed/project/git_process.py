"""Running git in a repository that is not trusted: it starts no other program, uses no network, and ends."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

TIMEOUT_SECONDS = 10.0
MOST_BYTES = 64 * 1024 * 1024
"""How much git may say: a packed file of ten gigabytes of the same byte is small in a clone."""

# A repository's own configuration must not make a reading command start programs, use the network or read
# other files. What the command line says goes before it.
_SAFE = (
    "--no-pager",
    "--no-replace-objects",
    *("-c", "core.quotepath=off"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.attributesFile=/dev/null"),
    *("-c", "core.excludesFile=/dev/null"),
    *("-c", "core.alternateRefsCommand=false"),
    *("-c", "core.sshCommand=false"),
    *("-c", "core.askPass=false"),
    *("-c", "core.bigFileThreshold=8m"),
    *("-c", "credential.helper="),
    *("-c", "diff.external="),
    *("-c", "diff.orderFile=/dev/null"),
    *("-c", "gpg.program=false"),
    *("-c", "log.mailmap=false"),
    *("-c", "log.showSignature=false"),
    *("-c", "log.showRoot=true"),
    *("-c", "log.follow=false"),
    *("-c", "mailmap.file=/dev/null"),
    *("-c", "mailmap.blob="),
    *("-c", "maintenance.auto=false"),
    *("-c", "protocol.allow=never"),
)
# Set inside git hooks, they would point at another repository than the folder's own.
_MISLEADING = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_REPLACE_REF_BASE",
        "GIT_WORK_TREE",
    }
)
_FIXED = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    # Git before 2.39.4 and 2.45 does not know that one: then a fetch finds no protocol that is allowed,
    # whatever the repository allows (protocol.ext.allow), and runs nothing.
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "LC_ALL": "C",
}


@dataclass(frozen=True, slots=True)
class NoHistory:
    """There is no history to be had, and why."""

    reason: str


def run_git(
    directory: Path, args: tuple[str, ...], stdin: bytes = b"", timeout: float = TIMEOUT_SECONDS
) -> bytes | NoHistory:
    """What git prints, or why it did not; never longer than ``timeout`` (seconds), never without a bound."""
    import subprocess
    import tempfile

    environment = {name: value for name, value in os.environ.items() if name not in _MISLEADING} | _FIXED
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as complaints:
        given.write(stdin)
        given.seek(0)
        try:
            process = subprocess.Popen(
                ["git", *_SAFE, *args],
                cwd=directory,
                env=environment,
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,
            )
        except FileNotFoundError:
            return NoHistory(
                "git is not installed" if directory.is_dir() else f"there is no folder {directory}"
            )
        except OSError as error:
            return NoHistory(f"git could not be started: {error.strerror}")
        said, why = _read(process, timeout)
        if why is not None:
            return NoHistory(why)
        if process.returncode:
            complaints.seek(0)
            lines = complaints.read(4096).decode("utf-8", "replace").strip().splitlines()
            return NoHistory(f"git failed: {lines[0] if lines else f'exit code {process.returncode}'}")
        return said


def _read(process: subprocess.Popen[bytes], timeout: float) -> tuple[bytes, str | None]:
    """Everything that it prints; or why it was ended, with whatever it had started."""
    import threading

    why: list[str] = []

    def late() -> None:
        why.append(f"git took longer than {timeout:g} seconds")
        _end(process)

    timer = threading.Timer(timeout, late)
    timer.daemon = True
    timer.start()
    parts: list[bytes] = []
    length = 0
    try:
        assert process.stdout is not None
        with process.stdout as out:
            while part := out.read1(1 << 16):  # type: ignore[attr-defined]
                parts.append(part)
                length += len(part)
                if length > MOST_BYTES:
                    why.append(f"git said more than {MOST_BYTES >> 20} MB")
                    break
        if why:
            _end(process)
        process.wait()
    except BaseException:
        _end(process)
        process.wait()
        raise
    finally:
        timer.cancel()
    return b"".join(parts), why[0] if why else None


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except OSError:
        return
