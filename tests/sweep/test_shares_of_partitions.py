"""What a refund takes from the session's row, where the table has partitions and several of them have its id."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds
from tests.helpers.partitioned import by_month
from tests.helpers.server import Server

pytestmark = pytest.mark.every_version
LEDGER = """
[ledger]
table   = "lines"
session = "job"
[ledger.insert]
job    = "session_id"
amount = "amount"
step   = "s.step"
"""


@pytest.fixture(params=["shares", "lines"])
def app(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """Where shares, or the lines of the ledger, are read from the session's row."""
    with by_month(server, tmp_path) as app:
        app.sql("CREATE TABLE lines (job text NOT NULL, amount int NOT NULL, step text)")
        if request.param == "lines":
            app.append(LEDGER)
        else:
            app.configure('spent      = "total_credits_spent"', "")
            app.append('[accounts.add]\ncredits = "cardinality(s.selected_models)"\ntotal_credits_spent = "-amount"')
        assert app.sweeper("install").exit_code == 0
        yield app


@pytest.mark.parametrize("status", ["error", "finished"])
@pytest.mark.parametrize("since", ["2026-10-01 10:00", "2019-12-01 10:00"], ids=["since the floor", "before it"])
def test_an_id_of_several_sessions_is_on_hold_in_the_plan_too(app: AppDatabase, status: str, since: str) -> None:
    """A dry run ended with exit 1, and a run called it refused, when an older session had the id before the floor."""
    app.session("b", created="2026-11-23 09:00")
    app.session("a")
    app.session("a", status, models=1, created=since)
    planned, ran = app.run("--dry-run"), app.run()
    assert (planned.exit_code, ran.exit_code) == (0, 3), planned.stderr + ran.stderr
    assert planned.document["held"] == ran.document["held"] == 1
    assert holds(app) == {"a": ("ambiguous_id", None)}
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
    assert app.sql("SELECT credits FROM users WHERE id = 'u1'") == [(103,)]
