"""One trial of hosted D1: a database is made, tried and deleted, by the id that the create call returned."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as percent

from landed.core.errors import Ambiguous, CannotKnow, Code, Interrupted, LandedError, UsageError
from landed.engines.d1.api_errors import Gone, Refused, Unreachable, Unsure
from landed.engines.d1.api_text import one_line
from landed.engines.d1.auth import Variables
from landed.engines.d1.connect import Session
from landed.engines.d1.lookup import Place, find_accounts, several
from landed.engines.d1.remote import Connected
from landed.engines.d1.trial import kept
from landed.engines.d1.trial.heard import Heard
from landed.engines.d1.trial.proofs import LABELS, Proofs
from landed.engines.trial import Left, Shown, TrialPlan, Tried

if TYPE_CHECKING:
    from landed.core.timeline import Progress
    from landed.project.discovery import Project

_LEDGER = "d1_migrations"


class D1Trial:
    """A trial in the account that a project's folder leads to."""

    def __init__(
        self,
        project: Project,
        environ: Mapping[str, str] | None = None,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._project = project
        self._notify = notify
        folders = [project.root, *([project.start] if project.start != project.root else [])]
        self._variables = Variables(os.environ if environ is None else environ, folders)

    def plan(self, account: str | None = None) -> TrialPlan:
        """Look up the account, the one that is named or the only one there is; changes nothing.

        Raises ConfigError, UsageError, CannotKnow.
        """
        session = self._session()
        api = session.api
        try:
            accounts = find_accounts(api, self._project.wrangler, self._variables)
            if account is not None:
                found = [one for one in accounts if one[0] == account]
                if not found:
                    raise UsageError(
                        f"The account {one_line(account, 100)} is not the one that is in force here.",
                        details=[f"{id}  {api.said(name)}".rstrip() for id, name in accounts[:20]],
                        next="Name the one that was shown, or set CLOUDFLARE_ACCOUNT_ID.",
                    )
                accounts = found
            if len(accounts) > 1:
                raise several(api, accounts)
            chosen, called = accounts[0]
            name = f"landed-selftest-{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}"
            called = called or self._called(session, chosen)
            return TrialPlan(
                "Cloudflare D1",
                chosen,
                api.said(called),
                f"{session.who} ({api.credentials.origin})",
                name,
                tuple(LABELS.values()),
                kept.all_left(),
            )
        finally:
            api.close()

    def run(self, plan: TrialPlan, progress: Progress | None = None) -> Tried:
        """Make the database, try it, and delete the id that the create call returned.

        Raises CannotKnow where none was made, Ambiguous where that is not known.
        """
        session = self._session()
        heard = Heard(session.api.said, plan.account, plan.account_name, plan.name)
        session.api.heard = heard
        record = kept.Kept(plan.name, plan.account)
        try:
            heard.step = "create"
            self._create(session, record)
            heard.also(record.id)
            shown, interrupted, left = self._tried(session, record, heard, progress)
        finally:
            session.api.close()
        path = kept.folder() / "answers" / f"{plan.name}.json"
        try:
            heard.write(path)
            answers = path
        except OSError:
            answers = None
        return Tried(plan, record.id, tuple(shown), left, answers, interrupted)

    def left(self) -> tuple[Left, ...]:
        """The databases that earlier runs on this machine made and did not delete."""
        return kept.all_left()

    def remove(self, left: Left) -> None:
        """Delete one of them by its id. Raises CannotKnow, Ambiguous."""
        session = self._session()
        try:
            self._delete(session, left)
        finally:
            session.api.close()

    # -- making and deleting ----------------------------------------------------------------------

    def _create(self, session: Session, record: kept.Kept) -> None:
        """Make the database; its id is on the disk when this returns."""
        try:
            record.write()
        except OSError as error:
            raise CannotKnow(
                f"Nothing was made: {record.path} cannot be written, where the database's id would be kept.",
                details=[error.strerror or ""],
                next="Make the folder writable, or name another: LANDED_CACHE_DIR",
            ) from None
        path = f"/accounts/{percent(record.account, safe='')}/d1/database"
        try:
            found = session.api.write(path, {"name": record.name}, what="a new database")
        except (Refused, Unreachable):
            record.forget()
            raise
        except Unsure as error:
            if error.code is Code.LIMIT:
                record.forget()
                raise
            raise self._unsure(record, error.message, *error.details) from None
        except KeyboardInterrupt:
            raise self._unsure(record, "Interrupted while it was asked for.", kind=Interrupted) from None
        id = found.get("uuid") if isinstance(found, dict) else None
        if not kept.is_id(id) or found.get("name") != record.name:
            raise self._unsure(record, "The answer names no database, or another one than was asked for.")
        try:
            record.write(str(id))
        except OSError:
            raise CannotKnow(
                f"{record.name} was made, and its id {id} could not be kept in {record.path}.",
                details=["Nothing else was sent."],
                next=kept.removal(record.name, "", record.account),
            ) from None

    def _unsure(self, record: kept.Kept, *told: str, kind: type[LandedError] = Ambiguous) -> LandedError:
        return kind(
            f"It is not known whether {record.name} was made.",
            details=[*told, "No other request was sent: landed deletes only an id that it was given."],
            next=record.left.remove,
        )

    def _tried(
        self, session: Session, record: kept.Kept, heard: Heard, progress: Progress | None
    ) -> tuple[list[Shown], bool, Left | None]:
        """What was shown, whether it was interrupted, and what is left; it is deleted in any case."""
        place = Place(record.account, record.id, record.name)
        connected = Connected(session.api, place, session.who)
        proofs = Proofs(connected, lambda: self._second(place), heard, self._notify)
        interrupted = False
        try:
            self._check(session, record.left)
            for number, code in enumerate(LABELS):
                if progress is not None:
                    progress(number, len(LABELS), LABELS[code])
                proofs.show(code)
        except KeyboardInterrupt:
            interrupted = True
        except CannotKnow as error:
            proofs.shown.append(
                Shown("create", "the new database", "there, by its name", error.message, None, "Not tried.")
            )
        finally:
            heard.step = "delete"
            left = self._deleted(session, record)
        return proofs.shown, interrupted, left

    def _second(self, place: Place) -> Connected:
        """A connection of its own, for another runner."""
        session = self._session()
        return Connected(session.api, place, session.who)

    def _deleted(self, session: Session, record: kept.Kept) -> Left | None:
        try:
            self._delete(session, record.left)
        except (CannotKnow, KeyboardInterrupt):
            return record.left
        return None

    def _delete(self, session: Session, left: Left) -> None:
        if not kept.is_id(left.id):
            raise UsageError(
                f"The id of {left.name} was never told: it is not known to be there.", next=left.remove
            )
        path = Place(left.account, left.id, left.name).path
        what = f"the database {left.name}"
        try:
            self._check(session, left)
        except Gone:
            # What was just made may not be known everywhere: the delete says whether it is there.
            pass
        try:
            session.api.delete(path, what=what)
        except Gone:
            pass
        except Unsure as error:
            if self._is_there(session, left):
                raise Ambiguous(
                    f"{left.name} is still there: {error.message}", details=error.details, next=left.remove
                ) from None
        kept.forget(left)

    def _check(self, session: Session, left: Left) -> None:
        """Raises CannotKnow where the id is not that of the database of this name: it is left alone."""
        found = session.api.get(
            Place(left.account, left.id, left.name).path, what=f"the database {left.name}"
        )
        if not isinstance(found, dict) or (found.get("uuid"), found.get("name")) != (left.id, left.name):
            raise CannotKnow(
                f"The id {left.id} is not that of {left.name}, as the server says now: it is left alone.",
                next=kept.removal(left.name, "", left.account),
            )

    def _is_there(self, session: Session, left: Left) -> bool:
        try:
            self._check(session, left)
        except Gone:
            return False
        return True

    def _session(self) -> Session:
        return Session(self._variables, self._notify, self._project.start, self._project.wrangler)

    def _called(self, session: Session, account: str) -> str:
        """The account's name, where these credentials may ask for it."""
        try:
            found: Any = session.api.get(f"/accounts/{percent(account, safe='')}", what="the account")
        except CannotKnow:
            return ""
        name = found.get("name") if isinstance(found, dict) and found.get("id") == account else None
        return name if isinstance(name, str) else ""
