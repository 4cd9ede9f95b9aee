"""A repository's own git configuration, attributes and objects: git is asked, and starts nothing for it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from landed.project import git_process
from landed.project.git_process import NoHistory
from landed.project.githistory import History, history
from support.process.landed_process import Answer, Landed
from support.walls.escaping import Canary, canary
from support.worlds.world import World

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or os.name != "posix", reason="git and a shell script"
)

GOOD = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);\n"
COMMANDS = cycle([("status",), ("verify",), ("doctor",), ("apply", "--yes"), ("lock",)])

CONFIGURATIONS = {
    "fsmonitor": {"core.fsmonitor": "{run}"},
    "hooks": {"core.hooksPath": "{folder}"},
    "external-diff": {"diff.external": "{run}"},
    "pager": {"core.pager": "{run}", "pager.log": "{run}", "pager.cat-file": "{run}"},
    "ssh": {"core.sshCommand": "{run}", "core.gitProxy": "{run}", "protocol.allow": "always"},
    "password": {"core.askPass": "{run}", "credential.helper": "!{run}"},
    "signatures": {"gpg.program": "{run}", "gpg.ssh.program": "{run}", "log.showSignature": "true"},
    "aliases": {"alias.log": "!{run}", "alias.cat-file": "!{run}"},
    "editor": {"core.editor": "{run}", "sequence.editor": "{run}"},
    "alternates": {"core.alternateRefsCommand": "{run}"},
    "pack-hook": {"uploadpack.packObjectsHook": "{run}"},
    "textconv": {"diff.sql.textconv": "{run}", "diff.sql.command": "{run}"},
    "filter": {"filter.sql.clean": "{run}", "filter.sql.smudge": "{run}", "filter.sql.process": "{run}"},
    "merge-driver": {"merge.sql.driver": "{run}", "log.diffMerges": "remerge"},
    "trace": {"trace2.normalTarget": "{mark}", "trace2.eventTarget": "{mark}"},
    "include-the-secret": {"include.path": "{secret}"},
    "mailmap-the-secret": {"mailmap.file": "{secret}", "log.mailmap": "true"},
    "endless-mailmap": {"mailmap.file": "/dev/zero", "log.mailmap": "true"},
    "endless-order": {"diff.orderFile": "/dev/zero"},
    "endless-attributes": {"core.attributesFile": "/dev/zero", "core.excludesFile": "/dev/zero"},
    "another-work-tree": {"core.worktree": "{folder}"},
    "notes": {"notes.displayRef": "*", "format.pretty": "%(trailers:key=x)"},
}


@pytest.fixture
def trap() -> Iterator[Canary]:
    with canary() as made:
        yield made


def repository(folder: Path, trap: Canary, mode: str = "d1") -> tuple[World, Landed]:
    """A project with one applied and since edited file, whose history git is asked about."""
    world = World(folder / "p", {"0001_f.sql": GOOD}, mode=mode)
    if mode == "sqlite":
        (world.folder / "landed.toml").write_text('target = "sqlite:app.db"\nmigrations = "migrations"\n')
    (world.folder / ".gitattributes").write_text("*.sql diff=sql filter=sql merge=sql\n")
    world.git("init", "--quiet")
    world.git("add", ".")
    world.git("commit", "--quiet", "-m", "one", when="2020-01-01T00:00:00Z")
    landed = Landed(world.folder, folder / "cache")
    landed.plain("apply", "--yes")
    (world.folder / "landed.lock").unlink(missing_ok=True)
    world.write("0001_f.sql", GOOD.replace("email", "mail"))
    script = folder / "run"
    script.write_text(f"#!/bin/sh\necho ran >>'{trap.mark}'\ncat '{trap.secret_file}'\nexit 1\n")
    script.chmod(0o755)
    for name in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        shutil.copy(script, world.folder / ".git" / "hooks" / name)
    return world, landed


def configure(world: World, trap: Canary, settings: dict[str, str]) -> None:
    places = {
        "run": world.folder.parent / "run",
        "folder": trap.folder,
        "mark": trap.mark,
        "secret": trap.secret_file,
    }
    for key, value in settings.items():
        section, _, name = key.rpartition(".")
        head, _, sub = section.partition(".")
        title = f'{head} "{sub}"' if sub else head
        with open(world.folder / ".git" / "config", "a") as config:
            config.write(f'[{title}]\n\t{name} = "{value.format(**places)}"\n')


def asked(landed: Landed, trap: Canary, *command: str, most: float = 25.0) -> Answer:
    began = time.monotonic()
    answer = landed(*command, code=None)
    assert time.monotonic() - began < most
    assert "itself failed" not in answer.stdout + answer.stderr, answer
    trap.untouched(answer.stdout, answer.stderr)
    return answer


CASES = [(m, n, next(COMMANDS)) for m in ("d1", "sqlite") for n in CONFIGURATIONS]


@pytest.mark.parametrize(("mode", "name", "command"), CASES, ids=lambda v: v if isinstance(v, str) else v[0])
def test_a_configuration_starts_nothing(
    tmp_path: Path, trap: Canary, mode: str, name: str, command: tuple[str, ...]
) -> None:
    world, landed = repository(tmp_path, trap, mode)
    configure(world, trap, CONFIGURATIONS[name])
    asked(landed, trap, *command)
    answer = asked(landed, trap, "status")
    if name not in ("include-the-secret", "another-work-tree"):
        # Git was asked all the same: it knows the version that was applied.
        assert "2020" in answer.stdout or "commit" in answer.stdout


PROMISORS = {
    "ext": {"remote.origin.url": "ext::{run} x"},
    "ssh": {"remote.origin.url": "ssh://host.invalid/x", "core.sshCommand": "{run}"},
    "local": {"remote.origin.url": "{folder}", "remote.origin.uploadpack": "{run}"},
    "helper": {"remote.origin.url": "x", "remote.origin.vcs": "ext"},
    "proxy": {"remote.origin.url": "git://host.invalid/x", "core.gitProxy": "{run}"},
}
ALLOWED = {f"protocol.{p}.allow": "always" for p in ("ext", "ssh", "file", "git", "http", "https")}


@pytest.mark.parametrize("old_git", [False, True], ids=["", "old-git"])
@pytest.mark.parametrize("name", PROMISORS)
def test_a_partial_clone_fetches_nothing(
    tmp_path: Path, trap: Canary, monkeypatch: pytest.MonkeyPatch, name: str, old_git: bool
) -> None:
    world, landed = repository(tmp_path, trap)
    blob = world.git("rev-parse", "HEAD:migrations/0001_f.sql")
    (world.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    partial = {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
    }
    configure(world, trap, partial | ALLOWED | PROMISORS[name])
    if old_git:
        # As a git that does not know GIT_NO_LAZY_FETCH: the protocols have to stop it.
        kept = {key: value for key, value in git_process._FIXED.items() if key != "GIT_NO_LAZY_FETCH"}
        monkeypatch.setattr(git_process, "_FIXED", kept)
        known = history(world.folder / "migrations")
        assert isinstance(known, History)
        assert known.contents([blob]) == {}
        trap.untouched()
    else:
        asked(landed, trap, "status")


def test_a_pointer_to_another_repository_is_read_as_one(tmp_path: Path, trap: Canary) -> None:
    world, landed = repository(tmp_path, trap)
    os.rename(world.folder / ".git", tmp_path / "moved")
    configuration = tmp_path / "moved" / "config"
    configuration.write_text(configuration.read_text() + f'[core]\n\tfsmonitor = "{tmp_path / "run"}"\n')
    (world.folder / ".git").write_text(f"gitdir: {tmp_path / 'moved'}\n")
    asked(landed, trap, "status")


@pytest.mark.parametrize("kind", ["fifo", "secret", "huge", "circle", "nul"])
def test_a_pointer_that_is_no_pointer(tmp_path: Path, trap: Canary, kind: str) -> None:
    world, landed = repository(tmp_path, trap)
    shutil.rmtree(world.folder / ".git")
    pointer = world.folder / ".git"
    if kind == "fifo":
        os.mkfifo(pointer)
    elif kind == "secret":
        pointer.symlink_to(trap.secret_file)
    elif kind == "huge":
        with open(pointer, "wb") as file:
            file.truncate(2_000_000_000)
    elif kind == "circle":
        pointer.symlink_to(".git")
    else:
        pointer.write_bytes(b"gitdir: a\0b\n")
    for command in ("status", "doctor"):
        asked(landed, trap, command)


def test_replaced_objects_are_not_believed(tmp_path: Path, trap: Canary) -> None:
    world, _ = repository(tmp_path, trap)
    blob = world.git("rev-parse", "HEAD:migrations/0001_f.sql")
    other = world.folder / "other.sql"
    other.write_text("SELECT 1;")
    world.git("-c", "core.hooksPath=/dev/null", "replace", blob, world.git("hash-object", "-w", "other.sql"))
    known = history(world.folder / "migrations")
    assert isinstance(known, History)
    assert known.content_at(blob) == GOOD.encode()


def test_a_history_that_never_ends_is_cut_off(tmp_path: Path, trap: Canary) -> None:
    world, landed = repository(tmp_path, trap)
    os.mkfifo(tmp_path / "pipe")
    with open(world.folder / ".git" / "config", "a") as config:
        config.write(f'[include]\n\tpath = "{tmp_path / "pipe"}"\n')
    began = time.monotonic()
    known = history(world.folder / "migrations", timeout=0.5)
    assert isinstance(known, NoHistory)
    assert "longer than 0.5 seconds" in known.reason
    assert time.monotonic() - began < 10
    asked(landed, trap, "status")


def test_a_blob_that_unpacks_to_much_more_is_cut_off(
    tmp_path: Path, trap: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_process, "MOST_BYTES", 1_000_000)
    world, _ = repository(tmp_path, trap)
    (world.folder / "large").write_bytes(bytes(3_000_000))
    blob = world.git("hash-object", "-w", "large")
    known = history(world.folder / "migrations")
    assert isinstance(known, History)
    assert known.contents([blob]) == {}


@pytest.mark.parametrize("seconds", ["99999999999999999", "-99999999999999999", "9223372036854775807", "0"])
def test_a_commit_of_any_time(tmp_path: Path, trap: Canary, seconds: str) -> None:
    world, landed = repository(tmp_path, trap)
    tree = world.git("rev-parse", "HEAD^{tree}")
    text = f"tree {tree}\nauthor a <a@b> {seconds} +0000\ncommitter a <a@b> {seconds} +0000\n\nx\n"
    (world.folder / "commit").write_text(text)
    made = world.git("hash-object", "-t", "commit", "-w", "--literally", "commit")
    (world.folder / ".git" / "refs" / "heads" / "odd").write_text(made + "\n")
    (world.folder / ".git" / "HEAD").write_text("ref: refs/heads/odd\n")
    for command in ("status", "doctor"):
        asked(landed, trap, command)


def test_variables_of_an_outer_git_do_not_lead_elsewhere(tmp_path: Path, trap: Canary) -> None:
    _, landed = repository(tmp_path, trap)
    other, _ = repository(tmp_path / "other", trap)
    git = other.folder / ".git"
    landed.env |= {
        "GIT_DIR": str(git),
        "GIT_WORK_TREE": str(other.folder),
        "GIT_OBJECT_DIRECTORY": str(git / "objects"),
        "GIT_EXTERNAL_DIFF": str(tmp_path / "run"),
        "GIT_PAGER": str(tmp_path / "run"),
    }
    asked(landed, trap, "status")
