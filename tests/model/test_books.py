"""Everything that may happen to paid sessions, in any order, on real Postgres, against a model of the books.

``SWEEPER_TEST_SECONDS`` makes it go on for about so long, along ways that differ each time.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from sweeper.sweep import horizon
from tests.helpers.app_database import AppDatabase
from tests.helpers.server import Server
from tests.model.machine import Machine

SECONDS = float(os.environ.get("SWEEPER_TEST_SECONDS", "0"))
EXAMPLES, STEPS, EXAMPLES_A_SECOND = 4, 25, 0.5
LEDGER = """
[ledger]
table   = "entries"
session = "session_id"
attempt = "charge_id"
where   = "kind = 'refund'"
[ledger.insert]
session_id = "session_id"
charge_id  = "attempt"
account_id = "account_id"
kind       = "'refund'"
amount     = "amount"
[ledger.reverse]
session_id = "session_id"
charge_id  = "attempt"
account_id = "account_id"
kind       = "'correction'"
amount     = "-amount"
"""


def session(minutes: int, *, failed: bool = True, price: int = 3, cancelled: bool = False) -> dict[str, Any]:
    """What is charged for so many minutes ago."""
    return {"account": "a1", "price": price, "minutes": minutes, "failed": failed, "cancelled": cancelled}


AT_THE_LIMITS = [
    *(session(minutes) for minutes in (14, 15)),
    *(session(minutes, failed=False) for minutes in (59, 60)),
    *(session(60, price=price) for price in (0, 7, 8)),
    session(60, cancelled=True),
    *(session(minutes) for minutes in (1200, 1201)),  # the floor
]
SWEEP, SWEEP_ALL, LOOK = ("sweep", (), "2"), ("sweep", ("--full",), "1"), ("look_into_it", 0)
# a number is the place of a session among those that fit, from the latest on
WAY: list[tuple[Any, ...]] = [
    *[("begin", AT_THE_LIMITS), SWEEP, LOOK, ("wait", 1), SWEEP],
    # charged again after its refund
    *[("charge", session(15)), SWEEP, ("charge_again", 0, 5), LOOK, ("fail", 0), ("wait", 15), SWEEP, LOOK],
    # taken back, paid again by a person, and finished by a worker that does not look
    *[("revert_session", 0), LOOK, SWEEP, ("pay_by_hand", 0), LOOK, ("pay_by_hand", 0), ("finish", 0, False), LOOK],
    # refunded by the app, by a layer, by hand
    *[("charge", session(15)), ("refund_by_app", 0), SWEEP, ("pay_by_hand", 0), LOOK],
    *[("charge", session(0, failed=False)), ("refund_by_layer", 0, False), ("refund_by_layer", 0, True), SWEEP],
    *[("retry", 0), ("finish", 0, True), ("charge", session(1)), ("pay_by_hand", 0), ("revert_run", 0)],
    *[("charge", session(1500)), SWEEP, LOOK, ("pay_by_hand", 0), LOOK],
    # nobody to pay, then somebody again
    *[("charge", session(60)), ("open_or_delete", "a1"), SWEEP, LOOK, ("open_or_delete", "a1"), SWEEP, SWEEP_ALL],
    *[("charge", session(60, price=8)), SWEEP, ("waive", 0), LOOK, ("charge", session(60)), ("delete", 0), SWEEP],
    *[("charge", session(60)), ("close_or_reopen", "a1"), SWEEP, LOOK, ("close_or_reopen", "a1"), SWEEP_ALL, LOOK],
    # cut off, capped, disturbed
    *[("charge", session(60)), ("charge", session(60)), ("sweep_that_dies", 5), ("sweep_that_is_capped", 1)],
    *[("charge", session(60)), ("sweep_whose_commit_is_lost", 2, True), ("charge", session(60, failed=False))],
    *[("beat", 0), ("wait", 59), SWEEP, ("wait", 1), ("sweep_while_something_happens", 1, "finish", 0, True)],
    *[("sweep_while_something_happens", 2, "charge_again", 0, True), ("charge", session(60)), ("wait", 2880)],
    *[SWEEP, LOOK],
]


class Copies:
    """Databases of the app, one for each way that is tried, all of them copies of one that is installed."""

    def __init__(self, app: AppDatabase, server: Server) -> None:
        self._app, self._server = app, server
        self._template = app.connection.info.dbname
        self._numbers = count(1)
        app.connection.close()

    @contextmanager
    def copy(self) -> Iterator[AppDatabase]:
        """A fresh copy."""
        name = f"{self._template}_{next(self._numbers)}"
        self._server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
        url = self._server.url_of(name)
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                yield AppDatabase(url, self._app.config, connection)
        finally:
            self._server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(
    params=[
        pytest.param((16, "charged", {"fenced": False, "ledger": False}), id="pg16, alone", marks=pytest.mark.slow),
        pytest.param((18, "charged", {"fenced": True}), id="pg18, fence and ledger"),
        pytest.param((18, "wide", {"fenced": True, "wide": True}), id="pg18, all keys", marks=pytest.mark.slow),
    ]
)
def machine(
    request: pytest.FixtureRequest, servers: dict[int, Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Machine]]:
    """Makes machines: without the fence and the app's own ledger, with both, and with all that a file can say."""
    version, name, options = request.param
    monkeypatch.setattr(horizon, "SMALL_HISTORY", -1)  # a horizon from the first run on
    with servers[version].app(name, tmp_path) as app:
        app.append(LEDGER if name == "charged" and options.get("ledger", True) else "")
        assert app.sweeper("install", *(["--fence"] if options["fenced"] else []), now=None).exit_code == 0
        copies = Copies(app, servers[version])
        yield lambda: Machine(copies.copy(), **options)


@pytest.mark.slow
def test_whatever_happens_in_whatever_order_the_books_are_those_of_the_model(machine: Callable[[], Machine]) -> None:
    ways = settings(
        max_examples=int(SECONDS * EXAMPLES_A_SECOND) or EXAMPLES,
        stateful_step_count=STEPS,
        derandomize=not SECONDS,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=ways)


@pytest.mark.slow
def test_the_books_are_those_of_the_model_along_one_way_that_leads_by_every_rule(
    machine: Callable[[], Machine],
) -> None:
    """What chance comes by only in a long run: each limit from both sides, and each way back to a session."""
    walked = machine()
    try:
        for step, *arguments in WAY:
            if (step != "refund_by_app" or walked.has_ledger) and (step != "close_or_reopen" or walked.is_wide):
                getattr(walked, step)(*arguments)
                walked.nothing_else_is_true()
    finally:
        walked.teardown()
