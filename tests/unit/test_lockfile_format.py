"""``landed.lock``: what is written is read back, merges well, and says where it is wrong."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.core.errors import CannotKnow, ConfigError
from landed.project.lockfile import Lock, folder_key, parse_lock, read_lock, render, write_lock

A, B, C = (digit * 64 for digit in "abc")
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda n: "/" not in n)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)


def test_one_line_per_file_in_wranglers_order() -> None:
    lock = Lock().with_entries("migrations", {"10_c.sql": C, "2_b.sql": B, "0001_a.sql": A})
    lines = render(lock.with_entries("apps/db", {"1.sql": A})).splitlines()
    assert lines[2:] == [
        "landed-lock 1 sha256-normalised",
        "",
        "[apps/db]",
        f"sha256:{A} 1.sql",
        "",
        "[migrations]",
        f"sha256:{A} 0001_a.sql",
        f"sha256:{B} 2_b.sql",
        f"sha256:{C} 10_c.sql",
    ]


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, DIGESTS, min_size=1)))
def test_any_names_survive(folders: dict[str, dict[str, str]]) -> None:
    assert parse_lock(render(Lock(folders))).folders == folders


def test_entries_are_replaced_and_removed_without_touching_others() -> None:
    lock = Lock().with_entries("m", {"1.sql": A, "2.sql": B}).with_entries("n", {"1.sql": C})
    changed = lock.with_entries("m", {"2.sql": C}).without("m", ["1.sql"])
    assert changed.digest_for("m", "1.sql") is None
    assert changed.digest_for("m", "2.sql") == C
    assert changed.digest_for("n", "1.sql") == C
    assert lock.digest_for("m", "2.sql") == B


def test_both_sides_of_a_union_merge_are_read_whatever_their_order() -> None:
    text = render(Lock({"m": {"1.sql": A, "3.sql": C}})) + f"sha256:{B} 2.sql\nsha256:{A} 1.sql\n"
    assert parse_lock(text) == Lock({"m": {"1.sql": A, "2.sql": B, "3.sql": C}})


def test_git_merges_additions_to_different_folders_by_itself(tmp_path: Path) -> None:
    base = Lock({"a": {"1.sql": A}, "b": {"1.sql": A, "2.sql": A}, "c": {"1.sql": A}})
    for name, lock in {
        "base": base,
        "ours": base.with_entries("a", {"2.sql": B}),
        "theirs": base.with_entries("c", {"2.sql": C}),
    }.items():
        write_lock(tmp_path / name, lock)
    merged = subprocess.run(
        ["git", "merge-file", "-p", "ours", "base", "theirs"], cwd=tmp_path, capture_output=True, check=True
    )
    assert parse_lock(merged.stdout.decode()) == base.with_entries("a", {"2.sql": B}).with_entries(
        "c", {"2.sql": C}
    )


HEAD = "landed-lock 1 sha256-normalised\n"
BROKEN = {
    "conflict": (f"{HEAD}[m]\n<<<<<<< HEAD\nsha256:{A} 1.sql\n", "unresolved merge conflict", 3),
    "conflict middle": (f"{HEAD}[m]\nsha256:{A} 1.sql\n=======\n", "unresolved merge conflict", 4),
    "two hashes": (f"{HEAD}[m]\nsha256:{A} 1.sql\nsha256:{B} 1.sql\n", "other one is in line 3", 4),
    "short hash": (f"{HEAD}[m]\nsha256:abc 1.sql\n", "neither", 3),
    "no folder": (f"{HEAD}sha256:{A} 1.sql\n", "before the first", 2),
    "no version": (f"# x\n[m]\nsha256:{A} 1.sql\n", "version line", 2),
    "newer": ("landed-lock 2 sha256-normalised\n", "newer landed", 1),
    "bad quotes": (f'{HEAD}[m]\nsha256:{A} "1.sql\n', "quoted name", 3),
}


@pytest.mark.parametrize(("text", "says", "line"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_says_where(text: str, says: str, line: int) -> None:
    with pytest.raises(ConfigError, match=says) as raised:
        parse_lock(text, "landed.lock")
    assert raised.value.where == f"landed.lock:{line}"


def test_a_missing_file_is_empty_and_an_unreadable_one_is_not(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "landed.lock") == Lock()
    (tmp_path / "folder.lock").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        read_lock(tmp_path / "folder.lock")
    (tmp_path / "bad.lock").write_bytes(HEAD.encode() + b"[m]\n\xff\n")
    with pytest.raises(ConfigError) as raised:
        read_lock(tmp_path / "bad.lock")
    assert str(raised.value.where).endswith("bad.lock:3")


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    lock = Lock({"m": {"1 a.sql": A}})
    path = tmp_path / "landed.lock"
    path.write_bytes(b"\xef\xbb\xbf" + render(lock).replace("\n", "\r\n").encode())
    assert read_lock(path) == lock


def test_writing_keeps_the_mode_leaves_nothing_behind_and_writes_only_changes(tmp_path: Path) -> None:
    real, link = tmp_path / "real.lock", tmp_path / "landed.lock"
    lock = Lock({"m": {"1.sql": A}})
    assert write_lock(real, lock)
    os.chmod(real, 0o640)
    before = real.stat().st_mtime_ns, real.stat().st_ino
    assert not write_lock(real, lock)
    assert (real.stat().st_mtime_ns, real.stat().st_ino) == before
    assert write_lock(real, lock.with_entries("m", {"2.sql": B}))
    link.symlink_to(real)
    for use in (read_lock, lambda path: write_lock(path, lock)):
        with pytest.raises(ConfigError, match="is a link"):
            use(link)
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert read_lock(real).digest_for("m", "2.sql") == B
    assert sorted(os.listdir(tmp_path)) == ["landed.lock", "real.lock"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    with pytest.raises(CannotKnow, match="cannot be written"):
        write_lock(tmp_path / "no-such-folder" / "landed.lock", Lock())


def test_folders_are_named_relative_to_the_lock_file(tmp_path: Path) -> None:
    assert folder_key(tmp_path / "landed.lock", tmp_path / "apps" / "db") == "apps/db"
    assert folder_key(tmp_path / "x" / "landed.lock", tmp_path / "migrations") == "../migrations"
