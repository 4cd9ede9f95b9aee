"""What widens access: two sets of facts compared.

Row level security that is off or no longer forced, policies that let in more, rights, memberships and
attributes of roles, functions and views that run with their owner's rights. What was not there before opens
nothing: nobody was kept out of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from landed.core.facts import EXISTS, YES, FactKey, Facts, ObjectKey
from landed.core.opening import Opening
from landed.engines.postgres.catalog.privileges import PRIVILEGES
from landed.engines.postgres.catalog.restore_rights import HOLDING
from landed.engines.postgres.kinds import RIGHTS

_RLS, _FORCED = "row level security", "force row level security"
_CODE = frozenset(("function", "procedure", "window function", "aggregate"))
_TRUE = frozenset(("true", "on", "yes", "1"))
_ROLE = {
    "bypass row level security": "bypasses row level security",
    "superuser": "is a superuser",
    "create roles": "may create roles",
    "replication": "may replicate",
}
_PROPS = ("permissive", "command", "roles", "using", "check")


def openings(before: Facts, after: Facts) -> list[Opening]:
    """What ``after`` lets in that ``before`` did not, in a fixed order, each once."""
    found: set[Opening] = set()
    for key in before.keys() | after.keys():
        if before.get(key) != after.get(key):
            found.update(_of(key, before, after))
    return sorted(found)


def opens(key: FactKey, before: Facts, after: Facts) -> bool:
    """Whether the change of this one fact lets in more, all else being as it is."""
    return before.get(key) != after.get(key) and any(True for _ in _of(key, before, after))


def _of(key: FactKey, before: Facts, after: Facts) -> Iterator[Opening]:
    old, new = before.get(key), after.get(key)
    there = key.object.fact(EXISTS)
    stays = there in before and there in after
    if key.kind == "table" and key.prop == _RLS and stays and old == YES:
        yield Opening(key.name, "row level security is off")
    elif key.kind == "table" and key.prop == _FORCED and stays and old == YES:
        yield Opening(key.name, "row level security is not forced on its owner any more")
    elif key.kind == "policy":
        yield from _policy(key.object, before, after)
    elif key.kind in _CODE and stays and key.prop == "security definer" and new == YES:
        yield Opening(key.name, "runs with its owner's rights (SECURITY DEFINER)")
    elif key.kind in _CODE and stays and key.prop == "set search_path" and new is None:
        if after.get(key.object.fact("security definer")) == YES:
            yield Opening(key.name, "its search_path is its caller's, and it runs with its owner's rights")
    elif key.kind == "view" and stays and key.prop == "security_invoker":
        if _on(old) and not _on(new):
            yield Opening(key.name, "shows what its owner may see (security_invoker is off)")
    elif key.kind == "role" and key.prop in _ROLE and new == YES and old == "no":
        yield Opening(key.name, _ROLE[key.prop])
    elif key.kind.startswith(("grant on ", "revoke on ", "default privileges", "default revocation")):
        yield from _right(key, before, after)


def _on(value: str | None) -> bool:
    return (value or "").lower() in _TRUE


def _right(key: FactKey, before: Facts, after: Facts) -> Iterator[Opening]:
    found = HOLDING.match(key.name)
    if found is None:
        return
    privilege, plural, grantee = found.groups()
    holding = key.kind.startswith(("grant on ", "default privileges"))
    if (key in after) is not holding:
        return
    if plural:
        yield Opening(key.parent, f"default privileges give {privilege} on new {plural}s to {grantee}")
        return
    word = key.kind.partition(" on ")[2]
    if not holding and grantee != "PUBLIC":
        # What its owner took from itself, it could give itself again.
        return
    if _is_new(word, key.parent, before, after):
        return
    if key.prop == "grant option":
        yield Opening(key.parent, f"{grantee} may grant {privilege} to others")
    elif not _held(word, key.parent, privilege, grantee, before):
        yield Opening(key.parent, f"{_given(privilege)} to {grantee}")


def _given(privilege: str) -> str:
    return "membership is given" if privilege == "MEMBERSHIP" else f"{privilege} is given"


def _held(word: str, of: str, privilege: str, grantee: str, before: Facts) -> bool:
    """Whether somebody had a right, by itself or by everybody's."""
    for who in (grantee, "PUBLIC"):
        if FactKey(f"grant on {word}", of, f"({privilege} to {who})", EXISTS) in before:
            return True
    if word == "column":
        table = of.rpartition(".")[0]
        return _held("table", table, privilege, grantee, before)
    rights = RIGHTS.get(word)
    usual = {PRIVILEGES[letter] for letter in rights.everybody} if rights is not None else set()
    return (
        privilege in usual
        and FactKey(f"revoke on {word}", of, f"({privilege} from PUBLIC)", EXISTS) not in before
    )


def _is_new(word: str, name: str, before: Facts, after: Facts) -> bool:
    """Whether what rights are on was not there before, as far as facts tell of it at all."""
    if word == "column":
        table, _, column = name.rpartition(".")
        made = FactKey("column", table, column, EXISTS)
        return made in after and made not in before
    kinds = (word, "foreign table", "view", "materialized view", *_CODE, "type", "domain", "enum")
    made_keys = [FactKey(kind, "", name, EXISTS) for kind in kinds]
    return any(key in after for key in made_keys) and not any(key in before for key in made_keys)


class _Policy(NamedTuple):
    permissive: bool
    command: str
    roles: frozenset[str]
    using: str | None
    check: str | None


def _policy(of: ObjectKey, before: Facts, after: Facts) -> Iterator[Opening]:
    guarded = FactKey("table", "", of.parent, _RLS)
    managed = guarded not in before and guarded not in after
    if not managed and (before.get(guarded) != YES or after.get(guarded) != YES):
        # Nobody was kept out before, or that all of it is open now is told by itself.
        return
    old, new = _read(of, before), _read(of, after)
    name = f"{of.parent}.{of.name}"
    if new is None:
        if old is not None and not old.permissive:
            yield Opening(name, "the restrictive policy is gone")
    elif old is None:
        if new.permissive:
            yield Opening(name, f"the new policy lets in {', '.join(sorted(new.roles))} ({new.command})")
    elif old.permissive != new.permissive:
        if new.permissive:
            yield Opening(name, "the policy is not restrictive any more")
    else:
        wide, narrow = (new, old) if new.permissive else (old, new)
        if what := _wider(narrow, wide):
            yield Opening(name, what)


def _read(of: ObjectKey, facts: Facts) -> _Policy | None:
    if of.fact(EXISTS) not in facts:
        return None
    permissive, command, roles, using, check = (facts.get(of.fact(prop)) for prop in _PROPS)
    listed = frozenset((roles or "public").split(", "))
    return _Policy(permissive != "no", command or "ALL", listed, using, check or using)


def _wider(narrow: _Policy, wide: _Policy) -> str:
    """How one policy covers what the other does not; ``""`` where it does not."""
    if "public" not in narrow.roles and not wide.roles <= narrow.roles:
        return "the roles of the policy are others"
    if narrow.command not in ("ALL", wide.command):
        return "the commands of the policy are others"
    # Which of two conditions is wider nobody can tell, but for the two ends.
    free = (None, "true") if wide.permissive else ()
    shut = ("false",) if wide.permissive else ()
    for word, less, more in (("USING", narrow.using, wide.using), ("WITH CHECK", narrow.check, wide.check)):
        if less != more and less not in free and more not in shut:
            return f"the policy's {word} is another"
    return ""
