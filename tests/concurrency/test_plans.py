"""What a batch costs does not grow with the number of accounts: each statement finds its rows by their ids."""

import re
from typing import Any
from unittest.mock import patch

import pytest

from sweeper.database import Transaction
from tests.support import AppDatabase

BATCH = ("lock sessions", "lock accounts", "pay", "read balances")


@pytest.mark.parametrize("analyzed", [True, False], ids=["analyzed", "never analyzed"])
def test_no_statement_of_a_batch_scans_the_accounts_or_the_sessions(first: AppDatabase, *, analyzed: bool) -> None:
    """Whatever the planner knows of the tables, and however many of the accounts are in the batch."""
    first.sql("ALTER TABLE users SET (autovacuum_enabled = off)")
    first.sql("ALTER TABLE prediction_sessions SET (autovacuum_enabled = off)")
    first.crowd(accounts=50_000, sessions=6_000)
    if analyzed:
        first.sql("ANALYZE")
    plans: dict[str, list[str]] = {name: [] for name in BATCH}
    original = Transaction.rows

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        for name in BATCH:
            if text.startswith(f"-- {name}:"):
                plans[name] += [line for (line,) in original(self, f"EXPLAIN {text}", binds)]
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        assert first.run("--batch-size", "4000").document["refunds"]["sessions"] == 6000
    scan = re.compile(r"(\w+)(?: Heap| Only)? Scan(?: using \w+)? on (?:users|prediction_sessions)\b")
    for name, plan in plans.items():
        scans = scan.findall("\n".join(plan))
        assert scans, name
        assert set(scans) <= {"Index", "Bitmap"}, name
