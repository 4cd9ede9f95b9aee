"""Versions of extensions that nobody named: the server chose them, and they say nothing of the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from landed.core.facts import FactKey
from landed.core.timeline import Step


def without_versions(facts: Mapping[FactKey, str], steps: Sequence[Step]) -> Mapping[FactKey, str]:
    """The facts but for extensions' versions that no statement names: the server chose those."""
    versions = {k for k in facts if k.kind == "extension" and k.prop == "version"}
    if versions:
        versions -= {k for step in steps if step.concerns("extension") for k in step.net}
    if not versions:
        return facts
    left = dict(facts)
    for key in versions:
        del left[key]
    return left
