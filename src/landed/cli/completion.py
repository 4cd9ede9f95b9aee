"""landed completion."""

from __future__ import annotations

import os

import click

from landed.cli.options import Common, command
from landed.cli.output import show
from landed.core.errors import UsageError
from landed.core.next import landed

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_LANDED_COMPLETE"


@command()
@click.argument("shell", required=False, type=click.Choice(SHELLS))
def completion(common: Common, shell: str | None) -> None:
    """Print the completion script for your shell.

    Without an argument the shell is taken from $SHELL. To have it in every new shell:

    \b
    bash   landed completion bash > ~/.local/share/bash-completion/completions/landed
    zsh    landed completion zsh > ~/.zfunc/_landed   (with ~/.zfunc in fpath, before compinit)
    fish   landed completion fish > ~/.config/fish/completions/landed.fish

    \b
    To try it in this shell only:
    bash, zsh   eval "$(landed completion)"
    fish        landed completion fish | source
    """
    from click.shell_completion import get_completion_class

    from landed.report.reports import Completion

    chosen = shell or _detected()
    root = click.get_current_context().find_root().command
    kind = get_completion_class(chosen)
    assert kind is not None
    script = kind(root, {}, "landed", VARIABLE).source()
    show(common, Completion(chosen, script))


def _detected() -> str:
    name = os.path.basename(os.environ.get("SHELL", ""))
    if name in SHELLS:
        return name
    raise UsageError(
        f"there is no completion for the shell {name}" if name else "$SHELL does not say which shell you use",
        next=landed("completion", "bash"),
    )
