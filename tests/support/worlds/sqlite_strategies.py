"""Hypothesis strategies that write SQLite expressions and queries in many spellings."""

from __future__ import annotations

from hypothesis import strategies as st

SCHEMA = "CREATE TABLE t (a, b TEXT COLLATE NOCASE, c INTEGER); CREATE TABLE u (a, d);"

_LEAVES = """a|b|c|t.a|"b"|[c]|`a`|1|-1|0x1F|1000|1.5E3|.5|'x''Y'|NULL|null|X'4a4B'|TRUE|false|CURRENT_DATE
|?1|:p|"no column"|'a'"""
_BINARY = """OR,and,=,==,<>,!=,IS,is not,IS DISTINCT FROM,IS NOT distinct FROM,<,<=,>,>=,&,|,<<,>>,+,-,*,/,%,
||,->,->>,LIKE,NOT like,GLOB,NOT GLOB"""
LEAVES = st.sampled_from(_LEAVES.replace("\n", "").split("|"))
BINARY = st.sampled_from(_BINARY.replace("\n", "").split(","))
PREFIX = st.sampled_from(["-", "+", "~", "NOT ", "not "])
POSTFIX = st.sampled_from([" ISNULL", " NOTNULL", " NOT NULL", " COLLATE nocase", " collate RTRIM"])


@st.composite
def flat(draw: st.DrawFn) -> str:
    """Operators in a row without parentheses; not all of these are valid SQL."""
    text = ""
    for place in range(draw(st.integers(1, 6))):
        if place:
            text += f" {draw(BINARY)} "
        text += "".join(draw(st.lists(PREFIX.map(lambda p: p + " "), max_size=2)))
        text += draw(LEAVES)
        text += draw(st.sampled_from(["", "", ""]) | POSTFIX)
        if draw(st.integers(0, 7)) == 0:
            text += draw(
                st.sampled_from([" BETWEEN 1 AND c", " NOT BETWEEN a AND b", " IN (1, a)", " NOT IN ()"])
            )
    return text


def _parts(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operand = inner.map(lambda e: f"({e})")
    several = st.lists(inner, min_size=1, max_size=3).map(", ".join)
    return st.one_of(
        st.tuples(operand, BINARY, operand).map(" ".join),
        st.tuples(PREFIX, operand).map("".join),
        st.tuples(operand, POSTFIX).map("".join),
        st.tuples(operand, st.sampled_from(["BETWEEN", "not between"]), operand, st.just("AND"), operand).map(
            " ".join
        ),
        st.tuples(operand, operand, operand).map(lambda p: f"{p[0]} LIKE {p[1]} ESCAPE {p[2]}"),
        st.tuples(operand, st.sampled_from(["IN", "NOT IN"]), several).map(
            lambda p: f"{p[0]} {p[1]} ({p[2]})"
        ),
        st.tuples(operand, inner).map(lambda p: f"{p[0]} IN (SELECT {p[1]} FROM t)"),
        st.tuples(operand, inner).map(lambda p: f"{p[0]} IN ((SELECT {p[1]} FROM t))"),
        st.tuples(inner, inner, inner).map(lambda p: f"CASE {p[0]} WHEN {p[1]} THEN {p[2]} END"),
        st.tuples(inner, inner, inner).map(lambda p: f"case WHEN {p[0]} THEN {p[1]} else {p[2]} end"),
        inner.map(lambda e: f"CAST({e} AS  Integer)"),
        several.map(lambda e: f"Coalesce({e}, 1)"),
        inner.map(lambda e: f"exists (SELECT 1 FROM u WHERE {e})"),
        inner.map(lambda e: f"(SELECT {e} FROM t LIMIT 1)"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}, {p[1]}) = (1, ({p[1]}))"),
        st.tuples(inner, inner).map(lambda p: f"(({p[0]}, {p[1]})) IN (SELECT a, d FROM u)"),
        inner.map(lambda e: f"({e})"),
        inner,
    )


nested = st.recursive(LEAVES, _parts, max_leaves=8)
"""Expressions in which every operand stands in parentheses, needed or not."""

expressions = flat() | nested


_SOURCES = """t
t AS x
t x
main.t
t, u
t JOIN u
t inner JOIN u ON t.a = (u.a)
t LEFT OUTER JOIN u USING (a)
t NATURAL JOIN u
t CROSS JOIN u
(SELECT * FROM t) AS s
(t JOIN u)
json_each('[1]') j
t LEFT JOIN u ON (1)
t NOT INDEXED
t, (SELECT 1 AS one) second
"t"
[t] AS [X y]
t FULL JOIN u ON t.a = u.a, t AS z"""
SOURCES = st.sampled_from(_SOURCES.splitlines())
WINDOWS = st.sampled_from(
    [
        "row_number() OVER (PARTITION BY a ORDER BY c DESC)",
        "sum(c) over w",
        "group_concat(DISTINCT a)",
        "sum(c) OVER (ORDER BY (c) ROWS BETWEEN 1 preceding AND unbounded FOLLOWING EXCLUDE ties)",
    ]
)


@st.composite
def selects(draw: st.DrawFn) -> str:
    """SELECT statements over the schema; not all of these are valid SQL."""
    simple = st.sampled_from(
        ["a", "1", "(c + 1)", "count(*)", "max(a, (2))", "sum(c) FILTER (WHERE (c > 1))", "b || 'x'"]
    )
    columns = [
        draw(simple | WINDOWS | nested | st.sampled_from(["*", "t.*"]))
        + draw(st.sampled_from(["", "", " AS N", ' "n m"', " 'lit'", " k"]))
        for _ in range(draw(st.integers(1, 3)))
    ]
    text = draw(st.sampled_from(["SELECT ", "select ALL ", "SELECT DISTINCT "])) + ", ".join(columns)
    text += draw(st.just("") | SOURCES.map(lambda s: f" FROM {s}"))
    text += draw(st.just("") | nested.map(lambda e: f" WHERE {e}"))
    text += draw(
        st.sampled_from(["", " GROUP BY a", " GROUP BY (a), c HAVING (count(*)) > (1)", " GROUP BY 1"])
    )
    text += draw(
        st.sampled_from(["", "", " WINDOW w AS (PARTITION BY (a))", " WINDOW w AS (), v AS (w ORDER BY c)"])
    )
    if draw(st.integers(0, 4)) == 0:
        text += (
            draw(st.sampled_from([" UNION ", " union ALL ", " EXCEPT ", " INTERSECT "])) + "SELECT a FROM t"
        )
    text += draw(
        st.sampled_from(
            ["", " ORDER BY 1 ASC", " ORDER BY (1) desc NULLS LAST, 1", " ORDER BY a COLLATE nocase"]
        )
    )
    text += draw(st.sampled_from(["", " LIMIT 1", " LIMIT 2, (3)", " LIMIT 3 OFFSET 2"]))
    if draw(st.integers(0, 4)) == 0:
        text = (
            draw(
                st.sampled_from(
                    [
                        "WITH x AS (SELECT 1), y(P) as not materialized (values (1), (2)) ",
                        "with RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + (1) FROM r) ",
                    ]
                )
            )
            + text
        )
    return text


def _upsert(expression: str) -> str:
    value = expression.replace("t.", "")
    return (
        f"INSERT INTO k (id, v) VALUES (1, {value}) ON CONFLICT ((id)) WHERE (1) "
        f"DO UPDATE SET v = (excluded.v), (w) = (2) WHERE ({value})"
    )


@st.composite
def changes(draw: st.DrawFn) -> str:
    """INSERT, UPDATE and DELETE statements over the schema; not all of these are valid SQL."""
    e = nested
    made: str = draw(
        st.one_of(
            st.tuples(e, e).map(lambda p: f"insert INTO t (a, C) VALUES ({p[0]}, ({p[1]}))"),
            st.sampled_from(
                [
                    "INSERT INTO t DEFAULT VALUES",
                    "REPLACE INTO t(a) VALUES (1)",
                    "INSERT OR ABORT INTO t(a) VALUES (1)",
                ]
            ),
            st.tuples(st.sampled_from(["OR IGNORE ", "OR replace ", ""]), selects()).map(
                lambda p: f"INSERT {p[0]}INTO u {p[1]}"
            ),
            e.map(lambda x: f"INSERT INTO t AS n (a) SELECT {x} FROM t WHERE true ON CONFLICT DO NOTHING"),
            e.map(_upsert),
            st.tuples(e, e).map(lambda p: f"UPDATE t SET a = ({p[0]}), (b, c) = (1, (2)) WHERE ({p[1]})"),
            e.map(lambda x: f"UPDATE OR IGNORE t AS x SET a = u.d FROM u WHERE x.a = ({x})"),
            e.map(lambda x: f"DELETE FROM t WHERE ({x})"),
            st.just('DELETE FROM "t"'),
        )
    )
    return made
