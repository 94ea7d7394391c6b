"""``sweeper explain``."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from sweeper.cli.options import Config, Json, console, load_settings, open_database
from sweeper.core.errors import ConfigurationError


def explain(
    session: Annotated[str | None, typer.Argument(metavar="SESSION", help="The id of a session.")] = None,
    account: Annotated[str | None, typer.Option(metavar="ID", help="The newest sessions of this account.")] = None,
    config: Config = None,
    json: Json = False,
) -> int:
    """Show why a session is refunded or not. Also its whole history."""
    asked_at, as_of = time.monotonic(), datetime.now(UTC)
    if (session is None) == (account is None):
        raise ConfigurationError("give either a session or --account", code="usage")
    from sweeper.explain.explain import Explainer
    from sweeper.render.json.explain import account_document, explain_document
    from sweeper.render.terminal.explain import show_account, show_explanation
    from sweeper.sweep.context import RunRequest

    settings = load_settings(config)
    with open_database("sweeper explain") as database:
        explainer = Explainer(database, settings, RunRequest(as_of=as_of, asked_at=asked_at))
        if session is not None:
            explanation = explainer.session(session)
            print(explain_document(explanation)) if json else show_explanation(console(), explanation)  # noqa: T201
        else:
            found = explainer.account(str(account))
            print(account_document(found)) if json else show_account(console(), found)  # noqa: T201
    return 0
