"""Next steps and errors as values: what can be done now, what a person decides, a code for every error."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import landed
from landed.cli.options import Common
from landed.core import errors
from landed.core.advice import advise
from landed.core.command import EFFECTS, Command, Effect, program
from landed.core.command import landed as command
from landed.core.errors import Code, LandedError, Where
from landed.core.next import APPLY, BREAK, STATUS, Hand, Hint, Next
from landed.core.standing import Judgement, Location, Standing, Verdict
from landed.core.turns import in_turn, next_steps
from landed.report.json.actions import actions_json
from support.oracles.actions import lawful

SOURCE = Path(landed.__file__).parent
GIVEN = Common(words=["--project", "a b", "--env", "x"], project="a b").command


def argvs(*ways: str | None) -> list[object]:
    return [action["argv"] for action in actions_json(ways, GIVEN)]


def test_an_action_is_what_can_be_done_now() -> None:
    assert Next("Correct the file, then run: ", APPLY.afterwards()).actions == ()
    told = Next(STATUS, BREAK, "Then: ", APPLY.afterwards())
    assert [a.command for a in told.actions] == [STATUS] and told == "landed status\nThen: landed apply"
    assert argvs("correct the file", None, Next()) == []
    assert argvs(STATUS, Next("See: ", STATUS)) == [
        ["landed", "--project", "a b", "--env", "x", "status"],
        ["landed", "--project", "a b", "--env", "x", "status"],
    ]


def test_consent_is_said_and_not_in_the_vector() -> None:
    (action,) = actions_json([command("repair", "--yes", yes=True)], GIVEN)
    assert action["argv"] == ["landed", "--project", "a b", "--env", "x", "repair", "--", "--yes"]
    assert action["needs_consent"] and action["consent"] == ["--yes"] and action["choice"] is None
    (reads,) = actions_json([command("apply", dry_run=True)], GIVEN)
    assert reads["reads_only"] and not reads["needs_consent"] and reads["consent"] == []


def test_a_persons_word_is_always_one_of_a_choice() -> None:
    allow, other = actions_json([command("apply", allow=["drop-table:t", "-x"])], GIVEN)
    assert allow["choice"] == other["choice"] is not None and other["argv"] is None
    assert allow["losses"] == ["drop-table:t", "-x"]
    assert allow["consent"] == ["--yes", "--allow=drop-table:t", "--allow=-x"]
    reason, nothing = actions_json([command("repair", "a", reason=Hint("…"))], GIVEN)
    assert reason["consent"] == ["--yes", "--reason"] and nothing["effect"] == Effect.BY_HAND
    undo, _ = actions_json([command("undo", bookmark="b")], GIVEN)
    assert undo["losses"] == ["restore"] and undo["effect"] == Effect.RESTORE


def test_a_choice_has_the_alternatives_that_are_told_and_those_that_go_without_saying() -> None:
    told = Next(
        *(Hand("Rewrite the file."), " Then run: ", APPLY.afterwards(), BREAK),
        *("If the rows may go: ", command("apply", allow="lose-rows:t")),
        *(command("status").unsaid(), Hand("wait", said=False)),
        choice="rows",
    )
    assert told.split("\n") == [
        "Rewrite the file. Then run: landed apply",
        "If the rows may go: landed apply --allow lose-rows:t",
    ]
    found = actions_json([told], GIVEN)
    assert {a["choice"] for a in found} == {"rows"}
    assert [a["text"] for a in found] == ["Rewrite the file.", "If the rows may go", None, "wait"]
    kept = Next("before: ", told).instead("apply", "resume", "x")
    assert {a.choice for a in kept.actions} == {"rows"} and "landed resume x --allow lose-rows:t" in kept


def test_a_command_of_another_program_is_a_vector_too() -> None:
    git = program("git", "checkout", "abc", "--", "a b", effect=Effect.WRITE_FILES)
    (action,) = actions_json([git], GIVEN)
    assert action["argv"] == ["git", "-C", "a b", "checkout", "abc", "--", "a b"]
    assert not action["needs_consent"] and action["effect"] == "write-files"


words = st.text(max_size=8)
commands = st.tuples(
    st.sampled_from(sorted(EFFECTS)), words, st.lists(words, max_size=2), st.none() | words, st.booleans()
).map(lambda v: command(v[0], v[1], allow=v[2], reason=v[3], yes=v[4]))
MADE: dict[str, Callable[[str, Command], object]] = {
    "words": lambda text, _: text,
    "by hand": lambda text, _: Hand(text),
    "command": lambda _, made: made,
    "later": lambda _, made: made.afterwards(),
    "unsaid": lambda _, made: made.unsaid(),
    "break": lambda _, __: BREAK,
}
parts = st.lists(st.tuples(st.sampled_from(sorted(MADE)), words, commands), max_size=6)


@given(parts, st.none() | words.filter(bool))
def test_whatever_is_put_together_is_lawful(each: list[tuple[str, str, Command]], choice: str | None) -> None:
    made: list[Any] = [MADE[kind](text, one) for kind, text, one in each]
    told = Next(*made, choice=choice)
    lawful({"actions": actions_json([told, Next("again: ", told)], GIVEN)})


judgements = st.tuples(
    st.sampled_from(["1_a.sql", "--yes", "x y", "-z"]),
    st.booleans(),
    st.sampled_from([*Verdict, None]),
    st.sampled_from([*Standing]),
    st.sampled_from([(), (2,)]),
    st.sampled_from(
        [None, Location(True, 1, 1), Location(True, 1, 2), Location(False, 0, 0, (), (1,))],
    ),
    st.sampled_from([None, "other.sql"]),
    st.sampled_from([(), ("drop-invalid-index:public.i",)]),
).map(
    lambda v: Judgement(
        *v[:4], unproven=v[4], location=v[5], renamed=v[6], allow=v[7], statements=3, file=f"m/{v[0]}"
    )
)


@given(st.lists(judgements, max_size=5))
def test_every_standing_has_lawful_actions(each: list[Judgement]) -> None:
    found = in_turn([advise(judgement) for judgement in each])
    for judgement in found:
        lawful({"next": judgement.next, "actions": actions_json([judgement.next], GIVEN)})
    lawful({"actions": actions_json(next_steps(found), GIVEN)})


def test_what_apply_would_refuse_to_pass_keeps_it_from_being_an_action() -> None:
    phantom = Judgement("1.sql", True, Verdict.ABSENT, Standing.PHANTOM)
    pending = Judgement("2.sql", False, Verdict.ABSENT, Standing.PENDING)
    first, second = in_turn([advise(phantom), advise(pending)])
    assert first.next is not None and [a.command for a in first.next.actions] == ["landed repair 1.sql"]
    assert second.next == "landed apply" and second.next.actions == ()
    (alone,) = in_turn([advise(pending)])
    assert alone.next is not None and [a.choice for a in alone.next.actions] == [None]


def test_run_it_or_record_it_is_for_a_person_unless_an_earlier_file_has_not_run() -> None:
    unknown = advise(Judgement("2.sql", False, Verdict.UNPROVABLE, Standing.UNKNOWN))
    pending = advise(Judgement("1.sql", False, Verdict.ABSENT, Standing.PENDING))
    (alone,) = in_turn([unknown])
    assert alone.next == "landed apply"
    assert [a.choice for a in alone.next.actions] == ["unknown 2.sql"] * 2
    _, after = in_turn([pending, unknown])
    assert after.next is not None and [a.choice for a in after.next.actions] == [None]


# -- errors --------------------------------------------------------------------------------------------


def test_a_place_has_parts() -> None:
    place = Where("a.sql", 3, 2)
    assert (place, place.file, place.line, place.statement) == ("a.sql:3", "a.sql", 3, 2)
    assert Where("a.jsonc", 3, column=7) == "a.jsonc:3:7" and Where("a.sql").line is None


def kinds(kind: type[LandedError] = LandedError) -> Iterator[type[LandedError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from kinds(each)


def test_every_kind_of_error_has_a_code() -> None:
    known = [k for k in kinds() if k.__module__.startswith("landed.")]
    assert len(known) > 8 and all(isinstance(kind.code, Code) for kind in known)
    own = [k for k in known if k.__module__ == errors.__name__ and k is not LandedError]
    assert len({kind.code for kind in own}) == len(own), "two kinds of one code"


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", node, node.func.id


def test_what_is_not_proven_says_why_as_a_code() -> None:
    """The kind alone says too little of it."""
    found = [(place, node) for place, node, name in calls() if name in ("NotProven", "Busy")]
    assert len(found) > 50
    assert [place for place, node in found if not any(k.arg == "code" for k in node.keywords)] == []


def test_no_next_step_hides_a_command_in_its_text() -> None:
    verb = re.compile(rf"\blanded (?={'|'.join(EFFECTS)})")
    hidden = []
    for place, node, name in calls():
        told = [k.value for k in node.keywords if k.arg == "next"]
        told += node.args if name in ("Next", "Hand") else []
        for value in told:
            texts = (
                n.value for n in ast.walk(value) if isinstance(n, ast.Constant) and isinstance(n.value, str)
            )
            hidden += [place for text in texts if verb.search(text)]
    assert [place for place in hidden if not place.startswith("features/")] == []
