"""``make bench``: whole processes measured beside their peers, in turn, in the same run.

Every figure is the median of several runs. CPU seconds (children included) are the steadier figure on a
busy machine; wall clock stands beside them. ``--json FILE`` writes all samples.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests")]

from measure import Bench, filesystem, measure, middle  # noqa: E402
from postgres import goals as postgres_goals  # noqa: E402
from postgres import postgres  # noqa: E402
from project import LOCAL_FILE, write_project  # noqa: E402
from remote import goals, remote  # noqa: E402

from support.clients.wrangler import NotInstalled, environment, node, package, package_version  # noqa: E402

BENCH = Path(__file__).resolve().parent
LANDED = [sys.executable, "-m", "landed"]
WARM = (50, 500, 5_000)


def objects(database: Path) -> tuple[int, int]:
    """Schema objects and ledger rows of a finished database: peers must have done the same work."""
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    found = connection.execute(
        "SELECT (SELECT count(*) FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
        "AND name NOT LIKE '_cf_%'), (SELECT count(*) FROM d1_migrations)"
    ).fetchall()[0]
    connection.close()
    return int(found[0]), int(found[1])


def cache_of(project: Path) -> dict[str, str]:
    return {"LANDED_CACHE_DIR": str(project.parent / f"{project.name}-cache")}


def apply_beside_apsw(bench: Bench, files: int, rounds: int) -> None:
    """``landed apply`` with a cold cache, and the same statements in the same transactions in bare apsw."""
    for turn in range(rounds):
        ours = write_project(bench.folder / f"apply-{turn}", files)
        bare = write_project(bench.folder / f"bare-{turn}", files)
        bench.take(
            f"bare apsw {files}",
            [sys.executable, str(BENCH / "bare.py"), "migrations", str(LOCAL_FILE)],
            bare,
        )
        bench.take(
            f"cold status {files}", [*LANDED, "status"], ours, {**cache_of(ours), "LANDED_NO_CACHE": "1"}
        )
        bench.take(f"landed apply {files}", [*LANDED, "apply", "--yes"], ours, cache_of(ours))
        if objects(ours / LOCAL_FILE) != objects(bare / LOCAL_FILE):
            raise SystemExit("landed and bare apsw did not do the same work")
        shutil.rmtree(ours)
        shutil.rmtree(bare)


def apply_beside_wrangler(bench: Bench, files: int, rounds: int) -> None:
    """Twenty files with the real client, ``wrangler d1 migrations apply --local``."""
    script = package("wrangler") / "bin" / "wrangler.js"
    words = [str(node()), str(script), "d1", "migrations", "apply", "DB", "--local"]
    bench.facts["wrangler"] = package_version("wrangler")
    for turn in range(rounds):
        ours = write_project(bench.folder / f"ours-{turn}", files)
        theirs = write_project(bench.folder / f"theirs-{turn}", files)
        bench.take(f"landed apply {files}", [*LANDED, "apply", "--yes"], ours, cache_of(ours))
        bench.take(f"wrangler apply {files}", words, theirs, environment(bench.folder / "home"))
        if objects(ours / LOCAL_FILE) != objects(theirs / LOCAL_FILE):
            raise SystemExit("landed and wrangler did not do the same work")


def warm_status(bench: Bench, sizes: tuple[int, ...], rounds: int) -> None:
    """``status`` once everything is cached, and how it grows; what it replays; a changed schema."""
    projects = {}
    for files in sizes:
        project = projects[files] = write_project(bench.folder / f"warm-{files}", files)
        subprocess.run(
            [sys.executable, str(BENCH / "bare.py"), "migrations", str(LOCAL_FILE)], cwd=project, check=True
        )
        measure([*LANDED, "status"], folder=project, environ=cache_of(project))
    for _ in range(rounds):
        for files, project in projects.items():
            bench.take(f"warm status {files}", [*LANDED, "status"], project, cache_of(project))
    for files, project in projects.items():
        counted = subprocess.run(
            [sys.executable, str(BENCH / "replayed.py"), "status"],
            cwd=project, env={**os.environ, **cache_of(project)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        bench.facts[f"statements replayed by warm status {files}"] = int(counted.stdout)
    project = projects[sizes[1]]
    for turn in range(rounds):
        connection = apsw.Connection(str(project / LOCAL_FILE))
        connection.execute(f"CREATE TABLE by_hand_{turn} (a)")
        connection.close()
        name = f"status {sizes[1]} after a change"
        bench.take(name, [*LANDED, "status"], project, cache_of(project))


def start_up(bench: Bench, rounds: int) -> None:
    """What every command costs before it does anything, beside bare Python and a bare ``import click``."""
    peers = {
        "python": [sys.executable, "-c", "pass"],
        "import click": [sys.executable, "-c", "import click"],
        "landed --help": [*LANDED, "--help"],
        "landed --version": [*LANDED, "--version"],
    }
    for words in peers.values():
        measure(words, folder=bench.folder, environ={})
    for _ in range(rounds):
        for name, words in peers.items():
            bench.take(name, words, bench.folder)


def report(bench: Bench, files: int, few: int, sizes: tuple[int, ...]) -> None:
    """The table, and the goals beside what was measured."""
    print(f"\n{'median of each':<36}{'runs':>5}{'CPU s':>10}{'wall s':>10}{'peak MB':>10}")
    for name, samples in bench.samples.items():
        figures = middle(samples)
        print(f"{name:<36}{len(samples):>5}{figures.cpu:>10.3f}{figures.wall:>10.3f}{figures.peak:>10.0f}")
    for name, value in bench.facts.items():
        print(f"{name:<36}{value!s:>15}")
    print()

    def ratio(one: str, other: str, goal: str) -> None:
        if one in bench.samples and other in bench.samples:
            a, b = bench.of(one), bench.of(other)
            print(f"{one} / {other}: {a.cpu / b.cpu:.2f}x CPU, {a.wall / b.wall:.2f}x wall (goal {goal})")

    def figure(name: str, milliseconds: int) -> None:
        if name in bench.samples:
            print(f"{name}: {bench.of(name).cpu * 1000:.0f} ms CPU (goal at most {milliseconds})")

    ratio(f"landed apply {files}", f"bare apsw {files}", "at most 2x")
    ratio(f"wrangler apply {few}", f"landed apply {few}", "over 50x")
    figure(f"warm status {sizes[1]}", 200)
    small, large = (f"warm status {n}" for n in (sizes[0], sizes[-1]))
    ratio(large, small, f"at most {sizes[-1] // sizes[0]}x: no worse than linear")
    figure("landed --help", 80)
    figure("landed --version", 80)
    goals(bench, print)
    postgres_goals(bench, print)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    options.add_argument("--rounds", type=int, default=5, help="runs per figure (default 5)")
    options.add_argument(
        "--only", choices=("apply", "wrangler", "warm", "start", "remote", "postgres"), help="one part"
    )
    given = options.parse_args()
    folder = ROOT / ".cache" / "bench" / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bench = Bench(folder)
    load = ", ".join(f"{n:.1f}" for n in os.getloadavg())
    engine = f"python {platform.python_version()}, apsw {apsw.apsw_version()}"
    print(f"{engine}, {os.cpu_count()} cores, load {load}; databases on {filesystem(folder)}")
    files, few = 500, 20
    parts: dict[str, Callable[[], None]] = {
        "start": lambda: start_up(bench, given.rounds * 2),
        "apply": lambda: apply_beside_apsw(bench, files, given.rounds),
        "wrangler": lambda: apply_beside_wrangler(bench, few, 2),
        "warm": lambda: warm_status(bench, WARM, given.rounds),
        "remote": lambda: remote(bench, 2),
        "postgres": lambda: postgres(bench, min(given.rounds, 3)),
    }
    for name, part in parts.items():
        if given.only in (None, name):
            print(f"measuring: {name} …", file=sys.stderr)
            try:
                part()
            except NotInstalled as absent:
                print(f"not measured: {absent}")
    report(bench, files, few, WARM)
    if given.json:
        body = {name: [s._asdict() for s in samples] for name, samples in bench.samples.items()}
        given.json.write_text(json.dumps({"samples": body, "facts": bench.facts}, indent=1), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
