"""Two sweeps at once, the app beside them, and a node that loses its connections: the books are exact."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.helpers import sharded, shards, tenants
from tests.helpers.app_database import AppDatabase
from tests.helpers.citus import Cluster
from tests.helpers.first_app import fill
from tests.helpers.own_server import reconnect
from tests.helpers.processes import start

SESSIONS = 3000
CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'
"""


@dataclass(frozen=True)
class Sharding:
    """How the app is distributed: its database, the proof that all was paid, and where its tables and refund() are."""

    database: Callable[[Cluster, Path], AbstractContextManager[AppDatabase]]
    assert_paid: Callable[..., None]
    tables: str
    refund: str


SHARDINGS = {
    "by schema": Sharding(tenants.tenant, tenants.assert_paid, "tenant", "tenant.refund(%s, 'app', 'x', 'app')"),
    "by account": Sharding(shards.by_account, shards.assert_paid, "public", "sweeper.refund(%s, 'app', 'x', 'app')"),
}
each_sharding = pytest.mark.parametrize("sharding", SHARDINGS.values(), ids=SHARDINGS)


def sweeps(app: AppDatabase, count: int) -> list[int]:
    """The exit codes of several sweeps that run at once."""
    running = [start(app, "--max-refunds", "100000", "--batch-size", "200") for _ in range(count)]
    for process in running:
        process.communicate(timeout=120)
    return [process.returncode for process in running]


@each_sharding
def test_two_sweeps_and_the_app(cluster: Cluster, tmp_path: Path, sharding: Sharding) -> None:
    """The app charges and calls refund() meanwhile."""
    with sharding.database(cluster, tmp_path) as app:
        fill(app, accounts=sharded.ACCOUNTS, sessions=SESSIONS)
        stop, called = threading.Event(), list[str]()
        more = "credits = credits + 1, total_credits_earned = total_credits_earned + 1"
        charge = f"UPDATE {sharding.tables}.users SET {more} WHERE id = %s"

        def play() -> None:
            with psycopg.connect(app.url, autocommit=True) as connection:
                for number in range(10**6):
                    if stop.is_set():
                        return
                    connection.execute(charge, (f"u{number % 20}",))
                    session = f"s{SESSIONS - 1 - number}"
                    connection.execute(f"SELECT {sharding.refund}", (session,))
                    called.append(session)

        thread = threading.Thread(target=play)
        thread.start()
        try:
            codes = sweeps(app, 2)
        finally:
            stop.set()
            thread.join()
        assert codes == [0, 0]
        assert app.run("--full", "--max-refunds", "100000", now=None, role=None).exit_code == 0
        sharding.assert_paid(app, SESSIONS, others=len(called))
        refunds = sharding.refund.partition(".")[0] + ".refunds"
        assert app.value(f"SELECT count(*) FROM {refunds} WHERE layer = 'app'") > 0


@each_sharding
def test_a_node_that_loses_its_connections_in_the_middle(cluster: Cluster, tmp_path: Path, sharding: Sharding) -> None:
    with sharding.database(cluster, tmp_path) as app:
        fill(app, accounts=sharded.ACCOUNTS, sessions=SESSIONS)
        database, cut = app.value("SELECT current_database()"), 0
        process = start(app, "--max-refunds", "100000", "--batch-size", "100")
        while process.poll() is None:
            time.sleep(0.7)
            for host, port in cluster.workers:
                with psycopg.connect(make_conninfo(cluster.url, host=host, port=port), autocommit=True) as connection:
                    row = connection.execute(CUT, (database,)).fetchone()
                    assert row
                    cut += row[0]
        reconnect(app)
        app.sql(f"SET search_path = {sharding.tables}, public, sweeper")
        process.communicate()
        assert cut > 0
        # what a node had prepared when it was cut off Citus ends within a minute by itself
        app.value("SELECT recover_prepared_transactions()")
        assert app.run("--full", "--max-refunds", "100000", now=None, role=None).exit_code == 0
        sharding.assert_paid(app, SESSIONS)
        app.connection.close()
