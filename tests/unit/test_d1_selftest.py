"""A trial of D1: in which account; what earlier runs wrote down; what is left out of answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from landed.core.errors import UsageError
from landed.engines.d1.trial import kept
from landed.engines.d1.trial.heard import HIDDEN, Heard, action
from landed.ops.selftest import TrialPlan, plan_selftest
from support.oracles.d1_answers import differences
from support.servers.d1_wire import ACCOUNT, SECRET, Wire

ID = "0b5a4b1c-0000-4000-8000-00000000000a"
NAME = "landed-selftest-20261201-0a1b2c3d"
TWO = [{"id": ACCOUNT, "name": "One"}, {"id": "another", "name": "Two"}]


@pytest.fixture
def wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))
    with Wire() as running:
        yield running


def plan(folder: Path, wire: Wire, account: str | None = None, **environ: str) -> TrialPlan:
    given = {"CLOUDFLARE_API_BASE_URL": wire.url, "CLOUDFLARE_API_TOKEN": SECRET, **environ}
    found = plan_selftest(folder, {}, given, account=account)[1]
    assert SECRET not in repr(found)
    assert all(one.method == "GET" for one in wire.asked)
    return found


class TestAccount:
    def test_of_several_none_is_guessed(self, tmp_path: Path, wire: Wire) -> None:
        wire.extra["GET", "/accounts"] = TWO
        with pytest.raises(UsageError, match="good for 2 accounts"):
            plan(tmp_path, wire)

    @pytest.mark.parametrize(("id", "name"), [(ACCOUNT, "One"), ("another", "Two")])
    def test_one_of_several_is_named(self, tmp_path: Path, wire: Wire, id: str, name: str) -> None:
        wire.extra["GET", "/accounts"] = TWO
        found = plan(tmp_path, wire, id)
        assert (found.account, found.account_name) == (id, name)

    @pytest.mark.parametrize("account", ["third", "One", "", "../x", ACCOUNT.upper()])
    def test_another_is_refused(self, tmp_path: Path, wire: Wire, account: str) -> None:
        wire.extra["GET", "/accounts"] = TWO
        with pytest.raises(UsageError, match="is not the one that is in force here"):
            plan(tmp_path, wire, account)

    def test_that_of_the_configuration_counts(self, tmp_path: Path, wire: Wire) -> None:
        (tmp_path / "wrangler.json").write_text(json.dumps({"account_id": "configured"}))
        wire.extra["GET", "/accounts/configured"] = {"id": "configured", "name": "Mine"}
        found = plan(tmp_path, wire)
        assert (found.account, found.account_name) == ("configured", "Mine")
        with pytest.raises(UsageError):
            plan(tmp_path, wire, ACCOUNT)

    @pytest.mark.parametrize(
        "told", [None, {"id": "other", "name": "Theirs"}, {"id": ACCOUNT, "name": 3}, []]
    )
    def test_a_name_that_is_not_told(self, tmp_path: Path, wire: Wire, told: object) -> None:
        if told is not None:
            wire.extra["GET", f"/accounts/{ACCOUNT}"] = told
        found = plan(tmp_path, wire, CLOUDFLARE_ACCOUNT_ID=ACCOUNT)
        assert (found.account, found.account_name) == (ACCOUNT, "")

    def test_names_are_never_the_same(self, tmp_path: Path, wire: Wire) -> None:
        names = {plan(tmp_path, wire, CLOUDFLARE_ACCOUNT_ID=ACCOUNT).name for _ in range(5)}
        assert len(names) == 5
        assert all(kept._NAME.match(name) for name in names)


class TestWrittenDown:
    def record(self, **other: object) -> dict[str, object]:
        return {"name": NAME, "account": ACCOUNT, "id": ID, "made": "2026-12-01T00:00:00+00:00"} | other

    def left(self, content: object, name: str = NAME) -> int:
        kept.folder().mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        (kept.folder() / f"{name}.json").write_text(text)
        return len(kept.all_left())

    def test_it_is_read_again(self, wire: Wire) -> None:
        run = kept.Kept(NAME, ACCOUNT)
        run.write()
        assert [(one.name, one.id) for one in kept.all_left()] == [(NAME, "")]
        run.write(ID)
        (one,) = kept.all_left()
        assert (one.name, one.id, one.account, one.made) == (NAME, ID, ACCOUNT, run.made)
        kept.forget(one)
        assert kept.all_left() == ()

    @pytest.mark.parametrize(
        "other",
        [
            {"id": "11111111"},
            {"id": None},
            {"id": "../../other"},
            {"name": "production"},
            {"name": "landed-selftest-20261201-ffffffff"},
            {"account": "a/b"},
            {"account": 1},
            {"made": "once"},
        ],
    )
    def test_what_this_program_does_not_write_counts_for_nothing(
        self, wire: Wire, other: dict[str, object]
    ) -> None:
        assert self.left(self.record()) == 1
        assert self.left(self.record(**other)) == 0

    @pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000, " " * 70_000, '"x"', "null"])
    def test_what_is_no_record_counts_for_nothing(self, wire: Wire, content: str) -> None:
        assert self.left(content) == 0

    def test_a_record_under_another_name_counts_for_nothing(self, wire: Wire) -> None:
        assert self.left(self.record(), "landed-selftest-20261201-ffffffff") == 0


class TestHeard:
    def heard(self, answer: object, path: str = "/accounts/a/d1/database/u/query") -> str:
        found = Heard(lambda text, longest: text[:longest].replace(SECRET, "••••"), "whose", "")
        found.also(ID)
        found("POST", path, {"batch": [{"sql": f"SELECT '{ID}', 'whose'"}]}, 200, answer)
        return json.dumps(found.entries, ensure_ascii=False)

    @pytest.mark.parametrize(
        "answer",
        [
            {"result": {"uuid": "s0me"}},
            {
                "result": [
                    {"meta": {"served_by_colo": "s0me", "served_by": "s0me", "served_by_region": "s0me"}}
                ]
            },
            {"result": {"bookmark": "s0me", "previous_bookmark": "s0me"}},
            {"result": {"account": {"id": "x", "tags": ["s0me"]}}},
            {"errors": [{"message": f"of {ID} and whose and {SECRET}"}]},
            {"result": [{"results": [{"name": f"{ID} whose {SECRET}"}]}]},
            {f"{ID} whose {SECRET}": 1},
            f"a page with {ID} and whose and {SECRET}",
        ],
    )
    def test_whose_it_is_is_left_out(self, wire: Wire, answer: object) -> None:
        text = self.heard(answer)
        for whose in ("s0me", ID, "whose", SECRET):
            assert whose not in text
        assert HIDDEN in text or "••••" in text

    def test_what_is_of_use_stays(self, wire: Wire) -> None:
        answer = {
            "success": False,
            "errors": [{"code": 7500, "message": "no such table: x: SQLITE_ERROR"}],
            "result": [{"results": [{"name": "child"}], "meta": {"changes": 3, "served_by_primary": True}}],
        }
        assert json.loads(self.heard(answer))[0]["answer"] == answer

    @pytest.mark.parametrize(
        ("path", "asked"),
        [
            ("/accounts/a/d1/database/u/query", "database/ID/query"),
            ("/accounts/a/d1/database/u/time_travel/bookmark", "database/ID/time_travel/bookmark"),
            ("/accounts/a/d1/database/u", "database/ID"),
            ("/accounts/a/d1/database", "database"),
            ("/accounts/a", "accounts/ID"),
            ("/accounts", "accounts"),
        ],
    )
    def test_what_was_asked_is_told_without_ids(self, path: str, asked: str) -> None:
        assert action(path) == asked


ANSWERS: list[dict[str, object]] = [
    {"step": "apply", "asked": "POST q", "status": 200, "answer": {"result": [{"meta": {"changes": 1}}]}},
    {"step": "sizes", "asked": "POST q", "status": 400, "answer": {"errors": [{"message": "too long"}]}},
]


class TestAnswers:
    def told(self, hosted: list[dict[str, object]]) -> list[str]:
        return differences({"answers": hosted}, {"answers": ANSWERS})

    def test_the_same_and_more(self) -> None:
        more = {"result": [{"meta": {"changes": 2.0, "colo": "X"}}], "more": None}
        assert self.told([{**ANSWERS[0], "answer": more}, ANSWERS[1]]) == []

    @pytest.mark.parametrize(
        ("at", "change", "words"),
        [
            (0, {"status": 500}, "only the stand-in: apply POST q 200"),
            (0, {"answer": {"result": [{"meta": {}}]}}, "hosted has no .result[].meta.changes (number)"),
            (0, {"answer": {"result": [{"meta": {"changes": "1"}}]}}, "no .result[].meta.changes (number)"),
            (1, {"answer": {"errors": [{"message": "no"}]}}, "hosted has no .errors[].message (too long)"),
        ],
    )
    def test_what_differs_is_told(self, at: int, change: dict[str, object], words: str) -> None:
        hosted = [entry | change if at == n else entry for n, entry in enumerate(ANSWERS)]
        assert any(words in text for text in self.told(hosted))
