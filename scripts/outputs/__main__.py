"""What every command prints, over many worlds, as files to compare: before and after a change of the house.

``python scripts/outputs CHECKOUT OUT [--quick] [--only REGEX] [--cases DIR] [--corpus DIR]``, then
``diff -r BEFORE AFTER``. landed is taken from CHECKOUT; the worlds are those of the checkout that this script
lies in. What differs from run to run (folders, ports, moments, durations) is written as a word.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests"), str(Path(__file__).parent)]

from book import Book, Task  # noqa: E402
from corpus import corpus_d1  # noqa: E402
from local import local_worlds, pairs, scripts  # noqa: E402
from runs import Landed  # noqa: E402


def main() -> int:
    """Exit 0 when every world could be built, 1 when one could not; what commands print is never judged."""
    given = _arguments()
    shutil.rmtree(given.out, ignore_errors=True)
    begun = time.monotonic()
    # Always as long: the length of paths decides where lines end.
    root = Path(tempfile.mkdtemp(prefix="outputs-", dir="/tmp"))
    checkout = given.checkout.resolve()
    landed = Landed(checkout, root, given.jobs)
    book = Book(landed, given.out, {str(root): "/home/you", str(checkout): "/CHECKOUT"}, root, given.only)
    try:
        with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
            beside = None if given.quick else pool.submit(_remote, book)
            failed = sum(pool.map(_guarded, book.chosen(_local(book, given))))
            if beside is not None:
                from hosted import Postgres, server_tasks

                failed += beside.result()
                with contextlib.closing(Postgres(root)) as postgres:
                    tasks = server_tasks(book, postgres, given.cases, given.corpus)
                    failed += sum(pool.map(_guarded, book.chosen(tasks)))
    finally:
        landed.close()
        shutil.rmtree(root, ignore_errors=True)
    seconds = time.monotonic() - begun
    print(f"{book.runs} runs, {failed} worlds could not be built, {seconds:.0f} s: {given.out}")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/outputs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", type=Path, help="whose landed is run, with the Python of its .venv")
    parser.add_argument("out", type=Path, help="where the outputs go; made anew")
    parser.add_argument("--quick", action="store_true", help="SQLite and local D1 only: no server is started")
    parser.add_argument("--only", default="", metavar="REGEX", help="worlds whose group/name matches")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cases", type=Path, help="a folder with d1/*.sh and drift/{sqlite,pg}-*/{a,b}.sql")
    parser.add_argument(
        "--corpus", type=Path, default=ROOT / "tests" / "data" / "corpus", help="d1/* and supabase/*"
    )
    return parser.parse_args()


def _local(book: Book, given: argparse.Namespace) -> Iterator[Task]:
    yield from local_worlds(book)
    if given.cases:
        yield from scripts(book, given.cases)
    yield from pairs(book, given.cases, ROOT / "tests" / "cases")
    yield from corpus_d1(book, given.corpus)


def _remote(book: Book) -> int:
    from remote import remote_worlds

    with remote_worlds(book) as tasks:
        return sum(_guarded(task) for task in tasks)


def _guarded(task: Task) -> bool:
    """Whether a world could not be built; the others are played all the same."""
    name, work = task
    try:
        work()
    except Exception:
        print(f"{name}:\n{traceback.format_exc()}", file=sys.stderr)
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
