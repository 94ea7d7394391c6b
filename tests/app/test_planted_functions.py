"""What somebody plants in the app's schemas to fit our statements better than the server's own is never called.

The planted functions and operators do what those of pg_catalog do, and say a WARNING each time: a call shows, in
whatever transaction, and the command goes on.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.planted import FILE, LEDGER, TABLES, planted
from tests.helpers.server import Server


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What was planted and called on any connection of the program or of the test."""
    found: set[str] = set()
    connect = psycopg.connect

    def watched(*arguments: Any, **options: Any) -> psycopg.Connection[Any]:
        connection = connect(*arguments, **options)
        connection.add_notice_handler(lambda notice: found.add(notice.message_primary or ""))
        return connection

    monkeypatch.setattr(psycopg, "connect", watched)
    return found


@pytest.fixture(params=["own ledger", "the app's ledger"])
def app(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """An app with the types that pg_catalog compares as others, after somebody was at work in its schema."""
    with server.blank(tmp_path, TABLES) as database:
        ledger = request.param != "own ledger"
        database.config.write_text(
            FILE.format(attempt='attempt = "charge"' if ledger else "", ledger=LEDGER if ledger else "")
        )
        # by the owner of the tables: a role that gains rights by it, check and run refuse by its name
        database.sql("\n".join(planted()))
        yield database


def shown(calls: set[str]) -> list[str]:
    """Each planted thing that was called, with the first lines of the statement that did."""
    return sorted(call[:300] for call in calls if call.startswith("planted: "))


def everything(app: AppDatabase) -> list[str]:
    """Each command that reads or writes, and what the app's own layers call; what failed."""
    failed = []

    def do(*arguments: str, **environment: str) -> None:
        ran = app.sweeper(*arguments, **environment)
        if ran.exit_code not in (0, 3, 5):
            failed.append(f"{arguments}: {ran.stdout}{ran.stderr}")

    do("install", "--fence")
    do("install")
    do("install", "--print")
    do("check")
    do("adopt", "--where", "refunded_by_app", "--reason", "by the app", "--yes")
    do("run", "--dry-run")
    with app.connect(autocommit=True) as layer:
        try:
            layer.execute("SELECT sweeper.refund('j3', 'x', NULL, 'worker')")
        except psycopg.Error as error:
            failed.append(f"refund(): {error}")
        for session_id in ("j2", "none"):  # it succeeded, and there is none: what the message is put together with
            with suppress(psycopg.errors.InvalidParameterValue, psycopg.errors.NoDataFound):
                layer.execute("SELECT sweeper.refund(%s, 'x', NULL, 'worker')", (session_id,))
    do("run", SWEEPER_DATABASE_URL=app.url_as("sweeper_runner"))
    do("run", "--full")
    with app.connect(autocommit=True) as worker, suppress(psycopg.errors.RestrictViolation):
        worker.execute("UPDATE jobs SET status = 'done' WHERE id::text OPERATOR(pg_catalog.=) 'j3'::text")
        failed.append("the fence let a refunded session finish")
    for format_ in ("table", "json", "csv", "html"):
        do("audit", "--format", format_)
    do("explain", "j3")
    do("explain", "--account", "u1")
    do("history")
    for (run_id,) in app.sql("SELECT run_id::text FROM sweeper.runs"):
        do("history", run_id)
        do("revert", "--run", run_id, "--reason", "mistake", "--yes")
    do("run", "--session", "j3")
    do("revert", "--session", "j3", "--reason", "mistake", "--yes")
    do("audit", "--format", "json")
    do("check")
    return failed


@pytest.mark.slow
def test_nothing_that_was_planted_is_called(app: AppDatabase, calls: set[str]) -> None:
    failed = everything(app)
    assert (shown(calls), failed) == ([], [])


@pytest.mark.slow
def test_a_draft_calls_nothing_that_was_planted_but_where_it_tries_its_own_lines(
    app: AppDatabase, calls: set[str]
) -> None:
    """Its lines are in the app's own SQL, as those of a file are, and no draft is made where a stranger may plant."""
    app.sweeper("install")
    app.sweeper("run")  # so that there are refunds
    app.sweeper("init", "--yes", "--force")  # with open questions is as good as any
    lines = ("kind = '", "l.job = s.id")
    assert shown({call for call in calls if not any(line in call for line in lines)}) == []
