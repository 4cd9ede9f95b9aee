"""Ways out: every error becomes a message for people (or JSON) and one of the documented exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from landed.cli.given import GIVEN
from landed.core.errors import Interrupted, LandedError, UsageError
from landed.core.stopping import on_signals
from landed.report.formats import JSON, TEXT, asked_for

if TYPE_CHECKING:
    from landed.core.given import Given
    from landed.report.reports import Failed


def run(
    cli: click.Group, arguments: list[str] | None = None, listen: Callable[[], None] | None = None
) -> int:
    """Run the command line and return the exit code; no traceback reaches the user without --debug.

    ``listen`` is called first: it raises KeyboardInterrupt where a signal has come already.
    """
    given = sys.argv[1:] if arguments is None else arguments
    GIVEN[:] = given
    try:
        if listen is not None:
            listen()
            on_signals()
        result = cli.main(args=given, prog_name="landed", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        _help(error.format_message())
        return 2
    except click.ClickException as error:
        return _usage(error, given)
    except LandedError as error:
        return _known(error, given)
    except KeyboardInterrupt:
        return _interrupted(given)
    except (click.Abort, EOFError) as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # click's way to pass it on
            return _interrupted(given)
        return _interrupted(given, "Nothing was changed: the question was not answered.", "")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except UnicodeEncodeError as error:
        # Bytes of a path or an argument that are no text: neither SQLite nor a server takes them.
        return _known(_no_text(error), given) if _has_bytes(error) else _unknown(error, given)
    except Exception as error:
        return _unknown(error, given)
    return result if isinstance(result, int) else 0


def _asks(given: list[str], option: str) -> bool:
    """Whether an option is given; what comes after ``--`` are names."""
    return option in _options(given)


def _options(given: list[str]) -> list[str]:
    return given[: given.index("--")] if "--" in given else given


def _has_bytes(error: UnicodeEncodeError) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in error.object[error.start : error.end])


def _no_text(error: UnicodeEncodeError) -> UsageError:
    return UsageError(
        f"{error.object[: error.end + 40]} is not valid UTF-8, and so it can be in no database.",
        next="rename it, or name it otherwise",
    )


def _help(text: str) -> None:
    from landed.cli.output import say_lines

    say_lines(text)


_LEFT = "What was under way was rolled back; nothing is recorded that is not proven."


def _interrupted(given: list[str], said: str = "Interrupted.", left: str = _LEFT) -> int:
    from landed.core.next import STATUS

    return _known(Interrupted(said, details=[left] if left else [], next=STATUS), given)


def end(error: LandedError) -> None:
    """Report from another thread and end the process: its work hears nothing any more."""
    try:
        _known(error, GIVEN)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(error.exit_code)


def _usage(error: click.ClickException, given: list[str]) -> int:
    from landed.report.reports import Failed

    context = getattr(error, "ctx", None)
    help_text = None if context is None else f"{context.command_path} --help"
    _show(Failed(error, error.format_message(), 2, next_for_people=help_text), given)
    return 2


def _known(error: LandedError, given: list[str]) -> int:
    from landed.core.next import Next
    from landed.report.reports import Failed

    next_step, details = error.next, error.details
    shown = error.with_options
    if shown is not None:
        next_step = None if next_step is None else shown(next_step)
        details = tuple(shown(d) if isinstance(d, Next) else d for d in details)
    code = error.exit_code
    _show(Failed(error, error.message, code, error.where, details, next_step, expected=True), given)
    _traceback(given)
    return code


def _unknown(error: Exception, given: list[str]) -> int:
    from landed.report.reports import Failed

    text = f"landed itself failed: {type(error).__name__}: {error}"
    defect = ("This is a defect in landed. A file that was being run was rolled back.",)
    again = "run it again with --debug and report what it prints"
    _show(Failed(error, text, 3, next=again, for_people=defect), given)
    _traceback(given)
    return 3


def _show(report: Failed, given: list[str]) -> None:
    from landed.cli.output import show, tell

    typed = Typed(given)
    show(typed, report)
    if typed.format not in (TEXT, JSON):
        # It stands in the report; whoever reads the log sees it, too.
        tell(typed, report, always=True)


@dataclass(frozen=True)
class Typed:
    """What the words of a command line ask for, where they could not all be understood."""

    words: list[str]

    @property
    def format(self) -> str:
        """The format of the report."""
        return asked_for(_options(self.words))

    @property
    def command(self) -> Given:
        """Nothing: commands in errors have the user's options already."""
        from landed.core.given import Given

        return Given()


def _traceback(given: list[str]) -> None:
    """Where an error comes from, for --debug; set in, as its texts may have lines of their own."""
    if _asks(given, "--debug"):
        import traceback

        from landed.cli.output import say_lines

        say_lines(traceback.format_exc().rstrip("\n"), sys.stderr, indent="  | ")
