"""Who made what a target holds: values only. What comes of it on real servers: test_pg_made_by.py."""

from __future__ import annotations

import pytest

from landed.core.facts import EXISTS, YES, FactKey
from landed.engines.live import Roles
from landed.engines.postgres.catalog.scope import PLAIN, SUPABASE, Scope
from landed.engines.postgres.made_by import MadeBy

ROLES = Roles("postgres", "postgres", False, "postgres", ("anon", "deploy"), ("deploy", "postgres"))


def default_privilege(role: str) -> FactKey:
    return FactKey("default privileges", f"{role} in schema public", "(SELECT on tables to anon)", EXISTS)


@pytest.mark.parametrize("scope", [SUPABASE, PLAIN])
def test_default_privileges_of_the_main_role_are_nobody_elses(scope: Scope) -> None:
    """Every Supabase project has them: to work out who made what takes a status twice its time."""
    shown = "postgres" if scope is SUPABASE else "(owner)"
    table = FactKey("table", "", "public.orders", EXISTS)
    assert MadeBy.of({table: YES, default_privilege(shown): YES}, ROLES, scope, ()) is None
    found = MadeBy.of({table: YES, default_privilege("deploy"): YES}, ROLES, scope, ())
    assert found is not None
    assert found.owners == {}
