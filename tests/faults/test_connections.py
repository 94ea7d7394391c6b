"""Logins that are refused, servers that restart, and servers that take no writes."""

import os
import signal
import socket
import sys
import threading
import time
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from psycopg import conninfo

from tests.helpers.app_database import AppDatabase
from tests.helpers.processes import end, running
from tests.helpers.statements import before

EVENT = '"event": "retrying"'
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name = 'sweeper run' AND datname = current_database()"
)


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
def test_a_refused_login_is_reported_at_once(first: AppDatabase, changes: dict[str, str], said: str) -> None:
    """Waiting does not fix it: an on-call engineer reads the reason, not ten retries."""
    if "password" in changes and not first.connection.info.password:
        pytest.skip("the given server asks for no password")
    if "sslmode" in changes and first.connection.pgconn.ssl_in_use:
        pytest.skip("the given server has TLS")
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


@pytest.mark.parametrize("statement", ["pay", "move_horizon"])
def test_a_run_that_lost_its_connection_leaves_the_horizon_to_the_next(first: AppDatabase, statement: str) -> None:
    """After a failover to a server that lags, an earlier batch may be missing: nothing may lie behind a horizon."""
    first.account()
    first.session("owed")
    with before(statement, lambda: first.sql(CUT)) as done:
        assert first.run().exit_code == 0
    assert done
    assert first.value("SELECT horizon FROM sweeper.settings") is None
    first.run()
    assert first.value("SELECT horizon FROM sweeper.settings") is not None


@pytest.mark.skipif(sys.platform != "linux", reason="the names of these options are Linux's")
@pytest.mark.parametrize(("given", "idle_seconds"), [({}, 15), ({"keepalives_idle": "200"}, 200)])
def test_a_server_that_vanishes_without_a_word_is_noticed(
    first: AppDatabase, given: dict[str, str], idle_seconds: int
) -> None:
    """A machine that fails closes no connection, and the kernel would wait two hours for its answer."""
    options: list[list[int]] = []
    connect = psycopg.connect

    def noting(**parameters: Any) -> psycopg.Connection[Any]:
        made = connect(**parameters)
        with socket.socket(fileno=os.dup(made.fileno())) as used:
            named = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
            options.append([used.getsockopt(socket.IPPROTO_TCP, name) for name in named])
            assert used.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        return made

    with patch.object(psycopg, "connect", noting):
        assert first.sweeper("run", SWEEPER_DATABASE_URL=url(first, **given)).exit_code == 0
    assert options == [[idle_seconds, 5, 3, 30_000]]


def test_a_connection_that_is_lost_after_a_long_wait_is_still_tried_again(first: AppDatabase) -> None:
    """A commit may have waited for a standby for minutes when the primary fails: the wait for a new one begins then."""
    first.account()
    first.session("owed")

    def wait_and_cut() -> None:
        time.sleep(0.6)
        first.sql(CUT)

    with patch("sweeper.postgres.retries.RETRY_SECONDS", 0.5), before("pay", wait_and_cut) as done:
        ran = first.run(now=None)
    assert done
    assert ran.exit_code == 0, ran.stderr
    assert (first.refunds(), first.credits()) == ({"owed": 3}, 103)


@pytest.mark.slow
def test_a_database_that_does_not_come_back_is_given_up(first: AppDatabase) -> None:
    """What is committed stands, and the next run goes on."""
    first.account()
    first.session("owed")
    begun = time.monotonic()

    def leave() -> None:
        alter(first, "CONNECTION LIMIT 0")
        first.sql(CUT)

    with patch("sweeper.postgres.retries.RETRY_SECONDS", 0.5), before("pay", leave):
        ran = first.sweeper("run", "--json", now=None, SWEEPER_DATABASE_URL=first.url_as("sweeper_runner"))
    alter(first, "CONNECTION LIMIT -1")
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "connection")
    assert time.monotonic() - begun < 20
    assert first.refunds() == {}


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


@pytest.mark.slow
@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_a_retry_is_waited_for_ends_the_run_at_once(
    first: AppDatabase, number: signal.Signals, exit_code: int
) -> None:
    """Nothing listens where the database was: one summary, and no wait to its end."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        first.url = url(first, port=str(taken.getsockname()[1]))
    with running(first) as program:
        time.sleep(2.5)  # by now the waits are seconds long
        assert program.poll() is None
        begun = time.monotonic()
        program.send_signal(number)
        code, document, log = end(program)
    assert (code, document["outcome"]) == (exit_code, "interrupted")
    assert time.monotonic() - begun < 2
    assert EVENT in log
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

    def demote() -> None:
        alter(first, "SET default_transaction_read_only = on")
        first.sql(CUT)
        lift.start()

    with before("pay", demote) as done:
        ran = first.run()
    lift.join()
    assert done
    assert ran.exit_code == 0, ran.stderr
    assert (first.refunds(), first.credits()) == ({"owed": 3}, 103)
