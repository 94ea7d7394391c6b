"""A standby that takes over in the middle of a sweep: nothing is lost, nothing is paid twice, and the sweep goes on."""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.failover import (
    ACCOUNTS,
    BY_SWEEPER,
    CLOSE,
    SESSIONS,
    Layer,
    assert_exact,
    assert_told_right,
    at_standby,
    close_gate,
    end_wait,
    gate,
    hang,
    reported,
    wait_for_refunds,
)
from tests.helpers.app_database import AppDatabase
from tests.helpers.cluster import Cluster, cluster
from tests.helpers.first_app import fill, owe
from tests.helpers.own_server import reconnect
from tests.helpers.processes import end, running
from tests.helpers.server import Server

pytestmark = pytest.mark.slow


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
        try:
            yield made
        finally:
            made.connection.close()  # the one after a failover
            pair.release()  # whatever stopped the test, its database can be dropped


@pytest.mark.parametrize("_again", range(ROUNDS))
def test_a_running_sweep_continues_on_the_new_primary(pair: Cluster, app: AppDatabase, _again: int) -> None:
    """Twice: the servers change places, as planned, and then the new primary fails.

    Exit 0, every session refunded once, and all that was acknowledged, to the sweep and to a layer, is there.
    """
    fill(app, accounts=ACCOUNTS, sessions=SESSIONS)
    gate(app)  # never closed: the moments are any
    with Layer(app.url) as layer, running(app, "--batch-size", "2") as program:
        for change in (pair.switch_over, pair.fail_over):
            pair.complete()
            wait_for_refunds(app, program, app.value(BY_SWEEPER) + random.randint(1, SESSIONS // 20))
            change()
            reconnect(app)
        code, document, log = end(program)
    assert (code, document["outcome"]) == (0, "complete"), log
    assert '"event": "retrying"' in log
    assert layer.connections > 2
    assert_told_right(app, document, log)
    assert len(reported(log)) == len(set(reported(log)))
    assert app.value("SELECT horizon FROM sweeper.settings") is None
    last = app.sweeper("run", "--json", now=None)  # what the layer had in its hands at the very end
    assert last.document["refunds"]["sessions"] <= document["skipped"]
    assert set(layer.acknowledged.items()) <= set(app.refunds().items())
    assert_exact(app)


@pytest.mark.parametrize(("how", "events"), [("arrived", 36), ("lost", 44)])
def test_a_commit_that_waits_for_a_standby_when_the_primary_fails_is_paid_once(
    pair: Cluster, app: AppDatabase, how: str, events: int
) -> None:
    """It reached the standby, or not: then somebody ended the waits of two before it, by either way that there is.

    What was acknowledged is told: not the batch that arrived without a word, and twice the one whose wait was
    canceled, which was lost after it was acknowledged.
    """
    app.sql(f'ALTER DATABASE "{app.connection.info.dbname}" SET synchronous_commit = remote_apply')
    reconnect(app)
    owe(app, 40)
    gate(app)
    with running(app, "--batch-size", "4") as program:
        close_gate(app, program, after=8)
        hang(app, pair, how)
        before = app.refunds()
        if how == "lost":
            end_wait(app, "pg_terminate_backend")
            end_wait(app, "pg_cancel_backend")
        with at_standby(app, pair) as there:
            there.execute(CLOSE)
            pair.fail_over()
            after = there.execute(BY_SWEEPER).fetchone()
        assert after == (len(before) + (4 if how == "arrived" else 0),)
        reconnect(app)
        code, document, log = end(program)
    assert (code, document["outcome"], document["remaining"]) == (0, "complete", 0), log
    assert_told_right(app, document, log)
    assert (len(app.refunds()), app.credits()) == (40, 180)
    assert len(reported(log)) == events


def test_what_the_new_primary_never_got_is_paid_there_by_the_same_run(pair: Cluster, app: AppDatabase) -> None:
    """Asynchronous replication loses what was acknowledged last: batches, and that the run began."""
    owe(app, 40)
    gate(app)
    pair.fall_behind()
    with running(app, "--batch-size", "4") as program:
        close_gate(app, program, after=20)
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
    """The primary is gone, the standby not promoted yet: the run ends soon, and the next run does the rest."""
    owe(app, 40)
    gate(app)
    with running(app, "--batch-size", "4") as program:
        close_gate(app, program, after=8)
        pair.primary.kill()
        time.sleep(0.5)
        assert program.poll() is None
        begun = time.monotonic()
        program.terminate()
        code, document, log = end(program)
    assert time.monotonic() - begun < 5
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
