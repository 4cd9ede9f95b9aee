"""Options that every command takes, before or after its name, and what they mean together."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from landed.cli.given import GIVEN
from landed.core.errors import LandedError, UsageError
from landed.report.formats import FORMATS, JSON, TEXT, knows

if TYPE_CHECKING:
    from landed.core.given import Given
    from landed.ops.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Common:
    """The merged common options; what was given after the command wins."""

    project: str | None = None
    target: str | None = None
    env: str | None = None
    migrations: str | None = None
    persist_to: str | None = None
    shadow: str | None = None
    format: str = TEXT
    debug: bool = False
    words: list[str] = field(default_factory=list)
    targets: tuple[str, ...] = ()
    whole: Common | None = None
    """Where these are for one of several targets: the options with all of them."""

    def of(self, target: str) -> Common:
        """The same options with one of several targets."""
        words = _words(self, (target,))
        return replace(self, target=target, targets=(target,), words=words, whole=self.whole or self)

    def workspace(self) -> Workspace:
        """The project and target that these options mean. Raises UsageError, ConfigError."""
        from pathlib import Path

        from landed.cli.output import say
        from landed.ops.workspace import open_workspace

        workspace = open_workspace(Path(self.project or "."), self.one_target(), self.flags)
        workspace.notify = lambda text: say(text, sys.stderr)
        return workspace

    def attach_to(self, error: LandedError) -> None:
        """Let an error show its commands with these options."""
        if error.with_options is None:
            error.with_options = (self.whole or self).command

    def _end(self, error: LandedError) -> None:
        from landed.cli.failure import end

        self.attach_to(error)
        end(error)

    def look_at(self, targets: tuple[str, ...]) -> None:
        """Further targets, named after the command without an option."""
        if targets:
            self.targets += tuple(map(_of_environment, targets))
            self.target = self.targets[-1]
            self.words = _words(self, self.targets)

    @property
    def flags(self) -> dict[str, str | None]:
        """What the command line says about settings."""
        return {
            "env": self.env,
            "migrations": self.migrations,
            "persist_to": self.persist_to,
            "shadow": self.shadow,
        }

    def one_target(self) -> str | None:
        """The target, for a command that works on one. Raises UsageError when several are given."""
        if len(self.targets) > 1:
            raise UsageError(
                f"this command works on one target; there are {len(self.targets)}: {', '.join(self.targets)}",
                next="name one of them; status, verify and drift take several",
            )
        return self.target

    @property
    def command(self) -> Given:
        """What puts the options that the user gave into a command that is shown, so that it can be pasted."""
        from landed.core.given import Given

        return Given(self.words, self.project, _words(self, ()))


def _complete_target(context: click.Context, option: click.Parameter, incomplete: str) -> Any:
    from landed.cli.target_completion import complete_target

    return complete_target(context, option, incomplete)


_SHARED = (
    click.Option(["--project", "-C"], metavar="DIR", help="Work as if started in this folder."),
    click.Option(
        ["--target", "-t"],
        multiple=True,
        metavar="TARGET",
        help="The database: d1:local/DB, d1:remote/DB, supabase:local, supabase:linked, a Postgres URL, "
        "sqlite:PATH, a file's path, or a name from landed.toml. For status, verify and drift, once for each "
        "database to stand side by side.",
        shell_complete=_complete_target,
    ),
    click.Option(["--env", "-e"], metavar="NAME", help="wrangler's environment (env.NAME)."),
    click.Option(["--migrations"], metavar="DIR", help="The migrations folder, if not the configured one."),
    click.Option(
        ["--persist-to"], metavar="DIR", help="The state folder that wrangler is given as --persist-to."
    ),
    click.Option(
        ["--shadow"],
        metavar="WHERE",
        help="Where files are replayed for Postgres: own (the default: a throw-away server), same-server "
        "(a scratch database on the target's server) or the URL of a server for scratch databases.",
    ),
    click.Option(["--json"], is_flag=True, help="Write one JSON document to stdout: --format json."),
    click.Option(
        ["--format"],
        type=click.Choice(list(FORMATS)),
        metavar="FORMAT",
        help="What to write to stdout: text, json, or markdown for a job summary or comment (status, verify, "
        "rehearse, apply, resume).",
    ),
    click.Option(["--debug"], is_flag=True, help="Show the traceback of an error, too."),
)
_REPLAYS_NOTHING = frozenset({"exec_", "doctor", "completion", "undo", "selftest", "demo"})
"""Commands whose help does not show --shadow; they take it all the same, before or after their name."""
_NAMES = ("project", "target", "env", "migrations", "persist_to", "shadow", "debug")
_WORDS = {
    "project": "--project",
    "target": "--target",
    "env": "--env",
    "migrations": "--migrations",
    "persist_to": "--persist-to",
    "shadow": "--shadow",
}


def apply_common(function: F) -> F:
    """Declare the common options on the group."""
    function.__click_params__ = [*reversed(_SHARED), *getattr(function, "__click_params__", [])]  # type: ignore[attr-defined]
    return function


def common_options(function: Callable[..., Any], report: str | None = None) -> Callable[..., Any]:
    """Declare the common options on a command, which then gets the merged ones as ``common``.

    ``report`` is the name of what it shows, where that is not the command's own.
    """

    def wrapper(**values: Any) -> Any:
        context = click.get_current_context()
        given = {name: values.pop(name) for name in (*_NAMES, "json", "format")}
        common = _merge(context, given)
        try:
            if not knows(common.format, report or function.__name__):
                raise UsageError(
                    f"landed {context.info_name} writes no {common.format}",
                    next=f"leave --format {common.format} out, or take --format {JSON}",
                )
            return function(common=common, **values)
        except LandedError as error:
            common.attach_to(error)
            raise

    wrapper.__name__ = function.__name__
    wrapper.__doc__ = function.__doc__
    own = getattr(function, "__click_params__", [])
    shared: tuple[click.Option, ...] = _SHARED
    if function.__name__ in _REPLAYS_NOTHING:
        shared = tuple(_hidden(o) if o.name == "shadow" else o for o in shared)
    wrapper.__click_params__ = [*reversed(shared), *own]  # type: ignore[attr-defined]
    return wrapper


def _hidden(option: click.Option) -> click.Option:
    return click.Option(list(option.opts), metavar=option.metavar, help=option.help, hidden=True)


def _merge(context: click.Context, given: dict[str, Any]) -> Common:
    outer = context.find_root().params
    merged: dict[str, Any] = {name: given.get(name) or outer.get(name) for name in _NAMES}
    targets = tuple(map(_of_environment, merged["target"] or ()))
    shadow = _of_environment(merged["shadow"]) if merged["shadow"] else None
    common = Common(
        merged["project"], targets[-1] if targets else None, merged["env"], merged["migrations"],
        merged["persist_to"], shadow, _format(given, outer), bool(merged["debug"]), [], targets,
    )  # fmt: skip
    common.words = _words(common, targets)
    context.obj = common
    from landed.core import last_resort

    last_resort.handlers[:] = [common._end]
    return common


def _format(*levels: Mapping[str, Any]) -> str:
    """The format asked for after the command, else before it."""
    for given in levels:
        asked = {name for name in (JSON if given.get("json") else None, given.get("format")) if name}
        if len(asked) > 1:
            raise UsageError(f"--json and --format {given['format']} ask for two formats; give one of them.")
        if asked:
            return asked.pop()
    return TEXT


def _of_environment(value: str) -> str:
    """A database that is named by the variable that holds it: ``$DATABASE_URL``, as no shell has put it in.

    So argument vectors with a secret in them can be handed on, and no secret stands among arguments.
    """
    held = os.environ.get(value[1:]) if value.startswith("$") else None
    if held is None:
        return value
    GIVEN.append(held)
    return held


def _words(common: Common, targets: tuple[str, ...]) -> list[str]:
    """The options to repeat in a command that is shown."""
    words: list[str] = []
    for name, flag in _WORDS.items():
        given = targets if name == "target" else (getattr(common, name),)
        for value in given:
            if value:
                words += [flag, _without_secrets(str(value))]
    return words


def _without_secrets(value: str) -> str:
    """A target to repeat: the variable that holds it, else a URL without its password and query."""
    if "://" not in value:
        return value
    name = next((name for name, held in os.environ.items() if held == value and name.isidentifier()), None)
    if name is not None:
        from landed.core.words import Variable

        return Variable(f"${name}")
    from landed.project.naming import redact

    try:
        from landed.project.pg_url import parse_url

        dsn = parse_url(value, {}, "")
    except LandedError:
        return redact(value)
    user = f"//{dsn.user}@" if re.fullmatch(r"[\w.-]+", dsn.user) else "//"
    mode = dsn.option("sslmode")
    query = "" if dsn.is_socket or mode is None else f"?sslmode={mode}"
    return str(dsn).replace("//", user, 1) + query


def targets_argument(function: F) -> F:
    """Declare targets that are named without an option, for commands that look at several."""
    declare = click.argument("where", nargs=-1, metavar="[TARGET]...", shell_complete=_complete_target)
    return declare(function)


def command(report: str | None = None, **settings: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """``click.command`` with the common options; ``report``: see :func:`common_options`."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        made: click.Command = click.command(**settings)(common_options(function, report))
        return made

    return decorate
