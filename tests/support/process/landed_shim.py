"""A ``landed`` for shell lines that costs no start of Python: a script that hands over to ``landed_forks``.

The script says its process number and waits. Its arguments, folder, environment and streams are read from
``/proc``, so that a line of a shell (pipes, redirections, ``VAR=x landed …``) means what it means otherwise.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import threading
import traceback
from functools import cache
from pathlib import Path

from support.process.landed_forks import Forks
from support.process.landed_process import forks

# The subshell keeps the script's own standard output what it is, while it is looked at.
SCRIPT = """\
#!/bin/sh
mkfifo "{folder}/$$" || exit 70
(echo $$ >"{folder}/asked")
read -r code <"{folder}/$$"
rm "{folder}/$$"
exit "$code"
"""


def script() -> str:
    """What a program ``landed`` has to hold; the forked one, or the real start where there are no forks."""
    found = forks("C.UTF-8", 0)
    if found is None:
        return f'#!/bin/sh\nexec "{sys.executable}" -m landed "$@"\n'
    return SCRIPT.format(folder=_answering(found))


@cache
def _answering(found: Forks) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="landed-shim"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.mkfifo(folder / "asked")
    threading.Thread(target=_answer, args=(found, folder), daemon=True).start()
    return folder


def _answer(found: Forks, folder: Path) -> None:
    # Open for both, so that it never ends.
    with (folder / "asked").open("r+b", buffering=0) as asked:
        for line in asked:
            number = line.decode().strip()
            try:
                code = _run(found, number)
            except Exception:
                # Said, and answered: whoever waits would wait for ever.
                traceback.print_exc()
                code = 70
            (folder / number).write_text(f"{code % 256}\n")


def _run(found: Forks, number: str) -> int:
    process = Path("/proc") / number
    # /bin/sh, the script, what landed gets.
    _, _, *args = process.joinpath("cmdline").read_bytes().decode().split("\0")[:-1]
    variables = process.joinpath("environ").read_bytes().decode().split("\0")
    environ = dict(entry.split("=", 1) for entry in variables if "=" in entry)
    streams = [str(process / "fd" / stream) for stream in "12"]
    return found.run_on(tuple(args), os.readlink(process / "cwd"), environ, streams)
