"""Reading a migrations folder: names, order, versions, text, and everything worth a note."""

from __future__ import annotations

import json
import os
import random
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.core.errors import CannotKnow, ConfigError
from landed.core.migration import Note
from landed.engines.sqlite.sql.split import parse
from landed.project.files import MigrationSet, list_names, order_key, read_files, read_migrations, version_of


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def read(folder: Path, **options: object) -> MigrationSet:
    return read_migrations(folder, parse, root=folder.parent, **options)  # type: ignore[arg-type]


def noted(found: MigrationSet | tuple[Note, ...], code: str) -> list[str]:
    notes = found.all_notes() if isinstance(found, MigrationSet) else found
    return [note.text for note in notes if note.code == code]


def test_a_migration_has_its_ledger_name_version_and_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "db", {"0002_b.sql": "SELECT 2;", "0001_a.sql": "SELECT 1;", "readme.md": "x"})
    found = read(folder)
    assert [(m.name, m.version, m.file, m.text) for m in found.migrations] == [
        ("0001_a.sql", "0001", "db/0001_a.sql", "SELECT 1;"),
        ("0002_b.sql", "0002", "db/0002_b.sql", "SELECT 2;"),
    ]
    assert found.all_notes() == ()
    assert [s.text for s in found.migrations[0].statements] == ["SELECT 1"]


def test_files_are_shown_relative_to_where_the_project_is(tmp_path: Path) -> None:
    folder = write(tmp_path / "shared" / "db", {"1.sql": "SELECT 1"})
    assert read_migrations(folder, parse, root=tmp_path / "app").migrations[0].file == "../shared/db/1.sql"
    assert read_migrations(folder, parse, root=folder).migrations[0].file == "1.sql"
    assert read_migrations(folder, parse).migrations[0].file == f"{folder}/1.sql"


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("0001_init.sql", "0001"),
        ("20240101120000_x/migration.sql", "20240101120000"),
        ("core/12_x.sql", "12"),
        ("init.sql", ""),
        ("v1_init.sql", ""),
        ("-1_x.sql", ""),
        ("٣_arabic.sql", ""),
    ],
)
def test_versions(name: str, version: str) -> None:
    assert version_of(name) == version


def test_numbers_order_before_text_and_segment_by_segment() -> None:
    ordered = [
        "1_a.sql",
        "2_a/10_x.sql",
        "2_b/9_x.sql",
        "2_b/10_x.sql",
        "2_b/x.sql",
        "10_a.sql",
        "a/1.sql",
        "b.sql",
    ]
    shuffled = ordered.copy()
    random.Random(7).shuffle(shuffled)
    assert sorted(shuffled, key=order_key) == ordered


@given(st.lists(st.from_regex(r"[0-9a-b_+-]{1,4}(/[0-9a-b_]{1,3}){0,2}", fullmatch=True), max_size=6))
def test_the_order_is_the_one_of_wranglers_comparison(names: list[str]) -> None:
    """Held against a transcription of the rule for two names, not against the sort key."""
    ordered = sorted(names, key=order_key)
    for a, b in pairwise(ordered):
        assert compare(a, b) <= 0


def compare(a: str, b: str) -> float:
    for x, y in zip(a.split("/"), b.split("/"), strict=False):
        m, n = leading(x), leading(y)
        if m is not None and n is not None and m != n:
            return m - n
        if (m is None) != (n is None):
            return 1 if m is None else -1
        if x != y:
            return -1 if x < y else 1
    return len(a.split("/")) - len(b.split("/"))


def leading(segment: str) -> int | None:
    digits = ""
    for i, c in enumerate(segment):
        if not (c.isdigit() or (i == 0 and c in "+-")):
            break
        digits += c
    return int(digits) if digits.strip("+-") else None


class TestNotes:
    def test_two_files_with_one_number(self, tmp_path: Path) -> None:
        found = read(
            write(tmp_path / "m", {"6_b.sql": "SELECT 1", "06_a.sql": "SELECT 1", "7.sql": "SELECT 1"})
        )
        assert [m.name for m in found.migrations] == ["06_a.sql", "6_b.sql", "7.sql"]
        (text,) = noted(found, "duplicate-number")
        assert "06_a.sql, 6_b.sql" in text

    def test_one_number_in_two_folders_is_no_duplicate(self, tmp_path: Path) -> None:
        files: dict[str, str | bytes] = {"a/1_x.sql": "SELECT 1", "b/1_x.sql": "SELECT 1"}
        assert read(write(tmp_path / "m", files), pattern="*/*.sql").all_notes() == ()

    @pytest.mark.parametrize(
        ("numbers", "text"),
        [
            ([0, 1, 3, 4, 5], "no file has the number 2"),
            ([1, 2, 3, 4, 8, 9], "no file has the number 5–7"),
            ([1, 3, 5, 6, 7], "no file has the number 2, 4"),
            ([20240101000000, 20240102000000, 20240103000000], None),
            ([10, 20, 30, 40], None),
            ([7, 8, 9], None),
        ],
    )
    def test_gaps_in_a_plain_sequence(self, tmp_path: Path, numbers: list[int], text: str | None) -> None:
        found = read(write(tmp_path / "m", {f"{n:04}_x.sql": "SELECT 1" for n in numbers}))
        assert noted(found, "gap") == ([text] if text else [])

    def test_text(self, tmp_path: Path) -> None:
        found = read(
            write(
                tmp_path / "m",
                {
                    "1_bom.sql": b"\xef\xbb\xbfSELECT 1;",
                    "2_crlf.sql": b"SELECT 1;\r\nSELECT 2;\r\n",
                    "3_nul.sql": b"SELECT 1;\0SELECT 2;",
                    "4_x.down.sql": "DROP TABLE t;",
                    "odd.sql": "SELECT 1",
                },
            )
        )
        assert [[n.code for n in m.notes] for m in found.migrations] == [
            ["bom"],
            ["crlf"],
            ["nul"],
            ["down-file"],
            ["odd-name"],
        ]
        assert found.migrations[0].text == "SELECT 1;"
        assert found.migrations[1].text == "SELECT 1;\r\nSELECT 2;\r\n"

    @pytest.mark.parametrize(
        ("text", "empty"),
        [
            ("", True),
            (" \n\t\n", True),
            ("-- nothing", True),
            ("-- Migration number: 0001 \t 2026-01-01\n/* later */ ;;\n", True),
            ("/* not closed", True),
            ("/* * / ** */", True),
            ("-- x\nSELECT 1", False),
            ("/* x */ SELECT 1", False),
            ("- 1", False),
            ("/ 1", False),
            ("\n" * 1000, True),
            ("\n" * 1000 + "SELECT 1", False),
            ("-- x\n" * 20_000 + "SELECT 1", False),
        ],
    )
    def test_a_file_without_statements(self, tmp_path: Path, text: str, empty: bool) -> None:
        (migration,) = read(write(tmp_path / "m", {"1.sql": text})).migrations
        assert bool(noted(migration.notes, "empty")) == empty
        assert bool(migration.statements) != empty, "the splitter sees it the same way"

    def test_files_that_are_left_out(self, tmp_path: Path) -> None:
        folder = write(
            tmp_path / "m", {"1.sql": "SELECT 1", ".2.sql": "", "3.SQL": "", "sub/4.sql": "", "5.txt": ""}
        )
        os.symlink(folder / "1.sql", folder / "6.sql")
        texts = noted(read(folder), "skipped")
        assert len(texts) == 3
        for name, why in (".2.sql", "dot"), ("3.SQL", "small letters"), ("6.sql", "symbolic link"):
            assert any(t.startswith(name) and why in t for t in texts), name


class TestDrizzle:
    JOURNAL: ClassVar = {"entries": [{"idx": 0, "tag": "0000_a"}, {"idx": 1, "tag": "0001_b"}]}

    def journal(self, tmp_path: Path, files: list[str], journal: object) -> list[str]:
        folder = write(tmp_path / "drizzle", dict.fromkeys(files, "SELECT 1"))
        write(folder, {"meta/_journal.json": journal if isinstance(journal, bytes) else json.dumps(journal)})
        return noted(read(folder), "journal")

    def test_a_journal_that_agrees_is_silent(self, tmp_path: Path) -> None:
        assert self.journal(tmp_path, ["0000_a.sql", "0001_b.sql"], self.JOURNAL) == []

    def test_a_journal_that_disagrees(self, tmp_path: Path) -> None:
        lost, extra = self.journal(tmp_path, ["0000_a.sql", "0002_c.sql"], self.JOURNAL)
        assert "0001_b.sql" in lost
        assert "0002_c.sql" in extra

    def test_a_journal_with_another_order(self, tmp_path: Path) -> None:
        swapped = {"entries": [{"idx": 1, "tag": "0000_a"}, {"idx": 0, "tag": "0001_b"}]}
        (text,) = self.journal(tmp_path, ["0000_a.sql", "0001_b.sql"], swapped)
        assert "another order" in text

    @pytest.mark.parametrize("content", [b"{", b"[]", b'{"entries": [{"idx": 1}]}', b"\xff"])
    def test_a_broken_journal_is_a_note(self, tmp_path: Path, content: bytes) -> None:
        (text,) = self.journal(tmp_path, ["0000_a.sql"], content)
        assert "cannot be read" in text

    FOLDERS: ClassVar[dict[str, str | bytes]] = {
        "20260102_b/migration.sql": "SELECT 2",
        "20260101_a/migration.sql": "SELECT 1",
        "20260101_a/snapshot.json": "{}",
    }

    def test_its_new_layout_needs_a_pattern_and_the_note_says_which(self, tmp_path: Path) -> None:
        found = read(write(tmp_path / "drizzle", self.FOLDERS))
        assert found.migrations == ()
        (text,) = noted(found, "drizzle-1")
        assert '"migrations_pattern": "drizzle/*/migration.sql"' in text

    def test_its_new_layout_with_the_pattern_or_on_a_plain_file(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "drizzle", self.FOLDERS)
        names = ["20260101_a/migration.sql", "20260102_b/migration.sql"]
        configured = read(folder, pattern="*/migration.sql")
        assert [m.name for m in configured.migrations] == names
        assert configured.notes == ()
        adopted = read(folder, adopt_drizzle=True)
        assert [m.name for m in adopted.migrations] == names
        assert adopted.pattern == "*/migration.sql"
        assert len(noted(adopted, "drizzle-1")) == 1


class TestErrors:
    def test_invalid_utf8_names_the_byte_and_its_line(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "m", {"1.sql": b"SELECT 1;\n-- caf\xe9\nSELECT 2;"})
        with pytest.raises(ConfigError, match=r"m/1\.sql is not valid UTF-8") as raised:
            read(folder)
        assert raised.value.where == "m/1.sql:2"
        assert raised.value.details == ("byte 0xe9 at offset 16, line 2",)

    def test_utf16_is_recognised(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "m", {"1.sql": "SELECT 1;".encode("utf-16")})
        with pytest.raises(ConfigError) as raised:
            read(folder)
        assert any("UTF-16" in line for line in raised.value.details)

    def test_a_missing_folder_says_who_named_it(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="there is no migrations folder") as raised:
            read(tmp_path / "m", origin="wrangler.toml:7")
        assert "wrangler.toml:7" in raised.value.details[0]

    def test_a_file_in_the_place_of_the_folder(self, tmp_path: Path) -> None:
        write(tmp_path, {"m": "x"})
        with pytest.raises(ConfigError, match="is a file"):
            read(tmp_path / "m")

    def test_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "m", {"1.sql": "SELECT 1"})
        # A name that is listed but gone when it is opened, as in a checkout that is under way.
        with pytest.raises(CannotKnow, match=r"m/2\.sql cannot be read"):
            read_files(folder, ["1.sql", "2.sql"], parse, tmp_path)

    def test_a_name_that_is_not_utf8(self, tmp_path: Path) -> None:
        (tmp_path / "m").mkdir()
        try:
            open(os.fsencode(tmp_path / "m") + b"/1_\xff.sql", "w").close()
        except OSError:
            pytest.skip("this file system takes UTF-8 names only")
        with pytest.raises(ConfigError, match="not valid UTF-8"):
            list_names(tmp_path / "m")


def test_a_file_longer_than_one_read(tmp_path: Path) -> None:
    for size in (65_535, 65_536, 65_537, 200_000):
        text = "-" * (size - 1) + "\n"
        folder = write(tmp_path / f"m{size}", {"1.sql": text})
        assert read(folder).migrations[0].text == text


def test_the_corpus_is_read_without_surprises(corpus: Path) -> None:
    """Every ``.sql`` file of every real project is taken exactly once."""
    for folder in {path.parent for path in corpus.rglob("*.sql")}:
        if folder.name[0].isdigit():
            continue
        found = read_migrations(folder, parse)
        assert {m.name for m in found.migrations} == {p.name for p in folder.glob("*.sql")}
        assert {n.code for n in found.all_notes()} <= {
            "duplicate-number",
            "gap",
            "journal",
            "drizzle-1",
            "crlf",
        }
