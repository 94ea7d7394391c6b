"""What the tests of a failover share: an app, a layer, a gate that keeps a sweep in a batch, and the books after it."""

import json
import random
import subprocess
import threading
import time
from contextlib import suppress
from typing import Any

import psycopg

from tests.helpers.app_database import AppDatabase
from tests.helpers.cluster import Cluster
from tests.helpers.own_server import until
from tests.helpers.processes import wait_until
from tests.helpers.server import Server

# Beside a layer a sweep pauses after each batch for sixteen times as long as the batch took: more would take minutes.
ACCOUNTS, SESSIONS = 20, 240
BY_SWEEPER = "SELECT count(*) FROM sweeper.refunds WHERE layer = 'sweeper'"
IN_COMMIT = "application_name = 'sweeper run' AND wait_event = 'SyncRep'"
IN_BATCH = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sweeper run' AND wait_event = 'PgSleep'"
GATE = 42
CLOSE = f"SELECT pg_advisory_lock({GATE})"
CLOSED = f"SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = {GATE}"
HANGING = f"SELECT count(*) FROM pg_stat_activity WHERE {IN_COMMIT}"


def gate(app: AppDatabase) -> None:
    """Make each batch take a moment, and wait while the gate is closed: then it is known where the sweep is."""
    app.sql(
        "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); "
        f"WHILE EXISTS ({CLOSED}) LOOP PERFORM pg_sleep(0.01); END LOOP; RETURN NULL; END $$; "
        "CREATE TRIGGER gate AFTER INSERT ON sweeper.refunds FOR EACH STATEMENT EXECUTE FUNCTION gate()"
    )


def wait_for_refunds(app: AppDatabase, program: subprocess.Popen[str], count: int) -> None:
    """Wait until the sweep has refunded so many."""
    wait_until(lambda: app.value(BY_SWEEPER) >= count, program)


def close_gate(app: AppDatabase, program: subprocess.Popen[str], *, after: int) -> None:
    """Once so many are refunded, keep the sweep in the middle of a batch, before its commit."""
    wait_for_refunds(app, program, after)
    app.sql(CLOSE)
    wait_until(lambda: app.value(IN_BATCH), program)


def open_gate(app: AppDatabase) -> None:
    """Let the sweep go on."""
    app.sql(f"SELECT pg_advisory_unlock({GATE})")


def at_standby(app: AppDatabase, pair: Cluster) -> psycopg.Connection[Any]:
    """The same database on the standby; the connection outlives a promotion, and so does a gate that it closed."""
    assert pair.standby
    return psycopg.connect(Server(pair.standby.url).url_of(str(app.connection.info.dbname)), autocommit=True)


class Layer:
    """A worker's handler that refunds sessions at random, and remembers what was acknowledged."""

    def __init__(self, url: str) -> None:
        self.acknowledged: dict[str, int] = {}
        self.connections = 0
        self._url, self._over = url, threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        chance = random.Random()
        while not self._over.is_set():
            with (
                suppress(psycopg.OperationalError),
                psycopg.connect(self._url, connect_timeout=5) as connection,
            ):
                self.connections += 1
                while not self._over.is_set():
                    session = f"s{chance.randrange(SESSIONS)}"
                    query = "SELECT sweeper.refund(%s, 'workflow_failure', 'late', 'worker')"
                    ((amount,),) = connection.execute(query, [session]).fetchall()
                    connection.commit()
                    if amount:
                        self.acknowledged[session] = amount
                    time.sleep(0.08)  # it leaves enough to the sweep for two changes of the servers
            time.sleep(0.02)

    def __enter__(self) -> "Layer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def reported(log: str) -> list[str]:
    """The sessions that a run says it has refunded."""
    events = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [event["session_id"] for event in events if event["event"] == "prediction_session_credits_refunded"]


def assert_exact(app: AppDatabase) -> None:
    """Every session is refunded once, and closed, and every balance is what the ledger says."""
    assert app.sql("SELECT count(*), count(DISTINCT session_id) FROM sweeper.refunds") == [(SESSIONS, SESSIONS)]
    assert app.value("SELECT count(*) FROM prediction_sessions WHERE status <> 'error'") == 0
    assert app.sql(
        "SELECT u.id FROM users AS u WHERE credits - 1000 <> "
        "(SELECT coalesce(sum(amount), 0) FROM sweeper.refunds WHERE account_id = u.id) "
        "OR credits <> total_credits_earned - total_credits_spent"
    ) == []  # fmt: skip
    audited = app.sweeper("audit", "--format", "json", now=None)
    assert (audited.exit_code, audited.document["findings"]) == (0, []), audited.stdout


def assert_told_right(app: AppDatabase, document: dict[str, Any], log: str) -> None:
    """What a run reported is what the ledger of the new primary says of it."""
    of_run = dict(app.sql("SELECT session_id, amount FROM sweeper.refunds WHERE run_id = %s", document["run_id"]))
    assert set(reported(log)) <= set(of_run), "a refund that was reported is gone"
    assert document["refunds"]["sessions"] == len(of_run)
    assert document["refunds"]["credits"] == sum(of_run.values())
    assert app.sql("SELECT outcome, sessions FROM sweeper.runs WHERE run_id = %s", document["run_id"]) == [
        (document["outcome"], len(of_run))
    ]


def hang(app: AppDatabase, pair: Cluster, how: str) -> None:
    """Make the commit in hand, and every other, wait forever; it reaches the standby, or it does not."""
    assert pair.standby
    if how == "arrived":
        pair.standby.sql("SELECT pg_wal_replay_pause()")
    else:
        pair.cut()
    open_gate(app)
    until(lambda: app.value(HANGING), "a commit waits for the standby")
    if how == "arrived":
        written = app.value("SELECT pg_current_wal_lsn()")
        received = f"SELECT pg_last_wal_receive_lsn() >= '{written}'"
        until(lambda: pair.standby and pair.standby.sql(received), "the standby has the commit in its log")


def end_wait(app: AppDatabase, how: str) -> None:
    """Let the commit that waits be done on the primary alone, as an operator may; then the next waits."""
    done = len(app.refunds()) + 4
    app.sql(f"SELECT {how}(pid) FROM pg_stat_activity WHERE {IN_COMMIT}")

    def is_done() -> bool:
        # a batch that finds its sessions refunded has locked rows, and so it waits for the standby, too
        if len(app.refunds()) < done:
            app.sql(f"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE {IN_COMMIT}")
        return len(app.refunds()) == done

    until(is_done, "the commit is done on the primary")
    until(lambda: app.value(HANGING), "the next commit waits for the standby")
