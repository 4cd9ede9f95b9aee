"""Supabase migration files: which count, their order, duplicates, and what is odd about them."""

from __future__ import annotations

from pathlib import Path

import pytest

from landed.core.errors import CannotKnow, ConfigError
from landed.engines.postgres.files import list_names, read_supabase_migrations, transaction_notes


def write(folder: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / f"{name}.sql").write_bytes(data)
    return folder


def codes(folder: Path) -> list[str]:
    return [note.code for note in read_supabase_migrations(folder).all_notes()]


def test_versions_are_ordered_as_texts(tmp_path: Path) -> None:
    write(tmp_path, **{"9_a": "SELECT 1", "10_b": "SELECT 1", "1_c": "SELECT 1"})
    found = read_supabase_migrations(tmp_path)
    assert [(m.version, m.name) for m in found.migrations] == [
        ("1", "1_c.sql"),
        ("10", "10_b.sql"),
        ("9", "9_a.sql"),
    ]
    assert [n.code for n in found.notes] == ["text-order", "file-order"]


def test_usual_versions_are_in_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{"20240102030405_b": "SELECT 1", "20240101030405_a": "SELECT 1", "20240102030406_": "SELECT 1"},
    )
    assert [m.version[-4:] for m in read_supabase_migrations(tmp_path).migrations] == ["0405", "0405", "0406"]
    assert codes(tmp_path) == []


def test_what_does_not_count(tmp_path: Path) -> None:
    write(tmp_path, **{"1_a": "SELECT 1", "seed": "SELECT 1", "x1_b": "SELECT 1", "2-c": "SELECT 1"})
    (tmp_path / "3_d.SQL").write_text("SELECT 1")
    (tmp_path / "README.md").write_text("x")
    (tmp_path / "old").mkdir()
    write(tmp_path / "old", **{"0_z": "SELECT 1"})
    (tmp_path / "empty").mkdir()
    names, notes = list_names(tmp_path)
    assert names == ["1_a.sql"]
    assert [n.text.split()[0] for n in notes] == ["2-c.sql", "3_d.SQL", "old/", "seed.sql", "x1_b.sql"]
    assert {n.code for n in notes} == {"skipped"}


def test_an_old_first_file_named_init(tmp_path: Path) -> None:
    write(tmp_path, **{"20211208000000_init": "SELECT 1", "20211208000001_init": "SELECT 1"})
    assert list_names(tmp_path)[0] == ["20211208000001_init.sql"]
    (tmp_path / "20211208000000_init.sql").unlink()
    write(tmp_path, **{"20211209000000_init": "SELECT 1"})
    assert list_names(tmp_path)[0] == ["20211209000000_init.sql"]


def test_two_files_with_one_version(tmp_path: Path) -> None:
    write(tmp_path, **{"1_b": "SELECT 1", "1_a": "SELECT 1", "2_c": "SELECT 1"})
    found = read_supabase_migrations(tmp_path)
    assert [m.name for m in found.migrations] == ["1_a.sql", "1_b.sql", "2_c.sql"]
    (note,) = found.notes
    assert note.code == "duplicate-version" and "1_a.sql, 1_b.sql" in note.text


def test_links_inside_of_the_project_are_followed(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "m").mkdir()
    (tmp_path / "elsewhere.sql").write_text("SELECT 7")
    (tmp_path / "m" / "1_a.sql").symlink_to(tmp_path / "elsewhere.sql")
    assert [m.text for m in read_supabase_migrations(tmp_path / "m").migrations] == ["SELECT 7"]


def test_odd_contents(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "1_bom": b"\xef\xbb\xbfSELECT 1;",
            "2_crlf": "SELECT 1;\r\n",
            "3_empty": "",
            "4_comment": "-- x\n",
            "5_nul": "SELECT 1\0",
        },
        **{"6_dump": "\\restrict x\nSELECT 1;\nCOPY a FROM stdin;\n1\n\\.\n"},
    )
    found = read_supabase_migrations(tmp_path, root=tmp_path.parent)
    assert [[n.code for n in m.notes] for m in found.migrations] == [
        [],
        ["crlf"],
        ["empty"],
        ["empty"],
        ["nul"],
        ["psql-command", "copy-stdin"],
    ]
    assert found.migrations[0].text == "SELECT 1;"
    assert found.migrations[5].notes[1].text.startswith("6_dump.sql:3: COPY")
    assert found.migrations[0].file == f"{tmp_path.name}/1_bom.sql"


def test_transactions_of_a_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "1_trap": "CREATE TABLE a ();\nCOMMIT;\nBEGIN;\nCREATE TABLE b ();",
            "2_fine": "BEGIN; SELECT 1; COMMIT;",
        },
    )
    trap, fine = read_supabase_migrations(tmp_path).migrations
    (note,) = transaction_notes(trap)
    assert note.code == "transaction-open-end" and "line 3" in note.text and "cli#5047" in note.text
    assert transaction_notes(fine) == ()


def test_folders_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no migrations folder"):
        list_names(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is a file"):
        list_names(tmp_path / "file")
    write(tmp_path, **{"1_bad": b"SELECT '\xff'"})
    with pytest.raises((ConfigError, CannotKnow), match="UTF-8"):
        read_supabase_migrations(tmp_path)
