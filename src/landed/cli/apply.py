"""landed apply, landed resume."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from landed.cli.options import Common, command
from landed.cli.output import confirm, progress, show, tell
from landed.core.next import Command, Next, landed

if TYPE_CHECKING:
    from landed.core.applied import Applied
    from landed.core.plan import Plan
    from landed.ops.examine import Examination


def _consent_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--yes", "-y", is_flag=True, help="Consent to the plan without being asked."),
        click.option("--dry-run", is_flag=True, help="Print the plan and change nothing."),
        click.option(
            "--allow",
            multiple=True,
            metavar="LOSS",
            help="Allow one loss by name, as landed names it: drop-table:legacy, lose-rows:comments, "
            "drop-invalid-index:public.users_email, open-access:public.users.",
        ),
    ):
        function = option(function)
    return function


@command()
@click.option("--to", metavar="NAME", help="Stop after this file (its name or number).")
@_consent_options
def apply(common: Common, to: str | None, yes: bool, dry_run: bool, allow: tuple[str, ...]) -> None:
    """Run what is pending; record only what is proven.

    Every file runs in one transaction: its statements, then a look at the schema inside that same
    transaction, then the ledger row, then the commit. If one effect is missing, a row would be lost
    or a reference broken, the whole file is rolled back and nothing is recorded. What Postgres runs in
    no transaction (CONCURRENTLY, VACUUM) is proven by itself, and the ledger row comes last. Before
    anything is touched all pending files are rehearsed in a throw-away database and the plan is shown.
    """
    from landed.ops.apply import plan_apply
    from landed.ops.examine import examine

    with progress("replaying") as tick:
        exam = examine(common.workspace(), progress=tick)
    plan = plan_apply(exam, to=to, allowed=allow)
    again = landed("apply", to=to, allow=allow, yes=True)
    _execute(common, exam, plan, "apply", again, yes, dry_run, allow)


@command(report="apply")
@click.argument("name", required=False)
@click.option("--ran", type=int, multiple=True, metavar="N", help="Your word that statement N has run.")
@click.option(
    "--run", type=int, multiple=True, metavar="N", help="Your word that statement N has not run: run it."
)
@_consent_options
def resume(
    common: Common,
    name: str | None,
    ran: tuple[int, ...],
    run: tuple[int, ...],
    yes: bool,
    dry_run: bool,
    allow: tuple[str, ...],
) -> None:
    """Finish a migration that ran half-way.

    Runs exactly the statements of which the schema shows that they are missing, in one transaction,
    under the same rules and with the same proof as apply. Where nothing shows whether a statement
    ran (one that only writes rows), landed asks you to say so with --ran or --run.
    """
    from landed.ops.examine import examine
    from landed.ops.resume import plan_resume

    with progress("replaying") as tick:
        exam = examine(common.workspace(), progress=tick)
    plan = plan_resume(exam, name, ran=frozenset(ran), run=frozenset(run))
    again = landed("resume", *([name] if name else []), ran=ran, run=run, allow=allow, yes=True)
    _execute(common, exam, plan, "resume", again, yes, dry_run, allow)


def _execute(
    common: Common,
    exam: Examination,
    plan: Plan,
    verb: str,
    again: Command,
    yes: bool,
    dry_run: bool,
    allow: tuple[str, ...],
) -> None:
    from landed.cli.living import living
    from landed.core.applied import Consent
    from landed.core.errors import LandedError, NeedsConfirmation
    from landed.core.opening import consents
    from landed.ops.apply import run_apply, unlocked
    from landed.report.place import named
    from landed.report.reports import Apply, FileDone, WayBack

    if not plan.items and yes and not dry_run and (missing := unlocked(exam)):
        exam.workspace.write_lock(missing)
    more = [allowed for allowed in consents([o for i in plan.items for o in i.opens]) if allowed not in allow]
    way = Next(again.allowing(more)) if plan.items else None
    if dry_run or not plan.items:
        show(common, Apply(exam, plan, verb, dry_run=dry_run, again=way))
        return
    tell(common, Apply(exam, plan, verb))
    where = named(exam.workspace.spec, exam.workspace.project.start)
    confirm(
        f"Run {len(plan.items)} file{'s' * (len(plan.items) != 1)} on {where}?",
        yes=yes,
        again=again.allowing(more),
        plan=Apply(exam, plan, verb, dry_run=True, again=way),
    )
    left = list(plan.items)

    def on_done(index: int, applied: Applied) -> None:
        left[:] = plan.items[index + 1 :]
        tell(common, FileDone(plan, index, applied))

    try:
        with living():
            done = run_apply(
                exam,
                plan,
                Consent(frozenset(allow)),
                on_undo=lambda undo: tell(common, WayBack(undo), always=True),
                on_done=on_done,
            )
    except LandedError as error:
        if verb == "resume" and isinstance(error.next, Next):
            # Whoever raises it knows the file, and not which command runs it.
            error.next = error.next.instead("apply", verb, plan.items[0].migration.name)
        if isinstance(error, NeedsConfirmation):
            error.plan = Apply(exam, replace(plan, items=tuple(left)), verb, dry_run=True, again=error.way)
        raise
    show(common, Apply(exam, plan, verb, done=done))
