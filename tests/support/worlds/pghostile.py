"""A live Postgres database of a stranger's, and landed on it as a superuser or as an ordinary owner.

The stranger (``mallory``) owns the history table and its schema, may create in ``public``, and has put there
whatever could run. Everything that is hers leaves a line in the server's log when it runs, whoever runs it
and whatever becomes of the transaction: :meth:`Hostile.untouched` looks for it.
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.process.landed_process import Answer, Landed

LEDGER = "supabase_migrations.schema_migrations"
OWNER, STRANGER = "landed_owner", "mallory"
A, B, C = (f"2024010{n}000000_{name}.sql" for n, name in enumerate("abc", 1))
VERSIONS = [A[:14], B[:14]]
FILES = {
    A: "CREATE TABLE public.a (id int PRIMARY KEY, t text DEFAULT 'x');\n"
    "INSERT INTO public.a (id, t) VALUES (1, 'one');\n",
    B: "CREATE TABLE public.b (id int PRIMARY KEY, a int REFERENCES public.a, CHECK (id > 0));\n",
}
NEXT = {C: "CREATE TABLE public.c (id int);\n"}
COLUMNS = "version text PRIMARY KEY, statements text[], name text"
numbers = itertools.count()


@contextlib.contextmanager
def roles(server: ShadowServer) -> Iterator[None]:
    """The owner of the databases, and the stranger."""
    with server.connect(server.admin) as admin:
        admin.execute(f"CREATE ROLE {OWNER} LOGIN; CREATE ROLE {STRANGER} LOGIN".encode())
        yield
        admin.execute(f"DROP ROLE {OWNER}, {STRANGER}".encode())


class Hostile:
    """One database and its project. ``login`` is ``superuser`` or ``owner``: whom landed connects as."""

    def __init__(self, server: ShadowServer, name: str, folder: Path, login: str) -> None:
        self.server, self.name, self.login = server, name, login
        self.token = f"canary-{secrets.token_hex(8)}"
        self.migrations = folder / "migrations"
        self.migrations.mkdir(parents=True)
        self.write(FILES)
        self.log = Path(server.host).parent / "log"
        self._from = self.log.stat().st_size
        self.landed = Landed(
            folder, folder.parent / "cache", LANDED_TARGET=self.url(), LANDED_MIGRATIONS="migrations"
        )
        self.outputs: list[str] = []
        self.sql(
            f'ALTER DATABASE "{name}" OWNER TO {OWNER}',
            f"""ALTER DATABASE "{name}" SET log_min_messages = 'log'""",
            f'GRANT CREATE ON DATABASE "{name}" TO {STRANGER}',
            f"ALTER SCHEMA public OWNER TO {OWNER}",
            f"GRANT ALL ON SCHEMA public TO {STRANGER}",
        )
        self.sql(*FILES.values(), as_role=OWNER)
        self.stranger(
            "CREATE SCHEMA IF NOT EXISTS evil",
            "GRANT USAGE ON SCHEMA evil TO PUBLIC",
            f"""CREATE OR REPLACE FUNCTION evil.mark() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
                BEGIN RAISE LOG '{self.token} as %', current_user; RETURN 1; END$$""",
            f"""CREATE FUNCTION evil.mark(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
                BEGIN RAISE LOG '{self.token} as %', current_user; RETURN $1; END$$""",
            f"""CREATE FUNCTION evil.mark(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
                BEGIN RAISE LOG '{self.token} as %', current_user; RETURN $1; END$$""",
            f"""CREATE FUNCTION evil.fires() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE LOG '{self.token} as %', current_user; RETURN new; END$$""",
            "CREATE SCHEMA supabase_migrations",
            "GRANT ALL ON SCHEMA supabase_migrations TO PUBLIC",
        )

    def url(self) -> str:
        user = self.server.superuser if self.login == "superuser" else OWNER
        return f"postgresql://{user}@/{self.name}?host={self.server.host}&port={self.server.port}"

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.migrations / name).write_text(text, encoding="utf-8")

    def sql(self, *statements: str, as_role: str = "") -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        with self.server.connect(self.name) as connection:
            if as_role:
                connection.execute(f"SET ROLE {as_role}".encode())
            for statement in statements:
                done = connection.execute(statement.encode())
                rows = done.fetchall() if done.description else []
        return rows

    def stranger(self, *statements: str) -> None:
        """What the stranger does beforehand."""
        self.sql(*statements, as_role=STRANGER)

    def ledger(self, columns: str = COLUMNS) -> None:
        """The stranger's history table, in which both files are recorded."""
        values = ", ".join(f"('{version}')" for version in VERSIONS)
        self.stranger(
            f"CREATE TABLE {LEDGER} ({columns})",
            f"INSERT INTO {LEDGER} (version) VALUES {values}",
            f"GRANT ALL ON {LEDGER} TO PUBLIC",
        )

    def begin(self) -> None:
        """What ran until now was the stranger's own doing."""
        self._from = self.log.stat().st_size

    def run(self, *words: str, code: int | None = None) -> Answer:
        """A command of landed's, as JSON; whatever it finds, nothing of the stranger's may have run."""
        answer = self.landed(*words, code=code)
        self.outputs += [answer.stdout, answer.stderr]
        self.untouched(*words)
        return answer

    def untouched(self, *what: str) -> None:
        """Nothing of the stranger's has run since :meth:`begin`."""
        with self.log.open("rb") as log:
            log.seek(self._from)
            said = log.read().decode(errors="replace")
        ran = [line for line in said.splitlines() if self.token in line]
        assert not ran, (
            f"{' '.join(what)}: the stranger's code ran as {self.login}: {ran[:3]}\n{said[-3000:]}"
        )
        for output in self.outputs:
            assert "landed itself failed" not in output, output

    def can_mark(self) -> None:
        """The canary sings: what the stranger has put there does leave a line."""
        self.sql("SELECT evil.mark()")
        assert self.token in self.log.read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def hostile(server: ShadowServer, folder: Path, login: str, template: str = "") -> Iterator[Hostile]:
    """A new database for one test, or a copy of one that nobody is connected to."""
    project = folder / f"project{next(numbers)}"
    if not template:
        with new_database(server) as made:
            yield Hostile(server, made.name, project, login)
        return
    name = f"hostile_{next(numbers)}"
    with server.connect(server.admin) as admin:
        admin.execute(f'CREATE DATABASE {name} TEMPLATE "{template}"'.encode())
        try:
            yield Hostile(server, name, project, login)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
