"""Ways out: every error becomes a message for people (or JSON) and one of the documented exit codes."""

from __future__ import annotations

import os
import sys

import click

from landed.cli.options import GIVEN, LAST
from landed.core.errors import LandedError


def run(cli: click.Group, arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code; no traceback reaches the user without --debug."""
    given = sys.argv[1:] if arguments is None else arguments
    GIVEN[:] = given
    try:
        result = cli.main(args=given, prog_name="landed", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.ClickException as error:
        return _usage(error, given)
    except LandedError as error:
        return _known(error, given)
    except (KeyboardInterrupt, click.Abort, EOFError):
        click.echo("\nInterrupted. What was being run was rolled back.\nNext: landed status", err=True)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except Exception as error:
        return _unknown(error, given)
    return result if isinstance(result, int) else 0


def _usage(error: click.ClickException, given: list[str]) -> int:
    if "--json" in given:
        _json(error, error.format_message(), 2, None, None, ())
        return 2
    click.echo(f"landed: {error.format_message()}", err=True)
    context = getattr(error, "ctx", None)
    if context is not None:
        click.echo(f"Next: {context.command_path} --help", err=True)
    return 2


def _known(error: LandedError, given: list[str]) -> int:
    next_step = LAST[-1].command(error.next) if LAST and error.next else error.next
    if LAST:
        error.details = tuple(LAST[-1].command(d) if "landed undo --" in d else d for d in error.details)
    if "--json" in given:
        _json(error, error.message, error.exit_code, error.where, next_step, error.details)
    else:
        from landed.report.style import paint

        place = f"{error.where}: " if error.where else ""
        click.echo(f"{paint('landed:', 'red', sys.stderr)} {place}{error.message}", err=True)
        for line in error.details:
            click.echo(f"  {line}", err=True)
        if next_step:
            click.echo(f"Next: {next_step}", err=True)
    if "--debug" in given:
        import traceback

        traceback.print_exc()
    return error.exit_code


def _unknown(error: Exception, given: list[str]) -> int:
    text = f"landed itself failed: {type(error).__name__}: {error}"
    if "--json" in given:
        _json(error, text, 3, None, "run it again with --debug and report what it prints", ())
    else:
        click.echo(f"landed: {text}", err=True)
        click.echo("  This is a defect in landed. A file that was being run was rolled back.", err=True)
        click.echo("Next: run it again with --debug and report what it prints", err=True)
    if "--debug" in given:
        import traceback

        traceback.print_exc()
    return 3


def _json(
    error: object, message: str, code: int, where: str | None, next_step: str | None, details: tuple[str, ...]
) -> None:
    import json

    body = {
        "schema": "landed/1",
        "error": {
            "kind": type(error).__name__,
            "message": message,
            "where": where,
            "details": list(details),
            "next": next_step,
            "exit_code": code,
        },
    }
    click.echo(json.dumps(body, indent=2, ensure_ascii=False))
