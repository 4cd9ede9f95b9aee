"""Pages are true, recipes apart: their commands print what they show; help texts and tables are right."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import ROOT
from support.docs.docsbook import out_of_date, pages

pytestmark = pytest.mark.usefixtures("documented_servers")

PAGES = [n for n in (str(p.relative_to(ROOT)) for p in pages()) if not n.startswith("docs/recipes/")]


@pytest.mark.parametrize("name", PAGES)
def test_commands_print_what_the_page_shows(name: str, tmp_path: Path) -> None:
    """Brought up to date with: python scripts/docs.py --write PAGE."""
    assert not out_of_date(ROOT / name, tmp_path)
