"""What `landed drift`, `pg_dump --schema-only` + diff, and migra see of the same pairs, as Markdown.

The pairs are tests/cases/drift_pg: each differs in one thing, or (same.sql) in writing or history only.
They are made on a throw-away server of an installed major that has pg_dump beside it (Debian:
postgresql-15). migra is npm's @pgkit/migra, which nothing of landed's depends on:
`npm install --prefix FOLDER @pgkit/migra`, then `--migra FOLDER`. Run by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from landed.core.errors import LandedError  # noqa: E402
from landed.core.facts import ORDERED, FactKey  # noqa: E402
from landed.engines.postgres.shadow.platform.baseline import PLAIN  # noqa: E402
from landed.engines.postgres.shadow.server.databases import Scratch, new_database, snapshot_as_template  # noqa: E402
from landed.engines.postgres.shadow.server.installed import installed  # noqa: E402
from landed.engines.postgres.shadow.server.servers import ShadowServer  # noqa: E402
from landed.engines.postgres.shadow.server.start import own_server  # noqa: E402
from landed.ops.drift_sides import drift  # noqa: E402
from support.clients.wrangler import node  # noqa: E402

CASES = ROOT / "tests" / "cases" / "drift_pg"
FILES = ("tables.sql", "constraints.sql", "code.sql", "types.sql", "grants.sql", "more.sql")
BEFORE = "SET search_path = app; SET allow_system_table_mods = on;\n"
TEMPLATE = sha256(b"pg_drift_table").hexdigest()

MIGRA = """
const {createRequire} = require('module')
const load = createRequire(process.argv[1] + '/')
const {run} = load('@pgkit/migra')
const {createClient} = createRequire(load.resolve('@pgkit/migra'))('@pgkit/client')
// A pool that was told to end may still be there when its database is dropped.
process.on('uncaughtException', error => { if (error.code !== '57P01') throw error })
const lines = require('readline').createInterface({input: process.stdin})
lines.on('line', async line => {
  const clients = JSON.parse(line).map(url => createClient(url))
  let answer
  try {
    answer = {sql: (await run(clients[0], clients[1], {unsafe: true, withPrivileges: true})).sql}
  } catch (error) {
    answer = {error: String(error && error.message || error).split('\\n')[0]}
  }
  for (const client of clients) await client.end()
  process.stdout.write(JSON.stringify(answer) + '\\n')
})
"""


class Pair(NamedTuple):
    """Two scripts on top of the base schema; ``expected`` labels what differs, ``()`` where nothing does."""

    name: str
    left: str
    right: str
    expected: tuple[str, ...]
    major: int


class Seen(NamedTuple):
    """What the tools say of one pair; ``None`` where a tool is missing."""

    pair: Pair
    kind: str
    landed: tuple[FactKey, ...]
    elsewhere: tuple[str, ...]
    """Facts that landed reports and should not, and labels that it reports nothing for."""
    dump: str | None
    """The lines of the two dumps that are not the same; ``""`` if there are none."""
    migra: str | None
    """The statements that lead from one to the other, or ``error: …``."""


def pairs() -> Iterator[Pair]:
    """Every pair of tests/cases/drift_pg."""
    for file in FILES:
        for block in (CASES / file).read_text("utf-8").split("-- pair: ")[1:]:
            name, _, rest = block.partition("\n")
            expected = re.findall(r"^-- expect: (.*)$", rest, re.MULTILINE)
            major = re.search(r"^-- major: (\d+)$", rest, re.MULTILINE)
            setup, _, change = rest.rpartition("-- change\n")
            setup, change = (re.sub(r"^-- .*\n", "", text, flags=re.MULTILINE) for text in (setup, change))
            yield Pair(name, setup, setup + change, tuple(expected), int(major[1]) if major else 15)
    for block in (CASES / "same.sql").read_text("utf-8").split("-- pair: ")[1:]:
        name, _, rest = block.partition("\n")
        left, _, right = rest.partition("-- other\n")
        yield Pair(name, left, right, (), 15)


def matches(label: str, key: FactKey) -> bool:
    """Whether an ``-- expect:`` label means a fact (``object *``: any of it, ``**``: its parts, too)."""
    if label.endswith(" **"):
        whole = label[:-3]
        return str(key.object) == whole or (bool(key.parent) and whole.endswith(f" {key.parent}"))
    if label.endswith(" *"):
        return str(key.object) == label[:-2]
    return str(key) == label


class Peers:
    """pg_dump and migra beside landed, on the databases of one server."""

    def __init__(self, server: ShadowServer, bindir: Path, migra: Path | None, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.pg_dump = bindir / "pg_dump" if (bindir / "pg_dump").exists() else None
        self.dumps: dict[str, list[str]] = {}
        self.migra = self._start(migra) if migra is not None else None

    def _start(self, folder: Path) -> subprocess.Popen[str]:
        command = [node(), "-e", MIGRA, str(folder)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def url(self, scratch: Scratch) -> str:
        """A URL that all of them understand."""
        server = self.server
        return f"postgresql://{server.superuser}:none@/{scratch.name}?host={server.host}&port={server.port}"

    def look(self, pair: Pair, a: Scratch, b: Scratch) -> Seen:
        """Every tool on one pair."""
        found = drift(self.folder, (self.url(a), self.url(b)), environ={"PATH": os.defpath})
        keys = tuple(difference.key for difference in found.differences)
        surplus = [str(key) for key in keys if not any(matches(label, key) for label in pair.expected)]
        # The order of columns is compared relatively: one that only one side has is told, and no other order.
        relative = {str(k) for k in found.a.facts.keys() & found.b.facts.keys() if k.prop in ORDERED}
        labels = [x for x in pair.expected if x not in relative or any(matches(x, key) for key in keys)]
        missing = [f"nothing: {x}" for x in labels if not any(matches(x, key) for key in keys)]
        kinds = sorted({key.kind for side in (found.a, found.b) for key in side.facts}, key=len)
        label = pair.expected[0] if pair.expected else ""
        kind = next((kind for kind in reversed(kinds) if label.startswith(f"{kind} ")), "")
        return Seen(pair, kind, keys, (*surplus, *missing), self._dumped(a, b), self._migrated(a, b))

    def _dumped(self, a: Scratch, b: Scratch) -> str | None:
        if self.pg_dump is None:
            return None
        lines, others = self._dump(a), self._dump(b)
        if lines == others:
            return ""
        fewer, more = Counter(lines) - Counter(others), Counter(others) - Counter(lines)
        told = [*(f"-{line}" for line in fewer), *(f"+{line}" for line in more)]
        return "\n".join(told) or "the order of the lines"

    def _dump(self, scratch: Scratch) -> list[str]:
        """Without comments, blank lines and the random words that newer minor versions put in."""
        if scratch.name not in self.dumps:
            server = self.server
            command = [str(self.pg_dump), "--schema-only", "-h", server.host, "-p", str(server.port)]
            command += ["-U", server.superuser, scratch.name]
            text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            unlike = re.compile(r"--|\\(un)?restrict |\s*$")
            self.dumps[scratch.name] = [line for line in text.splitlines() if not unlike.match(line)]
        return self.dumps[scratch.name]

    def _migrated(self, a: Scratch, b: Scratch) -> str | None:
        if self.migra is None:
            return None
        assert self.migra.stdin is not None and self.migra.stdout is not None
        self.migra.stdin.write(json.dumps([self._node_url(a), self._node_url(b)]) + "\n")
        self.migra.stdin.flush()
        answer: dict[str, Any] = json.loads(self.migra.stdout.readline())
        return f"error: {answer['error']}" if "error" in answer else answer["sql"].strip()

    def _node_url(self, scratch: Scratch) -> str:
        server = self.server
        return f"socket://{server.superuser}:none@{server.host}?db={scratch.name}"

    def close(self) -> None:
        """End migra's process."""
        if self.migra is not None:
            self.migra.communicate()


def make(scratch: Scratch, sql: str) -> None:
    """Run a script, statement by statement as psql would, in one transaction."""
    with scratch.connect() as connection:
        connection.execute(sql.encode())


def look_at(peers: Peers, wanted: list[Pair]) -> Iterator[Seen]:
    """Each pair in databases of its own, copied from one with the base schema."""
    server = peers.server
    with new_database(server) as base:
        make(base, "CREATE ROLE drift_a; CREATE ROLE drift_b;")
        make(base, (CASES / "base.sql").read_text("utf-8"))
        snapshot_as_template(base, TEMPLATE)
    with new_database(server, TEMPLATE) as plain:
        for pair in wanted:
            with ExitStack() as made:
                b = made.enter_context(new_database(server, TEMPLATE))
                make(b, BEFORE + pair.right)
                a = plain
                if pair.left:
                    a = made.enter_context(new_database(server, TEMPLATE))
                    make(a, BEFORE + pair.left)
                yield peers.look(pair, a, b)


def table(seen: list[Seen]) -> Iterator[str]:
    """The lines of the table: a row for each kind of object, then what is silent."""
    yield "| what differs | pairs | `landed drift` | at its property, nothing else | pg_dump + diff | migra |"
    yield "|---|---|---|---|---|---|"
    differing = [one for one in seen if one.pair.expected]
    for kind in sorted({one.kind for one in differing}):
        yield row(kind, [one for one in differing if one.kind == kind])
    yield row("**all that differ**", differing)
    same = [one for one in seen if not one.pair.expected]
    told = [str(sum(bool(one.landed) for one in same)), "", heard(same, "dump"), heard(same, "migra")]
    yield f"| **false alarms on pairs that are the same** | {len(same)} | {' | '.join(told)} |"


def row(title: str, seen: list[Seen]) -> str:
    """How many of some differing pairs each tool noticed."""
    noticed = sum(bool(one.landed) for one in seen)
    exact = sum(bool(one.landed) and not one.elsewhere for one in seen)
    return f"| {title} | {len(seen)} | {noticed} | {exact} | {heard(seen, 'dump')} | {heard(seen, 'migra')} |"


def heard(seen: list[Seen], tool: str) -> str:
    """How many of the pairs a peer said something of; those that it could not read are no answer."""
    said = [getattr(one, tool) for one in seen]
    if None in said:
        return "not measured"
    failed = sum(text.startswith("error: ") for text in said)
    found = sum(bool(text) for text in said) - failed
    return f"{found} ({failed} failed)" if failed else str(found)


def main() -> None:
    """Print the table, or every pair as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--major", type=int, default=15, help="of the installed server")
    parser.add_argument("--migra", type=Path, metavar="FOLDER", help="where @pgkit/migra's node_modules is")
    parser.add_argument("--json", type=Path, metavar="FILE", help="what every tool said of every pair")
    parser.add_argument("--only", metavar="REGEX", help="pairs of such names")
    options = parser.parse_args()
    binaries = installed(options.major)
    if binaries is None:
        sys.exit(f"no Postgres {options.major} is installed (Debian: postgresql-{options.major})")
    every = [pair for pair in pairs() if re.search(options.only or "", pair.name)]
    wanted = [pair for pair in every if pair.major <= options.major]
    seen: list[Seen] = []
    with tempfile.TemporaryDirectory(prefix="lb") as folder, ExitStack() as running:
        os.environ["LANDED_SHADOW_DIR"], os.environ["LANDED_CACHE_DIR"] = folder, folder
        os.chmod(folder, 0o755)
        server = running.enter_context(own_server(binaries, options.major, PLAIN))
        migra = options.migra.resolve() if options.migra else None
        peers = Peers(server, binaries.bindir, migra, Path(folder))
        running.callback(peers.close)
        try:
            for one in look_at(peers, wanted):
                seen.append(one)
                if one.elsewhere:
                    print(f"{one.pair.name}: {'; '.join(one.elsewhere)}", file=sys.stderr)
        except LandedError as error:
            sys.exit(f"{error.message} (after {len(seen)} pairs)")
        with server.connect(server.admin) as admin:
            version = admin.execute("SHOW server_version").fetchone()
    print("\n".join(table(seen)))
    print(f"\nPostgres and pg_dump {version and version[0]}; migra {_migra_version(options.migra)}.")
    if left := len(every) - len(wanted):
        print(f"{left} pairs that Postgres {options.major} has no syntax for are left out.")
    if options.json:
        rows = [
            {**one._asdict(), "pair": one.pair.name, "landed": [str(k) for k in one.landed]} for one in seen
        ]
        options.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def _migra_version(folder: Path | None) -> str:
    if folder is None:
        return "not measured (--migra)"
    package = folder / "node_modules" / "@pgkit" / "migra" / "package.json"
    return str(json.loads(package.read_text("utf-8"))["version"])


if __name__ == "__main__":
    main()
