"""demo's story: real commands, run in this process, each step held to what the story tells."""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.core.errors import CannotKnow, Code, NotProven
from landed.demo import d1 as worlds
from landed.demo.d1 import POST_ROWS, World
from landed.report.text.demo import Stage

if TYPE_CHECKING:
    from landed.demo.supabase import PostgresWorld

_CHAPTERS = ("1-forgotten-production", "2-untrue-history", "3-cascading-rebuild", "4-supabase-repaired")
_KEPT = _CHAPTERS[:3]

_SUMMARY = (
    ("the history said", "in truth", "with landed"),
    ("1  nothing to apply", "production lacked a column", "applied, proven"),
    ("2  3 of 3 applied", "one never ran, one half-way", "finished, and now true"),
    ("3  1 to be applied", f"it would delete {POST_ROWS} rows", "refused; no row lost"),
)
_ON_POSTGRES = ("4  nothing to push", "never ran; an INVALID index", "built, applied, proven")
_LEFT_OUT = ("4  (Supabase)", "left out: no Postgres here", "landed doctor says why")


class Tour:
    """Plays the four chapters in ``folder``; ``stage`` is ``None`` when only the steps are wanted.

    ``steps`` collects what happened: every step has ``chapter`` and ``kind`` (``say``, ``claim``,
    ``run``, ``file``, ``proven``). The last chapter needs a Postgres; where none can be started it says so.
    """

    def __init__(self, folder: Path, stage: Stage | None) -> None:
        self._folder = folder
        self._stage = stage
        self._chapter = 0
        self.steps: list[dict[str, Any]] = []

    def play(self, *, keep: bool) -> None:
        """Play everything. Raises NotProven as soon as a step does not come out as told."""
        if self._stage:
            self._stage.opening(
                "Four projects whose migrations did not land: three on D1 (real SQLite files, where wrangler "
                "keeps them), one on Supabase (a throw-away Postgres). No network, no Docker; everything is "
                "in temporary folders, and gone afterwards."
            )
        with _surroundings(self._folder / "cache"):
            self._forgotten()
            self._untrue()
            self._cascading()
            last = self._on_postgres()
        if self._stage:
            self._stage.closing((*_SUMMARY, last))
            lines = ["Trust the schema, not the history. In a project of yours: landed status"]
            if keep:
                lines.append("The three D1 projects, broken as they were found:")
                lines += [f"  cd {self._folder / name} && landed status" for name in _KEPT]
            self._stage.last(lines)

    # -- the chapters ---------------------------------------------------------------------------

    def _forgotten(self) -> None:
        world = self._open("Applied locally, forgotten in production", worlds.forgotten)
        self._say(
            "A developer applied 0003_region.sql with wrangler, whose default is the local database DB. "
            "Production has never seen it. (PROD is a local file here: it stands in for production.)"
        )
        self._claim(world, "DB", [])
        self._run(
            ["exec", "--target", "d1:local/PROD", "SELECT region FROM orders"], 1, "no such column: region"
        )
        self._run(["status", "--target", "d1:local/PROD"], 0, "pending  0003_region.sql", "PROD apply")
        self._run(["apply", "--target", "d1:local/PROD", "--yes"], 0, "applied, proven, recorded")
        self._run(["exec", "--target", "d1:local/PROD", "SELECT region FROM orders"], 0, "1 row")
        self._run(["verify", "--target", "d1:local/PROD"], 0, "3 recorded")
        self._hold(world.waiting("PROD") == [], "wrangler still lists files for PROD")
        self._hold(world.count("PROD", "orders") == 1, "an order was lost")
        self._proven("The column is there, and wrangler's own history agrees with the schema.")

    def _untrue(self) -> None:
        world = self._open("The history says applied, but the SQL never ran", worlds.recorded_only)
        self._say(
            "Somebody inserted history rows by hand to get a deploy through. 0002_audit_log.sql never ran; "
            "0003_plans.sql stopped after its first statement."
        )
        self._claim(world, "DB", [])
        self._run(
            ["status"], 0, "phantom  0002_audit_log.sql", "partial  0003_plans.sql",
            "landed repair 0002_audit_log.sql", "landed resume 0003_plans.sql",
        )  # fmt: skip
        self._say(
            "The way out is what landed printed: run what is missing, unrecord what never ran, apply it."
        )
        self._run(
            ["resume", "0003_plans.sql", "--yes"], 0, "statements to run: 2, 3 (of 3)", "finished and proven"
        )
        self._run(["repair", "0002_audit_log.sql", "--yes"], 0, "remove 0002_audit_log.sql")
        self._run(["apply", "--yes"], 0, "0002_audit_log.sql  applied, proven, recorded")
        self._run(["verify"], 0, "3 recorded")
        self._hold(world.waiting("DB") == [], "wrangler still lists files")
        self._proven(
            "Every row of the history is now true: each file's effects were read back from the schema."
        )

    def _cascading(self) -> None:
        world = self._open("A migration that would delete rows, with a tick", worlds.cascading)
        self._say(
            "0003_unique_email.sql rebuilds the table users, as ORMs generate it. posts refers to users with "
            f"ON DELETE CASCADE, so DROP TABLE users deletes all {POST_ROWS} posts, and nothing fails."
        )
        self._claim(world, "DB", ["0003_unique_email.sql"])
        copy = world.copy(self._folder / "copy")
        before = copy.count("DB", "posts")
        failed = copy.platform_apply("DB", "0003_unique_email.sql")
        self._hold(failed is None, f"the file failed on the copy: {failed}")
        after = copy.count("DB", "posts")
        self._hold((before, after) == (POST_ROWS, 0), f"on the copy there are {after} of {before} posts left")
        self._hold(copy.waiting("DB") == [], "the copy's history does not call the file applied")
        self._say(
            f"Run wrangler's way (one batch, foreign keys on) on a copy: posts {before} -> {after}, no "
            "error, recorded as applied. And landed, on the original:"
        )
        self._run(
            ["apply", "--yes"], 1, f"would lose {POST_ROWS} rows of the table posts", "ON DELETE CASCADE",
            "rolled back", "Rewrite the file",
        )  # fmt: skip
        self._hold(world.count("DB", "posts") == POST_ROWS, "posts were lost")
        self._hold(world.waiting("DB") == ["0003_unique_email.sql"], "the refused file was recorded")
        (world.migrations / "0003_unique_email.sql").write_text(
            worlds.REBUILD_SAFE, encoding="utf-8", newline="\n"
        )
        self._file("migrations/0003_unique_email.sql, rewritten as advised", worlds.REBUILD_SAFE)
        self._run(["apply", "--yes"], 0, "applied, proven, recorded")
        self._run(["exec", "SELECT count(*) AS posts FROM posts"], 0, str(POST_ROWS))
        self._hold(world.count("DB", "posts") == POST_ROWS, "posts were lost")
        self._run(["verify"], 0, "3 recorded")
        self._proven(f"All {POST_ROWS} posts are there, emails are unique, and the references hold.")

    def _on_postgres(self) -> tuple[str, str, str]:
        from landed.demo.supabase import untrue_history

        name = self._begin("Supabase: repaired until the history looked right")
        self._say("(A throw-away Postgres is started for this; that takes some seconds.)")
        try:
            with untrue_history(self._folder / "tour" / name) as world:
                os.chdir(world.folder)
                os.environ["LANDED_TARGET"] = world.url
                self._repaired(world)
                os.chdir(self._folder)
        except CannotKnow as error:
            if any(step["kind"] == "run" and step["chapter"] == self._chapter for step in self.steps):
                raise
            self._say(f"This part is left out: {error.message}. Everything else of landed works without it.")
            return _LEFT_OUT
        return _ON_POSTGRES

    def _repaired(self, world: PostgresWorld) -> None:
        self._say(
            "Somebody ran `supabase migration repair --status applied` for the audit log, which writes the "
            "row and runs nothing. The unique index met two equal e-mails, failed, and stayed behind "
            "INVALID; the next push passed over it (IF NOT EXISTS) and recorded the file. (LANDED_TARGET "
            "holds the database's URL.)"
        )
        waiting = world.waiting()
        self._hold(waiting == [], f"the history table leaves {waiting} to be pushed")
        self._claimed("supabase", "3 of 3 files recorded, nothing to push.", "supabase", [])
        self._run(
            ["status"], 0, "phantom  20260102000000_audit_log.sql", "the index is INVALID",
            "partial  20260103000000_unique_email.sql", "landed resume 20260103000000_unique_email.sql",
        )  # fmt: skip
        self._say("An INVALID index is built anew; that it may be dropped for that has to be said by name.")
        allow = "drop-invalid-index:public.users_email"
        self._run(["resume", "--yes", "--allow", allow], 0, "finished and proven")
        self._run(["repair", "--yes"], 0, "remove 20260102000000_audit_log.sql")
        self._run(["apply", "--yes"], 0, "20260102000000_audit_log.sql  applied, proven, recorded")
        double = "insert into users select 3, email from users where id = 1"
        self._run(["exec", "--yes", double], 1, "duplicate key value violates unique constraint")
        self._run(["verify"], 0, "3 recorded")
        valid = world.run("SELECT indisvalid FROM pg_index WHERE indexrelid = 'public.users_email'::regclass")
        self._hold(valid == [(True,)], "the index is not valid")
        policies = world.run("SELECT polname FROM pg_policy WHERE polrelid = 'public.audit_log'::regclass")
        self._hold(policies == [("own entries",)], "the policy is not there")
        self._hold(world.waiting() == [], "files would be pushed")
        self._proven("The table and its policy are there, no e-mail can come twice, and the history is true.")

    # -- steps ----------------------------------------------------------------------------------

    def _open(self, title: str, build: Any) -> World:
        name = self._begin(title)
        found: World = build(self._folder / name)
        world = found.copy(self._folder / "tour" / name)
        os.chdir(world.folder)
        return world

    def _begin(self, title: str) -> str:
        name = _CHAPTERS[self._chapter]
        self._chapter += 1
        self._note("chapter", title=title)
        if self._stage:
            self._stage.chapter(self._chapter, len(_CHAPTERS), title)
        return name

    def _say(self, text: str) -> None:
        self._note("say", text=text)
        if self._stage:
            self._stage.say(text)

    def _claim(self, world: World, binding: str, expected: list[str]) -> None:
        """Show what wrangler would list; taken from the history table, as wrangler takes it."""
        waiting = world.waiting(binding)
        self._hold(waiting == expected, f"the history table leaves {waiting} to be applied, not {expected}")
        total = world.recorded(binding) + len(waiting)
        text = f"{world.recorded(binding)} of {total} files recorded in {binding}"
        text += f", to be applied: {', '.join(waiting)}" if waiting else ", nothing to apply."
        self._claimed("wrangler", text, binding, waiting)

    def _claimed(self, whose: str, text: str, database: str, waiting: list[str]) -> None:
        self._note("claim", text=text, binding=database, waiting=waiting)
        if self._stage:
            self._stage.say("")
            self._stage.claim(whose, text)

    def _run(self, arguments: list[str], code: int, *expected: str) -> None:
        """Run one real command in this process; it must exit with ``code`` and print what is expected."""
        words = shlex.join(["landed", *arguments])
        if self._stage:
            self._stage.command(words)
        got, text = _call(arguments)
        self._note("run", command=words, exit_code=got, output=text)
        if self._stage:
            self._stage.output(text)
        plain = " ".join(_plain(text).split())
        missing = [e for e in expected if " ".join(e.split()) not in plain]
        self._hold(got == code, f"{words} exited with {got}, not {code}", text)
        self._hold(not missing, f"{words} did not say: {'; '.join(missing)}", text)

    def _file(self, name: str, text: str) -> None:
        self._note("file", name=name, text=text)
        if self._stage:
            self._stage.file(name, text)

    def _proven(self, text: str) -> None:
        self._note("proven", text=text)
        if self._stage:
            self._stage.proven(text)

    def _hold(self, true: bool, otherwise: str, output: str = "") -> None:
        if not true:
            raise NotProven(
                f"the demo did not come out as told: {otherwise}",
                code=Code.DEFECT,
                details=_plain(output).splitlines(),
                next="this is a defect in landed: report it with the output above",
            )

    def _note(self, kind: str, **content: object) -> None:
        self.steps.append({"chapter": self._chapter, "kind": kind, **content})


class _Captured(io.StringIO):
    """Collects what a command prints; looks to it like the real stdout."""

    def isatty(self) -> bool:
        return sys.__stdout__ is not None and sys.__stdout__.isatty()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(sys.__stdout__, "encoding", None) or "utf-8"


def _call(arguments: list[str]) -> tuple[int, str]:
    """Run one command line in this process: exit code, and both its streams as one text."""
    from landed.cli.failure import run
    from landed.cli.main import cli

    captured = _Captured()
    with redirect_stdout(captured), redirect_stderr(captured):
        code = run(cli, arguments)
    return code, captured.getvalue()


def _plain(text: str) -> str:
    from landed.report.text.demo import uncoloured

    return uncoloured(text)


@contextmanager
def _surroundings(cache: Path) -> Iterator[None]:
    """Without the user's settings, with a cache in the demo's own folder; put back afterwards."""
    kept = dict(os.environ)
    here = os.getcwd()
    for name in kept:
        if name.startswith(("LANDED_", "PG", "SUPABASE_")) or name == "CLOUDFLARE_ENV":
            del os.environ[name]
    os.environ["LANDED_CACHE_DIR"] = str(cache)
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(kept)
