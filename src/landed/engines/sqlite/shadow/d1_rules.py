"""What D1's runtime (workerd) lets a statement do: functions, pragmas, modules, names, limits.

Source: cloudflare/workerd, ``src/workerd/util/sqlite.c++`` (the allow-lists, ``isAuthorized`` and
``setupSecurity``) and ``src/workerd/api/sql.c++`` (reserved names, no transaction statements).
"""

from __future__ import annotations

from typing import Final

_FUNCTIONS = """
    abs changes char coalesce concat concat_ws format glob hex ifnull iif instr last_insert_rowid
    length like likelihood likely load_extension lower ltrim max_scalar min_scalar nullif
    octet_length printf quote random randomblob replace round rtrim sign soundex substr substring
    total_changes trim typeof unhex unicode unlikely upper zeroblob
    date time datetime julianday unixepoch strftime timediff current_date current_time
    current_timestamp
    avg count group_concat max min string_agg sum total
    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
    acos acosh asin asinh atan atan2 atanh ceil cos cosh degrees exp floor ln log log2 mod pi pow
    radians sin sinh sqrt tan tanh trunc
    json jsonb json_array jsonb_array json_array_length json_extract jsonb_extract -> ->> json_insert
    jsonb_insert json_object jsonb_object json_patch jsonb_patch json_remove jsonb_remove json_replace
    jsonb_replace json_set jsonb_set json_type json_valid json_quote json_group_array jsonb_group_array
    json_group_object jsonb_group_object json_each json_tree
    match highlight bm25 snippet rtreecheck
    sqlite_rename_column sqlite_rename_table sqlite_rename_test sqlite_drop_column
    sqlite_rename_quotefix
"""

FUNCTIONS: Final = frozenset(_FUNCTIONS.split())
"""Functions that SQL may name; what a CHECK, a trigger or SQLite's own nested SQL calls counts too."""

MODULES: Final = frozenset({"fts5", "fts5vocab", "rtree", "rtree_i32"})
"""Virtual table modules that CREATE VIRTUAL TABLE may name (in any letter case)."""

NOT_BUILT_IN: Final = frozenset({"dbstat", "carray"})
"""Table-valued modules that apsw's SQLite brings along and D1's does not have."""

BARE_PRAGMAS: Final = frozenset({"table_list", "data_version", "page_size"})
"""Pragmas that are allowed without an argument (``table_list`` with one, too)."""

BOOLEAN_PRAGMAS: Final = frozenset(
    {
        "case_sensitive_like",
        "foreign_keys",
        "defer_foreign_keys",
        "ignore_check_constraints",
        "legacy_alter_table",
        "recursive_triggers",
        "reverse_unordered_selects",
    }
)
"""Pragmas that may be read, and set to a boolean."""

NAMED_PRAGMAS: Final = frozenset(
    {"table_info", "table_xinfo", "foreign_key_list", "index_info", "index_list", "index_xinfo"}
)
"""Pragmas that need the name of an object that is not reserved."""

OPTIONAL_PRAGMAS: Final = frozenset({"foreign_key_check", "quick_check"})
"""Pragmas that take nothing, the name of an object, or (quick_check) a number."""

BOOLEANS: Final = ("true", "false", "yes", "no", "on", "off", "1", "0")
"""Spellings of a boolean; workerd compares only the beginning of the argument with them."""

RESERVED: Final = frozenset({"_cf_", "_cF_", "_Cf_", "_CF_"})
"""The first four characters of names that belong to the runtime, in every letter case."""

LIMITS: Final[dict[str, int]] = {
    "SQLITE_LIMIT_LENGTH": 8_388_642,
    "SQLITE_LIMIT_SQL_LENGTH": 100_000,
    "SQLITE_LIMIT_COLUMN": 100,
    "SQLITE_LIMIT_EXPR_DEPTH": 100,
    "SQLITE_LIMIT_COMPOUND_SELECT": 5,
    "SQLITE_LIMIT_FUNCTION_ARG": 127,
    "SQLITE_LIMIT_ATTACHED": 0,
    "SQLITE_LIMIT_LIKE_PATTERN_LENGTH": 50,
    "SQLITE_LIMIT_VARIABLE_NUMBER": 100,
    "SQLITE_LIMIT_TRIGGER_DEPTH": 10,
    "SQLITE_LIMIT_WORKER_THREADS": 0,
}
"""SQLite's run-time limits as workerd sets them, by the name of the limit (bytes, or a count).

SQLITE_LIMIT_LENGTH is what local D1 takes (measured with workerd 1.20261117; workerd's source of August
2026 says 4 MiB); hosted D1 documents 2 MB a row. SQLITE_LIMIT_VDBE_OP is left out: that source says
25,000, but local D1 runs an INSERT of 24,900 rows, which a connection with that limit refuses.
"""


def pragma_allowed(name: str, argument: str | None) -> bool:
    """Whether D1 lets a statement run this pragma with this argument."""
    name = name.lower()
    if name in BOOLEAN_PRAGMAS:
        if argument is None:
            return True
        bare = argument
        if len(bare) >= 2 and bare[0] in "'\"" and bare[-1] == bare[0]:
            bare = bare[1:-1]
        return bare.lower().startswith(BOOLEANS)
    if name == "table_list":
        return True
    if name in BARE_PRAGMAS:
        return argument is None
    if name in NAMED_PRAGMAS:
        return argument is not None and argument[:4] not in RESERVED
    if name in OPTIONAL_PRAGMAS:
        return argument is None or argument[:4] not in RESERVED
    return name == "optimize" and (argument is None or _is_integer(argument))


def _is_integer(text: str) -> bool:
    try:
        int(text, 0)
    except ValueError:
        return False
    return True
