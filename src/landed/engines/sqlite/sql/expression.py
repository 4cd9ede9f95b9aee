"""Canonical text of SQLite expressions: every spelling of one syntax tree gives one text.

Precedences follow SQLite's documentation (lang_expr, "Operators, and Parse-Affecting Attributes").
The canonical text is SQL of the same meaning with no parentheses but the needed ones.
"""

from __future__ import annotations

from landed.engines.sqlite.sql.reader import Reader, Unreadable, in_doubt
from landed.engines.sqlite.sql.tokens import RESERVED, fold, identifier, is_plain, quote

OR, AND, NOT, EQUALITY, ORDER, BITS, SUM, PRODUCT, CONCAT, COLLATE, UNARY, ATOM = range(1, 13)

_INFIX = {
    "OR": OR, "AND": AND,
    "=": EQUALITY, "==": EQUALITY, "<>": EQUALITY, "!=": EQUALITY, "IS": EQUALITY, "IN": EQUALITY,
    "LIKE": EQUALITY, "GLOB": EQUALITY, "REGEXP": EQUALITY, "MATCH": EQUALITY, "BETWEEN": EQUALITY,
    "ISNULL": EQUALITY, "NOTNULL": EQUALITY, "NOT": EQUALITY,
    "<": ORDER, "<=": ORDER, ">": ORDER, ">=": ORDER,
    "&": BITS, "|": BITS, "<<": BITS, ">>": BITS,
    "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "%": PRODUCT,
    "||": CONCAT, "->": CONCAT, "->>": CONCAT, "COLLATE": COLLATE,
}  # fmt: skip
_SPELLED = {"==": "=", "!=": "<>"}
_QUERY_STARTS = frozenset({"SELECT", "VALUES", "WITH"})
_VALUES = frozenset({"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "TRUE", "FALSE"})
_MARK, _END_MARK = "\x01", "\x02"

Expression = tuple[str, int]
"""Canonical text and the strength with which its outermost operator binds."""


def _within(expression: Expression, strength: int) -> str:
    """The text as an operand of something that needs at least this strength."""
    return expression[0] if expression[1] >= strength else f"({expression[0]})"


class Expressions(Reader):
    """Reads expressions. Every method starts at the next token and raises Unreadable.

    ``marks``: leave bare ``"x"`` marked, since whether it is a column or a misspelled string is
    decided by the columns in scope (see :func:`settle`). ``own``: the folded name of the table
    whose columns may be written with or without it.
    """

    __slots__ = ("marks", "own")

    def __init__(self, sql: str, *, marks: bool = False, own: str = "") -> None:
        super().__init__(sql)
        self.marks = marks
        self.own = own

    def query(self) -> str:
        """A SELECT or VALUES, canonical."""
        raise Unreadable

    def expression(self, floor: int = 0) -> Expression:
        """An expression made of operators that bind at least as strongly as ``floor``."""
        text, bound = self._operand()
        if _INFIX.get(self.words[self.at], -1) < floor:
            return text, bound
        # In pieces: a chain of operators has as many left sides as links, each longer than the one before.
        pieces, opened = [text], 0
        while (strength := _INFIX.get(self.words[self.at], -1)) >= floor:
            if bound < strength:
                opened += 1
                pieces.append(")")
            pieces.append(self._infix(strength))
            bound = strength
        return "(" * opened + "".join(pieces), bound

    def text(self) -> str:
        """A whole expression, canonical."""
        return self.expression()[0]

    def texts_listed(self) -> str:
        """Expressions separated by commas, canonical."""
        found = [self.expression()[0]]
        while self.take(","):
            found.append(self.expression()[0])
        return ", ".join(found)

    def sorted_by(self) -> str:
        """Terms of an ORDER BY; the default ``ASC`` is left out."""
        terms = []
        while True:
            term = self.expression()[0]
            if not self.take("ASC") and self.take("DESC"):
                term += " DESC"
            if self.take("NULLS"):
                if self.words[self.at] not in ("FIRST", "LAST"):
                    raise Unreadable
                term += f" NULLS {self.words[self.at]}"
                self.at += 1
            terms.append(term)
            if not self.take(","):
                return ", ".join(terms)

    def type_name(self) -> str:
        """A declared type (may be empty): quotes removed, lower case, ``name(1,2)``."""
        parts: list[str] = []
        while self.is_name():
            if self.words[self.at] == "GENERATED" and self.words[self.at + 1] == "ALWAYS":
                break
            parts.append(fold(self.name()))
        if not parts:
            return ""
        if not self.take("("):
            return " ".join(" ".join(parts).split())
        size = ""
        while not self.take(")"):
            if self.ended:
                raise Unreadable
            size += self.canonical(self.at).lower()
            self.at += 1
        return f"{' '.join(' '.join(parts).split())}({size})"

    def _infix(self, strength: int) -> str:
        """What follows the left side: the operator and its right side."""
        operator = self.words[self.at]
        self.at += 1
        if strength == COLLATE:
            return f" COLLATE {identifier(fold(self.name()))}"
        if strength == EQUALITY:
            return self._comparison(operator)
        right = self.expression(strength + 1)
        # AND and OR are associative, NULLs included; arithmetic is not (overflow, rounding).
        needed = strength if strength <= AND else strength + 1
        return f" {operator} {_within(right, needed)}"

    def _comparison(self, operator: str) -> str:
        negated = ""
        if operator == "NOT":
            if self.take("NULL"):
                return " IS NOT NULL"
            negated, operator = "NOT ", self.words[self.at]
            self.at += 1
            if operator not in ("IN", "BETWEEN", "LIKE", "GLOB", "REGEXP", "MATCH"):
                raise Unreadable
        if operator == "ISNULL":
            return " IS NULL"
        if operator == "NOTNULL":
            return " IS NOT NULL"
        if operator == "IS":
            other = self.take("NOT")
            if self.takes("DISTINCT", "FROM"):
                other = not other
            return f" IS {'NOT ' if other else ''}{self._compared()}"
        if operator == "IN":
            return f" {negated}IN {self._members()}"
        if operator == "BETWEEN":
            low = _within(self.expression(NOT), ORDER)
            self.need("AND")
            return f" {negated}BETWEEN {low} AND {self._compared()}"
        right = self._compared()
        if operator in ("LIKE", "GLOB", "REGEXP", "MATCH") and self.take("ESCAPE"):
            right = f"{right} ESCAPE {self._compared()}"
        return f" {negated}{_SPELLED.get(operator, operator)} {right}"

    def _compared(self) -> str:
        return _within(self.expression(ORDER), ORDER)

    def _members(self) -> str:
        if not self.take("("):
            name = self.relation()
            return f"{name}({self._arguments()})" if self.take("(") else name
        if self.words[self.at] in _QUERY_STARTS:
            inner = self.query()
        elif self.words[self.at] == ")":
            inner = ""
        else:
            inner = self.texts_listed()
        self.need(")")
        return f"({inner})"

    def _operand(self) -> Expression:
        kind, word = self.kinds[self.at], self.words[self.at]
        if kind == "word":
            return self._word(word)
        if kind == "quoted":
            return self._named()
        if kind in ("string", "parameter", "number", "blob"):
            self.at += 1
            return self.canonical(self.at - 1), ATOM
        if word == "(":
            return self._parenthesised()
        if word in ("-", "+", "~"):
            self.at += 1
            inner = _within(self.expression(UNARY), UNARY)
            return f"{word} {inner}" if inner[0] in "+-~" else word + inner, UNARY
        raise Unreadable

    def _parenthesised(self) -> Expression:
        self.at += 1
        if self.words[self.at] in _QUERY_STARTS:
            inner: Expression = (f"({self.query()})", ATOM)
        else:
            inner = self.expression()
            if self.words[self.at] == ",":
                self.at += 1
                inner = (f"({inner[0]}, {self.texts_listed()})", ATOM)
        self.need(")")
        return inner

    def _word(self, word: str) -> Expression:
        following = self.words[self.at + 1]
        if word == "NOT":
            self.at += 1
            return f"NOT {_within(self.expression(NOT), NOT)}", NOT
        if word == "NULL" or (word in _VALUES and following not in ("(", ".")):
            self.at += 1
            return word, ATOM
        if word == "CASE":
            self.at += 1
            return self._case(), ATOM
        if word == "EXISTS":
            self.at += 1
            self.need("(")
            inner = self.query()
            self.need(")")
            return f"EXISTS ({inner})", ATOM
        if following == "(" and word == "CAST":
            self.at += 2
            inner = self.text()
            self.need("AS")
            kind = self.type_name()
            self.need(")")
            return f"CAST({inner} AS {kind})", ATOM
        if following == "(" and word == "RAISE":
            self.at += 2
            action = self.canonical(self.at)
            self.at += 1
            if self.take(","):
                action = f"{action}, {self.text()}"
            self.need(")")
            return f"RAISE({action})", ATOM
        if word in RESERVED:
            raise Unreadable
        return self._named()

    def _named(self) -> Expression:
        token = self.texts[self.at]
        name = self.name()
        if self.words[self.at] == "(":
            self.at += 1
            return self._call(fold(name)), ATOM
        if self.words[self.at] != ".":
            if token[0] == '"':
                return (f"{_MARK}{name}{_END_MARK}" if self.marks else in_doubt(name)), ATOM
            return identifier(fold(name)), ATOM
        path = [fold(name)]
        while self.take("."):
            path.append(fold(self.name()))
        if len(path) == 2 and path[0] == self.own:
            del path[0]
        return ".".join([identifier(part) for part in path]), ATOM

    def _arguments(self) -> str:
        """Arguments up to and with the closing parenthesis."""
        if self.take(")"):
            return ""
        if self.takes("*", ")"):
            return "*"
        text = "DISTINCT " if self.take("DISTINCT") else ""
        text += self.texts_listed()
        if self.takes("ORDER", "BY"):
            text += f" ORDER BY {self.sorted_by()}"
        self.need(")")
        return text

    def _call(self, function: str) -> str:
        text = f"{function if is_plain(function) else quote(function)}({self._arguments()})"
        if self.takes("FILTER", "(", "WHERE"):
            text += f" FILTER (WHERE {self.text()})"
            self.need(")")
        if self.words[self.at] == "OVER" and self.words[self.at + 1] == "(":
            self.at += 1
            text += f" OVER {self.window()}"
        elif self.words[self.at] == "OVER" and self.kinds[self.at + 1] in ("word", "quoted"):
            self.at += 1
            text += f" OVER {identifier(fold(self.name()))}"
        return text

    def window(self) -> str:
        """A window definition with its parentheses."""
        self.need("(")
        parts: list[str] = []
        if self.words[self.at] not in ("PARTITION", "ORDER", "RANGE", "ROWS", "GROUPS", ")"):
            parts.append(identifier(fold(self.name())))
        if self.takes("PARTITION", "BY"):
            parts.append(f"PARTITION BY {self.texts_listed()}")
        if self.takes("ORDER", "BY"):
            parts.append(f"ORDER BY {self.sorted_by()}")
        start, depth = self.at, 0
        while depth or self.words[self.at] != ")":
            if self.ended:
                raise Unreadable
            depth += (self.words[self.at] == "(") - (self.words[self.at] == ")")
            self.at += 1
        if self.at > start:
            parts.append(self.tokens(start, self.at))
        self.need(")")
        return f"({' '.join(parts)})"

    def _case(self) -> str:
        text = "CASE"
        if self.words[self.at] != "WHEN":
            text += f" {self.text()}"
        while self.take("WHEN"):
            text += f" WHEN {self.text()}"
            self.need("THEN")
            text += f" THEN {self.text()}"
        if self.take("ELSE"):
            text += f" ELSE {self.text()}"
        self.need("END")
        return text + " END"


def settle(text: str, columns: frozenset[str]) -> str:
    """Decide every marked ``"x"``: a column where the table has one (folded names), a string otherwise.

    SQLite reads a double-quoted name that is no column as a string (sqlite.org/quirks.html).
    """
    if _MARK not in text:
        return text
    head, *rest = text.split(_MARK)
    for part in rest:
        name, _, tail = part.partition(_END_MARK)
        folded = fold(name)
        known = folded in columns or folded in ("rowid", "oid", "_rowid_")
        head += (identifier(folded) if known else "'" + name.replace("'", "''") + "'") + tail
    return head
