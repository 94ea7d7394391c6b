"""``sweeper check``."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweeper.cli.options import Config, Json, config_path, console, open_database
from sweeper.core.errors import SweeperError

if TYPE_CHECKING:
    from sweeper.check.result import Check
    from sweeper.config.model import Settings


def check(
    config: Config = None,
    notify: Annotated[bool, typer.Option("--notify", help="Send a trial message to each of notify.urls.")] = False,
    json: Json = False,
) -> int:
    """Check that a run can work, and show how to fix what is wrong. Read-only."""
    path, asked_at, as_of = config_path(config), time.monotonic(), datetime.now(UTC)
    from sweeper.check.checks import check as check_all
    from sweeper.render.json.check import check_document
    from sweeper.render.terminal.check import show_check

    with open_database("sweeper check") as database:
        settings = _settings_or_error(path)
        result = check_all(database, settings, as_of=as_of, asked_at=asked_at)
    if notify:
        result = replace(result, checks=(*result.checks, *_trial(path)))
    if json:
        print(check_document(result))  # noqa: T201
    else:
        show_check(console(), result)
    return result.exit_code


def _settings_or_error(path: Path) -> "Settings | SweeperError":
    from sweeper.config.parsing import load

    try:
        return load(path)
    except SweeperError as error:
        return error


_WHY = {
    "ConnectionError": "the service refused it, or did not answer in time",
    "timeout": "the service did not answer in time",
    "ValueError": "it is not a URL that Apprise knows",
}


def _trial(path: Path) -> "Iterator[Check]":
    from sweeper.check.result import Check, Status
    from sweeper.config.parsing import load_reporting
    from sweeper.config.secrets import filled_in
    from sweeper.monitoring.endpoints import Monitor
    from sweeper.monitoring.notice_services import require_apprise
    from sweeper.monitoring.notices import trial

    try:
        monitoring, section = filled_in(*load_reporting(path), os.environ)
        if section.urls:
            require_apprise()
    except SweeperError as error:
        yield Check("notify", Status.FAILURE, error.message)
        return
    if not section.urls:
        yield Check("notify", Status.FAILURE, "the file does not say whom to notify", "add notify.urls to the file")
        return
    for place, why in enumerate(Monitor(monitoring).try_out(section.urls, trial(monitoring.app or str(path)))):
        if why is None:
            yield Check("notify", Status.OK, f"notify.urls.{place} accepted a trial message")
        else:
            fix = "compare it with Apprise's page on that service"
            message = f"notify.urls.{place} did not accept a trial message: {_WHY.get(why, why)}"
            yield Check("notify", Status.FAILURE, message, fix)
