"""What hosted D1 answered in a trial, beside what the stand-in answers: keys, types, errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Shape = dict[tuple[str, str, int], set[tuple[str, str]]]
"""Step, request and status -> where in the answer, and what is there."""


def shape(document: Mapping[str, Any]) -> Shape:
    """Keys and types of all answers; of errors the code and the words."""
    found: Shape = {}
    for entry in document["answers"]:
        key = (entry["step"], entry["asked"], entry["status"])
        found.setdefault(key, set()).update(_leaves(entry["answer"], ""))
    return found


def differences(hosted: Mapping[str, Any], standin: Mapping[str, Any]) -> list[str]:
    """What the stand-in does otherwise: a request that ends in another way, a key or an error that the hosted
    service does not give. Keys that only the hosted service gives are none: nobody reads them."""
    theirs, ours = shape(hosted), shape(standin)
    told = [f"only hosted: {' '.join(map(str, key))}" for key in sorted(theirs.keys() - ours.keys())]
    told += [f"only the stand-in: {' '.join(map(str, key))}" for key in sorted(ours.keys() - theirs.keys())]
    for key in sorted(ours.keys() & theirs.keys()):
        lacking = sorted(ours[key] - theirs[key])
        told += [f"{' '.join(map(str, key))}: hosted has no {place} ({what})" for place, what in lacking]
    return told


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, f"{place}[]")
    elif place.startswith(".errors[]"):
        yield place, str(value)
    else:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        yield place, "number" if number else type(value).__name__
