"""Documentation pages that are kept true: their commands are run, their help texts and tables made anew.

Directives are HTML comments, invisible to readers, in a line of their own:

``<!-- world: NAME -->``   a fresh project for the console blocks that follow (docsworlds.py; ``supabase-…``:
                           docsworlds_postgres.py)
``<!-- file: PATH -->``    the fenced block that follows is written to that file of the world
``<!-- help: COMMAND -->`` the fenced block that follows is the command's --help (no name: landed's own)
``<!-- json: NAME -->``    the table up to ``<!-- end -->`` lists the keys of that JSON document
``<!-- kinds: read -->``   the table up to ``<!-- end -->`` lists the kinds of objects on Postgres
                           (``unread``: what none of them is read from)

In ```console blocks every line that begins with ``$ `` is run, and what it printed follows it. Hashes of 64
digits are shortened, temporary folders are shown as /home/you, and durations as 0.01. Before the first world
of a page console blocks are left alone; they may show commands, but no output.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support import ROOT
from support.docs.docskinds import kinds_table, unread_list
from support.docs.docsworlds import World, build

DIRECTIVE = re.compile(r"\s*<!-- (world|file|help|json|kinds|end)(?:: (.*?))? -->\s*")
_KINDS = {"read": kinds_table, "unread": unread_list}
_HASH = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{56}\b")
_SECONDS = re.compile(r'("seconds": )[0-9.e-]+')
_PID = re.compile(r"\b(pid )\d+")


def pages() -> list[Path]:
    """README and everything below docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def refresh(page: Path, folder: Path) -> str:
    """The page with every output, help text and table as it is now; ``folder`` is for the worlds."""
    text = page.read_text(encoding="utf-8")
    parts = "" if page.name == "json.md" else os.path.relpath(ROOT / "docs" / "json.md", page.parent)
    out: list[str] = []
    lines = iter(text.splitlines())
    world: World | None = None
    built = 0
    for line in lines:
        out.append(line)
        if (directive := DIRECTIVE.fullmatch(line)) is not None:
            kind, value = directive[1], directive[2]
            if kind == "world":
                built += 1
                if world is not None:
                    world.close()
                world = build(value, folder / f"{built}-{value}")
            elif kind == "help":
                _replace_fence(lines, out, help_text(value or ""))
            elif kind in ("json", "kinds"):
                for line in lines:
                    if DIRECTIVE.fullmatch(line):
                        break
                made = json_table(value, parts) if kind == "json" else _KINDS[value]()
                out += ["", *made, "", "<!-- end -->"]
            elif kind == "file":
                assert world is not None, f"no world for {value}"
                world.write(value, "".join(f"{body}\n" for body in _copy_fence(lines, out)))
        elif line.startswith("```console") and world is not None:
            out += _console(_fence_body(lines), world)
            out.append("```")
    if world is not None:
        world.close()
    return "\n".join(out) + "\n"


def out_of_date(page: Path, folder: Path) -> list[str]:
    """The lines in which the page differs from what the program prints now, as a unified diff."""
    shown, now = page.read_text(encoding="utf-8").splitlines(), refresh(page, folder).splitlines()
    return list(difflib.unified_diff(shown, now, "the page", "the program", lineterm=""))


def _fence_body(lines: Iterator[str]) -> list[str]:
    body: list[str] = []
    for line in lines:
        if line.startswith("```"):
            return body
        body.append(line)
    raise AssertionError("a fenced block that does not end")


def _to_fence(lines: Iterator[str], out: list[str]) -> None:
    for line in lines:
        out.append(line)
        if line.startswith("```"):
            return
        assert not line.strip(), f"a fenced block must follow the directive, not: {line}"


def _replace_fence(lines: Iterator[str], out: list[str], text: str) -> None:
    _to_fence(lines, out)
    _fence_body(lines)
    out += [*text.rstrip("\n").splitlines(), "```"]


def _copy_fence(lines: Iterator[str], out: list[str]) -> list[str]:
    _to_fence(lines, out)
    body = _fence_body(lines)
    out += [*body, "```"]
    return body


def _console(body: list[str], world: World) -> list[str]:
    out: list[str] = []
    for line in body:
        if line.startswith("$ "):
            out += ["", line] if out else [line]
            shown = normalise(world.sh(line[2:]).stdout, world)
            out += [text.rstrip() for text in shown.rstrip("\n").splitlines()]
    return out


def normalise(text: str, world: World) -> str:
    """What a command printed, without what differs from run to run."""
    for found, shown in world.shown.items():
        text = text.replace(found, shown)
    text = _HASH.sub(r"\1…", text)
    return _PID.sub(r"\g<1>4711", _SECONDS.sub(r"\g<1>0.01", text))


def click_command(name: str) -> Any:
    """A click command by its name; the group itself under the empty name."""
    from landed.cli.main import cli

    if not name:
        return cli
    return cli.get_command(cli.make_context("landed", ["status"], resilient_parsing=True), name)


def help_text(name: str) -> str:
    """What ``landed NAME --help`` prints on a terminal of 100 columns."""
    import click

    command = click_command(name)
    info = f"landed {name}".strip()
    os.environ.pop("COLUMNS", None)
    context = click.Context(command, info_name=info, terminal_width=98, max_content_width=98)
    context.help_option_names = ["-h", "--help"]
    return f"$ {info} --help\n{command.get_help(context)}\n"


def json_table(name: str, parts: str) -> list[str]:
    """A Markdown table of a document's keys, from the descriptions in the JSON Schema.

    ``parts`` is the page that has the tables of the parts; empty: this one.
    """
    from landed.report.json_schema import json_schema

    schema = json_schema()
    rows = ["| key | type | meaning |", "|---|---|---|"]
    for key, kind, text in _keys(schema, schema["$defs"][name], ""):
        rows.append(f"| `{key}` | {kind.replace('(#', f'({parts}#')} | {text} |")
    return rows


_ELSEWHERE = frozenset(
    {
        "target",
        "migration",
        "action",
        "evidence",
        "location",
        "note",
        "copy",
        "failure",
        "side",
        "value",
        "remedy",
        "adoption",
    }
)
"""Parts with a table of their own in docs/json.md."""


def _keys(schema: dict[str, Any], node: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    for key, value in node.get("properties", {}).items():
        path = f"{prefix}{key}"
        part = _referred(value)
        text = value.get("description") or (schema["$defs"][part]["description"] if part else "")
        if "const" in value:
            yield path, f'`"{value["const"]}"`', _cell(text)
            continue
        yield path, _type(schema, value), _cell(text)
        if part not in _ELSEWHERE:
            inner = _resolved(schema, value)
            yield from _keys(schema, inner, f"{path}.")
            items = _resolved(schema, inner.get("items", {}))
            if _referred(inner.get("items", {})) not in _ELSEWHERE:
                yield from _keys(schema, items, f"{path}[].")


def _referred(value: dict[str, Any]) -> str:
    options = [value, *value.get("anyOf", []), value.get("items", {})]
    return next((str(o["$ref"]).rsplit("/", 1)[-1] for o in options if "$ref" in o), "")


def _resolved(schema: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"][value["$ref"].rsplit("/", 1)[-1]] if "$ref" in value else value
    return found


def _type(schema: dict[str, Any], value: dict[str, Any]) -> str:
    part = _referred(value)
    null = {"type": "null"} in value.get("anyOf", [])
    if value.get("type") == "array":
        inner = (
            f"[{part}](#{part})" if part in _ELSEWHERE else _type(schema, _resolved(schema, value["items"]))
        )
        return f"list of {inner}"
    if part in _ELSEWHERE:
        return f"[{part}](#{part})" + (" or null" if null else "")
    value = _resolved(schema, value) if not null else _resolved(schema, value["anyOf"][0])
    if "enum" in value or "oneOf" in value:
        refers = [str(o["$ref"]).rsplit("/", 1)[-1] for o in value.get("oneOf", []) if "$ref" in o]
        if refers:
            return " or ".join(refers)
        choices = value.get("enum") or [o["const"] for o in value["oneOf"]]
        text = ", ".join("null" if c is None else f"`{c}`" for c in choices)
        return text + (", null" if null else "")
    kind = value.get("type", "any")
    kinds: list[str] = kind if isinstance(kind, list) else [kind]
    return " or ".join({"array": "list"}.get(k, k) for k in kinds)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
