"""Completion through a real bash: what a user gets after pressing TAB."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support import ROOT
from support.process.landed_process import Landed

BASH = shutil.which("bash")


def _tab(folder: Path, *words: str, after: str = "") -> list[str]:
    """What bash offers when TAB is pressed after these words, with landed's script sourced."""
    (folder / "bin").mkdir(exist_ok=True)
    tool = folder / "bin" / "landed"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" {after} -m landed "$@"\n')
    tool.chmod(0o755)
    script = (
        'eval "$(landed completion bash)"\n'
        'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))\n'
        "_landed_completion landed\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    assert BASH is not None
    done = subprocess.run(
        [BASH, "--norc", "-c", script, "bash", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "src"),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
        },
        check=False,
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(BASH is None, reason="there is no bash")
class TestBash:
    def test_commands(self, tmp_path: Path) -> None:
        assert _tab(tmp_path, "landed", "st") == ["status"]
        assert _tab(tmp_path, "landed", "re") == ["resume", "repair", "rehearse"]

    def test_options_before_and_after_the_command(self, tmp_path: Path) -> None:
        assert "--target" in _tab(tmp_path, "landed", "--t")
        assert _tab(tmp_path, "landed", "apply", "--dr") == ["--dry-run"]

    def test_values_of_an_argument(self, tmp_path: Path) -> None:
        assert _tab(tmp_path, "landed", "completion", "") == ["bash", "zsh", "fish"]

    def test_targets_by_name(self, tmp_path: Path) -> None:
        (tmp_path / "landed.toml").write_text('[targets.staging]\nurl = {env = "STAGING_URL"}\n')
        assert _tab(tmp_path, "landed", "--target", "st") == ["staging"]
        assert _tab(tmp_path, "landed", "status", "-t", "st") == ["staging"]
        (tmp_path / "landed.toml").write_text("[targets.staging]\n")
        assert "supabase:linked" in _tab(tmp_path, "landed", "--target", "")

    def test_completing_a_command_imports_no_command(self, tmp_path: Path) -> None:
        # -X importtime prints every import on stderr, which the completion function does not touch.
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "landed"],
            capture_output=True,
            text=True,
            env={
                "PYTHONPATH": str(ROOT / "src"),
                "COMP_WORDS": "landed st",
                "COMP_CWORD": "1",
                "_LANDED_COMPLETE": "bash_complete",
            },
            check=False,
        )
        assert done.stdout.strip() == "plain,status"
        imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
        assert "landed.cli.main" in imported and not imported & {"landed.cli.status", "apsw", "rich"}


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete"), ("zsh", "#compdef landed"), ("fish", "complete")]
)
def test_every_shell_has_a_script(
    tmp_path: Path, landed: Callable[..., Landed], shell: str, word: str
) -> None:
    given = landed(tmp_path).plain("completion", shell).stdout
    assert word in given and "_LANDED_COMPLETE" in given
    assert landed(tmp_path, SHELL=f"/usr/bin/{shell}").plain("completion").stdout == given


def test_an_unknown_shell(tmp_path: Path, landed: Callable[..., Landed]) -> None:
    assert "tcsh" in landed(tmp_path, SHELL="/bin/tcsh")("completion", code=2).error["message"]
    assert landed(tmp_path)("completion", code=2).error["next"] == "landed completion bash"
