"""Check that the documentation is true, or make it so: ``scripts/docs.py --check|--write [PAGE …]``.

Runs the commands that the pages show and compares, or replaces, what they print; see
tests/support/docs/docsbook.py.
"""

from __future__ import annotations

import difflib
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from support.docs.docsbook import pages, refresh  # noqa: E402


def main(arguments: list[str]) -> int:
    """Exit 0 when every page is true (or has been made so), 1 when one is not, 2 for wrong arguments."""
    if not arguments or arguments[0] not in ("--check", "--write"):
        print("usage: scripts/docs.py --check|--write [PAGE …]", file=sys.stderr)
        return 2
    wrong = 0
    for page in [Path(a).resolve() for a in arguments[1:]] or pages():
        before = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory(prefix="landed-docs-") as folder:
            after = refresh(page, Path(folder))
        if before == after:
            continue
        name = str(page.relative_to(ROOT))
        if arguments[0] == "--write":
            page.write_text(after, encoding="utf-8")
            print(f"{name} written")
        else:
            wrong += 1
            sys.stdout.writelines(
                f"{line}\n"
                for line in difflib.unified_diff(
                    before.splitlines(), after.splitlines(), name, f"{name} (now)", lineterm=""
                )
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
