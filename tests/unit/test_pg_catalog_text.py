"""Names, access lists and deparsed texts of Postgres in their one form; no server needed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.engines.postgres.catalog.canonical import canonical_expression, canonical_view
from landed.engines.postgres.catalog.privileges import differences
from landed.engines.postgres.catalog.queries import NARROW, WHOLE, queries
from landed.engines.postgres.catalog.scope import PLAIN, SUPABASE
from landed.engines.postgres.sql.names import quoted


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("orders", "orders"),
        ("_x9$", "_x9$"),
        ("user", "user"),  # a keyword is no reason: the list of keywords is another in every major
        ("Order", '"Order"'),
        ("9a", '"9a"'),
        ("a.b", '"a.b"'),
        ('a"b', '"a""b"'),
        ("größe", '"größe"'),
        ("", '""'),
        ("a\n", '"a\n"'),
    ],
)
def test_names(name: str, shown: str) -> None:
    assert quoted(name) == shown


@given(st.text(), st.text())
def test_names_stay_apart(one: str, other: str) -> None:
    assert (quoted(one) == quoted(other)) == (one == other)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (
            "((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
            "((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
        ),
        ("(x <> ALL ((ARRAY['a, b'::varchar, 'c''d]'::varchar])::text[]))",
         "(x <> ALL (ARRAY[('a, b'::varchar)::text, ('c''d]'::varchar)::text]))"),
        ("(x = ANY ((ARRAY[f(a, 1), (b || 'z'::text)])::character varying(10)[]))",
         "(x = ANY (ARRAY[(f(a, 1))::character varying(10), ((b || 'z'::text))::character varying(10)]))"),
        ("(x = ANY ((ARRAY[1, 2])::\"Odd\".\"t y\"[]))",
         '(x = ANY (ARRAY[(1)::"Odd"."t y", (2)::"Odd"."t y"]))'),
        ("(a = ANY (ARRAY[1, 2]))", "(a = ANY (ARRAY[1, 2]))"),
        ("(a = '(ARRAY[1])::text[]'::text)", "(a = '(ARRAY[1])::text[]'::text)"),
        ("(ARRAY[1, 2])[1]", "(ARRAY[1, 2])[1]"),
        ("(ARRAY[(ARRAY['a'::varchar])::text[]])::text[]", "ARRAY[(ARRAY[('a'::varchar)::text])::text]"),
        ("((value)::numeric > 0)", "((value)::numeric > 0)"),
        ("(\"json\" <> '\"json\"'::text) AND (\"system_user\" = \"select\")",
         "(json <> '\"json\"'::text) AND (system_user = \"select\")"),
        ("(ARRAY[", "(ARRAY["),
        ("(ARRAY['", "(ARRAY['"),
    ],
)  # fmt: skip
def test_expressions(text: str, canonical: str) -> None:
    assert canonical_expression(text) == canonical
    assert canonical_expression(canonical) == canonical


def test_casts_are_never_dropped() -> None:
    """Stripping casts hides real changes: value::integer and value::numeric are not the same check."""
    texts = ["((value)::integer > 0)", "((value)::numeric > 0)", "(value > 0)"]
    assert len({canonical_expression(text) for text in texts}) == 3


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" SELECT p.id,\n    p.x AS y\n   FROM app.p", " SELECT id,\n    x AS y\n   FROM app.p"),
        ("SELECT a.id FROM p a, q b", "SELECT a.id FROM p a, q b"),
        ("SELECT p.id FROM p JOIN q USING (id)", "SELECT p.id FROM p JOIN q USING (id)"),
        ("SELECT p.id FROM p WHERE EXISTS (SELECT 1 FROM q WHERE q.a = p.id)",
         "SELECT id FROM p WHERE EXISTS (SELECT 1 FROM q WHERE q.a = p.id)"),
        ("SELECT \"T a.b\".\"O\" FROM p \"T a.b\"", "SELECT \"O\" FROM p \"T a.b\""),
        ("SELECT p.*::p AS r, p.id FROM p", "SELECT p.*::p AS r, id FROM p"),
        ("SELECT (p.c).d FROM p", "SELECT (c).d FROM p"),
        ("SELECT p.a FROM p UNION SELECT q.a FROM q", "SELECT p.a FROM p UNION SELECT q.a FROM q"),
        ("SELECT p.a AS b FROM p ORDER BY p.b", "SELECT a AS b FROM p ORDER BY p.b"),
        ("SELECT p.b FROM p ORDER BY p.b", "SELECT b FROM p ORDER BY b"),
        ("SELECT 'é'::text || p.a FROM p", "SELECT 'é'::text || a FROM p"),
        ("not SQL at all", "not SQL at all"),
        ("", ""),
    ],
)  # fmt: skip
def test_views(text: str, canonical: str) -> None:
    assert canonical_view(text) == canonical
    assert canonical_view(canonical) == canonical


@pytest.mark.parametrize(
    ("acl", "kind", "found"),
    [
        ("{o=arwdDxtm/o}", "table", []),
        ("{o=arwdDxt/o,a=r/o}", "table", [(True, "SELECT", "a", False)]),
        ("{o=arwdDxtm/o,a=r*w/o}", "table", [(True, "SELECT", "a", True), (True, "UPDATE", "a", False)]),
        ("{o=arwDxt/o}", "table", [(False, "DELETE", "o", False)]),
        ("{}", "sequence", [(False, "SELECT", "o", False), (False, "UPDATE", "o", False),
                            (False, "USAGE", "o", False)]),
        ("{=X/o,o=X/o}", "function", []),
        ("{o=X/o}", "function", [(False, "EXECUTE", "PUBLIC", False)]),
        ('{o=UC/o,"\\"we, \\"\\"ird=\\"=U/o"}', "schema", [(True, "USAGE", 'we, "ird=', False)]),
        ("{a=r/o,a=r*/b,o=arwdDxt/o}", "table", [(True, "SELECT", "a", True)]),
    ],
)  # fmt: skip
def test_access_lists(acl: str, kind: str, found: list[tuple[bool, str, str, bool]]) -> None:
    assert sorted(differences(acl, kind, "o", False)) == sorted(found)


def test_maintain_counts_only_where_every_server_knows_it() -> None:
    acl = "{o=arwdDxtm/o,a=rm/o}"
    assert [word for _, word, _, _ in differences(acl, "table", "o", True)] == ["MAINTAIN", "SELECT"]
    assert [word for _, word, _, _ in differences(acl, "table", "o", False)] == ["SELECT"]


def test_every_query_is_there_and_only_those_of_many_objects_are_narrowed() -> None:
    assert list(queries()) == [*NARROW, *WHOLE]
    for name, query in queries().items():
        assert (query.narrowed is not None) == (name in NARROW)
        assert "%(units)s" not in query.full
        assert query.narrowed is None or "%(units)s" in query.narrowed
        assert "--" not in query.full


def test_scopes_match_whole_names() -> None:
    import re

    managed = re.compile(SUPABASE.managed)
    assert all(managed.search(n) for n in ("auth", "pg_toast", "_timescaledb_config", "supabase_migrations"))
    assert not any(managed.search(n) for n in ("public", "authors", "my_storage", "net_worth", "pgx"))
    assert re.search(PLAIN.managed, "information_schema") and not re.search(PLAIN.managed, "auth")
