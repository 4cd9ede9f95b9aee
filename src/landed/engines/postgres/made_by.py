"""What depends on who ran the files: on Postgres an object belongs to its maker, and is born with the
privileges that ALTER DEFAULT PRIVILEGES gave for *that* role.

A replay runs the files as the main role (``postgres`` on Supabase, elsewhere the database's owner). Where
another role made an object, what it was born with in the replay is not expected of it, and what its own
maker's default privileges gave is no surprise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from landed.core.facts import EXISTS, FactKey
from landed.core.timeline import StatementTrace, Step
from landed.engines.postgres.catalog.privileges import DEFAULTS
from landed.engines.postgres.kinds import KINDS

if TYPE_CHECKING:
    from landed.core.migration import Migration
    from landed.engines.live import Roles
    from landed.engines.postgres.catalog.scope import Scope

Thing = tuple[str, str]
"""What a privilege is on (``table`` for all relations but sequences), and its name."""

_OWNER: Final = "owner"
_SHOWN: Final = 3
"""So many files have a note of their own."""
_ON: Final = {kind.name: kind.acl for kind in KINDS.values() if kind.acl in DEFAULTS.values()}
"""Of which kinds new objects are born with privileges, and what those are on."""
_OWNER_TO: Final = re.compile(
    r"""\balter\s++(?:foreign\s++|materialized\s++)?(?:table|view|sequence|function|procedure|routine|aggregate
    |type|domain|schema)\s++(?:if\s++exists\s++)?(?:only\s++)?((?:[\w$.]++|"[^"]+")+)[^;]*?\bowner\s++to\b""",
    re.IGNORECASE | re.VERBOSE,
)
_REASSIGN: Final = re.compile(r"\breassign\s++owned\b", re.IGNORECASE)
_DEFAULTS: Final = frozenset({"default privileges", "default revocation"})
_DEFAULT: Final = re.compile(r"\(([A-Z]+) on (\w+)s (to|from) (.*)\)", re.DOTALL)


@dataclass(frozen=True)
class MadeBy:
    """Whose objects a target holds that the main role does not own, and who would make the next ones.

    ``owners`` are the makers of objects, as far as the main role is not; ``maker`` is who runs the files now,
    ``None`` where that is the main role. ``runners`` are the roles whose ownership goes without saying,
    ``able`` those that may have run files at some time. ``moved`` are the bare names of what files give to
    another owner afterwards, ``*`` for all.
    """

    main: str
    main_shown: str
    owners: Mapping[Thing, str]
    live: frozenset[Thing]
    maker: str | None
    runners: frozenset[str]
    able: frozenset[str]
    platform: str
    moved: frozenset[str] = frozenset()
    dropped: set[FactKey] = field(default_factory=set)
    usual: set[str] = field(default_factory=set)
    """To whom default privileges give something before the first file; the platform's own roles' do, too."""
    given: set[tuple[str, str, str]] = field(default_factory=set)
    """What they give: on what, how, which privilege."""

    @classmethod
    def of(
        cls, facts: Mapping[FactKey, str], roles: Roles, scope: Scope, files: Sequence[Migration]
    ) -> MadeBy | None:
        """As a reading of a target shows it; ``None`` where the main role made and makes everything."""
        main, runners = roles.main(scope.main_role), frozenset(roles.runners(scope.main_role))
        able = runners | set(roles.able)
        telling = [(k, v) for k, v in facts.items() if k.prop == _OWNER or k.kind in _DEFAULTS]
        owners = {
            (_ON[key.kind], key.name): owner
            for key, owner in telling
            if key.prop == _OWNER and key.kind in _ON and owner in able
        }
        strangers = able - {main}
        others = any(
            (key.prop == _OWNER and owner in runners)
            or (key.kind.startswith("default ") and _role(key) in strangers)
            for key, owner in telling
        )
        maker = roles.current if roles.current in runners else None
        moved = _moved(files) if runners else frozenset[str]()
        if not owners and not others and not moved and maker is None:
            return None
        live = frozenset((_ON[key.kind], key.name) for key in facts if key.prop == EXISTS and key.kind in _ON)
        shown = "(owner)" if scope.main_role is None else main
        return cls(main, shown, owners, live, maker, runners, frozenset(able), scope.platform_roles, moved)

    def expected(self, steps: Sequence[Step], start: Mapping[FactKey, str]) -> list[Step]:
        """The steps without what objects are born with if the main role makes them; ``start`` is what is
        there before the first of them."""
        defaults = _Defaults(self, {key for key in start if key.kind.startswith("default ")})
        self.usual.update(key.name.rpartition(" ")[2] for key in defaults.keys)
        self.given.update(told[1:] for told in defaults.given)
        found = []
        for step in steps:
            traces = [self._trace(trace, defaults) for trace in step.traces]
            if all(new is old for new, old in zip(traces, step.traces, strict=True)):
                found.append(step)
            else:
                found.append(step.with_traces(traces))
        return found

    def _trace(self, trace: StatementTrace, defaults: _Defaults) -> StatementTrace:
        made = {
            (_ON[c.key.kind], c.key.name)
            for c in trace.effects
            if c.key.prop == EXISTS and c.before is None and c.key.kind in _ON
        }
        foreign = {
            thing
            for thing in made
            if thing in self.owners
            or (self.maker is not None and thing not in self.live)
            or (self.moved and self._is_moved(thing))
        }
        born = set()
        if foreign and not trace.weak:
            given = defaults.given
            born = {
                c.key
                for c in trace.effects
                if c.before is None
                and (on := _privilege(c.key)) is not None
                and on in foreign
                and any((schema, on[0], c.key.kind[:5], c.key.name) in given for schema in _schemas(on[1]))
            }
        defaults.follow(trace)
        if not born:
            return trace
        self.dropped.update(born)
        return trace._replace(effects=tuple(c for c in trace.effects if c.key not in born))

    def _is_moved(self, thing: Thing) -> bool:
        bare = thing[1].partition("(")[0].rpartition(".")[2].strip('"')
        return "*" in self.moved or any(bare == name or bare.startswith(f"{name}_") for name in self.moved)

    def gives(self, key: FactKey) -> Iterable[tuple[str, str, str, str]]:
        """What a default privilege of the main role gives: schema, kind of object, how, and which."""
        schema = key.parent.partition(" in schema ")[2]
        found = _DEFAULT.fullmatch(key.name)
        if _role(key) == self.main_shown and found is not None:
            how = "grant" if key.kind == "default privileges" else "revok"
            yield schema, found[2], how, f"({found[1]} {found[3]} {found[4]})"

    def seen(self, facts: Mapping[FactKey, str], steps: Sequence[Step]) -> dict[FactKey, str]:
        """The target's facts without what follows from who made its objects, unless a file says it."""
        written = {c.key for step in steps for trace in step.traces for c in trace.effects}
        moved = {(_ON.get(key.kind), key.name) for key in written if key.prop == _OWNER}
        theirs = {
            (role, schema, on, how, privilege)
            for key in facts
            if key.kind.startswith("default ")
            for role in [_role(key)]
            for schema, on, how, privilege in replace(self, main_shown=role).gives(key)
        }
        found = {
            key: value
            for key, value in facts.items()
            if key in written or not self._goes_without_saying(key, value, moved, theirs)
        }
        for key in [key for key in found if key.kind.startswith("default ") and _role(key) in self.able]:
            # The files' own ALTER DEFAULT PRIVILEGES, run by this role: they stay its own for ever.
            ours = key._replace(parent=self.main_shown + key.parent.removeprefix(_role(key)))
            if ours in written and ours not in found:
                found[ours] = found.pop(key)
        return found

    def _goes_without_saying(
        self,
        key: FactKey,
        value: str,
        moved: set[tuple[str | None, str]],
        theirs: set[tuple[str, str, str, str, str]],
    ) -> bool:
        if key.prop == _OWNER:
            thing = (_ON.get(key.kind), key.name)
            return thing not in moved and (value in self.runners or thing in self.owners)
        if key in self.dropped:
            return True
        on = _privilege(key)
        owner = self.owners.get(on) if on is not None else None
        if on is None or owner is None:
            return False
        grantee = key.name.rpartition(" ")[2]
        if key.kind.startswith("grant") and grantee == f"{self.main_shown})":
            return True
        if grantee in self.usual and re.search(self.platform, owner):
            return True
        role = self.main_shown if owner in self.runners else owner
        return any((role, s, on[0], key.kind[:5], key.name) in theirs for s in _schemas(on[1]))

    def notes(self, steps: Sequence[Step], facts: Mapping[FactKey, str]) -> dict[str, str]:
        """For files whose objects another role made: whose they are, and what they lack for that.

        Of many files the first one's note stands for all; the others have an empty one.
        ``facts`` are the target's own.
        """
        lacking: dict[Thing, set[str]] = {}
        # What the platform's own roles give by default is in no fact.
        known = self.maker is not None and re.search(self.platform, self.maker) is None
        for key in self.dropped:
            on = _privilege(key)
            if on is None or key in facts or " to " not in key.name:
                continue
            coming = known and on not in self.live and (on[0], key.kind[:5], key.name) in self.given
            if coming or on in self.owners:
                lacking.setdefault(on, set()).add(key.name.partition(" to ")[2][:-1])
        odd = {thing for thing, owner in self.owners.items() if owner not in self.runners}
        found: dict[str, str] = {}
        for step in steps:
            made = {t for key in step.net if key.prop == EXISTS for t in [(_ON.get(key.kind, ""), key.name)]}
            things = sorted(made & (odd | lacking.keys()), key=lambda t: (t[0] != "table", t))
            if things:
                missed = {role for thing in things for role in lacking.get(thing, ())}
                found[step.name] = self._told(things, sorted(missed))
        if len(found) > _SHOWN:
            first, *others = found
            found |= dict.fromkeys(others, "")
            found[first] += f"; and so it is with {len(others)} more files"
        return found

    def _told(self, things: Sequence[Thing], missed: Sequence[str]) -> str:
        first = things[0]
        there = first in self.owners
        who = self.owners.get(first) or self.maker
        more = f" and {len(things) - 1} more" if len(things) > 1 else ""
        text = (
            f"{' '.join(first)}{more}: of {who}, not of {self.main}"
            if there
            else f"it is to be run by {who}, not by {self.main}"
        )
        if not missed:
            return text
        given = f"what {self.main}'s default privileges give to {', '.join(missed)}"
        return f"{text}: {given} {'is' if there else 'will'} not {'' if there else 'be '}there"

    @property
    def mark(self) -> bytes:
        """Differs where something else is expected."""
        return sha256(repr(sorted(self.dropped)).encode()).digest() if self.dropped else b""


class _Defaults:
    """The default privileges in force at one point of a replay, and what the main role's give."""

    def __init__(self, made_by: MadeBy, keys: set[FactKey]) -> None:
        self._made_by = made_by
        self.keys = keys
        self._given: set[tuple[str, str, str, str]] | None = None

    @property
    def given(self) -> set[tuple[str, str, str, str]]:
        if self._given is None:
            self._given = {told for key in self.keys for told in self._made_by.gives(key)}
        return self._given

    def follow(self, trace: StatementTrace) -> None:
        for key, _, after in trace.effects:
            if key.kind.startswith("default "):
                (self.keys.discard if after is None else self.keys.add)(key)
                self._given = None


def _moved(files: Iterable[Migration]) -> frozenset[str]:
    """The bare names of objects that files give to another owner; an object's sequences follow it.

    By the text, blocks included: a status with nothing new to read does without statements and trees.
    """
    found: set[str] = set()
    for file in files:
        found.update(name.rpartition(".")[2].strip('"') for name in _OWNER_TO.findall(file.text))
        if _REASSIGN.search(file.text):
            found.add("*")
    return frozenset(found)


def _privilege(key: FactKey) -> Thing | None:
    """What a privilege is on, if the fact is one."""
    how, _, on = key.kind.partition(" on ")
    return (on, key.parent) if on and how in ("grant", "revoke") else None


def _role(key: FactKey) -> str:
    """Whose default privilege it is."""
    return key.parent.partition(" in schema ")[0]


def _schemas(name: str) -> tuple[str, ...]:
    """The schema of an object, as in the facts of default privileges; ``""`` for all of them."""
    if name.startswith('"'):
        end = name.find('".', 1)
        return ("", name[: end + 1]) if end > 0 else ("",)
    schema, dot, _ = name.partition(".")
    return ("", schema) if dot else ("",)
