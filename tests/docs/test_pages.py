"""Pages show nothing unchecked, their links lead somewhere, and they speak of the project alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support import ROOT
from support.docs.docsbook import pages

PAGES = [str(page.relative_to(ROOT)) for page in pages()]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_ABSOLUTE = re.compile(r"(?<![\w.…~-])/(?!home/you\b)(?:home|opt|private|root|tmp|Users|var|work)/|file://")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_no_output_is_shown_that_was_not_checked(name: str) -> None:
    """Console blocks before the first world are not run: they may show commands only."""
    text = (ROOT / name).read_text(encoding="utf-8")
    unchecked = text.split("<!-- world:", 1)[0]
    for block in re.findall(r"^```console\n(.*?)^```", unchecked, re.MULTILINE | re.DOTALL):
        assert all(line.startswith("$ ") for line in block.splitlines() if line.strip()), block


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for link in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{link}: there is no such file"
        if anchor:
            assert anchor in _anchors(target), f"{link}: there is no such heading"


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def test_every_page_can_be_reached_from_the_index() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "docs" / "index.md", ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        text = _FENCE.sub("", page.read_text(encoding="utf-8"))
        links = (link.partition("#")[0] for link in _LINK.findall(text))
        waiting += [page.parent / link for link in links if link and ":" not in link]
    lost = {str(p.relative_to(ROOT)) for p in pages()} - {str(p.relative_to(ROOT)) for p in seen}
    assert not lost


@pytest.mark.parametrize("name", PAGES)
def test_pages_speak_of_the_project_alone(name: str) -> None:
    """No path of a machine on which the project was made."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not _ABSOLUTE.search(text)
