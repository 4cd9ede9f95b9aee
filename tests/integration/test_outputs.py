"""scripts/outputs writes down what commands print, without what differs from run to run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support import ROOT


def test_a_world_is_written_down_without_what_differs_from_run_to_run(tmp_path: Path) -> None:
    worlds = "^(d1/partial|drift/differ-check-name)$"
    given = [str(ROOT), str(tmp_path / "out"), "--quick", "--jobs", "1", "--only", worlds]
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "outputs"), *given],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pages = {
        p.relative_to(tmp_path / "out").as_posix(): p.read_text("utf-8") for p in tmp_path.rglob("*.txt")
    }
    assert "[exit 1]" in pages["drift/differ-check-name.txt"]
    resumed = pages["d1/partial/resume_--yes.txt"]
    assert "table orders" in resumed and '"seconds": SECONDS' in resumed
    assert not any(str(tmp_path) in text or "/tmp/outputs-" in text for text in pages.values())
