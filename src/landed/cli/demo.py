"""landed demo."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from landed.cli.options import Common, command
from landed.cli.output import live, show


@command()
@click.option("--keep", is_flag=True, help="Keep the folder with the three D1 projects, and say where it is.")
def demo(common: Common, keep: bool) -> None:
    """A tour on throw-away databases; needs nothing.

    Builds four small broken projects in temporary folders. On Cloudflare D1: one applied locally and
    forgotten in production, one with a history that is not true, one with a migration that would delete
    rows. On Supabase, in a throw-away Postgres: a history that was repaired until it looked right. Shows
    for each what the platform's history claims, what landed says, and the way out. All output is real:
    the commands run on real databases, and the tour fails if anything comes out differently from what it
    tells. No network, no Docker, no configuration.
    """
    from landed.cli.demo_tour import Tour
    from landed.report.reports import Demo
    from landed.report.text.demo import Stage

    stage = Stage(sys.stdout) if live(common) else None
    folder = Path(tempfile.mkdtemp(prefix="landed-demo-"))
    try:
        tour = Tour(folder, stage)
        tour.play(keep=keep)
    finally:
        if not keep:
            import shutil

            shutil.rmtree(folder, ignore_errors=True)
    show(common, Demo(folder if keep else None, tour.steps))
