"""The formats: one row each, and the one function that renders a report in any of them.

A format is a package with a module for each report that it knows, named as the report is; its function
``render(report, page)`` writes it. Modules are imported when they are used.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landed.report.page import Page
    from landed.report.reports import Report

TEXT, JSON = "text", "json"
"""The two that know every report; ``text`` is for people, and speaks while a command runs."""
FORMATS = {TEXT: "landed.report.text", JSON: "landed.report.json", "markdown": "landed.report.markdown"}


def asked_for(words: Sequence[str]) -> str:
    """The format that the words of a command line ask for, whether or not all of them are understood."""
    if "--json" in words:
        return JSON
    pairs = [(w, n) for w, n in zip(words, [*words[1:], ""], strict=True) if w.startswith("--format")]
    found = [n if w == "--format" else w.removeprefix("--format=") for w, n in pairs]
    return found[-1] if found and found[-1] in FORMATS else TEXT


def knows(format: str, report: str) -> bool:
    """Whether a report can be written in a format, by its module's name (see ``reports.MODULES``)."""
    if format in (TEXT, JSON):
        return True
    from importlib.util import find_spec

    return find_spec(f"{FORMATS[format]}.{report}") is not None


def render(report: Report, format: str, page: Page) -> None:
    """Write a report in one of :data:`FORMATS`, which has to know it."""
    from landed.report.reports import MODULES

    import_module(f"{FORMATS[format]}.{MODULES[type(report)]}").render(report, page)
