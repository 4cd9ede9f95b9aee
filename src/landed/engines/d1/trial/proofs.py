"""What a trial shows on a hosted database of its own: landed's way of writing, and raw requests below it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from landed.core.applied import Applied, Consent
from landed.core.errors import Code, Interrupted, LandedError, NotProven
from landed.core.migration import Migration
from landed.engines.d1.answers import rows_of
from landed.engines.d1.api_errors import SqlFailed
from landed.engines.d1.api_text import one_line
from landed.engines.d1.assertions import Proof, failed_proof, statements
from landed.engines.d1.contact import FORMS, first_contact
from landed.engines.d1.target import RemoteD1Target
from landed.engines.sqlite.sql.cut_triggers import whole
from landed.engines.sqlite.sql.split import parse
from landed.engines.trial import Shown

if TYPE_CHECKING:
    from landed.core.timeline import Step
    from landed.engines.d1.remote import Connected
    from landed.engines.d1.trial.heard import Heard

LEDGER = "d1_migrations"
LABELS = {
    "apply": "files are run, proven and recorded",
    "contact": "first contact",
    "atomic": "a batch that fails leaves nothing",
    "triggers": "triggers arrive whole",
    "guard": "a rebuild that would lose rows is refused",
    "runners": "of two runners one runs a file",
    "sizes": "statements and batches of the size that landed sends",
    "restore": "a bookmark brings everything back",
}
"""What is tried, in this order."""

_FILES = {
    "0001_tables.sql": "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n"
    "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parent (id) "
    "ON DELETE CASCADE);\n",
    "0002_rows.sql": "INSERT INTO parent (id, name) VALUES (1, 'a'), (2, 'b');\n"
    "INSERT INTO child (id, parent) VALUES (10, 1), (11, 1), (12, 2);\n",
}
_REBUILD = (
    "CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, more TEXT)",
    "INSERT INTO parent_new (id, name) SELECT id, name FROM parent",
    "DROP TABLE parent",
    "ALTER TABLE parent_new RENAME TO parent",
)
_TWICE = "CREATE TABLE twice (id INTEGER PRIMARY KEY);\nINSERT INTO twice (id) VALUES (1);\n"
_CHILDREN = 3
_LARGEST, _TOO_LARGE = 99_900, 101_000
"""Characters of a statement that D1 takes, and of one that it does not (100 KB)."""
_ENTRIES, _ENTRY = 200, 4_000
"""Statements in a batch, and characters of each."""

Found = tuple[str, bool, str]


class Proofs:
    """One database, from empty to the end; ``shown`` grows with what was tried. ``second`` opens another
    connection to it."""

    def __init__(
        self,
        connected: Connected,
        second: Callable[[], Connected],
        heard: Heard,
        notify: Callable[[str], None],
    ) -> None:
        self.shown: list[Shown] = []
        self.target = RemoteD1Target(lambda: connected, LEDGER, notify)
        self._second, self._heard = second, heard

    def show(self, code: str) -> None:
        """Try one of :data:`LABELS`. What cannot be found out is shown as that."""
        self._heard.step = code
        if code == "contact":
            self._contact()
            return
        if code == "triggers":
            self._triggers()
            return
        expected, ask = {
            "apply": ("both, each in one request", self._apply),
            "atomic": ("no table, no row", self._atomic),
            "guard": ("refused, all rows there", self._guard),
            "runners": ("one runs it, the other finds it done", self._runners),
            "sizes": (f"{_LARGEST:,} characters taken, {_TOO_LARGE:,} refused", self._sizes),
            "restore": (f"{_CHILDREN} rows, 0 after a bare rebuild, {_CHILDREN} again", self._restore),
        }[code]
        self._add(code, LABELS[code], expected, ask)

    def _add(self, code: str, label: str, expected: str, ask: Callable[[], Found]) -> None:
        try:
            seen, holds, means = ask()
        except Interrupted:
            # While a write was under way: it is known what became of it, and it is deleted anyway.
            raise KeyboardInterrupt from None
        except LandedError as error:
            told = one_line(" ".join([error.message, *error.details[:1]]), 300)
            self.shown.append(Shown(code, label, expected, told, None, "It is not known."))
        else:
            self.shown.append(Shown(code, label, expected, one_line(seen, 300), holds, means))

    # -- each ---------------------------------------------------------------------------------------

    def _apply(self) -> Found:
        done = []
        with self.target.writer() as writer:
            for name, text in _FILES.items():
                migration = _migration(name, text)
                done.append(writer.run(migration, self._step(migration), _all(migration), Consent()))
        seen = ", ".join(f"{one.name} {one.outcome}" for one in done)
        good = [one.outcome for one in done] == ["applied"] * len(_FILES) and self._children() == _CHILDREN
        return seen, good, "Files can be applied there." if good else "Do not apply files there."

    def _contact(self) -> None:
        for one in first_contact(self.target):
            explained = one.code.startswith("trigger-")
            code = one.code.replace("trigger-", "explain-")
            label = f"{one.label}, by EXPLAIN" if explained else one.label
            self.shown.append(Shown(code, label, one.expected, one.seen, one.holds, one.means))

    def _atomic(self) -> Found:
        (fails,) = statements([Proof(1, "check", "", "(SELECT count(*) FROM gone) < 0", "'as it should'")])
        try:
            self._write("CREATE TABLE gone (a)", "INSERT INTO gone VALUES (1)", "DELETE FROM child", fails)
        except SqlFailed as error:
            failed = failed_proof(error.reason)
            text = failed.measured.strip() if failed else one_line(error.reason, 100)
        else:
            return "the batch did not fail", False, "A proof that fails stops nothing: do not write there."
        there = bool(self._rows("SELECT 1 AS n FROM sqlite_master WHERE name = 'gone'"))
        left = self._children()
        seen = f"failed ({text}); {'a table' if there else 'no table'}, {_CHILDREN - left} rows gone"
        good = not there and left == _CHILDREN
        return seen, good, "All or nothing." if good else "A batch is no transaction: do not write there."

    def _triggers(self) -> None:
        forms = {code: (label, body) for code, (label, body) in FORMS.items()}
        worst = "begin\r\nSELECT CASE WHEN new.id < 0 THEN RAISE(ABORT, 'no') END;\r\nend"
        forms["trigger-form"] = (
            "the form that landed prints",
            whole(f"CREATE TRIGGER x {worst}").partition("x ")[2],
        )
        for number, (code, (label, body)) in enumerate(forms.items()):
            sql = f"CREATE TRIGGER made_{number} AFTER UPDATE ON child {body}"
            self._add(code, label, "taken whole", lambda sql=sql: self._trigger(sql))  # type: ignore[misc]

    def _trigger(self, sql: str) -> Found:
        name = sql.split()[2]
        means = "Write triggers in the form that rehearse and apply print."
        try:
            self._write(sql)
        except SqlFailed as error:
            return error.reason, False, means
        found = self._rows(f"SELECT sql FROM sqlite_master WHERE name = '{name}'")
        same = bool(found) and found[0].get("sql") == sql
        return ("it was" if same else "another text"), same, "Such triggers arrive." if same else means

    def _guard(self) -> Found:
        migration = _migration("0003_rebuild.sql", ";\n".join(_REBUILD) + ";\n")
        step = self._step(migration)
        try:
            with self.target.writer() as writer:
                writer.run(migration, step, _all(migration), Consent())
        except NotProven as error:
            refused, text = error.code in (Code.ROWS, Code.CASCADE), error.message
        else:
            refused, text = False, "it ran"
        there = self._children()
        good = refused and there == _CHILDREN
        means = "A rebuild takes no rows along unnoticed." if good else "The row guard does not hold there."
        return f"{text}; {there} of {_CHILDREN} rows there", good, means

    def _runners(self) -> Found:
        migration = _migration("0004_twice.sql", _TWICE)
        step = self._step(migration)
        both = threading.Barrier(2, timeout=60)
        came: list[Applied | LandedError | threading.BrokenBarrierError] = []

        def run(connected: Connected) -> None:
            try:
                target = RemoteD1Target(lambda: connected, LEDGER)
                with target.writer() as writer:
                    both.wait()
                    came.append(writer.run(migration, step, _all(migration), Consent()))
            except (LandedError, threading.BrokenBarrierError) as error:
                both.abort()
                came.append(error)
            finally:
                connected.api.close()

        connections = [self._second(), self._second()]
        for connected in connections:
            connected.api.heard = self._heard
        threads = [threading.Thread(target=run, args=(one,)) for one in connections]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = sorted(one.outcome if isinstance(one, Applied) else str(one) for one in came)
        recorded = len(self._rows(f"SELECT 1 AS n FROM {LEDGER} WHERE name = '{migration.name}'"))
        rows = len(self._rows("SELECT 1 AS n FROM twice"))
        good = told == ["already", "applied"] and (recorded, rows) == (1, 1)
        seen = f"{' and '.join(told)}; recorded {recorded} times, {rows} rows"
        return seen, good, "Two runners do no harm." if good else "Let only one runner write there."

    def _sizes(self) -> Found:
        self.target.ask([f"SELECT length('{'x' * (_LARGEST - 20)}') AS n"])
        self.target.ask([f"SELECT length('{'x' * _ENTRY}') AS n"] * _ENTRIES)
        try:
            self.target.ask([f"SELECT length('{'x' * _TOO_LARGE}') AS n"])
        except SqlFailed as error:
            seen = f"taken, {_ENTRIES} of {_ENTRY:,} in one batch, too; refused: {error.reason}"
            return seen, True, "What landed sends fits; what it refuses beforehand would not."
        return "both taken", False, "More is taken there than landed sends: it refuses too early."

    def _restore(self) -> Found:
        before, mark = self._children(), self.target.bookmark()
        self._write(*_REBUILD)
        bare = self._children()
        self.target.restore(mark)
        after = self._children()
        seen = f"{before} rows, {bare} after a bare rebuild, {after} again"
        if after != before:
            return seen, False, "Time Travel does not bring rows back: there is no way back."
        if bare:
            return (
                seen,
                False,
                "There is a way back. Cascades do not delete there; the row guard counts all the same.",
            )
        return (
            seen,
            True,
            "There is a way back; without the row guard a rebuild empties tables that refer to it.",
        )

    # -- below them ---------------------------------------------------------------------------------

    def _step(self, migration: Migration) -> Step:
        """What a file does, replayed on the schema as it is there."""
        from landed.engines.sqlite.shadow.replay import Replayer

        replayer = Replayer("d1", ledger_table=LEDGER)
        try:
            state = self.target.read()
            replayer.load([row for row in state.rows if row.type != "trigger"])
            return replayer.replay(migration)
        finally:
            replayer.close()

    def _children(self) -> int:
        return len(self._rows("SELECT id FROM child"))

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        return self.target.ask([sql])[0]

    def _write(self, *sql: str) -> None:
        """One batch, sent once. Raises SqlFailed, Unsure."""
        api, place, _ = self.target.connected
        body = {"batch": [{"sql": one} for one in sql]}
        rows_of(api.write(f"{place.path}/query", body, what=self.target.what), len(sql))


def _migration(name: str, text: str) -> Migration:
    return Migration(name, name.partition("_")[0], name, text, parse)


def _all(migration: Migration) -> Sequence[int]:
    return [statement.number for statement in migration.statements]
