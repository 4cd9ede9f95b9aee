"""The table of bench/sqldiff_table.py: landed sees every difference and raises no false alarm."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from support import ROOT


@pytest.fixture(scope="module")
def table() -> str:
    """What the script prints."""
    run = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "sqldiff_table.py")],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        check=True,
    )
    sys.stdout.write(run.stdout)
    return run.stdout


def test_landed_sees_all_and_raises_no_false_alarm(table: str) -> None:
    sums = re.search(r"landed drift: (\d+) of (\d+) differences seen, (\d+) false alarms on (\d+)", table)
    assert sums is not None
    seen, differences, alarms, equal = map(int, sums.groups())
    assert seen == differences >= 40
    assert alarms == 0
    assert equal >= 20


@pytest.mark.skipif(
    shutil.which("sqldiff") is None and "LANDED_SQLDIFF" not in os.environ,
    reason="sqldiff is not installed (Debian: apt-get install sqlite3-tools)",
)
def test_sqldiff_is_blind_to_what_is_inside_a_column(table: str) -> None:
    """If that changes, the page that says so must."""
    assert "| differ/column-type | 1 difference | silent |" in table
    assert "| differ/column-missing | 1 difference | 2 lines |" in table
