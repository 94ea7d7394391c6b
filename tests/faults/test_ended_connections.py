"""A trigger of the app that ends its own connection for one row: the others are paid; a server that goes is no row."""

import psycopg
import pytest

from sweeper.postgres.ended_connections import unless_ended
from sweeper.postgres.errors import StatementError
from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds
from tests.helpers.triggers import spoil

ENDS = "PERFORM pg_terminate_backend(pg_backend_pid());"


def crowd(app: AppDatabase) -> None:
    for number in range(7):
        app.account(f"u{number}")
        app.session(f"s{number}", account=f"u{number}")


@pytest.mark.slow
def test_a_row_that_ends_the_connection_is_held_and_the_others_are_paid(first: AppDatabase) -> None:
    crowd(first)
    spoil(first, "users", "UPDATE", f"IF new.id = 'u4' THEN {ENDS} END IF;")
    ran = first.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (3, 6), ran.stdout
    assert holds(first) == {"s4": ("refused", "57P01")}
    assert first.value("SELECT sum(credits) FROM users") == 7 * 100 + 6 * 3


@pytest.mark.slow
def test_nothing_is_put_on_hold_when_every_row_ends_the_connection(first: AppDatabase) -> None:
    crowd(first)
    spoil(first, "users", "UPDATE", ENDS)
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "connection")
    assert "57P01" in ran.document["error"]["message"]
    assert holds(first) == {}


@pytest.mark.parametrize(("starts", "fails_at"), [("aaa", 3), ("ababab", None), ("aabbcc", None), ("abbb", 4)])
def test_a_server_that_was_started_anew_ends_the_count(first: AppDatabase, starts: str, fails_at: int | None) -> None:
    """As in a failover, or with a server that goes down three times."""
    servers = iter(starts)

    def work() -> None:
        with first.connect() as connection:
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    attempt = unless_ended(work, lambda: next(servers))
    for number in range(1, len(starts) + 1):
        with pytest.raises(StatementError if number == fails_at else psycopg.errors.AdminShutdown):
            attempt()
