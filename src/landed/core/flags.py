"""Stable codes of what is worth knowing about a migration, and about a folder of them."""

from __future__ import annotations

from enum import StrEnum


class Flag(StrEnum):
    """What is worth knowing about one migration; its notes say the same in words."""

    # about the file's text
    BOM = "bom"
    CRLF = "crlf"
    NUL = "nul"
    EMPTY = "empty"
    ODD_NAME = "odd-name"
    DOWN_FILE = "down-file"
    PSQL_COMMAND = "psql-command"
    COPY_STDIN = "copy-stdin"
    # about its replay
    NOT_REPLAYABLE = "not-replayable"
    NEEDS_BASE = "needs-base"
    NEEDS_MANAGED = "needs-managed"
    KNOWN_BROKEN = "known-broken"
    MADE_BY_ANOTHER_ROLE = "made-by-another-role"
    UNREAD = "unread"
    # about its row in the ledger
    SAME_VERSION = "same-version"
    EDITED = "edited"
    OUT_OF_ORDER = "out-of-order"
    RENAMED = "renamed"
    NO_FILE = "no-file"
    SQL_IN_LEDGER = "sql-in-ledger"
    BEHIND = "behind"
    UNSEEN = "unseen"
    HIDDEN = "hidden"


class Topic(StrEnum):
    """What is worth knowing about the migrations folder as a whole, and about the reading of the database."""

    DUPLICATE_NUMBER = "duplicate-number"
    GAP = "gap"
    DUPLICATE_VERSION = "duplicate-version"
    TEXT_ORDER = "text-order"
    FILE_ORDER = "file-order"
    SKIPPED = "skipped"
    JOURNAL = "journal"
    DRIZZLE_1 = "drizzle-1"
    OTHER_FOLDER = "other-folder"
    DEPLOYING = "deploying"
