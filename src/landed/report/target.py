"""What a report has to know about a target, whoever found it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Named(Protocol):
    """A setting with its value; who decided so is doctor's to tell."""

    @property
    def value(self) -> str:
        """The value in force."""


class Registered(Protocol):
    """A database as a configuration names it."""

    @property
    def name(self) -> Named | None:
        """Its name."""

    @property
    def id(self) -> Named | None:
        """Its identifier on the platform."""


class TargetInfo(Protocol):
    """One database; see ``landed.project.target_spec.TargetSpec``."""

    @property
    def name(self) -> str:
        """What ``--target`` understands."""

    @property
    def label(self) -> str:
        """The name for headlines."""

    @property
    def kind(self) -> str:
        """Which engine it has."""

    @property
    def locality(self) -> str:
        """LOCAL, LOOPBACK, REMOTE or FILE."""

    @property
    def address(self) -> str | None:
        """Host, port and database of a server."""

    @property
    def alias(self) -> str | None:
        """Its name in the project's settings."""

    @property
    def belongs_to(self) -> str | None:
        """The platform's project that it is of."""

    @property
    def path(self) -> Path | None:
        """Its file, where it is one."""

    @property
    def ledger_table(self) -> Named:
        """Its history table."""

    @property
    def database(self) -> Registered | None:
        """What the configuration says of it, where it is a D1 database."""
