"""What `landed drift` and `sqldiff --schema` see of the same pairs of schemas, as a Markdown table.

The pairs are tests/cases/drift: differ/ (each differs in one thing) and same/ (each differs in writing only).
sqldiff comes with SQLite (Debian: sqlite3-tools); LANDED_SQLDIFF names another binary.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import apsw

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from landed.ops.drift_sides import drift  # noqa: E402
from landed.report.differences import collapsed  # noqa: E402

CASES = ROOT / "tests" / "cases" / "drift"


class Row(NamedTuple):
    """One pair: what each tool says. `sqldiff` is None where the program is missing."""

    kind: str
    name: str
    landed: int
    """Differences that landed drift tells (a missing table is one)."""
    sqldiff: str | None
    """`silent`, the number of lines that it tells, or its error."""


def sqldiff_path() -> str | None:
    """The sqldiff program, or None."""
    return os.environ.get("LANDED_SQLDIFF") or shutil.which("sqldiff")


def rows() -> list[Row]:
    """Every pair through both tools, on real files."""
    program = sqldiff_path()
    found = []
    with tempfile.TemporaryDirectory(prefix="landed-bench-") as folder:
        os.environ["LANDED_CACHE_DIR"] = folder
        for file in sorted(CASES.glob("*/*.sql")):
            _, a, b, _ = re.split(r"^-- (?:a|b|expect)$", file.read_text("utf-8"), flags=re.MULTILINE)
            paths = [
                _database(Path(folder), f"{file.parent.name}-{file.stem}-{n}.db", sql)
                for n, sql in (("a", a), ("b", b))
            ]
            result = drift(Path(folder), (paths[0].name, paths[1].name))
            said = _sqldiff(program, *paths) if program else None
            found.append(Row(file.parent.name, file.stem, len(collapsed(result)), said))
    return found


def _database(folder: Path, name: str, sql: str) -> Path:
    path = folder / name
    connection = apsw.Connection(str(path))
    connection.execute(sql).fetchall()
    connection.close()
    return path


def _sqldiff(program: str, a: Path, b: Path) -> str:
    run = subprocess.run(
        [program, "--schema", str(a), str(b)], capture_output=True, text=True, timeout=30, check=False
    )
    if run.returncode:
        return f"error: {(run.stderr or run.stdout).strip().splitlines()[0]}"
    lines = len([line for line in run.stdout.splitlines() if line.strip()])
    return "silent" if not lines else f"{lines} line{'s' * (lines != 1)}"


def main() -> None:
    """Print the table and its sums."""
    table = rows()
    if sqldiff_path() is None:
        print("sqldiff is not installed (Debian: apt-get install sqlite3-tools); its column is left out.\n")
    print("| pair | landed drift | sqldiff --schema |\n|---|---|---|")
    for row in table:
        told = "silent" if not row.landed else f"{row.landed} difference{'s' * (row.landed != 1)}"
        print(f"| {row.kind}/{row.name} | {told} | {row.sqldiff or '–'} |")
    differ = [r for r in table if r.kind == "differ"]
    same = [r for r in table if r.kind == "same"]
    seen = sum(r.sqldiff not in (None, "silent") and not str(r.sqldiff).startswith("error") for r in differ)
    alarms = sum(r.sqldiff not in (None, "silent") for r in same)
    print(f"\nlanded drift: {sum(r.landed > 0 for r in differ)} of {len(differ)} differences seen, ", end="")
    print(f"{sum(r.landed > 0 for r in same)} false alarms on {len(same)} equal pairs.")
    if sqldiff_path():
        print(f"sqldiff --schema: {seen} of {len(differ)} seen, {alarms} false alarms on {len(same)}.")


if __name__ == "__main__":
    main()
