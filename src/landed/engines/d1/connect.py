"""From a project to its remote database: credentials, address, account and id, each said by somebody."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from landed.core.errors import ConfigError
from landed.engines.d1.api import READ_SECONDS, Api, api_url
from landed.engines.d1.auth import Credentials, Variables, find_credentials, half_a_pair
from landed.engines.d1.lookup import find_place
from landed.engines.d1.profiles import DEFAULT, base_url
from landed.engines.d1.remote import Connected
from landed.engines.d1.target import RemoteD1Target
from landed.project.discovery import Project
from landed.project.outside import check_api
from landed.project.provenance import Value
from landed.project.target_spec import TargetSpec
from landed.project.wrangler_config import WranglerConfig


def remote_target(
    project: Project,
    spec: TargetSpec,
    notify: Callable[[str], None] = lambda text: None,
    environ: Mapping[str, str] | None = None,
) -> RemoteD1Target:
    """The remote database of a target; nothing is asked and no file is read until it is used."""
    variables = os.environ if environ is None else environ
    return RemoteD1Target(lambda: connect(project, spec, notify, variables), spec.ledger_table.value, notify)


def connect(
    project: Project, spec: TargetSpec, notify: Callable[[str], None], environ: Mapping[str, str]
) -> Connected:
    """Credentials, account and database; asks Cloudflare only for what nothing says.

    Raises ConfigError, UsageError, CannotKnow.
    """
    assert spec.database is not None
    folders = [project.root, *([project.start] if project.start != project.root else [])]
    variables = Variables(environ, folders)
    session = Session(variables, notify, project.start, project.wrangler)
    place = find_place(session.api, project.wrangler, variables, spec.database)
    return Connected(session.api, place, session.who)


class Session:
    """Credentials in force and the transport that carries them; wrangler's login is refreshed when due."""

    def __init__(
        self,
        variables: Variables,
        notify: Callable[[str], None],
        folder: Path,
        config: WranglerConfig | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._variables = variables
        self._config = config
        self._now = now
        self._given = find_credentials(variables)
        self._login = None
        self.profile: Value[str] | None = None
        """wrangler's profile, where its login is in force, and who chose it."""
        if self._given is None:
            from landed.core.errors import CannotKnow
            from landed.engines.d1.login import login_folder, read_login
            from landed.engines.d1.profiles import profile_for

            self.profile = profile = profile_for(variables, login_folder(variables.environ), folder)
            try:
                self._login = read_login(variables.environ, profile.value)
            except CannotKnow as error:
                if half := half_a_pair(variables):
                    error.details = (half, *error.details)
                if profile.value != DEFAULT:
                    told = f"The profile {profile.value} is meant ({profile.origin})."
                    made = f"To log in with it: wrangler auth create {profile.value}"
                    error.details = (told, made, *error.details)
                raise
        self.api = Api(self._base_url(), self._credentials, notify=notify, seconds=self._seconds())

    @property
    def who(self) -> str:
        """What kind of credentials are in force; renews none."""
        found = self._given or (self._login.credentials() if self._login is not None else None)
        return found.who if found is not None else ""

    def _credentials(self) -> Credentials:
        if self._given is not None:
            return self._given
        assert self._login is not None
        now = self._now()
        if self._login.expired(now):
            from landed.engines.d1.login import refresh

            self._login = refresh(self._login, self.api.form, self._variables.environ, now)
        return self._login.credentials()

    def _base_url(self) -> str:
        said = self._variables.get("CLOUDFLARE_API_BASE_URL")
        if said is None:
            return base_url(self._variables, self._config)
        check_api(said, self._given.origin if self._given else None)
        return api_url(said.value)

    def _seconds(self) -> float:
        said = self._variables.get("LANDED_TIMEOUT")
        if said is None:
            return READ_SECONDS
        try:
            seconds = float(said.value)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < 3600:
            raise ConfigError(f"{said.origin} must be a number of seconds", next="LANDED_TIMEOUT=60")
        return seconds
