"""The small readers: JSON with comments, lines of TOML keys, ``.env``, values with an origin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.project import jsonc, toml
from landed.project.dotenv import parse_dotenv, read_dotenv
from landed.project.provenance import nearest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 2]), st.booleans())
def test_every_json_text_is_read_as_json_reads_it(
    value: object, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert jsonc.parse(text)[0] == value


def test_comments_and_trailing_commas_and_the_lines_of_keys() -> None:
    text = (
        '// heading with { and "\n{\n  /* several\n lines */ "a": [1, 2, /* , */ {"b": 2,},],\n'
        '  "url": "http://x // no comment", // one\n  "c": {"d": "\\u0041\\n"}, /**/\n}\n'
    )
    value, lines = jsonc.parse(text)
    assert value == {"a": [1, 2, {"b": 2}], "url": "http://x // no comment", "c": {"d": "A\n"}}
    assert lines == {
        ("a",): 4,
        ("a", 0): 4,
        ("a", 1): 4,
        ("a", 2): 4,
        ("a", 2, "b"): 4,
        ("url",): 5,
        ("c",): 6,
        ("c", "d"): 6,
    }


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("", 1, 1, "end of the file"),
        ('{\n  "a": 1\n  "b": 2\n}', 3, 3, 'expected "," or "}", found """'),
        ('{"a" 1}', 1, 6, 'expected ":" after the key "a"'),
        ('{"a": 1,,}', 1, 9, 'found ","'),
        ("{a: 1}", 1, 2, "expected a key in quotes"),
        ("[1, 2", 1, 6, "end of the file"),
        ('{"a": "x\n"}', 1, 7, "a string is not closed"),
        ('{"a": "\\x"}', 1, 7, "wrong escape"),
        ("\n\n /* x", 3, 2, "a comment is not closed"),
        ('{"a": tru}', 1, 7, "expected a value"),
        ('{"a": 1} x', 1, 10, "expected the end"),
        ("01", 1, 2, "expected the end"),
        ("[" * 101, 1, 101, "levels deep"),
    ],
)
def test_what_is_no_json_has_a_place(text: str, line: int, column: int, says: str) -> None:
    with pytest.raises(jsonc.JsoncError) as raised:
        jsonc.parse(text)
    assert says in raised.value.reason
    assert (raised.value.line, raised.value.column) == (line, column)


def test_a_secret_near_an_error_is_not_shown() -> None:
    with pytest.raises(jsonc.JsoncError) as raised:
        jsonc.parse('{"vars": {"KEY": s3cret}}')
    assert "3cret" not in str(raised.value)


def test_the_lines_of_toml_keys() -> None:
    text = '''name = "x" # [no.header]
[vars]
text = """
binding = "not a key"
[not_a_table]
"""
[[d1_databases]]
binding = "A"
"database_id" = '1'
[[ d1_databases ]] # second
binding = "B"
[env.dev]
workers_dev = true
d1_databases = [
  { binding = "inline" },
]
[[env."my env".d1_databases]]
binding = "C"
a.b = 1
'''
    document, lines = toml.parse(text)
    assert document["env"]["my env"]["d1_databases"][0]["binding"] == "C"
    assert lines["d1_databases", 0] == 7
    assert lines["d1_databases", 0, "database_id"] == 9
    assert lines["d1_databases", 1, "binding"] == 11
    assert lines["env", "dev", "d1_databases"] == 14
    assert lines["env", "my env", "d1_databases", 0, "binding"] == 18
    assert lines["env", "my env", "d1_databases", 0, "a", "b"] == 19
    assert ("not_a_table",) not in lines
    assert ("vars", "binding") not in lines


@pytest.mark.parametrize(
    ("text", "line", "column"), [('a = "x"\nb = \n', 2, 5), ("a = 1\na = 2\n", 2, 6), ('a = "x', 1, None)]
)
def test_what_is_no_toml_has_a_place(text: str, line: int, column: int | None) -> None:
    with pytest.raises(toml.TomlError) as raised:
        toml.parse(text)
    assert raised.value.line == line
    assert column is None or raised.value.column == column
    assert "at line" not in raised.value.reason


def test_env_files() -> None:
    text = r"""
# comment
PLAIN=value
  export EXPORTED = spaced value  # comment
SINGLE='a # b $c \n' # comment
DOUBLE="a\nb \"q\" #x"
BACK=`it's "both"`
EMPTY=
HASH=a#b
URL=postgres://u:p@h/db?x=1
MULTI="one
two"
no assignment here
COLON: yes
9BAD=1
PLAIN=again
"""
    assert parse_dotenv(text) == {
        "PLAIN": "again",
        "EXPORTED": "spaced value",
        "SINGLE": r"a # b $c \n",
        "DOUBLE": 'a\nb "q" #x',
        "BACK": 'it\'s "both"',
        "EMPTY": "",
        "HASH": "a#b",
        "URL": "postgres://u:p@h/db?x=1",
        "MULTI": "one\ntwo",
        "COLON": "yes",
    }


@pytest.mark.parametrize("text", ["", "A", "=", "A='open\nB=2", "A=1\r\nB=2\r\n", '"' * 50, "A" * 100_000])
def test_odd_env_files_do_no_harm(text: str) -> None:
    assert parse_dotenv(text).get("B", "2") == "2"


def test_the_local_env_file_wins_and_a_missing_one_is_empty(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\nB=1\n")
    (tmp_path / ".env.local").write_text("B=2\n")
    values = read_dotenv((tmp_path / "none", tmp_path))
    assert values == {"A": ("1", tmp_path / ".env"), "B": ("2", tmp_path / ".env.local")}


def test_the_nearest_word() -> None:
    assert (
        nearest("migration_dir", frozenset({"migrations_dir", "binding"}))
        == ', did you mean "migrations_dir"?'
    )
    assert nearest("zzz", frozenset({"binding"})) == ""
