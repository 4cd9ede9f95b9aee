"""Which files may have been hidden by a later one that makes the same, leniently."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from landed.core.facts import EXISTS
from landed.core.migration import Migration
from landed.core.timeline import Step


def may_hide(in_order: Sequence[Migration], steps: Sequence[Step]) -> Callable[[str], bool]:
    """Whether a later file may have made what a file would have: only then it is worth a replay without it.

    Such a file says IF NOT EXISTS, and names something that the earlier one makes, or puts its SQL together.
    """
    lenient = [
        (place, text, "execute" in text)
        for place, migration in enumerate(in_order)
        for text in [migration.text.lower()]
        if "if not exists" in text
    ]
    places = {step.name: place for place, step in enumerate(steps)}

    def may(name: str) -> bool:
        place = places[name]
        made = {
            (key.parent or key.name).partition("(")[0].rpartition(".")[2].strip('"').lower()
            for key, (_, after, _) in steps[place].net.items()
            if after is not None and key.prop == EXISTS and not key.kind.startswith(("grant ", "revoke "))
        }
        return any(
            later > place and (dynamic or any(word in text for word in made))
            for later, text, dynamic in lenient
        )

    return may
