"""Everything at once: sweepers that are killed, layers, workers that wake up, and a server that crashes."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.first_app import fill
from tests.helpers.own_server import own_server, reconnect
from tests.helpers.paths import REPOSITORY
from tests.helpers.pooler import pooled

pytestmark = pytest.mark.slow
SECONDS = float(os.environ.get("SWEEPER_TEST_SECONDS", "5"))
ACCOUNTS, SWEEPERS = 30, 4
SESSIONS = int(400 * SECONDS)


class Storm:
    """The processes and threads of one storm."""

    def __init__(self, app: AppDatabase, url: str) -> None:
        self.app, self.url = app, url
        self.over = threading.Event()
        self.refunded: list[tuple[str, int]] = []
        self.deadlocks: list[str] = []
        self.done: dict[str, int] = {}

    def again(self, name: str, work: Callable[[random.Random, Any], object]) -> None:
        """Do ``work`` on a connection of its own until the storm is over; whatever the server says is survived."""
        chance = random.Random(name)
        while not self.over.is_set():
            with suppress(psycopg.OperationalError), self._connect() as connection:
                while not self.over.is_set():
                    try:
                        work(chance, connection)
                        self.done[name] = self.done.get(name, 0) + 1
                    except psycopg.errors.DeadlockDetected:
                        self.deadlocks.append(name)
                        connection.rollback()
                    except (psycopg.DataError, psycopg.IntegrityError):
                        connection.rollback()  # the fence, or a layer too late for a session that has finished
                    time.sleep(0.002)
            time.sleep(0.05)

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, connect_timeout=5, prepare_threshold=None)

    def sweep(self, chance: random.Random) -> None:
        """Sweeps one after another; most are killed somewhere."""
        while not self.over.is_set():
            environment = {**os.environ, **self.app.environment, "PYTHONPATH": str(REPOSITORY)}
            environment["SWEEPER_DATABASE_URL"] = self.url
            process = subprocess.Popen(
                [sys.executable, "-m", "sweeper", "run", "--batch-size", "5"],
                env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            if chance.random() < 0.8:
                time.sleep(chance.uniform(0.4, 1.0))
                process.kill()
            process.wait()
            self.done["sweep"] = self.done.get("sweep", 0) + 1

    def layer(self, name: str) -> Callable[[random.Random, Any], object]:
        """A handler that refunds in a transaction of its own, rolls some back, and may lock the account first."""

        def work(chance: random.Random, connection: Any) -> None:
            # one that takes the account first and one that takes the session first, over the same session, would wait
            # for each other with or without a sweep: each has its own
            of_queue = name == "queue"
            session = f"s{3 * chance.randrange(SESSIONS // 3) + (0 if of_queue else chance.choice((1, 2)))}"
            if of_queue:
                connection.execute(
                    "UPDATE users SET updated_at = now() AT TIME ZONE 'UTC' WHERE id = "
                    "(SELECT user_id FROM prediction_sessions WHERE id = %s)", [session],
                )  # fmt: skip
            query = "SELECT sweeper.refund(%s, 'workflow_failure', 'late', %s)"
            ((amount,),) = connection.execute(query, [session, name]).fetchall()
            if chance.random() < 0.3:
                connection.rollback()
                return
            connection.commit()
            if amount:
                self.refunded.append((session, amount))

        return work

    def wake(self, *, looks: bool) -> Callable[[random.Random, Any], object]:
        """A worker that wakes up and finishes its session, whether it looks at the status before or does not."""

        def work(chance: random.Random, connection: Any) -> None:
            session = f"s{2 * chance.randrange(SESSIONS // 2)}"  # those that say generating
            condition = "status = 'generating'" if looks else "status <> 'finished'"
            connection.execute(
                f"UPDATE prediction_sessions SET status = 'finished' WHERE id = %s AND {condition}", [session]
            )
            connection.commit()
            time.sleep(0.02)

        return work


def left_behind(url: str) -> list[str]:
    """What somebody left on the pooler's two server connections: settings, advisory locks, prepared statements."""
    by_pooler = "'application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings'"
    query = (
        f"SELECT name FROM pg_settings WHERE source = 'session' AND name NOT IN ({by_pooler}) "
        "UNION ALL SELECT 'advisory lock' FROM pg_locks WHERE locktype = 'advisory' "
        "UNION ALL SELECT name FROM pg_prepared_statements"
    )
    with (
        psycopg.connect(url, prepare_threshold=None) as one,
        psycopg.connect(url, prepare_threshold=None) as other,
    ):
        pids = {connection.execute("SELECT pg_backend_pid()").fetchone() for connection in (one, other)}
        assert len(pids) == 2, "both server connections are to be looked at"
        return [name for connection in (one, other) for (name,) in connection.execute(query).fetchall()]


@pytest.mark.parametrize("pooler", [False, True], ids=["direct", "pgbouncer"])
def test_whatever_happens_at_once_each_session_is_refunded_once_and_the_books_are_exact(
    tmp_path: Path, pooler: bool
) -> None:
    """Four sweepers, three layers and two workers, kills at random, a crash of the server; then one quiet run.

    Through PgBouncer in transaction mode all of them share two server connections, and leave nothing behind there.
    """
    with own_server() as (server, crash), server.app("first", tmp_path) as app, ExitStack() as stack:
        # what was committed must outlive the crash; the embedded server's own settings are for data that may be lost
        app.sql(f'ALTER DATABASE "{app.connection.info.dbname}" SET synchronous_commit = on')
        assert app.sweeper("install", "--fence", now=None).exit_code == 0
        fill(app, accounts=ACCOUNTS, sessions=SESSIONS)
        url = stack.enter_context(pooled(app, tmp_path, "transaction")) if pooler else app.url
        storm = Storm(app, url)
        threads = [threading.Thread(target=storm.sweep, args=[random.Random(n)]) for n in range(SWEEPERS)]
        work = {name: storm.layer(name) for name in ("worker", "queue", "retry")}
        work |= {"looks": storm.wake(looks=True), "does not look": storm.wake(looks=False)}
        threads += [threading.Thread(target=storm.again, args=item) for item in work.items()]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS / 2)
        crash()
        time.sleep(SECONDS / 2)
        storm.over.set()
        for thread in threads:
            thread.join(120)
        reconnect(app)
        with app.connection:
            last = app.sweeper("run", "--json", now=None, SWEEPER_DATABASE_URL=url)
            assert (last.exit_code, last.document["skipped"], last.document["remaining"]) == (0, 0, 0), last.stderr

            assert set(storm.done) == {*work, "sweep"}, "somebody did nothing"
            assert not pooler or left_behind(url) == []
            assert storm.deadlocks == []
            refunds = app.refunds()
            assert app.value("SELECT count(*) FROM sweeper.refunds") == len(refunds)
            assert set(storm.refunded) <= set(refunds.items()), "a refund that a layer committed is gone"
            by_status = dict(app.sql("SELECT id, status::text FROM prediction_sessions"))
            assert {session for session, status in by_status.items() if status != "finished"} == set(refunds)
            assert app.sql(
                "SELECT u.id FROM users AS u WHERE credits - 1000 <> "
                "(SELECT coalesce(sum(amount), 0) FROM sweeper.refunds WHERE account_id = u.id) "
                "OR credits <> total_credits_earned - total_credits_spent"
            ) == []  # fmt: skip
            audited = app.sweeper("audit", "--format", "json", now=None).document["findings"]
            assert [finding["code"] for finding in audited if finding["code"] not in ("held",)] == []
