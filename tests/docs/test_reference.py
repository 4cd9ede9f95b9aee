"""Nothing is undocumented: commands, options, exit codes, standings, verdicts, errors, settings, notes."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

import click
import pytest

from landed.cli.main import COMMANDS
from landed.core import errors
from landed.core.flags import Flag, Topic
from landed.core.standing import FAILS_VERIFY, Standing, Verdict
from landed.project.settings import KEYS
from landed.report.json_schema import json_schema
from support import ROOT
from support.docs.docsbook import click_command

DOCS = ROOT / "docs"
SRC = ROOT / "src" / "landed"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def squeezed(text: str) -> str:
    """Text without white space, so that line breaks in help texts make no difference."""
    return "".join(text.split())


def error_kinds() -> Iterator[type[errors.LandedError]]:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.LandedError) and kind is not errors.LandedError:
            yield kind


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^\1 |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f'no heading "{heading}"'
    return found[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_and_is_listed(name: str) -> None:
    page = read(f"docs/commands/{name}.md")
    assert page.startswith(f"# landed {name}\n")
    assert "## Exit codes" in page or name == "completion"
    assert f"(commands/{name}.md)" in read("docs/index.md")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_on_its_page(name: str) -> None:
    page = read(f"docs/commands/{name}.md")
    common = {o.name for o in click_command("").params}
    for parameter in click_command(name).params:
        if isinstance(parameter, click.Argument):
            assert parameter.make_metavar(click.Context(click_command(name))).strip("[]. ") in page
            continue
        assert isinstance(parameter, click.Option)
        assert parameter.help, f"{parameter.opts} has no help"
        if parameter.hidden or (parameter.name in common and "<!-- help:" not in page):
            continue
        for option in parameter.opts:
            assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", page), f"{option} is not on the page"
        if "<!-- help:" in page:
            assert squeezed(parameter.help) in squeezed(page)


def test_every_common_option_and_setting_is_among_the_targets() -> None:
    page = read("docs/targets.md")
    flags = {option for p in click_command("").params for option in p.opts}
    for option in flags - {"--json", "--format", "--debug", "--version", "--help"}:
        assert f"`{option}" in page or f"{option} " in page or f", `{option}`" in page, option
    for key in KEYS:
        assert f"`{key}`" in page
        assert f"`LANDED_{key.upper()}`" in page


def test_every_environment_variable_is_documented() -> None:
    found = set()
    for file in SRC.rglob("*.py"):
        found |= set(
            re.findall(r"[\"'](LANDED_[A-Z_]+|[A-Z]+_?COLOR(?:_FORCE)?)[\"']", file.read_text("utf-8"))
        )
    assert {"LANDED_CACHE_DIR", "NO_COLOR"} <= found
    page = read("docs/targets.md")
    assert not {name for name in found if f"`{name}`" not in page}


def test_standings_have_their_sections() -> None:
    text = read("docs/standings.md")
    for standing in Standing:
        body = section(text, standing)
        assert "console" in body, f"{standing} has no example"
        assert "*Do*" in body or standing is Standing.OK
    readme = section(read("README.md"), "What status says")
    verify = read("docs/commands/verify.md")
    for standing in Standing:
        assert f"| `{standing}` |" in readme
        row = next(line for line in verify.splitlines() if line.startswith("|") and f"`{standing}`" in line)
        assert row.split("|")[2].strip().startswith("**no**" if standing in FAILS_VERIFY else "yes")


def test_verdicts_are_explained() -> None:
    table = section(read("docs/standings.md"), "Verdicts")
    for verdict in Verdict:
        assert f"| `{verdict}` |" in table


def test_exit_codes_and_error_kinds() -> None:
    page, readme = read("docs/exit-codes.md"), section(read("README.md"), "Exit codes")
    for code in {0, 130} | {kind.exit_code for kind in error_kinds()}:
        assert f"\n| {code} | " in page
        assert f"\n| {code} | " in readme
        assert re.search(rf"\b{code}\b", click_command("").epilog)
    for kind in error_kinds():
        assert f"| `{kind.__name__}` | {kind.exit_code} |" in page


def test_flags_and_topics_are_on_the_page_and_nowhere_else() -> None:
    """The enumerations, against the JSON Schema and docs/json.md; no source writes one of their words."""
    definitions = json_schema()["$defs"]
    assert set(definitions["migration"]["properties"]["flags"]["items"]["enum"]) == set(Flag)
    assert set(definitions["note"]["properties"]["code"]["enum"]) == set(Topic)
    page = read("docs/json.md")
    assert not [code for code in (*Flag, *Topic) if f"| `{code}` |" not in page]
    written = {
        str(node.args[0].value)
        for file in SRC.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Note"
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert len(written) > 5 and not written & {*Flag, *Topic}


def test_losses_that_can_be_allowed_are_listed() -> None:
    page = read("docs/commands/apply.md")
    source = (SRC / "engines" / "sqlite" / "rowguard.py").read_text(encoding="utf-8")
    kinds = set(re.findall(r'"((?:drop|lose|change)-[a-z]+)"', source))
    assert len(kinds) >= 3
    assert not {kind for kind in kinds if f"`{kind}:" not in page}


def test_every_document_of_the_schema_is_in_the_documentation() -> None:
    for option in json_schema()["oneOf"]:
        name = option["$ref"].rsplit("/", 1)[-1]
        marker = f"<!-- json: {name} -->"
        pages = [p for p in DOCS.rglob("*.md") if marker in p.read_text(encoding="utf-8")]
        assert pages, f"no table of {name}"


def test_the_schema_is_tidy() -> None:
    """Two spaces, readable characters, a final line end: so that changes to it can be read."""
    path = SRC / "report" / "schema" / "landed-2.json"
    text = path.read_text(encoding="utf-8")
    assert json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n" == text
