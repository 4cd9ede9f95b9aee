"""What widens access, between two sets of facts: every kind, its opposite, and what was not there before."""

from __future__ import annotations

import pytest

from landed.core.facts import EXISTS, YES, FactKey
from landed.engines.postgres.openings import openings

Told = dict[tuple[str, str, str, str], str]

T, F, V = ("table", "", "public.t"), ("function", "", "public.f(integer)"), ("view", "", "public.v")
RLS = (*T, "row level security")
THERE: Told = {
    (*T, EXISTS): YES, RLS: YES, (*F, EXISTS): YES, (*F, "security definer"): "no", (*V, EXISTS): YES,
    ("column", "public.t", "a", EXISTS): YES, ("schema", "", "app", EXISTS): YES,
    ("sequence", "", "public.s", EXISTS): YES, ("role", "", "app", EXISTS): YES,
    ("role", "", "app", "bypass row level security"): "no", ("role", "", "app", "superuser"): "no",
}  # fmt: skip


def right(on: str, of: str, said: str, prop: str = EXISTS) -> Told:
    """One fact about a right."""
    return {(on, of, said, prop): YES}


def policy(name: str = "own", **props: str) -> Told:
    """The facts of one policy on the table; SELECT for ``app`` where a = 1 unless said otherwise."""
    told = {"exists": YES, "permissive": YES, "command": "SELECT", "roles": "app", "using": "(a = 1)"} | props
    return {("policy", "public.t", name, prop): value for prop, value in told.items() if value}


NO_PUBLIC = right("revoke on function", "public.f(integer)", "(EXECUTE from PUBLIC)")
DEFINER: Told = {(*F, "security definer"): YES}

WIDER: list[tuple[str, Told, Told, str]] = [
    # (what, beside what is there before, and after; what is named)
    ("row level security off", {}, {RLS: "no"}, "public.t"),
    ("not forced", {(*T, "force row level security"): YES}, {}, "public.t"),
    ("policy made", {}, policy(), "public.t.own"),
    ("policy wider by USING", policy(), policy(using="(a > 0)"), "public.t.own"),
    ("policy for all rows", policy(), policy(using="true"), "public.t.own"),
    ("policy wider by CHECK", policy(check="(a = 1)"), policy(check="(a = 2)"), "public.t.own"),
    ("policy for more roles", policy(), policy(roles="anon, app"), "public.t.own"),
    ("policy for everybody", policy(), policy(roles="public"), "public.t.own"),
    ("policy for all commands", policy(), policy(command="ALL"), "public.t.own"),
    ("restrictive gone", policy(permissive="no"), {}, "public.t.own"),
    ("restrictive for fewer", policy(permissive="no", roles="public"), policy(permissive="no"),
     "public.t.own"),
    ("restrictive no more", policy(permissive="no"), policy(), "public.t.own"),
    ("right on a table", {}, right("grant on table", "public.t", "(SELECT to anon)"), "public.t"),
    ("right on a column", {}, right("grant on column", "public.t.a", "(SELECT to anon)"), "public.t.a"),
    ("right on a schema", {}, right("grant on schema", "app", "(USAGE to anon)"), "app"),
    ("right on a sequence", {}, right("grant on sequence", "public.s", "(USAGE to anon)"), "public.s"),
    ("right on a function", NO_PUBLIC,
     NO_PUBLIC | right("grant on function", "public.f(integer)", "(EXECUTE to anon)"), "public.f(integer)"),
    ("EXECUTE comes back", NO_PUBLIC, {}, "public.f(integer)"),
    ("grant option", right("grant on table", "public.t", "(SELECT to anon)"),
     right("grant on table", "public.t", "(SELECT to anon)")
     | right("grant on table", "public.t", "(SELECT to anon)", "grant option"), "public.t"),
    ("default rights", {}, right("default privileges", "postgres", "(SELECT on tables to anon)"), "postgres"),
    ("default revocation gone", right("default revocation", "postgres", "(EXECUTE on functions from PUBLIC)"),
     {}, "postgres"),
    ("membership", {}, right("grant on role", "app", "(MEMBERSHIP to anon)"), "app"),
    ("bypasses", {}, {("role", "", "app", "bypass row level security"): YES}, "app"),
    ("superuser", {}, {("role", "", "app", "superuser"): YES}, "app"),
    ("security definer", {}, DEFINER, "public.f(integer)"),
    ("open search_path", DEFINER | {(*F, "set search_path"): ""}, DEFINER, "public.f(integer)"),
    ("security_invoker off", {(*V, "security_invoker"): "true"}, {(*V, "security_invoker"): "false"},
     "public.v"),
    ("security_invoker gone", {(*V, "security_invoker"): "on"}, {}, "public.v"),
]  # fmt: skip


def facts(more: Told) -> dict[FactKey, str]:
    return {FactKey(*key): value for key, value in (THERE | more).items()}


@pytest.mark.parametrize(("before", "after", "named"), [w[1:] for w in WIDER], ids=[w[0] for w in WIDER])
def test_wider_is_named_and_its_opposite_is_not(before: Told, after: Told, named: str) -> None:
    found = openings(facts(before), facts(after))
    assert [opening.allow for opening in found] == [f"open-access:{named}"]
    assert openings(facts(before), facts(before)) == []


UNSURE = {"policy wider by USING", "policy wider by CHECK"}
"""Which of two conditions lets in more nobody can tell."""


@pytest.mark.parametrize(
    ("before", "after"),
    [w[1:3] for w in WIDER if w[0] not in UNSURE],
    ids=[w[0] for w in WIDER if w[0] not in UNSURE],
)
def test_shut_is_not_named(before: Told, after: Told) -> None:
    assert openings(facts(after), facts(before)) == []


@pytest.mark.parametrize(
    ("gone", "after"),
    [
        (T, right("grant on table", "public.t", "(SELECT to anon)")),
        (T, {RLS: "no"}),
        (T, policy(using="true", roles="public")),
        (F, DEFINER),
        (F, right("grant on function", "public.f(integer)", "(EXECUTE to anon)")),
        (V, {(*V, "security_invoker"): "false"}),
    ],
)
def test_what_was_not_there_before_opens_nothing(gone: tuple[str, str, str], after: Told) -> None:
    before = {key: value for key, value in facts({}).items() if key[:3] != gone}
    assert openings(before, facts(after)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, right("grant on function", "public.f(integer)", "(EXECUTE to anon)")),
        (right("grant on table", "public.t", "(SELECT to PUBLIC)"),
         right("grant on table", "public.t", "(SELECT to PUBLIC)")
         | right("grant on table", "public.t", "(SELECT to anon)")),
        (right("grant on table", "public.t", "(SELECT to anon)"),
         right("grant on table", "public.t", "(SELECT to anon)")
         | right("grant on column", "public.t.a", "(SELECT to anon)")),
        ({RLS: "no"}, {RLS: "no"} | policy()),
        (policy(), {(*T, EXISTS): YES}),
    ],
)  # fmt: skip
def test_what_was_open_before_is_not_opened(before: Told, after: Told) -> None:
    assert openings(facts(before), facts(after)) == []
