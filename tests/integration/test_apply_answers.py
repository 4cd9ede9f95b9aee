"""What apply and resume say: exit codes, plans and the command that follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.docs.docsworlds import FILES, build


def test_the_command_with_consent_keeps_what_was_asked_for(tmp_path: Path) -> None:
    """Pasting the suggestion must not apply more than what was asked for."""
    done = build("new", tmp_path / "w").sh("landed apply --to 0002")
    assert done.returncode == 4
    assert "Next: landed apply --to 0002 --yes" in done.stdout


@pytest.mark.parametrize("world", ["partial", "phantom", "unrecorded"])
def test_apply_is_no_success_while_something_is_wrong(world: str, tmp_path: Path) -> None:
    """Also when nothing is pending: a pipeline that runs apply must see that a file is half there."""
    project = build(world, tmp_path / "w")
    for name in FILES:
        if name.startswith("0004") or (world == "partial" and name.startswith("0003")):
            (project.folder / "migrations" / name).unlink()
    done = project.sh("landed apply --yes")
    assert done.returncode == 1, done.stdout
    assert world in done.stdout


def test_resume_shows_only_what_it_runs(tmp_path: Path) -> None:
    project = build("partial", tmp_path / "w")
    done = project.sh("landed resume --yes")
    assert done.returncode == 0
    assert "+ index orders_by_region" in done.stdout
    assert "orders.region" not in done.stdout
    assert "1 file finished and proven" in done.stdout


@pytest.mark.parametrize("world", ["partial", "phantom", "unrecorded", "duplicate", "masked"])
def test_status_does_not_send_the_user_to_an_apply_that_refuses(world: str, tmp_path: Path) -> None:
    project = build(world, tmp_path / "w")
    assert "Next: landed apply" not in project.sh("landed status").stdout
    assert project.sh("landed apply --yes").returncode == 1


def test_verify_names_what_helps_against_its_no(tmp_path: Path) -> None:
    done = build("no-file", tmp_path / "w").sh("landed verify")
    assert done.returncode == 1
    assert "Next: put migrations/0002b_hotfix.sql back, then: landed status" in done.stdout


def test_what_never_ran_is_not_locked(tmp_path: Path) -> None:
    project = build("adopt", tmp_path / "w")
    assert project.sh("landed lock").returncode == 0
    assert "0003_audit_log.sql" not in (project.folder / "landed.lock").read_text()


def test_a_server_that_nobody_answers_for_is_said_to_be_so(tmp_path: Path) -> None:
    done = build("new", tmp_path / "w").sh("landed -t postgres://me:secret@127.0.0.1:1/shop status")
    assert done.returncode == 3
    assert "127.0.0.1:1" in done.stdout
    assert "secret" not in done.stdout


def test_edits_are_found_without_a_database(tmp_path: Path) -> None:
    """As in CI: a fresh checkout with files and lock file, and nothing else."""
    project = build("edited", tmp_path / "w")
    project.must("rm -r .wrangler")
    done = project.sh("landed lock --check")
    assert done.returncode == 1
    assert "0002_order_region.sql  edited" in done.stdout
    assert "is not the SQL that landed.lock has" in project.sh("landed apply --dry-run").stdout
    assert project.sh("landed lock --accept 0002").returncode == 0
    assert project.sh("landed lock --check").returncode == 0
