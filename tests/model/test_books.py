"""Everything that may happen to paid sessions, in any order, on real Postgres, against a model of the books.

``SWEEPER_TEST_SECONDS`` makes it go on for about so long, along ways that differ each time.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from sweeper import horizon
from tests.model.machine import Machine
from tests.support import AppDatabase, Server

SECONDS = float(os.environ.get("SWEEPER_TEST_SECONDS", "0"))
EXAMPLES, STEPS, EXAMPLES_A_SECOND = 5, 25, 0.5
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


@pytest.mark.parametrize(
    ("version", "fenced", "ledger"),
    [
        pytest.param(16, False, False, id="pg16, alone", marks=pytest.mark.xdist_group("server-16")),
        pytest.param(18, True, True, id="pg18, fence and ledger", marks=pytest.mark.xdist_group("server-18")),
    ],
)
def test_whatever_happens_in_whatever_order_the_books_are_those_of_the_model(
    servers: dict[int, Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: int,
    fenced: bool,
    ledger: bool,
) -> None:
    """One version without the fence and the app's own ledger, the other with both."""
    monkeypatch.setattr(horizon, "SMALL_HISTORY", -1)  # a horizon from the first run on
    ways = settings(
        max_examples=int(SECONDS * EXAMPLES_A_SECOND) or EXAMPLES,
        stateful_step_count=STEPS,
        derandomize=not SECONDS,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    server = servers[version]
    with server.app("charged", tmp_path) as app:
        app.append(LEDGER if ledger else "")
        assert app.sweeper("install", *(["--fence"] if fenced else []), now=None).exit_code == 0
        copies = Copies(app, server)
        run_state_machine_as_test(lambda: Machine(copies.copy(), fenced=fenced, ledger=ledger), settings=ways)
