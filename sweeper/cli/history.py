"""``sweeper history``."""

import sys
from typing import Annotated

import typer

from sweeper.cli.options import Config, Json, console, load_settings, open_database


def history(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="The id of a run; default: the newest runs.")] = None,
    config: Config = None,
    json: Json = False,
) -> int:
    """List the runs, or one run with its refunds."""
    from sweeper.explain.history import list_runs, open_run
    from sweeper.render.json.history import run_document_in_parts, runs_document
    from sweeper.render.terminal.history import SHOWN_RUNS, show_run_history, show_runs

    settings = load_settings(config)
    with open_database("sweeper history") as database:
        if run is None:
            runs = list_runs(database, settings, limit=None if json else SHOWN_RUNS + 1)
            print(runs_document(runs)) if json else show_runs(console(), runs)  # noqa: T201
        else:
            with open_run(database, settings, run) as found:
                if json:
                    sys.stdout.writelines(run_document_in_parts(found))
                else:
                    show_run_history(console(), found)
    return 0
