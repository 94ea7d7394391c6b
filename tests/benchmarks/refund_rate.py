"""How fast a backlog is refunded, as a share of one bare SQL statement that does the same in the same database.

    python tests/benchmarks/refund_rate.py [--owed 40000] [--sessions 1000000] [--accounts 20000] [--rounds 3]

Both start from the same prepared database, in turn; the command is timed as a whole process. The server is the
embedded one with its settings for throw-away data.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import psycopg

sys.path.insert(0, str(Path(__file__).parents[2]))

from sweeper.demo.server import running

APPS = Path(__file__).parents[1] / "apps"

FILL = """
INSERT INTO users (id, credits, total_credits_earned, total_credits_spent)
SELECT 'user-' || n, 1000, 2000, 1000 FROM generate_series(1, {accounts}) AS n;
INSERT INTO prediction_sessions
SELECT 'session-' || n, 'user-' || ((hashint8(n) & 2147483647) % {accounts} + 1),
       (CASE WHEN n % {every} = 0 THEN 'error' ELSE 'finished' END)::session_status,
       NULL, ARRAY['a', 'b', 'c'], NULL, timestamp '2026-01-02' + n * interval '1 second', NULL
FROM generate_series(1, {sessions}) AS n;
"""

BARE = """
WITH owed AS (
    SELECT s.id, s.user_id, cardinality(s.selected_models) AS amount
    FROM prediction_sessions AS s
    WHERE s.status = 'error'
      AND s.created_at < timestamp '2027-01-01'
),
paid AS (
    INSERT INTO sweeper.refunds (refund_id, session_id, account_id, amount, reason, layer, run_id, created_at)
    SELECT gen_random_uuid(), id, user_id, amount, 'workflow_failure', 'sweeper', gen_random_uuid(), now()
    FROM owed
    RETURNING account_id, amount
)
UPDATE users AS u
SET credits = u.credits + p.amount, total_credits_spent = u.total_credits_spent - p.amount, updated_at = now()
FROM (SELECT account_id, sum(amount) AS amount FROM paid GROUP BY account_id) AS p
WHERE u.id = p.account_id
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--owed", type=int, default=40_000)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with running(18) as server, tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "sweeper.toml"
        text = (APPS / "first.toml").read_text().replace("[policy]", "[policy]\nmax_refunds = 100000000")
        config.write_text(text)
        prepare(server.url, config, options)
        rates: dict[str, list[float]] = {"bare": [], "sweeper": []}
        for _ in range(options.rounds):
            rates["bare"].append(options.owed / on_clone(server.url, lambda url: bare(url, options.owed)))
            rates["sweeper"].append(options.owed / on_clone(server.url, lambda url: swept(url, config, options.owed)))
    for name, values in rates.items():
        print(f"{name:8} {median(values):10,.0f} refunds/s   {', '.join(f'{value:,.0f}' for value in values)}")
    print(f"ratio    {median(rates['sweeper']) / median(rates['bare']):10.2f}")


def environment(url: str, config: Path) -> dict[str, str]:
    """How the command finds the database."""
    return {**os.environ, "SWEEPER_DATABASE_URL": url, "SWEEPER_CONFIG": str(config)}


def url_of(server: str, database: str) -> str:
    """The URL of another database of the server."""
    return server.rsplit("/", 1)[0] + "/" + database


def prepare(server: str, config: Path, options: argparse.Namespace) -> None:
    """Make the database that both start from."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE prepared")
    with psycopg.connect(url_of(server, "prepared"), autocommit=True) as connection:
        connection.execute((APPS / "first.sql").read_text())  # type: ignore[call-overload]
        values = vars(options) | {"every": options.sessions // options.owed}
        connection.execute(FILL.format(**values))  # type: ignore[call-overload]
        subprocess.run(
            [sys.executable, "-m", "sweeper", "install"],
            env=environment(url_of(server, "prepared"), config),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        connection.execute("VACUUM ANALYZE")


def on_clone(server, work):  # type: ignore[no-untyped-def]
    """Do ``work`` on a copy of the prepared database; seconds."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE round TEMPLATE prepared")
        connection.execute("CHECKPOINT")
        try:
            return work(url_of(server, "round"))
        finally:
            connection.execute("DROP DATABASE round WITH (FORCE)")


def bare(url: str, owed: int) -> float:
    """The limit: everything in one statement that looks at nothing twice, not even at what was refunded before."""
    with psycopg.connect(url, autocommit=True) as connection:
        begun = time.perf_counter()
        connection.execute(BARE)
        seconds = time.perf_counter() - begun
        check(connection, owed)
    return seconds


def swept(url: str, config: Path, owed: int) -> float:
    """The whole process of ``sweeper run``."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        subprocess.run(
            [sys.executable, "-m", "sweeper", "run"], env=environment(url, config), stdout=log, stderr=log, check=True
        )
    seconds = time.perf_counter() - begun
    with psycopg.connect(url, autocommit=True) as connection:
        check(connection, owed)
    return seconds


def check(connection: psycopg.Connection[tuple[int, int]], owed: int) -> None:
    """A rate counts only when the books are right."""
    row = connection.execute("SELECT count(*), (SELECT sum(credits - 1000) FROM users) FROM sweeper.refunds").fetchone()
    if row != (owed, 3 * owed):
        raise SystemExit(f"the books are wrong: {row}")


if __name__ == "__main__":
    main()
