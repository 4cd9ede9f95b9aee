"""First contact: what landed assumes of hosted D1, asked of the server by requests that write nothing.

Each answer says what was expected, what was seen, and what that means. ``EXPLAIN`` compiles a statement, with
the server's splitter and its check of rights before it, and does not run it (measured on workerd; on the
hosted service by whoever runs this).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from landed.core.errors import CannotKnow
from landed.engines.d1.answers import bookmark_of, entries_of, of_a_replica, rows_of
from landed.engines.d1.api_errors import Refused, SqlFailed, Unsure
from landed.engines.d1.api_text import one_line
from landed.engines.d1.assertions import Proof, failed_proof, statements
from landed.engines.d1.observed import TRIGGERS, Seen
from landed.engines.d1.rights import lacks_edit
from landed.engines.sqlite.sql.cut_triggers import CUT
from landed.engines.sqlite.sql.tokens import quote

if TYPE_CHECKING:
    from landed.engines.d1.remote import RemoteD1

_LONG = 2000
"""Characters of an assertion's text: the figures of a failed proof may be as many."""
_TEXT = f"replace(hex(zeroblob({_LONG // 2})), '00', 'ab') || ' end of it'"
_WHOLE = "ab" * (_LONG // 2) + " end of it"
_TABLE = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%' AND name NOT LIKE "
    "'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name LIMIT 1"
)
_NAME = "landed_first_contact"


FORMS = dict(
    zip(
        TRIGGERS,
        (
            ("CASE … END in a trigger", "BEGIN SELECT CASE WHEN 1 THEN 1 END; END"),
            ("begin and end in lower case", "begin SELECT 1; end"),
            ("Windows line ends in a trigger", "BEGIN\r\nSELECT 1;\r\nEND"),
        ),
        strict=True,
    )
)
"""Spellings of triggers that the server is reported to cut (workers-sdk#15314, #15690): label and body."""


def first_contact(target: RemoteD1) -> list[Seen]:
    """Ask all of it: six requests where all is well, none of which writes.

    What cannot be asked is one of the answers. Raises what connecting raises.
    """
    asked = _Asked(target)
    found = [asked.guarded("name", "name and mode", "the id's name, version production", asked.name)]
    found.append(asked.guarded("bookmark", "bookmark", "Time Travel gives one", asked.bookmark))
    found.append(asked.guarded("batch", "batch", "two answers, foreign keys on", asked.batch))
    found.append(asked.guarded("assertion", "failed proof", "its whole text, as an SQL error", asked.proof))
    rights = asked.guarded("rights", "rights", "may make a table", asked.rights)
    return [*found, rights, *asked.triggers(rights.holds)]


class _Asked:
    """The questions, one request each."""

    def __init__(self, target: RemoteD1) -> None:
        self.target = target
        self.api, self.place, _ = target.connected
        self.table = ""
        """A table of the user's, which EXPLAIN needs for a trigger."""

    def guarded(self, code: str, label: str, expected: str, ask: Callable[[], tuple[str, bool, str]]) -> Seen:
        """One answer, whatever came."""
        vital = code in ("batch", "assertion")
        try:
            seen, holds, means = ask()
        except CannotKnow as error:
            said = one_line(" ".join([error.message, *error.details[:1]]), 200)
            return Seen(code, label, expected, said, None, "It could not be asked.", vital)
        return Seen(code, label, expected, one_line(seen, 200), holds, means, vital)

    def name(self) -> tuple[str, bool, str]:
        found = self.api.get(self.place.path, what=self.target.what)
        found = found if isinstance(found, dict) else {}
        name, version = self._word(found.get("name")), self._word(found.get("version"))
        same = found.get("uuid") == self.place.database
        copies = found.get("read_replication")
        mode = self._word(copies.get("mode")) if isinstance(copies, dict) else "?"
        seen = f"{name}, version {version}, replicas {mode}" + ("" if same else ", and another id")
        if not same:
            return seen, False, "It is another database than the one that is meant."
        if version != "production":
            return seen, False, "Databases of older versions have no Time Travel: there is no way back."
        if mode == "auto":
            return seen, True, "Replicas may answer reads; after a write only the primary's answer counts."
        return seen, True, "It is the database that is meant."

    def bookmark(self) -> tuple[str, bool, str]:
        path = f"{self.place.path}/time_travel/bookmark"
        bookmark_of(self.api.get(path, what=f"a bookmark of {self.target.what}"))
        return "one came", True, "There is a way back to the moment before a write."

    def batch(self) -> tuple[str, bool, str]:
        answer = self._query("PRAGMA foreign_keys", _TABLE)
        keys, tables = rows_of(answer, 2, reading=True)
        on = keys[0].get("foreign_keys") == 1 if keys else False
        name = tables[0].get("name") if tables else None
        self.table = name if isinstance(name, str) else ""
        who = "a replica" if of_a_replica(answer) else "the primary"
        seen = f"two answers of {who}, foreign keys {'on' if on else 'off'}"
        if not on:
            return seen, False, "References are not enforced as landed assumes: do not write with it there."
        return seen, True, "A batch is taken; that it is one transaction is shown by landed selftest only."

    def proof(self) -> tuple[str, bool, str]:
        (fails,) = statements([Proof(1, "check", "", "(SELECT count(*) FROM sqlite_master) < 0", _TEXT)])
        try:
            self._query("SELECT 1", fails)
        except SqlFailed as error:
            failed = failed_proof(error.reason)
            if failed is None:
                return one_line(error.reason, 120), False, "A failed proof could not say what failed."
            whole = failed.number == 1 and failed.measured.rstrip() == _WHOLE
            seen = f"{len(failed.measured):,} of {len(_WHOLE):,} characters"
            if not whole:
                return seen, False, "A failed proof is noticed; its figures may be cut."
            return f"all {seen}", True, "A failed proof says what failed, and how much."
        except Unsure as error:
            if failed_proof(" ".join(error.details)) is None:
                raise
            return "its text, without SQLite's result", False, "A failed proof would be an unknown outcome."
        return "no error", False, "A failed proof would not be noticed: do not write with landed there."

    def rights(self) -> tuple[str, bool, str]:
        try:
            entries_of(self._query(f"EXPLAIN CREATE TABLE {_NAME} (id INTEGER)"), 1)
        except SqlFailed as error:
            if lacks_edit(error.reason):
                return one_line(error.reason), False, "These credentials may read only: Account · D1 · Edit."
            return one_line(error.reason, 120), False, "It is not known why."
        except Refused as error:
            return (
                one_line(error.message, 120),
                False,
                "These credentials may read only: Account · D1 · Edit.",
            )
        return "it may", True, "These credentials may write."

    def triggers(self, may: bool | None) -> list[Seen]:
        """How the server takes the spellings of triggers that it is known to cut: one request where it takes
        all of them, else one each."""
        why = "no rights to make one" if may is not True else "" if self.table else "there is no table yet"
        if why:
            return [
                Seen(code, label, "taken whole", f"not asked: {why}", None, "It may be cut.")
                for code, (label, _) in FORMS.items()
            ]
        try:
            entries_of(self._query(*map(self._explained, FORMS)), len(FORMS))
        except CannotKnow:
            return [
                self.guarded(c, label, "taken whole", self._trigger(c)) for c, (label, _) in FORMS.items()
            ]
        means = "Taken whole, as far as EXPLAIN shows."
        return [Seen(c, label, "taken whole", "it was", True, means) for c, (label, _) in FORMS.items()]

    def _trigger(self, code: str) -> Callable[[], tuple[str, bool, str]]:
        def ask() -> tuple[str, bool, str]:
            try:
                answer = self._query(self._explained(code))
            except SqlFailed as error:
                cut = CUT in error.reason
                means = "The server cuts it: write it in the form that apply and rehearse print."
                return one_line(error.reason, 120), False, means if cut else "It is not known why."
            pieces = len(answer) if isinstance(answer, list) else 0
            means = "The server cuts it." if pieces != 1 else "Taken whole, as far as EXPLAIN shows."
            return ("it was" if pieces == 1 else f"{pieces} answers to one"), pieces == 1, means

        return ask

    def _explained(self, code: str) -> str:
        return f"EXPLAIN CREATE TRIGGER {_NAME} AFTER DELETE ON {quote(self.table)} {FORMS[code][1]}"

    def _query(self, *sql: str) -> object:
        body = {"batch": [{"sql": one} for one in sql]}
        return self.api.read(f"{self.place.path}/query", body, what=self.target.what)

    def _word(self, value: object) -> str:
        return self.api.said(value, 100) if isinstance(value, str) else "?"
