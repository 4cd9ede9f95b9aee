"""Facts with their texts as the server prints them, to be sent to a server again."""

from __future__ import annotations

from landed.engines.postgres.catalog.rows import Handler, Place, Reader, Sink, way_of
from landed.engines.postgres.kinds import base
from landed.engines.postgres.kinds.constraint import without_suffixes

_AS_THEY_ARE = frozenset((base.EXPRESSION, base.BODY, base.BOUND))


class PrintedReader(Reader):
    """Like its parent, but nothing is put into one form: that is for comparing, and not always valid SQL."""

    def _handler(self, title: str) -> Handler | None:
        how = way_of(title)
        if how is None or how in _AS_THEY_ARE:
            return None
        return _HANDLERS.get(how) or super()._handler(title)


def _view(sink: Sink, place: Place, prop: str, value: object) -> None:
    sink[place.key("definition")] = str(value).strip().removesuffix(";")


def _trigger(sink: Sink, place: Place, prop: str, value: object) -> None:
    sink[place.key("definition")] = str(value)


def _index(sink: Sink, place: Place, prop: str, value: object) -> None:
    sink[place.key("definition")] = str(value).partition(" USING ")[2]


def _constraint(sink: Sink, place: Place, prop: str, value: object) -> None:
    text, facts = without_suffixes(str(value))
    for name, told in facts.items():
        sink[place.key(name)] = told
    sink[place.key("definition")] = text


_HANDLERS: dict[str, Handler] = {
    base.VIEW: _view,
    base.TRIGGER: _trigger,
    base.INDEX: _index,
    base.CONSTRAINT: _constraint,
}
