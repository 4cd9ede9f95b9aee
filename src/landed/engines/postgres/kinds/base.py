"""What one kind of catalog object is, described once: how it is read, what touches it, what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from landed.engines.postgres.kinds.said import Reader
from landed.engines.postgres.kinds.writes import Writes

PLAIN: Final = ""
EXPRESSION: Final = "expression"
OWNER: Final = "owner"
ACL: Final = "acl"
OPTIONS: Final = "options"
TOAST: Final = "toast"
FOREIGN: Final = "foreign"
SETTINGS: Final = "settings"
SERVER_SETTINGS: Final = "server settings"
SETTINGS_HERE: Final = "settings here"
MEMBER_RIGHTS: Final = "member rights"
CONSTRAINT: Final = "constraint"
INDEX: Final = "index"
VIEW: Final = "view"
TRIGGER: Final = "trigger"
BODY: Final = "body"
BOUND: Final = "partition bound"
PARAMETERS: Final = "parameters"
NUMBER: Final = "number"
ORDERED: Final = "ordered"
ASIDE: Final = "aside"


class Prop(NamedTuple):
    """One column of a reading, by its title, and how its values become facts.

    ``how`` is one of the words above: as it is, a deparsed expression in its one form, an access control list
    (each privilege a fact of its own), options (each a fact), … ``aside`` is a column that another one's
    handler looks at. ``tells`` are the properties it gives where that is not one of its own title, and
    ``shown`` is what documentation calls it, ``""`` where that goes without saying.
    """

    name: str
    how: str = PLAIN
    tells: tuple[str, ...] = ()
    shown: str | None = None

    @property
    def facts(self) -> tuple[str, ...]:
        """The properties it gives by name; none where their names are in the values."""
        return self.tells or (() if self.how in _MANY else (self.name,))

    @property
    def words(self) -> str:
        """What documentation calls it."""
        return self.name if self.shown is None else self.shown


_MANY: Final = frozenset(
    (ACL, OPTIONS, TOAST, FOREIGN, SETTINGS, SERVER_SETTINGS, SETTINGS_HERE, MEMBER_RIGHTS, ORDERED, ASIDE)
)


def plain(*names: str) -> tuple[Prop, ...]:
    """Columns whose values are facts as they are."""
    return tuple(Prop(name) for name in names)


def expressions(*names: str) -> tuple[Prop, ...]:
    """Columns with what the server deparses."""
    return tuple(Prop(name, EXPRESSION) for name in names)


THERE: Final = Prop("exists", shown="")
OWNED: Final = Prop("owner", OWNER, shown="")
GRANTED: Final = Prop("acl", ACL, shown="")
COMMENTED: Final = Prop("comment", shown="")


class Touch(NamedTuple):
    """Rows of a catalog (called ``c``) that a reading's rows are made of.

    ``unit`` is an SQL expression for the unit to read again, where ``when`` holds; a reading of few rows is
    simply repeated, and has neither. ``join`` goes between the catalog and the condition. ``once_told`` are
    rows that matter only to a unit that was told before. ``everywhere`` says that a changed row may be a new
    name that stands in any object's text.

    Where others have another name, units are described anew that depend on them by way of such a row
    (``through``), or whose row names them in the column ``of``.
    """

    catalog: str
    unit: str = ""
    when: str = ""
    join: str = ""
    once_told: bool = False
    everywhere: bool = False
    through: bool = False
    of: str = ""


class Beside(NamedTuple):
    """Where the objects stand that belong to a relation (or to a type): a catalog, its column with the unit,
    and the one with what they belong to."""

    catalog: str
    unit: str
    owner: str
    of: str = "pg_class"


@dataclass(kw_only=True, eq=False)
class Reading:
    """One catalog query: a ``.sql`` file of that name in ``queries/``, and what has to be known of it.

    Its columns are ``unit`` (the identifier of what is read together), ``kind``, ``schema``, ``parent``,
    ``name``, where needed ``signature``, and then ``props``.

    ``catalog`` is the one whose identifiers the units are, ``relkinds`` the letters of the relations whose
    row in pg_class it tells of. ``named`` says how units are found by a schema and a name (``relation``,
    ``type``, ``routine``, ``schema``), or ``beside`` by what they belong to; with neither it tells of few
    objects, and is always read whole. ``names``: a name told here may stand in other objects' texts.
    """

    name: str
    props: tuple[Prop, ...]
    touched_by: tuple[Touch, ...]
    catalog: str = ""
    relkinds: str = ""
    named: str = ""
    beside: Beside | None = None
    names: bool = False

    @property
    def narrow(self) -> bool:
        """Whether it can be narrowed to units: of its objects there may be many."""
        return bool(self.named) or self.beside is not None

    @cached_property
    def titles(self) -> frozenset[str]:
        """The names of its columns that are properties."""
        return frozenset(prop.name for prop in self.props)


class Rights(NamedTuple):
    """What is granted on some kinds of objects.

    ``word`` stands for them in facts about it. ``owner`` and ``everybody`` are the letters of the privileges
    that these have by default (acldefault). ``on`` is what GRANT calls them, ``born`` the letter that
    pg_default_acl has for what new ones are born with; ``""`` where there is nothing of the sort.
    """

    word: str
    owner: str
    everybody: str = ""
    on: str = ""
    born: str = ""


@dataclass(kw_only=True, eq=False)
class Kind:
    """One kind of object, as facts name it.

    ``read_by`` are the readings that tell it, the one that tells whether it exists first; ``and_by`` tell
    what those do not. ``on`` is what it is a part of, ``space`` with whom it shares its names
    (``relation``, ``type``, ``function``, …), ``rights`` what is granted on it. ``tag`` is what the parse
    tree calls it. ``holds_rows``: it may hold rows, or others hold rows of it, so that nobody is told to drop
    it.

    For statements about it: ``word`` is what COMMENT ON and ALTER … OWNER call it, ``""`` where they do not.
    ``order`` is when it is made, the lowest first. ``whole`` is more than its name, so that it cannot be made
    when only its name is known. ``needed``: statements that name one that is missing cannot run. ``given``:
    landed gives it back to its owner. ``writes`` are the statements themselves; ``None``: there are none.
    ``says``: what a statement says that it does to it, by the node of the parse tree.
    """

    name: str
    read_by: tuple[str, ...]
    and_by: tuple[str, ...] = ()
    on: str = ""
    space: str = ""
    rights: Rights | None = None
    tag: str = ""
    holds_rows: bool = False
    word: str = ""
    order: int = 999
    whole: bool = False
    needed: bool = False
    given: bool = False
    writes: Writes | None = None
    says: Mapping[str, Reader] = field(default_factory=dict)

    @property
    def acl(self) -> str:
        """The word for it in facts about grants; ``""`` where nothing is granted on it."""
        return self.rights.word if self.rights else ""
