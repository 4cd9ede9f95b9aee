"""The entry point: a static table of commands, each imported only when it is used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from landed import __version__
from landed.cli.options import apply_common

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: dict[str, tuple[str, str]] = {
    "status": ("landed.cli.status", "Show where every migration stands, with evidence and what to do next."),
    "verify": ("landed.cli.status", "Say yes or no: does the schema hold what the history claims?"),
    "apply": ("landed.cli.apply", "Run what is pending; record only what is proven."),
    "resume": ("landed.cli.apply", "Finish a migration that ran half-way."),
    "repair": ("landed.cli.repair", "Make the ledger say what the schema proves."),
    "undo": ("landed.cli.undo", "Set a remote D1 database back to a Time Travel bookmark."),
    "rehearse": (
        "landed.cli.rehearse",
        "Replay all files in a throw-away database with rows in every table.",
    ),
    "drift": ("landed.cli.drift", "Compare two schemas property by property."),
    "lock": (
        "landed.cli.repair",
        "Write down the SQL under which files were applied, so that edits are seen.",
    ),
    "shadow": ("landed.cli.shadow", "Take what shadows start from out of the live database."),
    "exec": ("landed.cli.execute", "Run one-off SQL on a target."),
    "doctor": ("landed.cli.doctor", "Show the configuration in force, where it comes from, what is wrong."),
    "selftest": ("landed.cli.selftest", "Try landed on a hosted database of its own."),
    "demo": ("landed.cli.demo", "A tour on throw-away databases; needs nothing."),
    "completion": ("landed.cli.completion", "Print the completion script for your shell."),
}

"""New objects after which Python looks for garbage: some 50 MB."""


class Commands(click.Group):
    """A group that knows its commands' names and one-line helps without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        found = COMMANDS.get(cmd_name)
        if found is None:
            return None
        module = importlib.import_module(found[0])
        command: click.Command = getattr(module, "exec_" if cmd_name == "exec" else cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, from the static table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete command names from the static table, importing none of them, and options."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=text)
            for name, (_, text) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was probably meant."""
        name = args[0] if args else ""
        if name not in COMMANDS and not name.startswith("-"):
            import difflib

            close = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean {close[0]}?" if close else " See: landed --help"
            raise click.UsageError(f"There is no command {name}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    name="landed",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 proven or nothing to do, 1 not proven or findings, 2 usage or configuration, "
    "3 could not find out, 4 needs confirmation, 130 interrupted.",
)
@click.version_option(__version__, prog_name="landed")
@apply_common
def cli(**_: Any) -> None:
    """Did your migration really land? Trust the schema, not the history.

    landed compares the migration files, the history table and the real schema of a database, says
    of every migration what is true, and applies migrations so that nothing is recorded that is not
    proven. In the folder of a wrangler or Supabase project, start with:
    landed status
    """


def main(listen: Callable[[], None] | None = None) -> None:
    """Run the command line; every way out has one of the documented exit codes.

    ``listen`` is called where an interruption can be answered; signals may have waited for it.
    """
    import gc
    import signal

    from landed.cli.failure import run
    from landed.report.terminal import guard

    guard()
    code = run(cli, listen=listen)
    if listen is not None:
        # All is said and done: from here on a signal finds nothing to put in order.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.freeze()  # the process ends: nobody has to look for cycles in what is left
    sys.exit(code)
