"""Every statement of landed's own names the catalog's things, or runs where nothing else can be meant.

What a whole project's life sends to a server is read on its way there: a statement that is not sent under
``search_path = pg_catalog, pg_temp`` has to qualify every function, operator, type and relation.
"""

# ruff: noqa: E501  (statements stand on one line)

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from landed.engines.postgres.connect.asking import GUARDED, PATH
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import server_for
from landed.engines.postgres.sql.split import parse
from landed.features.postgres import query
from support.servers.tcpproxy import TcpProxy
from support.worlds.pghostile import FILES, LEDGER, NEXT, OWNER, hostile, roles

postgast: Any = import_module("postgast")

STRICT = (f"set_config('search_path', '{PATH}', true)", f"SET LOCAL search_path = {PATH}")
ENDS = re.compile(r"(?:BEGIN|COMMIT|ROLLBACK)\b(?! TO)", re.IGNORECASE)
BACK = re.compile(r"set_config\('search_path', \$1")
"""What was there before the last change comes back."""
THEIRS = re.compile(r"RESET search_path|landed\.path', true|RESET ALL", re.IGNORECASE)
FILE_STATEMENTS = {
    **FILES,
    **NEXT,
    "20240104000000_alone.sql": "CREATE INDEX CONCURRENTLY b_a ON public.b (a);\nVACUUM public.b;\n",
    "20240105000000_gone.sql": "CREATE TABLE public.gone (id int, v int);\nALTER TABLE public.gone DROP COLUMN v;\n",
    "20240106000000_do.sql": "DO $$BEGIN EXECUTE 'DROP TABLE IF EXISTS public.gone'; END$$;\n",
    "20240107000000_type.sql": "CREATE TYPE public.mood AS ENUM ('a');\nALTER TYPE public.mood ADD VALUE 'b';\n",
    "20240108000000_rows.sql": "DELETE FROM public.b;\nTRUNCATE public.a CASCADE;\n",
    "20240109000000_check.sql": "-- landed:verify SELECT true\nCREATE TABLE public.d (id int);\n",
}
FAILING = (
    "DROP TABLE public.a;\n",
    "TRUNCATE public.a;\n",
    "INSERT INTO public.b VALUES (1, 77);\n",
    "ALTER TABLE public.twice ADD UNIQUE (id);\n",
    "ALTER TABLE public.twice ADD CHECK (id IS NULL);\n",
    "ALTER TABLE public.twice ALTER v SET NOT NULL;\n",
    "ALTER TABLE public.twice ADD FOREIGN KEY (id) REFERENCES public.a;\n",
    "CREATE UNIQUE INDEX CONCURRENTLY twice_id ON public.twice (id);\n",
)
TWICE = {
    "20240103500000_twice.sql": "CREATE TABLE public.twice (id int, v int);\n"
    "INSERT INTO public.twice VALUES (5, NULL), (5, NULL);\n"
}


@pytest.fixture(scope="module")
def server(pg_server: Callable[..., ShadowServer]) -> Iterator[ShadowServer]:
    with server_for(18):
        made = pg_server(18)
        with roles(made):
            yield made


def _messages(node: Any) -> Iterator[Any]:
    yield node
    for field, value in node.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for each in value if field.is_repeated else [value]:
                yield from _messages(each)


def bare(sql: str) -> list[str]:
    """What a statement leaves to the search_path. The grammar's own forms (COALESCE, int) are the catalog's."""
    tree = postgast.parse(sql)
    found = []
    here = {m.ctename for m in _messages(tree) if m.DESCRIPTOR.name == "CommonTableExpr"}
    for m in _messages(tree):
        kind = m.DESCRIPTOR.name
        if kind in ("FuncCall", "A_Expr", "TypeName", "SubLink"):
            parts = {"FuncCall": "funcname", "A_Expr": "name", "TypeName": "names", "SubLink": "oper_name"}[
                kind
            ]
            names = [n.string.sval for n in getattr(m, parts)]
            if len(names) == 1 or (kind == "SubLink" and not names and m.HasField("testexpr")):
                found.append(f"{kind} {names}")
        elif kind == "RangeVar" and not m.schemaname and m.relname not in here:
            found.append(f"relation {m.relname}")
        elif kind == "CaseExpr" and m.HasField("arg"):
            found.append("CASE with a value")
        elif kind == "JoinExpr" and m.using_clause:
            found.append("USING")
    return found


def test_what_is_bare_is_found() -> None:
    for sql, many in (
        ("SELECT count(*)", 1),
        ("SELECT pg_catalog.count(*)", 0),
        ("SELECT 1 = 1", 1),
        ("SELECT 1 OPERATOR(pg_catalog.=) 1", 0),
        ("SELECT '1'::text", 1),
        ("SELECT '1'::pg_catalog.text, 1::int, coalesce(1, 2)", 0),
        ("SELECT FROM pg_class", 1),
        ("WITH x AS (SELECT 1) SELECT FROM x", 0),
        ("SELECT 1 IN (1, 2)", 1),
        ("SELECT 1 IN (SELECT 1)", 1),
        ("SELECT 'a' LIKE 'b'", 1),
        ("SELECT CASE 1 WHEN 1 THEN 1 END", 1),
        ("SELECT nullif(1, 2)", 1),
    ):
        assert len(bare(sql)) == many, (sql, bare(sql))


def test_what_applications_send() -> None:
    assert bare(query().replace("%s", "$1")) == []


def own(told: Iterable[tuple[int, str]], files: set[str]) -> list[tuple[str, list[str]]]:
    """The statements that are landed's and rely on a search_path that is not landed's."""
    strict: dict[int, list[bool]] = {}
    wrong = []
    for line, text in told:
        if text.strip() in files:
            # A file may set what it likes; landed says what counts before its next statement.
            continue
        known = strict.setdefault(line, [False])
        names = [] if known[-1] else bare(text)
        if names:
            wrong.append((text, names))
        if any(mark in text for mark in STRICT):
            known.append(True)
        elif BACK.search(text) and len(known) > 1:
            known.pop()
        elif ENDS.match(text) or THEIRS.search(text):
            known[:] = [False]
    return wrong


def test_where_it_is_bare_is_told() -> None:
    said = [
        (1, "SELECT 1 = 1"),
        (1, GUARDED),
        (1, "SELECT 2 = 2"),
        (2, "SELECT 3 = 3"),
        (1, "COMMIT"),
        (1, "SELECT 4 = 4"),
    ]
    assert [text for text, _ in own(said, set())] == ["SELECT 1 = 1", "SELECT 3 = 3", "SELECT 4 = 4"]


@pytest.mark.parametrize("login", ["superuser", "owner"])
def test_every_statement_of_a_projects_life(server: ShadowServer, tmp_path: Path, login: str) -> None:
    with hostile(server, tmp_path, login) as world, TcpProxy.before(server) as proxy:
        user = server.superuser if login == "superuser" else OWNER
        url = f"postgresql://{user}@127.0.0.1:{proxy.port}/{world.name}?sslmode=disable"
        world.landed.env["LANDED_TARGET"] = url
        world.ledger()
        files = FILE_STATEMENTS | TWICE
        world.write(files)
        for words in (
            ("status",),
            ("doctor",),
            ("drift", "files", "target"),
            ("shadow", "pull", "--base", "--yes"),
        ):
            world.run(*words)
        for _ in range(6):
            answer = world.run("apply", "--yes")
            if answer.code != 4:
                break
            allowed = answer.error["next"].partition("landed apply ")[2].replace("'", "").split()
            answer = world.run("apply", "--yes", *allowed)
        assert answer.code == 0, answer
        for text in FAILING:
            name = "20240120000000_fails.sql"
            files[name + text] = text
            world.write({name: text})
            world.run("apply", "--yes", code=1)
            (world.migrations / name).unlink()
            world.sql("DROP INDEX IF EXISTS public.twice_id")
        world.sql("ALTER TABLE public.b DROP COLUMN a", "CREATE TABLE public.byhand (id int)")
        world.sql(f"DELETE FROM {LEDGER} WHERE name = 'c'")
        for words in (("resume", "--yes"), ("repair", "--yes"), ("verify",), ("exec", "SELECT 1")):
            world.run(*words)
        texts = {s.text.strip() for text in files.values() for s in parse(text).statements} | {
            "SELECT 1",
            "SELECT true",
        }
        assert len(proxy.told) > 300
        wrong = own(proxy.told, texts)
    assert wrong == []
