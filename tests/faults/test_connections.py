"""Logins that are refused, servers that restart, and servers that take no writes."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo

from tests.cli.test_signals import end, running, wait_until
from tests.cluster import Cluster, reconnect
from tests.concurrency.test_batch import before
from tests.support import AppDatabase

EVENT = '"event": "retrying"'


@pytest.fixture
def app(cluster: Cluster, tmp_path: Path) -> Iterator[AppDatabase]:
    """The first app with one account, on a server of its own."""
    with cluster.app("first", tmp_path) as database:
        database.account()
        yield database


def url(database: AppDatabase, **changes: str) -> str:
    return conninfo.make_conninfo(**{**conninfo.conninfo_to_dict(database.url), **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "wrong"}, "the password was refused"),
        ({"password": ""}, "the password was refused or is missing"),
        ({"dbname": "no_such"}, "the database does not exist"),
        ({"user": "barred", "password": "x"}, "may not log in"),
        ({"sslmode": "require"}, "TLS could not be agreed on"),
    ],
)
def test_a_refused_login_is_told_at_once(first: AppDatabase, changes: dict[str, str], said: str) -> None:
    """Waiting does not mend it: an on-call engineer reads the reason, not ten retries."""
    if "user" in changes:
        first.sql("DROP ROLE IF EXISTS barred; CREATE ROLE barred NOLOGIN PASSWORD 'x'")
    ran = first.sweeper("run", SWEEPER_DATABASE_URL=url(first, **changes))
    assert ran.exit_code == 1
    assert said in ran.stderr
    assert EVENT not in ran.stderr
    assert "internal" not in ran.stderr


def test_a_database_without_a_free_connection_is_waited_for(first: AppDatabase) -> None:
    first.account()
    first.session("owed")
    name = first.value("SELECT current_database()")
    first.sql(f'ALTER DATABASE "{name}" CONNECTION LIMIT 1')
    lift = threading.Timer(0.3, lambda: first.sql(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1'))
    lift.start()
    ran = first.run()
    lift.join()
    assert ran.exit_code == 0
    assert EVENT in ran.stderr
    assert first.refunds() == {"owed": 3}


RESTARTS: list[tuple[str, Callable[[Cluster], None]]] = [("stop", Cluster.stop), ("crash", Cluster.crash)]


@pytest.mark.parametrize("how", [how for _, how in RESTARTS], ids=[name for name, _ in RESTARTS])
@pytest.mark.parametrize("moment", ["Writes down that a run begins", "find", "pay", "Writes down how a run ended"])
def test_a_run_outlives_a_restart_of_the_server(
    cluster: Cluster, app: AppDatabase, moment: str, how: Callable[[Cluster], None]
) -> None:
    """Whatever it is about to do: it connects again, and goes on where the books say it was."""
    for number in range(4):
        app.session(f"s{number}")
    starting = threading.Timer(0.5, cluster.start)

    def restart() -> None:
        how(cluster)
        starting.start()

    with before(moment, restart) as done:
        ran = app.run("--batch-size", "3")
    starting.join()
    reconnect(app)
    assert done
    assert ran.exit_code == 0, ran.stderr
    assert EVENT in ran.stderr
    assert ran.document["refunds"] == {"sessions": 4, "credits": 12, "accounts": 1}
    assert (len(app.refunds()), app.credits()) == (4, 112)
    assert app.sql("SELECT outcome, sessions, ended_at IS NULL FROM sweeper.runs") == [("complete", 4, False)]


def test_a_run_that_lost_its_connection_leaves_the_horizon_to_the_next(first: AppDatabase) -> None:
    """After a failover to a server that lags, an earlier batch may be missing: nothing may lie behind a horizon."""
    first.account()
    first.session("owed")
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'sweeper run' AND datname = current_database()"
    )
    with before("pay", lambda: first.sql(cut)):
        assert first.run().exit_code == 0
    assert first.value("SELECT horizon FROM sweeper.settings") is None
    first.run()
    assert first.value("SELECT horizon FROM sweeper.settings") is not None


def test_a_run_that_begins_while_the_server_restarts_waits_for_it(cluster: Cluster, app: AppDatabase) -> None:
    app.session("owed")
    cluster.crash()
    starting = threading.Timer(0.7, cluster.start)
    starting.start()
    ran = app.run()
    starting.join()
    reconnect(app)
    assert ran.exit_code == 0, ran.stderr
    assert app.refunds() == {"owed": 3}


def test_a_signal_while_a_retry_waits_ends_the_run_at_once(cluster: Cluster, app: AppDatabase) -> None:
    """The server is gone, so nothing can be summed up: the exit code still says what happened."""
    for number in range(2000):
        app.session(f"s{number}", models=1)
    with running(app, "--batch-size", "1") as program:
        wait_until(lambda: app.value("SELECT count(*) FROM sweeper.refunds") >= 5, program)
        cluster.crash()
        try:
            time.sleep(0.7)
            assert program.poll() is None
            begun = time.monotonic()
            program.terminate()
            code, document, log = end(program)
            took = time.monotonic() - begun
        finally:
            cluster.start()
    reconnect(app)
    assert (code, document["outcome"]) == (143, "interrupted")
    assert took < 5
    assert EVENT in log
    assert "Traceback" not in log
    assert app.credits() == 100 + len(app.refunds())
    assert app.run().exit_code == 0
    assert app.credits() == 2100


def test_a_signal_while_connecting_ends_the_run_at_once(first: AppDatabase) -> None:
    """A host that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(20)
        port = str(silent.getsockname()[1])
        first.url = url(first, port=port)
        with running(first) as program:
            taken, _ = silent.accept()
            begun = time.monotonic()
            program.terminate()
            code, document, log = end(program)
            taken.close()
    assert (code, document["outcome"]) == (143, "interrupted")
    assert time.monotonic() - begun < 5
    assert "Traceback" not in log


def alter(database: AppDatabase, setting: str) -> None:
    with psycopg.connect(database.url, autocommit=True, options="-c default_transaction_read_only=off") as connection:
        name = database.connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" {setting}')  # type: ignore[call-overload]


def test_a_server_that_takes_no_writes_is_a_clear_failure(first: AppDatabase) -> None:
    """The operator's word, or the provider's when a disk is nearly full, is not overruled."""
    first.account()
    first.session("owed")
    alter(first, "SET default_transaction_read_only = on")
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "read_only")
    assert "takes no writes" in ran.stderr
    assert first.run("--dry-run").document["refunds"]["sessions"] == 1
    assert (first.refunds(), first.credits()) == ({}, 100)


def test_a_server_that_takes_no_writes_for_a_while_is_waited_for(first: AppDatabase) -> None:
    """As after a failover, when a name still leads to the old primary, or to one that is not promoted yet."""
    first.account()
    first.session("owed")
    lift = threading.Timer(0.4, alter, [first, "RESET default_transaction_read_only"])
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'sweeper run' AND datname = current_database()"
    )

    def demote() -> None:
        alter(first, "SET default_transaction_read_only = on")
        first.sql(cut)
        lift.start()

    with before("pay", demote) as done:
        ran = first.run()
    lift.join()
    assert done
    assert ran.exit_code == 0, ran.stderr
    assert (first.refunds(), first.credits()) == ({"owed": 3}, 103)
