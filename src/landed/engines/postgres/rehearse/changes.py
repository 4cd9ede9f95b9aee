"""What a statement did to rows of a Postgres shadow without naming them: losses, changes, their causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from landed.core.findings import RowsChanged, RowsLost
from landed.core.migration import Statement
from landed.core.next import REHEARSE, Next
from landed.engines.postgres.rehearse.named import head, shown
from landed.engines.postgres.rehearse.rows import ColumnChange, TableRows, compare
from landed.engines.postgres.shadow.replay.observe import Table
from landed.engines.postgres.shadow.seed.tables import Reference
from landed.engines.postgres.sql.head import head_of

_ACTIONS = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


@dataclass(slots=True)
class RowVerdicts:
    """Collects what became of rows, statement by statement.

    ``rows`` are the rows before the statement at hand, by object id; ``tables`` and ``links`` the tables
    and foreign keys before the file. ``written`` gets the tables that statements named and wrote to.
    """

    tables: Mapping[int, Table]
    links: tuple[Reference, ...]
    rows: dict[int, TableRows]
    lost: list[RowsLost] = field(default_factory=list)
    changed: list[RowsChanged] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    written: set[int] = field(default_factory=set)

    def judge(self, statement: Statement, oid: int, now: TableRows | None) -> None:
        """Compare a table's rows before and after a statement; ``None``: the table is gone."""
        said = head_of(statement).names_anywhere
        before = self.rows[oid]
        kind = statement.head
        if now is None and kind.verb == "CREATE":
            # A stand-in of an extension makes way for what the file creates.
            return
        difference = compare(before, now)
        named = before.name in said
        if named and not kind.verb.startswith("ALTER"):
            self.written.add(oid)
        if difference.lost and not named:
            through, advice = self._through_loss(statement, kind.verb, oid, gone=now is None)
            left = max(before.total - difference.lost, 0)
            self.lost.append(
                RowsLost(str(before), before.total, left, through, statement.number, statement.line, advice)
            )
        for column, values in difference.dropped:
            if kind.verb == "DROP" or column not in said:
                self.changed.append(
                    RowsChanged(
                        str(before),
                        column,
                        values,
                        "dropped",
                        "the column is gone",
                        f"{head(statement.text)} takes the column with it",
                        statement.number,
                        statement.line,
                        Next(
                            "Drop the column by name first, or move its values. Then run: ",
                            REHEARSE.afterwards(),
                        ),
                    )
                )
        for change in difference.changes:
            self._change(statement, oid, change, "using" in said, named=named)

    def _change(
        self, statement: Statement, oid: int, change: ColumnChange, using: bool, *, named: bool
    ) -> None:
        before = self.rows[oid]
        advice = None
        if change.retyped is not None:
            # With USING its author has said what becomes of the values.
            if using:
                return
            through = f"the change of its type to {change.retyped}"
            advice = Next(
                "If that is meant, say it: ALTER COLUMN … TYPE … USING …. If not, add a column of the "
                "new type and copy the values. Then run: ",
                REHEARSE.afterwards(),
            )
        elif named:
            return
        else:
            link = self._acting(oid, change.column)
            if link is None:
                text = (
                    f"statement {statement.number} also changes rows of {before}: a trigger or function does"
                )
                if text not in self.notes:
                    self.notes.append(text)
                return
            deleting = statement.head.verb != "UPDATE"
            action = _ACTIONS.get(link.on_delete if deleting else link.on_update, "")
            if action == "CASCADE":
                # A key that follows the one that it refers to.
                return
            through = f"ON {'DELETE' if deleting else 'UPDATE'} {action} of {self._reference(link)}"
        example = f"{shown(change.before)} → {shown(change.after)}"
        self.changed.append(
            RowsChanged(
                str(before),
                change.column,
                change.rows,
                "nulled" if change.after is None else "altered",
                example,
                through,
                statement.number,
                statement.line,
                advice,
            )
        )

    def _through_loss(
        self, statement: Statement, verb: str, oid: int, *, gone: bool
    ) -> tuple[str, str | None]:
        if gone:
            return f"{head(statement.text)} drops the table with it", None
        parents = {oid}
        said = head_of(statement).names_anywhere
        while True:
            links = [r for r in self.links if r.child in parents and r.parent not in parents]
            direct = [r for r in links if self._name_of(r.parent) in said]
            if direct:
                link = next((r for r in direct if r.child == oid), direct[0])
                if verb == "TRUNCATE":
                    return f"TRUNCATE … CASCADE empties {self._reference(link)}", (
                        Next(
                            "Name every table that may be emptied: TRUNCATE a, b without CASCADE fails when "
                            "one is missing. Then run: ",
                            REHEARSE.afterwards(),
                        )
                    )
                action = _ACTIONS.get(link.on_delete, "")
                return f"ON DELETE {action} of {self._reference(link)}".replace("  ", " "), (
                    Next(
                        "If these rows may go, say so with a DELETE that names the table before this "
                        "statement. Then run: ",
                        REHEARSE.afterwards(),
                    )
                )
            if not links:
                return "a trigger or function that the statement sets off", None
            parents |= {r.parent for r in links}

    def _acting(self, oid: int, column: str) -> Reference | None:
        """The foreign key whose action writes this column when rows of another table go or change."""
        columns = self.rows[oid].columns
        return next(
            (
                link
                for link in self.links
                if link.child == oid
                and any(columns.get(n, ("",))[0] == column for n in link.columns)
                and (link.on_delete in "nd" or link.on_update in "cnd")
            ),
            None,
        )

    def _reference(self, link: Reference) -> str:
        child = self.rows.get(link.child)
        columns = ", ".join(child.columns[n][0] for n in link.columns if n in child.columns) if child else "…"
        return f"{self.tables.get(link.child)}({columns}) to {self.tables.get(link.parent)}"

    def _name_of(self, oid: int) -> str:
        rows = self.rows.get(oid)
        table = self.tables.get(oid)
        return rows.name if rows is not None else table.name if table is not None else ""
