# ruff: noqa: E501
"""Texts that are made to hold up or to end their readers: files of a repository, schemas that a server tells.

Each is read in a process of its own whose processor time is limited by the system. The bound is many times
what is needed; a reader that goes over a text again and again needs hours for these.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from support import ROOT
from support.process.landed_process import Landed

CPU_SECONDS = 40
READ = {
    "sqlite-file": "from landed.engines.sqlite.sql.split import parse; parse(text)",
    "sqlite-tokens": "from landed.engines.sqlite.sql.reader import Reader; Reader(text).tokens(0)",
    "postgres-file": "from landed.engines.postgres.sql.split import parse, problems; parse(text); problems(text)",
    "postgres-stored": "from landed.engines.postgres.sql.stored import ledger_statements; ledger_statements(text)",
    "postgres-cut": "from landed.engines.postgres.sql import segments as s; from landed.engines.postgres.sql.split import parse; "
    "found = parse(text).statements; s.segments(found); s.cli_segments(text, found)",
    "postgres-tree": "from landed.engines.postgres.sql.tree import statements_of as s; assert s(text) is None",
    "postgres-expression": "from landed.engines.postgres.catalog import canonical as c\n"
    "c.canonical_expression(text); c.as_first_written(text)",
}
READ["postgres-proof"] = (
    "from landed.engines.postgres.write.rows import going as g; g._copies(text); g._casts(text)\n"
    "from landed.engines.postgres.sql.head import read_head\n"
    "head = read_head(text); head.calls; head.names_anywhere; head.names_in_bodies; head.tree"
)
for _kind in ("table", "view", "index", "trigger"):
    READ[f"schema-{_kind}"] = (
        "from landed.engines.sqlite.catalog.facts import snapshot, SchemaRow; "
        f"assert snapshot([SchemaRow({_kind!r}, 't', 't', text)], None)"
    )

TRIGGER = "CREATE TRIGGER t AFTER INSERT ON t BEGIN "
CASES = [
    # (reader, what the attack is, before, unit, characters, after)
    *[
        ("sqlite-file", name, "", unit, 1_000_000, "")
        for name, unit in (
            ("open-comments", "/*"),
            ("closed-comments", "/**/"),
            ("comment-ends", "*/"),
            ("line-comments", "--\n"),
            ("open-strings", "'''"),
            ("open-brackets", "["),
            ("open-parentheses", "("),
            ("semicolons", ";"),
            ("triggers", "CREATE TRIGGER "),
            ("checks", "-- landed:verify x\n"),
            ("one-check", "-- landed:verify x\\\n--"),
            ("numbers", "1_1."),
        )
    ],
    *[
        ("postgres-file", name, "", unit, 1_000_000, "")
        for name, unit in (
            ("open-comments", "/*"),
            ("nested-comments", "/* */*"),
            ("signs", "+"),
            ("minus-and-space", "- "),
            ("open-dollars", "$a$ $b"),
            ("dollars", "$"),
            ("continued-strings", "e'a'\n"),
            ("escapes", "E'\\"),
            ("commands-of-psql", "\\a\n"),
            ("backslashes-on-a-line", "a\\a "),
            ("copies", "COPY t FROM stdin;\n\\.\n"),
            ("atomic", "CREATE FUNCTION BEGIN ATOMIC CASE "),
            ("checks", "-- landed:verify x\n"),
        )
    ],
    ("postgres-stored", "dollars", "", "$a$b", 2_000_000, ""),
    ("postgres-stored", "atomic", "CREATE FUNCTION f() BEGIN ATOMIC ", "+", 2_000_000, ""),
    ("postgres-cut", "enum-values", "", "ALTER TYPE t ADD VALUE 'x';\n", 1_000_000, ""),
    ("postgres-cut", "enum-values-used", "", "ALTER TYPE t ADD VALUE 'x';\nSELECT 'y';\n", 1_000_000, ""),
    ("postgres-cut", "parts", "", "BEGIN;\nCOMMIT;\n", 500_000, ""),
    ("postgres-tree", "sum", "SELECT 1", "+1", 400_000, ""),
    ("postgres-tree", "casts", "SELECT 1", "::int", 400_000, ""),
    ("postgres-tree", "few-casts", "SELECT 1", "::int", 400, ""),
    ("postgres-tree", "joins", "SELECT 1 FROM a", " CROSS JOIN a", 400_000, ""),
    ("postgres-tree", "unions", "SELECT 1, 2", " UNION SELECT (1), 2", 400_000, ""),
    ("postgres-tree", "sum-of-parentheses", "SELECT 1", "+(1)", 400_000, ""),
    ("postgres-tree", "collations", "SELECT a", " COLLATE b", 400_000, ""),
    ("postgres-tree", "parentheses", "SELECT ", "(", 200_000, "1" + ")" * 200_000),
    ("postgres-proof", "copies", "", "insert into create table ", 1_000_000, ""),
    ("postgres-proof", "casts", "", "using left(", 1_000_000, ""),
    ("postgres-expression", "arrays", "", "(ARRAY[", 500_000, ""),
    ("schema-table", "comments-before-virtual", "CREATE ", "--", 2_000_000, ""),
    ("schema-table", "comments", "CREATE ", "/* a */", 2_000_000, ""),
    ("schema-table", "spaces", "CREATE ", " ", 2_000_000, ""),
    ("schema-table", "default", "CREATE TABLE t (a DEFAULT (", "a||", 2_000_000, "1))"),
    ("schema-table", "type", "CREATE TABLE t (a ", "b ", 2_000_000, ")"),
    ("schema-table", "parentheses", "CREATE TABLE t (a DEFAULT (", "(", 200_000, "1" + ")" * 200_002),
    ("schema-view", "comparisons", "CREATE VIEW t AS SELECT ", "a=", 2_000_000, "1"),
    ("schema-view", "parentheses", "CREATE VIEW t AS SELECT ", "(", 200_000, "1" + ")" * 200_000),
    ("schema-view", "queries", "CREATE VIEW t AS SELECT ", "(SELECT ", 1_600_000, "1" + ")" * 200_000),
    ("schema-view", "not", "CREATE VIEW t AS SELECT ", "NOT ", 800_000, "1"),
    ("schema-view", "unions", "CREATE VIEW t AS SELECT 1 ", "UNION SELECT 1 ", 1_000_000, ""),
    ("schema-index", "sum", "CREATE INDEX t ON t (", "a+", 2_000_000, "1)"),
    ("schema-trigger", "or", TRIGGER + "SELECT ", "a OR ", 2_000_000, "1; END"),
    ("schema-trigger", "statements", TRIGGER, "(; ", 600_000, "END"),
]  # fmt: skip
IDS = [f"{case[0]}-{case[1]}" for case in CASES]


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


@pytest.mark.parametrize(("reader", "name", "before", "unit", "size", "after"), CASES, ids=IDS)
def test_a_text_is_read_in_time(
    tmp_path: Path, reader: str, name: str, before: str, unit: str, size: int, after: str
) -> None:
    file = tmp_path / "text"
    file.write_text(before + unit * (size // len(unit)) + after, encoding="utf-8")
    code = f"import pathlib, sys; text = pathlib.Path(sys.argv[1]).read_text('utf-8')\n{READ[reader]}\n"
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        preexec_fn=limited,
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])


NESTED = {
    "view": "CREATE VIEW v AS SELECT " + "(" * 200_000 + "1" + ")" * 200_000 + ";",
    "default": "CREATE TABLE t (a DEFAULT (" + "(" * 200_000 + "1" + ")" * 200_002 + ";",
    "open": "(" * 200_000,
    "chain": "CREATE VIEW v AS SELECT 1" + " + 1" * 200_000 + ";",
    "queries": "CREATE VIEW v AS SELECT " + "(SELECT " * 100_000 + "1" + ")" * 100_000 + ";",
}


@pytest.mark.parametrize("name", NESTED)
def test_a_file_that_is_nested_too_deeply_ends_in_an_error(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "project"
    (folder / "migrations").mkdir(parents=True)
    (folder / "landed.toml").write_text('target = "sqlite:app.db"\n', encoding="utf-8")
    (folder / "migrations" / "0001_a.sql").write_text("CREATE TABLE a (id INTEGER);\n", encoding="utf-8")
    file = folder / "migrations" / "0002_b.sql"
    file.write_text(NESTED[name], encoding="utf-8")
    landed = Landed(folder, tmp_path / "cache")
    for words in (("rehearse",), ("status",), ("apply", "--yes")):
        answer = landed(*words, code=None)
        assert answer.code in (0, 1, 2, 3), answer
        assert "landed itself failed" not in answer.stdout + answer.stderr
    assert answer.code == 1, "what the engine refuses is not applied"
    file.unlink()
    landed("apply", "--yes")
