"""What somebody deleted of a ledger that Citus has on several nodes."""

from pathlib import Path

from tests.helpers.app_database import AppDatabase
from tests.helpers.citus import Cluster
from tests.helpers.first_app import fill
from tests.helpers.sharded import ACCOUNTS
from tests.helpers.shards import by_account


def test_what_is_missing_from_the_ledger_is_found(cluster: Cluster, tmp_path: Path) -> None:
    """Of a run, and of what the app's layers had refunded before it; what may have been refunded is held then."""
    with by_account(cluster, tmp_path) as app:
        fill(app, accounts=ACCOUNTS, sessions=40)
        for number in range(4):
            app.sql("SELECT sweeper.refund(%s, 'x')", f"s{number}")
        # a run counts what was there a minute before it
        earlier = app.value("SELECT now() - interval '1 hour'")
        _without_triggers(app, "UPDATE sweeper.refunds SET created_at = %s", earlier)
        run_id = app.run(now=None, role=None).document["run_id"]
        told = app.value("SELECT told -> 'layer_refunds' ->> 'sessions' FROM sweeper.runs WHERE run_id = %s", run_id)
        assert told == "4"
        assert app.sweeper("audit", "--format", "json", now=None).exit_code == 0
        _without_triggers(app, "DELETE FROM sweeper.refunds WHERE session_id IN ('s1', 's20')")
        audited = app.sweeper("audit", "--format", "json", now=None)
        assert {one["code"]: one["count"] for one in audited.document["findings"]} == {"run_mismatch": 2, "held": 2}
        ran = app.run("--full", now=None, role=None)
        assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (3, 0), ran.stderr
        assert {why for (why,) in app.sql("SELECT why FROM sweeper.holds")} == {"refund_missing"}


def _without_triggers(app: AppDatabase, statement: str, *parameters: object) -> None:
    app.sql("SET citus.enable_unsafe_triggers = on")
    app.sql("ALTER TABLE sweeper.refunds DISABLE TRIGGER append_only")
    app.sql(statement, *parameters)
    app.sql("ALTER TABLE sweeper.refunds ENABLE ALWAYS TRIGGER append_only")
