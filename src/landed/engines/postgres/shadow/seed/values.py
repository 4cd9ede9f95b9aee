"""Values for seeded Postgres rows, as text: likely ones per column, by type, name, enum labels and CHECKs."""

from __future__ import annotations

import re
import uuid
import zlib
from collections.abc import Iterable

from landed.engines.postgres.shadow.seed.tables import Column
from landed.engines.postgres.sql.tokens import scan, string_value

_INTEGERS = {"int2": 7_000, "int4": 700_000, "int8": 700_000, "oid": 700_000}
_BY_TYPE = {
    "bool": ("true", "false"),
    "float4": ("1.5", "0.5", "0"),
    "float8": ("1.5", "0.5", "0"),
    "money": ("1",),
    "date": ("2020-01-02", "2999-01-01"),
    "timestamp": ("2020-01-02 03:04:05.678", "2999-01-01"),
    "timestamptz": ("2020-01-02 03:04:05.678+00", "2999-01-01 00:00:00+00"),
    "time": ("03:04:05.678",),
    "timetz": ("03:04:05.678+00",),
    "interval": ("1 day",),
    "json": ("{}", "[]", '"seed"', "1"),
    "jsonb": ("{}", "[]", '"seed"', "1"),
    "bytea": ("\\x73656564",),
    "inet": ("192.0.2.1",),
    "cidr": ("192.0.2.0/24",),
    "macaddr": ("02:00:00:00:00:01",),
    "macaddr8": ("02:00:00:00:00:00:00:01",),
    "tsvector": ("seed",),
    "tsquery": ("seed",),
    "xml": ("<seed/>",),
    "point": ("(0,0)",),
    "line": ("{1,1,0}",),
    "lseg": ("((0,0),(1,1))",),
    "box": ("((0,0),(1,1))",),
    "path": ("((0,0),(1,1))",),
    "polygon": ("((0,0),(1,1),(1,0))",),
    "circle": ("<(0,0),1>",),
    "geometry": ("POINT(0 0)",),
    "geography": ("POINT(0 0)",),
    "ltree": ("seed",),
    "hstore": ("seed=>1",),
    "int4range": ("[1,10)",),
    "int8range": ("[1,10)",),
    "numrange": ("[1,10)",),
    "daterange": ("[2020-01-01,2020-02-01)",),
    "tsrange": ("[2020-01-01,2020-02-01)",),
    "tstzrange": ("[2020-01-01 00:00:00+00,2020-02-01 00:00:00+00)",),
    "regclass": ("pg_class",),
    "regtype": ("int4",),
    "char": ("s",),
}
_MOMENT = re.compile(r"(_at|_on|date|time|timestamp|created|updated|deleted)$")
_TEXTS = frozenset({"text", "varchar", "bpchar", "name", "citext"})
_ODD_TEXTS = (
    "seed",
    "SEED",
    "a",
    "1",
    "0",
    "seed@example.com",
    "https://example.com/seed",
    "+12025550123",
    "#000000",
    "en",
    "USD",
    "2020-01-02",
    "00:00",
    "12345678901",
    "0x" + "0" * 40,
    "1" * 44,
    "{}",
    "",
)


def candidates(table: str, column: Column, checks: Iterable[str], *, key: bool, row: int) -> list[str]:
    """Values to try in a column, the likeliest first; without NULL.

    ``checks`` are the texts of CHECKs on it, ``key`` says that rows have to differ in it, and ``row`` (from
    0) which row it is for. Empty for types of which nothing is known.
    """
    texts = [*checks, *column.domain_checks]
    if column.element is not None:
        single = column._replace(base=column.element, element=None, modifier=-1, domain_checks=())
        inner = candidates(table, single, texts, key=key, row=row)
        quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in inner[:8]]
        return [*(f'{{"{value}"}}' for value in quoted), "{}"]
    values = _ordinary(table, column, key=key, row=row) + _suggested(column, texts)
    if texts and column.base in _TEXTS:
        values += _ODD_TEXTS
    return list(dict.fromkeys(_fitting(column, value) for value in values))


def _ordinary(table: str, column: Column, *, key: bool, row: int) -> list[str]:
    base = column.base
    if column.labels:
        return [*column.labels[row:], *column.labels[:row]] if key else list(column.labels)
    if base in _INTEGERS:
        crc = zlib.crc32(table.encode())
        return [str(_INTEGERS[base] + crc % (900 if base == "int2" else 90_000) * 2 + row) if key else "1"]
    if base == "numeric":
        return [str(700_000 + row) if key else "1.23456", "0.5", "1", "0", "50"]
    if base == "uuid":
        name = f"landed:{table}.{column.name}:{row if key else 0}"
        return [str(uuid.uuid5(uuid.NAMESPACE_OID, name))]
    if base in _TEXTS:
        return [_text(table, column.name, key=key, row=row)]
    if base in ("bit", "varbit"):
        return ["0" * max(column.modifier, 1)]
    if base in ("vector", "halfvec"):
        return ["[" + ",".join(["0.1"] * max(column.modifier, 1)) + "]"]
    if base in _BY_TYPE:
        values = list(_BY_TYPE[base])
        return [f"{2020 + row}{values[0][4:]}", *values] if key and values[0].startswith("2020-") else values
    if column.kind == "c":
        # How many fields a composite type has is not known here: whoever asks tries them.
        return [f"({','.join(['1'] * n)})" for n in range(1, 9)] + [f"({',' * n})" for n in range(8)]
    if column.kind == "r":
        return ["empty"]
    if column.kind == "m":
        return ["{}"]
    return []


def _text(table: str, name: str, *, key: bool, row: int) -> str:
    number = f"-{row + 1}" if key and row else ""
    lower = name.lower()
    if "email" in lower:
        return f"seed{number}@example.com"
    if _MOMENT.search(lower):
        return f"{2020 + row if key else 2020}-01-02 03:04:05"
    if "url" in lower or "uri" in lower:
        return f"https://example.com/seed{number}"
    return f"seed-{table}-{name}{number}" if key else f"seed-{name}"


def _suggested(column: Column, texts: Iterable[str]) -> list[str]:
    """What the literals in a CHECK suggest: the literals, their neighbours, texts of these lengths."""
    values: list[str] = []
    for text in texts:
        sized = "length" in text.lower()
        for kind, token, _ in scan(text):
            if kind == "string":
                values.append(string_value(token))
            elif kind == "number":
                values += _near(token)
                if sized and token.isdigit() and int(token) < 10_000 and column.base in _TEXTS:
                    values += ["a" * n for n in (int(token), int(token) + 1, max(int(token) - 1, 0))]
                    values += ["0" * int(token)]
    return values


def _near(token: str) -> list[str]:
    try:
        number = int(token)
    except ValueError:
        return [token]
    return [str(number), str(number + 1), str(number - 1)]


def _fitting(column: Column, value: str) -> str:
    # The modifier of character types is their length and four.
    if column.base in ("varchar", "bpchar") and column.modifier > 4:
        return value[-(column.modifier - 4) :] if value[-1:].isdigit() else value[: column.modifier - 4]
    return value
