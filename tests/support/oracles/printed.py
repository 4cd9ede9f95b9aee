"""Running what landed printed as a user does: pasted into a real shell, in which only landed is reached."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from landed.cli.main import cli
from support.process.landed_process import Landed

_RECORDER = """#!/bin/sh
printf '%s\\0' "${0##*/}" "$@" >> "$RECORD"
printf '\\1' >> "$RECORD"
"""
NAMES = ("landed", "git", "wrangler", "supabase", "psql")
SHELLS = tuple(
    found for shell in ("sh", "bash", "zsh", "ksh", "fish") if (found := shutil.which(shell)) is not None
)


class Pasted:
    """A folder in which printed lines are run: the programs that landed names are recorded, not run."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "programs"
        self.programs.mkdir(parents=True)
        self.record = folder / "record"
        self.work = folder / "work"
        self.work.mkdir()
        for name in NAMES:
            (self.programs / name).write_text(_RECORDER)
            (self.programs / name).chmod(0o755)

    def run(self, line: str, shell: str = "/bin/sh") -> list[list[str]]:
        """The argument vectors that one line started; nothing else may have happened in the folder."""
        self.record.write_bytes(b"")
        environ = {"PATH": f"{self.programs}:{os.environ['PATH']}", "RECORD": str(self.record)}
        subprocess.run(
            [shell, "-c", os.fsencode(line)],
            cwd=self.work,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert not list(self.work.iterdir()), f"ran something else: {line}"
        runs = self.record.read_bytes().split(b"\1")[:-1]
        return [[os.fsdecode(word) for word in run.split(b"\0")[:-1]] for run in runs]


def commands(text: str) -> list[str]:
    """The command that each line of what to do next has, as somebody copies it: to the end."""
    found = []
    for line in text.split("\n"):
        match = re.search(r"(?:^|[:(] |\()((?:landed|git|wrangler) .*)", line)
        if match:
            found.append(match[1])
    return found


def told(output: str) -> list[str]:
    """The commands in text for people: after ``Next:`` and arrows, where landed puts them."""
    lines = [re.match(r"(?:Next:|\s+(?:→|->)) (.*)", line) for line in output.split("\n")]
    return [command for line in lines if line for command in commands(line[1])]


def parsed(words: list[str]) -> dict[str, object]:
    """What the command line understands of an argument vector, as ``landed`` itself would."""
    context = cli.make_context("landed", list(words), resilient_parsing=False)
    with context:
        name, command, rest = cli.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None
        return {"verb": name, **command.make_context(name, rest, parent=context).params}


def quietly(landed: Landed, *args: str) -> tuple[int, str, str]:
    """Exit code and both outputs of a run, whatever they say."""
    return landed._forked(args) or landed._started(args)
