"""First contact with a remote database: each assumption held, broken or not asked; kept and quoted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from landed.core.check import Check, Level
from landed.engines.d1.contact import first_contact
from landed.engines.d1.observed import keep, known, quoted
from landed.ops.doctor import diagnose
from support.servers.d1_wire import ACCOUNT, SECRET, UUID, Asked, Reply, Wire, problem, refuse, result

DATABASE = f"/accounts/{ACCOUNT}/d1/database/{UUID}"
CODES = [
    "name",
    "bookmark",
    "batch",
    "assertion",
    "rights",
    "trigger-case",
    "trigger-lower",
    "trigger-cr",
]


@pytest.fixture
def wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))
    with Wire() as running:
        running.extra["GET", DATABASE] = described()
        running.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
        yield running


def described(**other: Any) -> dict[str, Any]:
    return {
        "uuid": UUID,
        "name": "db",
        "version": "production",
        "read_replication": {"mode": "disabled"},
    } | other


def asked(wire: Wire) -> dict[str, tuple[bool | None, str]]:
    target = wire.target()
    found = first_contact(target)
    target.close()
    assert [one.code for one in found] == CODES
    assert SECRET not in repr(found)
    return {one.code: (one.holds, f"{one.seen} | {one.means}") for one in found}


def test_all_holds_and_nothing_is_written(wire: Wire) -> None:
    before = wire.execute("SELECT * FROM sqlite_master")
    assert [holds for holds, _ in asked(wire).values()] == [True] * len(CODES)
    assert len(wire.asked) == 6
    assert wire.execute("SELECT * FROM sqlite_master") == before
    sent = [sql for one in wire.asked if one.method == "POST" for sql in one.sql]
    assert all(sql.split()[0] in ("EXPLAIN", "SELECT", "PRAGMA") for sql in sent)


def test_without_a_table_triggers_are_not_asked(wire: Wire) -> None:
    wire.execute("DROP TABLE t")
    found = asked(wire)
    assert {found[code][0] for code in CODES[5:]} == {None}
    assert "there is no table yet" in found["trigger-cr"][1]
    assert [holds for holds, _ in list(found.values())[:5]] == [True] * 5


def changed(place: int, edit: Any) -> Any:
    """A fault: the answer as it would be, with its entry changed."""

    def fault(wire: Wire, one: Asked) -> Reply:
        entries = json.loads(wire.answer(one)[2])["result"]
        edit(entries[place])
        return result(entries)

    return fault


def without_result(wire: Wire, one: Asked) -> Reply:
    return problem(
        400, 7500, json.loads(wire.answer(one)[2])["errors"][0]["message"].removesuffix(": SQLITE_ERROR")
    )


def cut_short(wire: Wire, one: Asked) -> Reply:
    message = json.loads(wire.answer(one)[2])["errors"][0]["message"]
    return problem(400, 7500, f"{message[:300]}': SQLITE_ERROR")


@pytest.mark.parametrize(
    ("number", "fault", "code", "holds", "words"),
    [
        (1, lambda w, a: result(described(version="alpha")), "name", False, "no Time Travel"),
        (1, lambda w, a: result(described(uuid="other")), "name", False, "another database"),
        (1, lambda w, a: result(described(read_replication={"mode": "auto"})), "name", True, "Replicas may"),
        (1, lambda w, a: result("nothing"), "name", False, "another"),
        (1, refuse(500, 10001, "Internal error"), "name", True, "db"),
        (2, lambda w, a: result({"bookmark": "; rm -rf"}), "bookmark", None, "no bookmark"),
        (2, refuse(404, 7404, "no"), "bookmark", None, "could not be asked"),
        (3, lambda w, a: result([]), "batch", None, "results of 2"),
        (3, changed(0, lambda e: e["results"][0].update(foreign_keys=0)), "batch", False, "do not write"),
        (3, changed(0, lambda e: e["meta"].update(served_by_primary=False)), "batch", True, "a replica"),
        (4, lambda w, a: result(w.batch(["SELECT 1", "SELECT 2"])), "assertion", False, "not be noticed"),
        (4, cut_short, "assertion", False, "figures may be cut"),
        (4, refuse(400, 7500, "malformed JSON: SQLITE_ERROR"), "assertion", False, "could not say what"),
        (4, without_result, "assertion", False, "an unknown outcome"),
        (5, refuse(400, 7500, "not authorized: SQLITE_AUTH"), "rights", False, "Account · D1 · Edit"),
        (5, refuse(403, 7403, "not authorized"), "rights", False, "Account · D1 · Edit"),
        (5, refuse(400, 7500, "incomplete input: SQLITE_ERROR"), "rights", False, "not known why"),
    ],
)
def test_what_does_not_hold(
    wire: Wire, number: int, fault: Any, code: str, holds: bool | None, words: str
) -> None:
    wire.faults = {number: fault}
    found = asked(wire)
    assert found[code][0] is holds, found[code]
    assert words in found[code][1]
    others = {name: found[name][0] for name in CODES if name != code and not name.startswith("trigger")}
    assert set(others.values()) == {True}, "the others are asked all the same"
    if code == "rights":
        assert {found[name][0] for name in CODES[5:]} == {None}


@pytest.mark.parametrize("cut", ["CASE", "begin", "\r"])
def test_each_form_of_a_trigger_is_told_apart(wire: Wire, cut: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = wire.run

    def run(sql: str, *, raw: bool) -> dict[str, Any]:
        return whole(sql.partition(cut)[0] if "TRIGGER" in sql and cut in sql else sql, raw=raw)

    monkeypatch.setattr(wire, "run", run)
    found = asked(wire)
    wanted = {"CASE": "trigger-case", "begin": "trigger-lower", "\r": "trigger-cr"}[cut]
    assert [code for code, (holds, _) in found.items() if holds is False] == [wanted]
    assert "incomplete input" in found[wanted][1]
    assert "in the form that apply and rehearse print" in found[wanted][1]


# -- kept and quoted ---------------------------------------------------------------------------------


def test_answers_are_kept_with_their_date_and_quoted(wire: Wire, tmp_path: Path) -> None:
    target: Any = wire.target()
    assert quoted(target, "rights") == []
    keep(target.connected.place, first_contact(target))
    found = known(target.connected.place)
    assert found is not None
    assert [one.code for one in found.seen] == CODES
    (line,) = quoted(target, "rights")
    assert line == f"Asked on {found.asked:%Y-%m-%d}: rights: expected may make a table; seen: it may."
    other = target.connected.place._replace(database="another")
    assert known(other) is None
    target.close()


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"asked": "now", "answers": []}', '{"asked": "2026-01-01", "answers": [{}]}',
     '{"asked": "2026-01-01", "answers": 3}', "[" * 100_000, " " * 70_000,
     '{"asked": "2026-01-01", "answers": [{"code": 1, "label": "", "expected": "", "seen": "", "means": "",'
     ' "holds": true}]}'],
)  # fmt: skip
def test_a_file_that_is_none_of_ours_says_nothing(wire: Wire, tmp_path: Path, content: str) -> None:
    target: Any = wire.target()
    keep(target.connected.place, first_contact(target))
    (file,) = (tmp_path / "cache" / "first-contact").iterdir()
    file.write_text(content)
    assert known(target.connected.place) is None
    assert quoted(target, *CODES) == []
    target.close()


def test_what_is_quoted_is_on_one_line(wire: Wire) -> None:
    target: Any = wire.target()
    (rights,) = [one for one in first_contact(target) if one.code == "rights"]
    keep(target.connected.place, [rights._replace(seen="a\n\x1b[2Jb" + "c" * 500)])
    (line,) = quoted(target, "rights")
    assert "\n" not in line
    assert "\x1b" not in line
    assert len(line) < 400
    target.close()


# -- doctor ------------------------------------------------------------------------------------------


def checks(folder: Path, wire: Wire, target: str | None = None, *, remote: bool = True) -> dict[str, Check]:
    entry = {"binding": "DB", "database_name": "db", "database_id": UUID}
    (folder / "wrangler.json").write_text(json.dumps({"d1_databases": [entry]}))
    (folder / "migrations").mkdir(exist_ok=True)
    environ = {
        "CLOUDFLARE_API_BASE_URL": wire.url,
        "CLOUDFLARE_API_TOKEN": SECRET,
        "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
    }
    return {c.code: c for c in diagnose(folder, target, {}, environ, remote=remote).checks}


@pytest.mark.parametrize("target", [None, "d1:local", "d1:remote/DB"])
def test_doctor_asks_the_hosted_database(wire: Wire, tmp_path: Path, target: str | None) -> None:
    found = checks(tmp_path, wire, target)
    assert found["target"].value is not None
    assert "d1:remote/DB" in found["target"].value
    assert {found[code].area for code in CODES} == {"contact"}
    assert {found[code].level for code in CODES} == {Level.GOOD}
    assert found["batch"].value == (
        "expected: two answers, foreign keys on; seen: two answers of the primary, foreign keys on"
    )


def test_what_is_vital_stops(wire: Wire, tmp_path: Path) -> None:
    wire.faults = {5: changed(0, lambda e: e["results"][0].update(foreign_keys=0))}
    found = checks(tmp_path, wire)
    assert (found["batch"].level, found["batch"].exit_code) == (Level.ERROR, 3)
    assert found["assertion"].level is Level.GOOD


def test_doctor_tells_when_it_was_asked(wire: Wire, tmp_path: Path) -> None:
    def asked() -> Check:
        found = checks(tmp_path, wire, "d1:remote", remote=False)
        assert not set(CODES) - {"name"} & found.keys()
        return found["asked"]

    first = asked()
    assert (first.level, first.next) == (Level.NOTE, "landed doctor --remote")
    assert "asked" not in checks(tmp_path, wire)
    assert str(asked().value).endswith(": 8 of 8 as expected")
    wire.faults = {len(wire.asked) + 5: changed(0, lambda e: e["results"][0].update(foreign_keys=0))}
    checks(tmp_path, wire)
    last = asked()
    assert (last.level, last.problem) == (Level.WARNING, "not as expected: batch")
    assert str(last.value).endswith(": 7 of 8 as expected")


def test_other_databases_have_no_first_contact(wire: Wire, tmp_path: Path) -> None:
    found = checks(tmp_path, wire, "sqlite:x.db")
    assert (found["contact"].level, found["contact"].exit_code) == (Level.ERROR, 2)
    assert wire.asked == []
