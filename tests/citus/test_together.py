"""Two sweeps at once, the app beside them, and a node that loses its connections: the books are exact."""

import threading
import time
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from tests.helpers.app_database import AppDatabase
from tests.helpers.citus import Cluster
from tests.helpers.first_app import fill
from tests.helpers.own_server import reconnect
from tests.helpers.processes import start
from tests.helpers.tenants import ACCOUNTS, assert_paid, tenant

SESSIONS = 3000
CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'
"""


def sweeps(app: AppDatabase, count: int) -> list[int]:
    """The exit codes of several sweeps that run at once."""
    running = [start(app, "--max-refunds", "100000", "--batch-size", "200") for _ in range(count)]
    for process in running:
        process.communicate(timeout=120)
    return [process.returncode for process in running]


def test_two_sweeps_and_the_app(cluster: Cluster, tmp_path: Path) -> None:
    """The app charges and calls refund() meanwhile."""
    with tenant(cluster, tmp_path) as app:
        fill(app, accounts=ACCOUNTS, sessions=SESSIONS)
        stop, called = threading.Event(), list[str]()

        def play() -> None:
            with psycopg.connect(app.url, autocommit=True) as connection:
                for number in range(10**6):
                    if stop.is_set():
                        return
                    connection.execute("UPDATE tenant.users SET credits = credits + 1, total_credits_earned = "
                                       "total_credits_earned + 1 WHERE id = %s", (f"u{number % 20}",))  # fmt: skip
                    session = f"s{SESSIONS - 1 - number}"
                    connection.execute("SELECT tenant.refund(%s, 'app', 'x', 'app')", (session,))
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
        assert_paid(app, SESSIONS, others=len(called))
        assert app.value("SELECT count(*) FROM refunds WHERE layer = 'app'") > 0


def test_a_node_that_loses_its_connections_in_the_middle(cluster: Cluster, tmp_path: Path) -> None:
    with tenant(cluster, tmp_path) as app:
        fill(app, accounts=ACCOUNTS, sessions=SESSIONS)
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
        app.sql("SET search_path = tenant, public")
        process.communicate()
        assert cut > 0
        assert app.run("--full", "--max-refunds", "100000", now=None, role=None).exit_code == 0
        assert_paid(app, SESSIONS)
        app.connection.close()
