"""A cursor over the real tokens of one SQLite statement."""

from __future__ import annotations

from landed.engines.sqlite.sql.tokens import KEYWORDS, RESERVED, fold, identifier, quote, scan_real, unquote

# What SQLite takes as a name where only a name can stand: 'x' included.
_NAME_KINDS = frozenset({"word", "quoted", "string"})


def in_doubt(name: str) -> str:
    """A name in double quotes whose scope is not known, as text.

    It may be a column or, if there is none of that name, a string (sqlite.org/quirks.html), in which
    letter case counts: it is kept, so that two different strings never become equal.
    """
    return identifier(name) if name == fold(name) else quote(name)


def number(text: str) -> str:
    """A number in one writing; hexadecimal is decimal to SQLite, as far as it keeps its sign.

    >>> number("0x1F"), number("1_000"), number("1E3")
    ('31', '1000', '1e3')
    """
    text = text.lower().replace("_", "")
    if text.startswith("0x") and len(text) > 2 and (value := int(text, 16)) < 1 << 63:
        return str(value)
    return text


class Unreadable(Exception):
    """The text is not what the reader expected at this place: fall back to its tokens."""


class Reader:
    """The tokens of a text without space and comments, and a place in them.

    ``words`` holds every token in the form in which keywords and operators are compared (bare words
    in upper case), ``texts`` as written, ``kinds`` the kind; all end with one token ``""``.
    """

    __slots__ = ("at", "kinds", "texts", "words")

    def __init__(self, sql: str) -> None:
        self.at = 0
        self.kinds: list[str] = []
        self.texts: list[str] = []
        self.words: list[str] = []
        kinds, texts, words = self.kinds.append, self.texts.append, self.words.append
        for match in scan_real(sql):
            kind = match.lastgroup or "other"
            if kind == "end":
                break
            text = match[kind]
            kinds(kind)
            texts(text)
            words(text.upper() if kind == "word" else text)
        while self.words and self.words[-1] == ";":
            del self.kinds[-1], self.texts[-1], self.words[-1]
        self.kinds.append("end")
        self.texts.append("")
        self.words.append("")

    def take(self, word: str) -> bool:
        """Step over a keyword or operator if it is next."""
        if self.words[self.at] == word:
            self.at += 1
            return True
        return False

    def takes(self, *words: str) -> bool:
        """Step over a sequence of keywords if all of it is next."""
        if tuple(self.words[self.at : self.at + len(words)]) == words:
            self.at += len(words)
            return True
        return False

    def need(self, *words: str) -> None:
        """Step over what must be next; raises Unreadable if it is not."""
        for word in words:
            if self.words[self.at] != word:
                raise Unreadable
            self.at += 1

    @property
    def ended(self) -> bool:
        """Whether all tokens have been read."""
        return not self.words[self.at]

    def is_name(self) -> bool:
        """Whether the next token can be a name."""
        return self.kinds[self.at] in _NAME_KINDS and self.words[self.at] not in RESERVED

    def name(self) -> str:
        """The next token as a name: unquoted, letter case as written. Raises Unreadable."""
        at = self.at
        kind = self.kinds[at]
        if kind == "word":
            if self.words[at] in RESERVED:
                raise Unreadable
            self.at = at + 1
            return self.texts[at]
        if kind not in _NAME_KINDS:
            raise Unreadable
        self.at = at + 1
        return unquote(self.texts[at])

    def names(self) -> list[str]:
        """A list of names in parentheses, as written. Raises Unreadable."""
        self.need("(")
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        self.need(")")
        return found

    def relation(self) -> str:
        """A table's or view's name, ``schema.name`` allowed, as canonical SQL text."""
        text = identifier(fold(self.name()))
        if self.take("."):
            text = f"{text}.{identifier(fold(self.name()))}"
        return text

    def canonical(self, place: int) -> str:
        """One token in the form in which spellings of the same token are equal."""
        kind, word = self.kinds[place], self.words[place]
        if kind == "word":
            return word if word in KEYWORDS else fold(self.texts[place])
        if kind == "quoted":
            return in_doubt(unquote(word)) if word[0] == '"' else identifier(fold(unquote(word)))
        if kind == "number":
            return number(word)
        if kind == "blob":
            return word.lower()
        return {"==": "=", "!=": "<>"}.get(word, word)

    def tokens(self, start: int, end: int | None = None) -> str:
        """The tokens from one place to another (default: to the end), canonical, joined by spaces."""
        stop = len(self.words) - 1 if end is None else end
        return " ".join([self.canonical(place) for place in range(start, stop)])
