"""``python replayed.py COMMAND…``: run landed and print how many statements its shadow replayed."""

from __future__ import annotations

import contextlib
import io
import sys

from landed.cli.failure import run
from landed.cli.main import cli
from landed.engines.sqlite.shadow import replay


def main(words: list[str]) -> None:
    replayed = 0
    real = replay.Replayer.replay

    def counting(self: replay.Replayer, migration: object) -> object:
        nonlocal replayed
        step = real(self, migration)  # type: ignore[arg-type]
        replayed += len(step.traces)
        return step

    replay.Replayer.replay = counting  # type: ignore[assignment,method-assign]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = run(cli, words)
    print(replayed)
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
