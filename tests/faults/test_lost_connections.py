"""The connection is lost at any moment of a command: it goes on by itself, or says so; it never calls it a bug."""

from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import command
from tests.helpers.proxy import cutting
from tests.helpers.server import Server

CUTS_AT_MOST = 60
FILL = """
INSERT INTO accounts (id, credits, bought, spent) VALUES ('a1', 91, 100, 9);
INSERT INTO sessions (id, account_id, charge_id, price, status, cancelled, started_at, beat_at, failed_at)
SELECT 's' || n, 'a1', 'c1', 3, 'failed', false, at, at, at
FROM generate_series(1, 3) AS n, (SELECT timestamptz '2101-01-01' AS at) AS moment;
INSERT INTO entries (account_id, session_id, charge_id, kind, amount, balance_after)
SELECT 'a1', 's' || n, 'c1', 'charge', -3, 100 - 3 * n FROM generate_series(1, 3) AS n;
"""
WHY = ("--reason", "why", "--yes")
READING = [
    ("check",),
    ("audit", "--format", "json"),
    ("run", "--dry-run"),
    ("explain", "s1"),
    ("explain", "--account", "a1"),
    ("history",),
    ("history", "RUN"),
    ("sql", "pay"),
]
WRITING = [
    ("run", "--session", "s1", "--session", "s2", "--session", "s3"),
    ("revert", "--session", "s1", *WHY),
    ("revert", "--run", "RUN", *WHY),
    ("adopt", "--session", "s2", *WHY),
    ("adopt", "--where", "true", *WHY),
]


def cut(app: AppDatabase, *arguments: str, number: int) -> bool:
    """Lose the connection at one of the command's commits; whether it had so many."""
    with cutting(app, number, done=False) as (proxy, url):
        ran = command(*arguments, environment={**app.environment, "SWEEPER_DATABASE_URL": url}, now=None)
    assert "internal" not in ran.stdout + ran.stderr, (number, ran.stderr)
    if arguments[0] == "history" and ran.exit_code:  # what it has printed cannot be taken back
        assert (ran.exit_code, "the connection was lost" in ran.stderr) == (1, True)
    else:
        assert ran.exit_code in (0, 5), (number, ran.stderr)
    return proxy.cut


def paid(app: AppDatabase) -> str:
    """Fill the app, and pay one of its sessions; the run's id."""
    app.sql(FILL)
    document = app.sweeper("run", "--json", "--session", "s1", now=None).document
    assert document["refunds"]["sessions"] == 1
    return str(document["run_id"])


@pytest.mark.slow
@pytest.mark.parametrize("arguments", READING, ids=lambda words: " ".join(words))
def test_a_command_that_reads(servers: dict[int, Server], tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with servers[18].app("wide", tmp_path) as app:
        words = [paid(app) if word == "RUN" else word for word in arguments]
        if "RUN" not in arguments:
            paid(app)
        # a check begins anew, which takes it a second: not every one of its many transactions
        numbers = range(1, CUTS_AT_MOST, 7 if arguments == ("check",) else 1)
        assert next(number for number in numbers if not cut(app, *words, number=number)) > 2


@pytest.mark.slow
@pytest.mark.parametrize("arguments", WRITING, ids=lambda words: " ".join(words[:2]))
def test_a_command_that_writes(servers: dict[int, Server], tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The credits are right whenever it was: each session is paid once, or what was asked for is done once."""
    for number in range(1, CUTS_AT_MOST):
        with servers[18].app("wide", tmp_path) as app:
            if arguments[0] == "run":
                app.sql(FILL)  # nothing is paid yet: the rehearsal comes first
                run_id = ""
            else:
                run_id = paid(app)
            was_cut = cut(app, *(run_id if word == "RUN" else word for word in arguments), number=number)
            credits = {"run": 100, "revert": 91, "adopt": 94}[arguments[0]]
            assert app.value("SELECT credits + bonus FROM accounts") == credits, number
        if not was_cut:
            break
    assert 2 < number < CUTS_AT_MOST - 1
