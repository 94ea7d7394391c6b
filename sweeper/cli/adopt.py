"""``sweeper adopt``."""

from typing import Annotated

import typer

from sweeper.cli.corrections import DryRun, Reason, Yes, correct, only_one, request_now, require_answer
from sweeper.cli.options import Config, Json, load_settings, open_database
from sweeper.core.errors import ConfigurationError


def adopt(
    reason: Reason,
    config: Config = None,
    where: Annotated[
        str | None, typer.Option(metavar="SQL", help="The sessions of which this is true; s is the session row.")
    ] = None,
    session: Annotated[list[str] | None, typer.Option(metavar="ID", help="This session.")] = None,
    amount: Annotated[
        str | None, typer.Option(metavar="SQL", help="What was paid; else sessions.amount. 0 waives a hold.")
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Record refunds that were paid elsewhere. No credits move, and no program pays them again."""
    request = request_now(reason)
    session_id = only_one(session)
    if (where is None) == (session_id is None):
        raise ConfigurationError("give either --where or --session", code="usage")
    if any(given is not None and not given.strip() for given in (where, amount)):
        raise ConfigurationError("--where and --amount must not be empty", code="usage")
    require_answer(yes=yes, dry_run=dry_run)
    from sweeper.corrections.adopt import Adoption, Choice
    from sweeper.render.json.corrections import adopt_document
    from sweeper.render.terminal.corrections import show_adopt

    settings = load_settings(config)
    choice = Choice(where=where, session_id=session_id, amount=amount)
    with open_database("sweeper adopt") as database:
        return correct(
            lambda: Adoption(database, settings, request, choice),
            adopt_document,
            show_adopt,
            question="Adopt them?",
            yes=yes,
            dry_run=dry_run,
            json=json,
        )
