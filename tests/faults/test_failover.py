"""A standby that takes over in the middle of a sweep: nothing is lost, nothing is paid twice, and the sweep goes on."""

import json
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.test_signals import end, owe, running, sleep_in_each_batch, wait_until
from tests.servers import Cluster, cluster, reconnect, until
from tests.support import AppDatabase, Server

pytestmark = pytest.mark.xdist_group("failover")

ACCOUNTS, SESSIONS = 20, 500
BY_SWEEPER = "SELECT count(*) FROM sweeper.refunds WHERE layer = 'sweeper'"
IN_COMMIT = "application_name = 'sweeper run' AND wait_event = 'SyncRep'"
HANGING = f"SELECT count(*) FROM pg_stat_activity WHERE {IN_COMMIT}"
ROUNDS = max(1, int(float(os.environ.get("SWEEPER_TEST_SECONDS", "5")) / 5))


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """The servers of this module; each test leaves them with a primary."""
    with cluster() as made:
        yield made


@pytest.fixture
def pair(own_cluster: Cluster) -> Cluster:
    """A primary and a standby without which it acknowledges nothing."""
    own_cluster.complete()
    return own_cluster


@pytest.fixture
def app(pair: Cluster, tmp_path: Path) -> Iterator[AppDatabase]:
    """The first app, by a URL that names both servers and leads to the one that takes writes."""
    with pair.server.app("first", tmp_path) as made:
        yield made
        made.connection.close()  # the one after a failover


def fill(app: AppDatabase) -> None:
    """Accounts with 1000 credits; sessions that failed and others that have been generating for hours."""
    app.sql("INSERT INTO users SELECT 'u' || n, 1000, 2000, 1000 FROM generate_series(0, %s) AS n", ACCOUNTS - 1)
    app.sql(
        "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) "
        "SELECT 's' || n, 'u' || n %% %s, (ARRAY['generating', 'error'])[n %% 2 + 1]::session_status, "
        "ARRAY['a', 'b', 'c'], (now() AT TIME ZONE 'UTC') - interval '1 day' + n * interval '1 second' "
        "FROM generate_series(0, %s) AS n",
        ACCOUNTS,
        SESSIONS - 1,
    )


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
                    time.sleep(0.005)
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


@pytest.mark.parametrize("_again", range(ROUNDS))
@pytest.mark.parametrize("how", ["fail_over", "switch_over"])
def test_a_sweep_in_flight_goes_on_by_itself_at_the_new_primary(
    pair: Cluster, app: AppDatabase, how: str, _again: int
) -> None:
    """Exit 0, every session refunded once, and all that was acknowledged, to the sweep and to a layer, is there."""
    fill(app)
    enough = random.randint(1, SESSIONS // 3)
    with Layer(app.url) as layer, running(app, "--batch-size", "2") as program:
        wait_until(lambda: app.value(BY_SWEEPER) >= enough, program)
        getattr(pair, how)()
        code, document, log = end(program)
    reconnect(app)
    assert (code, document["outcome"]) == (0, "complete"), log
    assert '"event": "retrying"' in log
    assert layer.connections > 1
    assert_told_right(app, document, log)
    assert app.value("SELECT horizon FROM sweeper.settings") is None
    last = app.sweeper("run", "--json", now=None)  # what the layer had in its hands at the very end
    assert last.document["refunds"]["sessions"] <= document["skipped"]
    assert set(layer.acknowledged.items()) <= set(app.refunds().items())
    assert_exact(app)


def hang(app: AppDatabase, pair: Cluster, how: str) -> None:
    """Make the commit in hand, and every other, wait for ever."""
    if how == "arrived":
        assert pair.standby
        pair.standby.sql("SELECT pg_wal_replay_pause()")
    else:
        pair.cut()
    until(lambda: app.value(HANGING), "a commit waits for the standby")


@pytest.mark.parametrize("how", ["lost", "arrived", "pg_terminate_backend", "pg_cancel_backend"])
def test_a_commit_that_waits_for_a_standby_when_the_primary_fails_is_paid_once(
    pair: Cluster, app: AppDatabase, how: str
) -> None:
    """It may have reached the standby or not; somebody may have ended the wait, and it is done on the primary only."""
    app.sql(f'ALTER DATABASE "{app.connection.info.dbname}" SET synchronous_commit = remote_apply')
    reconnect(app)
    owe(app, 40)
    sleep_in_each_batch(app, 0.03)
    with running(app, "--batch-size", "4") as program:
        wait_until(lambda: app.value(BY_SWEEPER) >= 8, program)
        hang(app, pair, how)
        before = app.refunds()
        if how.startswith("pg_"):
            app.sql(f"SELECT {how}(pid) FROM pg_stat_activity WHERE {IN_COMMIT}")
            until(lambda: len(app.refunds()) > len(before), "the commit is done on the primary")
            until(lambda: app.value(HANGING), "the next commit waits for the standby")
        pair.fail_over()
        reconnect(app)
        after = app.refunds()
        assert len(after) - len(before) == (4 if how == "arrived" else 0)
        code, document, log = end(program)
    assert (code, document["outcome"], document["remaining"]) == (0, "complete", 0), log
    assert_told_right(app, document, log)
    assert (len(app.refunds()), app.credits()) == (40, 180)


@pytest.mark.parametrize("behind_from", [0, 8], ids=["before the run", "in the middle"])
def test_what_the_new_primary_never_got_is_paid_there_by_the_same_run(
    pair: Cluster, app: AppDatabase, behind_from: int
) -> None:
    """Asynchronous replication loses what was acknowledged last: batches, and that the run began."""
    owe(app, 40)
    sleep_in_each_batch(app, 0.03)
    if not behind_from:
        pair.fall_behind()
    with running(app, "--batch-size", "4") as program:
        wait_until(lambda: app.value(BY_SWEEPER) >= behind_from, program)
        if behind_from:
            pair.fall_behind()
        wait_until(lambda: app.value(BY_SWEEPER) >= 20, program)
        pair.fail_over()
        reconnect(app)
        code, document, log = end(program)
    told = reported(log)
    assert (code, document["outcome"], document["remaining"]) == (0, "complete", 0), log
    assert_told_right(app, document, log)
    assert (len(app.refunds()), app.credits()) == (40, 180)
    assert len(told) > len(set(told)) == 40, "nothing that was acknowledged was lost"
    assert app.value("SELECT horizon FROM sweeper.settings") is None


def test_a_signal_while_no_server_takes_writes_ends_the_sweep_at_once(pair: Cluster, app: AppDatabase) -> None:
    """The primary is gone, the standby not promoted yet: nobody is kept waiting, and the next run does the rest."""
    owe(app, 40)
    sleep_in_each_batch(app, 0.03)
    with running(app, "--batch-size", "4") as program:
        wait_until(lambda: app.value(BY_SWEEPER) >= 8, program)
        pair.primary.kill()
        time.sleep(1.5)
        assert program.poll() is None
        begun = time.monotonic()
        program.terminate()
        code, document, log = end(program)
    assert time.monotonic() - begun < 3
    assert (code, document["outcome"]) == (143, "interrupted")
    assert '"event": "retrying"' in log
    assert "Traceback" not in log
    pair.promote()
    reconnect(app)
    done = app.refunds()
    assert set(reported(log)) <= set(done)
    assert 8 <= len(done) < 40
    assert app.credits() == 100 + 2 * len(done)
    assert app.sweeper("run", "--json", now=None).document["refunds"]["sessions"] == 40 - len(done)
    assert app.credits() == 180


def test_of_two_servers_a_run_finds_the_primary_and_on_the_standby_alone_it_says_so(
    pair: Cluster, app: AppDatabase
) -> None:
    """What only reads works on the standby as well, by a role that may do no more."""
    assert pair.standby
    app.sql("SET synchronous_commit = remote_apply")  # what follows is to be seen there
    owe(app, 3)
    name = app.connection.info.dbname
    app.url = Server(pair.standby.url).url_of(name)
    ran = app.sweeper("run", "--json", now=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "standby")
    assert "name the primary" in ran.stderr
    reader = app.url_as("sweeper_auditor")
    planned = app.sweeper("run", "--dry-run", "--json", now=None, SWEEPER_DATABASE_URL=reader)
    assert (planned.exit_code, planned.document["refunds"]["sessions"]) == (0, 3), planned.stderr
    audited = app.sweeper("audit", "--format", "json", now=None, SWEEPER_DATABASE_URL=reader)
    assert audited.document["position"]["owed"]["sessions"] == 3
    explained = app.sweeper("explain", "s1", "--json", now=None, SWEEPER_DATABASE_URL=reader)
    assert explained.document["verdict"] == "owed"
    app.url = Server(pair.url(pair.standby, pair.primary)).url_of(name)
    ran = app.sweeper("run", "--json", now=None)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 3), ran.stderr
