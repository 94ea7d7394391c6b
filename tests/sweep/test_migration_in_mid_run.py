"""The app migrates its tables while a run pays: no row is at fault, and the run ends at once."""

from collections import Counter
from typing import Any
from unittest.mock import patch

import pytest

from sweeper.postgres.transaction import Transaction
from sweeper.sweep import owed_pages
from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds
from tests.helpers.statements import name_of

MIGRATION = (
    "ALTER TABLE users ALTER id TYPE int USING substr(id, 2)::int; "
    "ALTER TABLE prediction_sessions ALTER user_id TYPE int USING substr(user_id, 2)::int"
)


@pytest.mark.parametrize("found_at_once", [20, 50_000], ids=["finding", "paying"])
def test_a_run_ends_when_its_statements_do_not_fit_the_tables_any_more(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch, found_at_once: int
) -> None:
    """Whether a page or a batch fails first, no session is tried alone, and none is put on hold."""
    monkeypatch.setattr(owed_pages, "_FOUND_AT_ONCE", found_at_once)
    first.crowd(accounts=100, sessions=100)
    sent = Counter[str]()
    original, then = Transaction.rows, "find" if found_at_once == 20 else "lock_sessions"

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        name = name_of(text)
        if name == then and sent["pay"] == 2 and not sent["migration"]:
            sent["migration"] += 1
            first.sql(MIGRATION)
        sent[name] += 1
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        ran = first.run("--batch-size", "10")
    assert sent["migration"]
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, "database")
    assert "operator does not exist" in ran.document["error"]["message"]
    assert (ran.document["refunds"]["sessions"], holds(first)) == (20, {})
    assert max(sent["lock_sessions"], sent["look"], sent["find"], sent["find_account"]) <= 5
    assert first.run().exit_code == 2


SWAPS = {
    "a column": (
        "ALTER TABLE prediction_sessions RENAME selected_models TO models; "
        "ALTER TABLE prediction_sessions ADD selected_models text[] DEFAULT '{a,b,c,d,e,f,g,h,i}'",
        "selected_models",
    ),
    "the sessions": (
        "ALTER TABLE prediction_sessions RENAME TO sessions_before; "
        "CREATE TABLE prediction_sessions (LIKE sessions_before INCLUDING ALL); "
        "INSERT INTO prediction_sessions SELECT * FROM sessions_before; "
        "UPDATE prediction_sessions SET selected_models = '{a,b,c,d,e,f,g,h,i}'",
        "prediction_sessions",
    ),
    "the accounts": (
        "CREATE TABLE users_after (LIKE users INCLUDING ALL); INSERT INTO users_after SELECT * FROM users; "
        "ALTER TABLE users RENAME TO users_before; ALTER TABLE users_after RENAME TO users",
        "users",
    ),
}


@pytest.mark.parametrize(("migration", "said"), SWAPS.values(), ids=SWAPS)
def test_a_run_ends_when_another_table_or_column_takes_a_name_of_the_file(
    first: AppDatabase, migration: str, said: str
) -> None:
    first.crowd(accounts=40, sessions=40)
    sent = Counter[str]()
    original = Transaction.rows

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        name = name_of(text)
        if name == "lock_sessions" and sent["pay"] == 2 and not sent["migration"]:
            sent["migration"] += 1
            first.sql(migration)
        sent[name] += 1
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        ran = first.run("--batch-size", "10", role=None)
    assert sent["migration"]
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "mapping_changed")
    assert said in ran.document["error"]["message"]
    assert (ran.document["refunds"]["sessions"], holds(first)) == (20, {})
    assert first.value("SELECT sum(credits) FROM users") == first.value("SELECT sum(amount) FROM sweeper.refunds") == 20
