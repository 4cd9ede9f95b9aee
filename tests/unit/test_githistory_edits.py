"""When a migration was changed, as real git repositories tell it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from landed.project.githistory import (
    History,
    NoHistory,
    applied_time,
    blob_id,
    edited_after,
    history,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


class Repo:
    """A git repository with commits at given days; ``folder`` is its migrations folder."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root = root
        self.folder = root / "db" / "migrations"
        self.folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main", *options)

    def git(self, *args: str, at: float = 0) -> str:
        date = f"{int(day(at).timestamp())} +0300"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "GIT_CONFIG_NOSYSTEM": "1",
            **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "A Developer"),
            **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "a@example.org"),
            **dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), date),
        }
        done = subprocess.run(
            ["git", *args], cwd=self.root, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, at: float, **files: str | None) -> str:
        for name, content in files.items():
            path = self.folder / f"{name}.sql"
            if content is None:
                path.unlink()
            else:
                path.write_text(content)
        self.git("add", "-A", ".")
        self.git("commit", "-q", "--allow-empty", "-m", "change", at=at)
        return self.git("rev-parse", "HEAD")

    def history(self) -> History:
        found = history(self.folder)
        assert isinstance(found, History)
        return found


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def digest(content: bytes | str) -> str:
    """A stand-in for the normalised digest: blind to white space, like the real one."""
    text = content if isinstance(content, str) else content.decode()
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


def edit_of(repo: Repo, name: str, applied: float | None) -> str | None:
    """The commit that edited a file (10 digits), ``"not committed"``, or ``None``."""
    known = repo.history()

    def digest_of_blob(blob: str) -> str | None:
        content = known.content_at(blob)
        return None if content is None else digest(content)

    current = digest((repo.folder / name).read_text())
    when = None if applied is None else day(applied)
    edit = edited_after(known, name, current, when, digest_of_blob)
    if edit is None:
        return None
    assert name in str(edit)
    return edit.commit.commit if edit.commit else "not committed"


def test_versions_of_every_file_newest_first_with_their_times(repo: Repo) -> None:
    first = repo.commit(0, a="1", b="1")
    second = repo.commit(2, a="2")
    third = repo.commit(4, b=None)
    versions = repo.history().versions
    assert [(v.commit, v.time, v.blob) for v in versions["a.sql"]] == [
        (second, day(2), blob_id(b"2", first)),
        (first, day(0), blob_id(b"1", first)),
    ]
    assert [(v.commit, v.blob is None) for v in versions["b.sql"]] == [(third, True), (first, False)]


def test_an_edit_counts_from_the_version_in_force_when_it_was_applied(repo: Repo) -> None:
    repo.commit(0, a="CREATE TABLE t (a)")
    changed = repo.commit(2, a="CREATE TABLE t (a, b)")
    assert edit_of(repo, "a.sql", applied=1) == changed
    assert edit_of(repo, "a.sql", applied=3) is None
    assert edit_of(repo, "a.sql", applied=2) is None, "committed in the very second: in force"
    assert edit_of(repo, "a.sql", applied=-1) == changed, "run before the first commit: the first one counts"
    assert edit_of(repo, "a.sql", applied=None) == changed


def test_the_first_change_that_makes_a_difference_is_named(repo: Repo) -> None:
    repo.commit(0, a="CREATE TABLE t (a)")
    repo.commit(2, a="CREATE  TABLE  t (a)\n")
    changed = repo.commit(3, a="CREATE TABLE t (b)")
    repo.commit(4, a="CREATE TABLE t (c)")
    assert edit_of(repo, "a.sql", applied=1) == changed


def test_white_space_and_what_was_taken_back_is_no_edit(repo: Repo) -> None:
    repo.commit(0, a="SELECT 1", b="SELECT 1")
    repo.commit(2, a="SELECT   1\n", b="SELECT 2")
    repo.commit(3, b="SELECT 1")
    assert edit_of(repo, "a.sql", applied=1) is None
    assert edit_of(repo, "b.sql", applied=1) is None
    assert edit_of(repo, "b.sql", applied=2.5) is not None


def test_an_edit_that_is_not_committed(repo: Repo) -> None:
    repo.commit(0, a="SELECT 1")
    (repo.folder / "a.sql").write_text("SELECT 2")
    assert edit_of(repo, "a.sql", applied=1) == "not committed"
    (repo.folder / "new.sql").write_text("SELECT 2")
    assert edit_of(repo, "new.sql", applied=1) is None, "git does not know it"


def test_a_file_that_came_back_and_one_that_did_not(repo: Repo) -> None:
    repo.commit(0, a="SELECT 1", b="SELECT 1")
    gone = repo.commit(1, a=None, b=None)
    repo.commit(2, a="SELECT 1")
    known = repo.history()
    assert known.deleted_in("a.sql") is None
    deleted = known.deleted_in("b.sql")
    assert deleted is not None
    assert deleted.commit == gone
    assert edit_of(repo, "a.sql", applied=1.5) is None, "the version before the deletion is what was applied"


def test_a_change_made_only_while_merging_is_seen_and_merges_repeat_nothing(repo: Repo) -> None:
    repo.commit(0, a="SELECT 1")
    repo.git("checkout", "-q", "-b", "side")
    side = repo.commit(1, a="SELECT 'side'", b="SELECT 1")
    repo.git("checkout", "-q", "main")
    main = repo.commit(2, a="SELECT 'main'")
    with pytest.raises(subprocess.CalledProcessError):
        repo.git("merge", "-q", "side", at=3)
    merge = repo.commit(3, a="SELECT 'both'")
    versions = repo.history().versions
    assert {v.commit for v in versions["a.sql"]} >= {merge, main, side}
    assert [v.commit for v in versions["b.sql"]] == [side]
    assert edit_of(repo, "a.sql", applied=2.5) == merge


def test_odd_names_and_neighbouring_folders(repo: Repo) -> None:
    names = ['with "quotes"', "ünïcode", "tab\there", "line\nbreak", "sub dir"]
    (repo.root / "elsewhere.sql").write_text("SELECT 1")
    commit = repo.commit(0, **dict.fromkeys(names, "SELECT 1"))
    (repo.folder / "0001_x").mkdir()
    (repo.folder / "0001_x" / "migration.sql").write_text("SELECT 1")
    repo.commit(1)
    known = repo.history()
    assert set(known.versions) == {f"{name}.sql" for name in names} | {"0001_x/migration.sql"}
    assert known.versions["line\nbreak.sql"][0].commit == commit


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_contents_and_ids_of_blobs(tmp_path: Path, algorithm: str) -> None:
    repo = Repo(tmp_path / "repo", f"--object-format={algorithm}")
    texts = ["", "no line end", "two\nlines\n", "x" * 100_000]
    for i, text in enumerate(texts):
        repo.commit(i, a=text)
    known = repo.history()
    blobs = [v.blob for v in reversed(known.versions["a.sql"]) if v.blob]
    expected = {blob: text.encode() for blob, text in zip(blobs, texts, strict=True)}
    assert known.contents([*blobs, "0" * len(blobs[0])]) == expected
    assert blobs == [blob_id(text.encode(), like=blobs[0]) for text in texts]
    assert known.content_at("0" * len(blobs[0])) is None


def test_a_shallow_clone_and_a_worktree_are_recognised(repo: Repo, tmp_path: Path) -> None:
    repo.commit(0, a="SELECT 1")
    repo.commit(1, a="SELECT 2")
    assert not repo.history().shallow
    repo.git("clone", "-q", "--depth=1", f"file://{repo.root}", str(tmp_path / "clone"))
    repo.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    clone = history(tmp_path / "clone" / "db" / "migrations")
    tree = history(tmp_path / "tree" / "db" / "migrations")
    assert isinstance(clone, History)
    assert isinstance(tree, History)
    assert clone.shallow
    assert len(clone.versions["a.sql"]) == 1
    assert not tree.shallow
    assert len(tree.versions["a.sql"]) == 2


def test_where_there_is_no_history(tmp_path: Path, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    assert history(alone) == NoHistory("not in a git repository")
    no_commits = history(repo.folder)
    assert isinstance(no_commits, NoHistory)
    assert "git failed" in no_commits.reason
    repo.commit(0, a="SELECT 1")
    assert history(repo.root / "gone") == NoHistory(f"there is no folder {repo.root / 'gone'}")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing here"))
    assert history(repo.folder) == NoHistory("git is not installed")


def test_a_git_that_hangs_or_dies_is_a_reason_not_an_error(
    tmp_path: Path, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(0, a="SELECT 1")
    known = repo.history()
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    assert history(repo.folder, timeout=0.2) == NoHistory("git took longer than 0.2 seconds")
    program.write_text("#!/bin/sh\necho 'fatal: broken' >&2; exit 128\n")
    assert history(repo.folder) == NoHistory("git failed: fatal: broken")
    assert known.contents(["0" * 40]) == {}


def test_the_repositorys_configuration_starts_no_program(repo: Repo, tmp_path: Path) -> None:
    """Every setting that names a program names one that leaves a trace."""
    (repo.root / ".gitattributes").write_text("*.sql diff=trap filter=trap\n")
    repo.commit(0, a="SELECT 1")
    signer = tmp_path / "signer"
    signer.write_text(
        "#!/bin/sh\ncat > /dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\necho '-----BEGIN PGP SIGNATURE-----'\n"
    )
    signer.chmod(0o755)
    repo.git("config", "gpg.program", str(signer))
    repo.git("config", "commit.gpgSign", "true")
    repo.commit(1, a="SELECT 2")
    trace = tmp_path / "trace"
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{trace}'\ncat\n")
    trap.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "pager.log",
        "diff.external",
        "diff.trap.textconv",
        "diff.trap.command",
        "filter.trap.smudge",
        "gpg.program",
        "core.sshCommand",
        "core.editor",
        "alias.log",
    ):
        repo.git("config", key, f"!{trap}" if key.startswith("alias") else str(trap))
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "log.showRoot", "false")
    repo.git("config", "color.ui", "always")
    with contextlib.suppress(subprocess.CalledProcessError):
        repo.git("log", "--ext-diff", "-p")
    assert trace.exists(), "an unguarded git runs them"
    trace.unlink()
    known = repo.history()
    blobs = [v.blob for v in known.versions["a.sql"] if v.blob]
    assert len(blobs) == 2
    assert known.contents(blobs)[blobs[0]] == b"SELECT 2"
    assert not trace.exists()


def test_variables_that_git_sets_inside_hooks_do_not_mislead(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(0, a="SELECT 1")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other.index"))
    assert set(repo.history().versions) == {"a.sql"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02 00:00:00", day(1)),
        ("2026-01-02T02:00:00+02:00", day(1)),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_the_ledgers_time_is_utc(text: str | None, expected: datetime | None) -> None:
    assert applied_time(text) == expected
