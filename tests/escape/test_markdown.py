"""Markdown for comments and job summaries: whatever a table or a file is called, it makes no markup.

What GitHub does to a comment is told by its own rules: nothing is looked for in code; outside of it no
character stands as itself that could make emphasis, a link, an image, a tag, a mention, a reference or an
address.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.core.given import Given
from landed.core.next import BREAK, Next, landed
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.report.markdown.inline import code, code_in_html, fenced, prose
from landed.report.markdown.sheet import LIMIT, Sheet, details
from landed.report.markdown.steps import step
from landed.report.page import Page
from support.process.landed_process import Landed

NAMES = [
    "@octocat",
    "#1",
    "a @octocat b",
    "x#12",
    "octo/repo#1",
    "GH-1",
    "www.example.com",
    "http://example.com/x.png",
    "![i](http://example.com/x.png)",
    "[x](javascript:alert(1))",
    "<img src=x onerror=y>",
    "</details>",
    "<!--",
    "-->",
    "`",
    "``",
    "```",
    "a`b",
    "`@octocat`",
    "|",
    "a|b",
    "\\",
    "a\\",
    "\\|",
    "**b**",
    "_i_",
    "__i__",
    "~~s~~",
    "a\nb",
    "\n# h",
    "\n\n@octocat",
    "- a",
    "1. a",
    "=",
    "===",
    "&lt;",
    "&#64;octocat",
    ":shipit:",
    "$`x`$",
    "$x$",
    " ",
    "",
    "  a ",
    "me@example.com",
    "mailto:me@example.com",
    "[^1]",
    "- [ ] a",
    "a\r\nb",
    "\u202eabc",
    "\x1b[31m",
    "\u2028# h",
    "</code>@octocat",
    "`</code>@octocat",
    "<span>@</span>octocat",
]
_CODE = re.compile(r"<code>(?:[^<@]|<span>&#64;</span>)*</code>|`[^`\n]+`")
_LIVE = re.compile(r"[*~`\[\]<>!|\\$@]|(?<!&)#|://|:[\w+-]+:|www\.|GH-\d|&(?!#\d+;|nbsp;)", re.IGNORECASE)
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])(?<!_)")

texts = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="@#`|<>[]()!*_~\\&;:/.$w -=1a\n", max_size=30),
    st.lists(st.sampled_from(NAMES), max_size=3).map("".join),
)


def outside_of_code(line: str) -> str:
    """What GitHub reads: without code, and without the pieces that its filters find nothing in."""
    without = _CODE.sub("", line)
    return re.sub(r"<span>&#\d+;</span>", "", without)


def calm(line: str) -> None:
    assert "\n" not in line and "\r" not in line
    left = outside_of_code(line)
    assert not _LIVE.search(left), left
    assert not _UNDERSCORE.search(left), left


@given(texts)
def test_prose_is_no_markup_and_says_the_same(text: str) -> None:
    shown = prose(text)
    calm(shown)
    assert not re.match(r" *(?:[-+=>#]|\d+[.)])| {4}", shown)
    read = html.unescape(re.sub(r"</?span>", "", shown))
    assert read == prose_of(text)


@given(texts)
def test_a_name_in_code_ends_where_it_ends(text: str) -> None:
    for shown in (code(text), f"| {code(text)} | {code('x')} |"):
        assert "\n" not in shown
    shown = code(text)
    assert _CODE.fullmatch(shown), shown
    assert "|" not in shown
    inner = (
        shown[1:-1] if shown.startswith("`") else html.unescape(re.sub(r"</?span>", "", shown[6:-7]))
    ).replace("\xa0", " ")
    assert inner == prose_of(text).replace("\xa0", " ")


@given(texts)
def test_a_name_in_a_line_of_html_is_text(text: str) -> None:
    shown = code_in_html(text)
    assert re.fullmatch(r"<code>[^<>\n]*</code>", shown)
    assert html.unescape(shown[6:-7]).replace("\xa0", " ") == prose_of(text).replace("\xa0", " ")


@given(texts, texts)
def test_nothing_ends_a_block_of_code_but_its_end(one: str, two: str) -> None:
    first, *lines, last = fenced(f"{one}\n{two}", "sh").split("\n")
    assert first == f"{last}sh" and set(last) == {"`"}
    assert not any(re.match(rf"\s*`{{{len(last)},}}", line) for line in lines)


def prose_of(text: str) -> str:
    """The text on one line, as every output of landed has it."""
    from landed.report.terminal import finished

    return finished(text)


# -- what is too long ---------------------------------------------------------------------------------


def page() -> tuple[Page, io.StringIO]:
    out = io.StringIO()
    given = Given(("--env", "x"))
    return Page(out, out, given, lambda _: given), out


def test_what_does_not_fit_is_left_out_and_counted() -> None:
    sheet = Sheet(landed("status", json=True))
    sheet.add("### verdict")
    sheet.table(("File",), ([code(f"{n:06}_a_rather_long_name_of_a_file.sql")] for n in range(5_000)))
    for n in range(300):
        sheet.add(details(str(n), ["ü" * 1_000]))
    where, out = page()
    sheet.write(where)
    text = out.getvalue()
    assert len(text.encode()) <= LIMIT < 65_536
    assert text.startswith("### verdict\n") and "000000_a" in text and "<summary>0</summary>" in text
    rows, parts = text.count(".sql`"), text.count("<details>")
    assert f"**Cut:** {5_000 - rows + 300 - parts} parts of this report are left out" in text
    assert text.endswith("```sh\nlanded --env x status --json\n```\n")
    assert text.count("<details>") == text.count("</details>")


def test_what_fits_is_whole() -> None:
    sheet = Sheet(landed("status", json=True))
    sheet.add("### verdict")
    where, out = page()
    sheet.write(where)
    assert out.getvalue() == "### verdict\n"


def test_steps_can_be_copied() -> None:
    where, _ = page()
    assert step(landed("resume", "a b"), where) == "```sh\nlanded --env x resume 'a b'\n```"
    words = Next("Correct *it*. Then run: ", landed("apply"), BREAK, "or @ask")
    assert step(words, where) == (
        "→ Correct &#42;it&#42;. Then run: `landed --env x apply`\\\nor <span>&#64;</span>ask"
    )


# -- whole reports ------------------------------------------------------------------------------------


@pytest.fixture
def world(tmp_path: Path) -> Landed:
    """A database in which everything has such a name, and files that have one."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    names = [name for name in NAMES if name and "\x1b" not in name]
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    for n, name in enumerate(names):
        clean = re.sub(r"[/\\\n\r\u2028\u202e]", "", name).strip()
        table = f"CREATE TABLE {quoted[n]} (id INTEGER PRIMARY KEY, {quoted[n - 1]} TEXT);"
        sql = f"{table}\nINSERT INTO {quoted[n]} DEFAULT VALUES;\n"
        (folder / f"{n + 1:04}_{clean}.sql").write_text(sql, encoding="utf-8")
    return Landed(tmp_path, tmp_path / "cache")


def inert(text: str) -> None:
    """Every line outside of blocks of code is landed's own markup around what is calm."""
    fence, opened = "", 0
    for line in text.split("\n"):
        if fence:
            fence = "" if line == fence else fence
            continue
        if found := re.fullmatch(r"(`{3,})(sh|sql|diff|)", line):
            fence = found[1]
            continue
        opened += line.startswith("<details>") - (line == "</details>")
        bare = re.sub(r"^</details>$|^(?:#{3,4}|→|-) |\\$", "", line)
        if summary := re.fullmatch(r"<details><summary>(.*)</summary>", line):
            bare = re.sub(r"<code>[^<>]*</code>", "", summary[1])
        if line.startswith("|"):
            bare = bare.strip("|").replace(" | ", " ")
        bare = re.sub(r"\*\*([\w -]+)\*\*", r"\1", bare)
        calm(bare)
    assert not fence and opened == 0


def run(world: Landed, *words: str) -> str:
    done = world.plain("--target", "sqlite:app.db", *words, "--format", "markdown", code=None)
    assert done.stdout, done.stderr
    return done.stdout


def test_no_report_has_markup_that_somebody_else_wrote(world: Landed) -> None:
    reports = [run(world, "apply", "--dry-run"), run(world, "rehearse", "--all")]
    reports.append(run(world, "apply", "--yes"))
    with apsw.Connection(str(world.folder / "app.db")) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for number, name in enumerate(sorted(tables)):
            if number % 2 and name in NAMES:
                db.execute('DROP TABLE "' + name.replace('"', '""') + '"')
        for name in NAMES:
            db.execute('CREATE TABLE "stray ' + name.replace('"', '""') + '" (a)')
    db.close()
    reports += [run(world, "status", "--all"), run(world, "verify"), run(world, "apply", "--dry-run")]
    for text in reports:
        inert(text)


def test_secrets_are_masked_before_they_are_written_otherwise(tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_a.sql").write_text("CREATE TABLE a (b);", encoding="utf-8")
    secret = "S3c*ret_#pa|ss"
    landed = Landed(tmp_path, tmp_path / "cache", LANDED_TARGET="sqlite:app.db", SHOP_PASSWORD=secret)
    landed.plain("apply", "--yes")
    with apsw.Connection(str(tmp_path / "app.db")) as db:
        db.execute(f'CREATE TABLE "{secret}" (a)')
    db.close()
    text = landed.plain("status", "--format", "markdown").stdout
    assert "made by no migration (1)" in text
    assert "S3c" not in text and "ret_" not in text


def test_statements_to_paste_are_blocks_that_their_names_do_not_end(
    tmp_path: Path, pg_server: Callable[..., ShadowServer]
) -> None:
    folder = tmp_path / "supabase" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "supabase" / "config.toml").write_text('project_id = "shop"\n', encoding="utf-8")
    (folder / "20260101000000_a.sql").write_text("create table public.a (id int);", encoding="utf-8")
    server = pg_server()
    with new_database(server) as scratch:
        target = f"postgresql://{server.role}@/{scratch.name}?host={server.host}&port={server.port}"
        landed = Landed(tmp_path, tmp_path / "cache", LANDED_TARGET=target)
        landed.plain("apply", "--yes")
        for name in ("```\n@octocat", "````", "![i](http://example.com/x.png)"):
            landed.plain("exec", "--yes", f'create table public."{name}" (a int)')
        text = landed.plain("status", "--format", "markdown").stdout
    inert(text)
    (block,) = re.findall(r"^(`{3,})sql\n(.*?)^\1$", text, re.MULTILINE | re.DOTALL)
    assert len(block[0]) == 5
    assert block[1].count("CREATE TABLE public.") == 3
    assert 'public."```\n@octocat" (' in block[1]
