"""``sweeper revert``."""

from typing import Annotated

import typer

from sweeper.cli.corrections import DryRun, Reason, Yes, correct, only_one, request_now, require_answer
from sweeper.cli.options import Config, Json, load_settings, open_database
from sweeper.core.errors import ConfigurationError


def revert(
    reason: Reason,
    config: Config = None,
    run: Annotated[str | None, typer.Option(metavar="RUN", help="All refunds of this run.")] = None,
    session: Annotated[list[str] | None, typer.Option(metavar="ID", help="The refund of this session.")] = None,
    allow_negative: Annotated[
        bool, typer.Option("--allow-negative", help="Go on even if a balance falls below zero.")
    ] = False,
    without_ledger: Annotated[
        bool,
        typer.Option("--without-ledger", help="Go on even if the app's ledger gets no row, without [ledger.reverse]."),
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Take refunds back, with a reversal for each. Balances move back, and no program pays them again."""
    request = request_now(reason)
    session_id = only_one(session)
    if (run is None) == (session_id is None):
        raise ConfigurationError("give either --run or --session", code="usage")
    require_answer(yes=yes, dry_run=dry_run)
    from sweeper.corrections.revert import Revert
    from sweeper.corrections.revert_choice import Choice
    from sweeper.render.json.corrections import revert_document
    from sweeper.render.terminal.corrections import show_revert

    settings = load_settings(config)
    choice = Choice(run_id=run, session_id=session_id, allow_negative=allow_negative, without_ledger=without_ledger)
    with open_database("sweeper revert") as database:
        return correct(
            lambda: Revert(database, settings, request, choice),
            revert_document,
            show_revert,
            question="Take them back?",
            yes=yes,
            dry_run=dry_run,
            json=json,
        )
