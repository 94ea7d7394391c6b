"""Columns of the type money: what they would round is held, and everything else is exact."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.helpers.server import Server

TABLES = """
CREATE TABLE wallets (id int PRIMARY KEY, cash money NOT NULL, bonus money NOT NULL DEFAULT 0);
CREATE TABLE calls (id text PRIMARY KEY, wallet_id int NOT NULL, state text NOT NULL, price numeric NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT '2026-11-22 12:00Z');
CREATE TABLE lines (id bigserial PRIMARY KEY, call_id text NOT NULL, wallet_id int NOT NULL, value money NOT NULL);
INSERT INTO wallets VALUES (1, 10), (2, 10);
INSERT INTO calls VALUES ('whole', 1, 'failed', 0.35), ('part', 2, 'failed', 0.355);
"""
FILE = """
[sessions]
table = "calls"
id = "id"
account = "wallet_id"
status = "state"
failed = ["failed"]
running = ["running"]
succeeded = ["done"]
started_at = "begun_at"
amount = "price"
[policy]
since = 2020-01-01T00:00:00Z
max_clock_skew = "100y"
"""
ACCOUNTS = '\n[accounts]\ntable = "wallets"\nid = "id"\n'
LEDGER = """
[ledger]
table = "lines"
session = "call_id"
[ledger.insert]
call_id = "session_id"
wallet_id = "account_id"
value = "amount"
"""
POOLS = 'balance = "cash + bonus"\nadd = {cash = "amount - 0.05", bonus = "0.05"}'


@pytest.mark.parametrize(
    ("more", "total"),
    [
        (ACCOUNTS + 'balance = "cash"', "SELECT sum(cash + bonus)::numeric FROM wallets"),
        (ACCOUNTS + POOLS, "SELECT sum(cash + bonus)::numeric FROM wallets"),
        (LEDGER, "SELECT 20 + sum(value)::numeric FROM lines"),
    ],
)
def test_what_money_would_round_is_held(server: Server, tmp_path: Path, more: str, total: str) -> None:
    with server.blank(tmp_path, TABLES) as app:
        app.config.write_text(FILE + more)
        assert app.sweeper("install").exit_code == 0
        ran = app.run()
        assert (ran.exit_code, ran.document["refunds"]["credits"], ran.document["held"]) == (3, "0.35", 1), ran.stdout
        assert app.sql("SELECT session_id, why FROM sweeper.holds") == [("part", "amount_rounded")]
        assert app.value(total) == Decimal("20.35")


@pytest.mark.parametrize("kind", ["real", "float8"])
def test_what_a_floating_column_of_the_ledger_would_round_is_held(server: Server, tmp_path: Path, kind: str) -> None:
    """There an amount is as exact as its shortest text; a quotient of it is written as near as the type comes."""
    with server.blank(tmp_path, TABLES) as app:
        app.sql(f"ALTER TABLE lines ALTER value TYPE {kind} USING value::numeric::{kind}, ADD third {kind}")
        app.sql("UPDATE calls SET price = 9007199254740993 WHERE id = 'part'")
        app.config.write_text(FILE + LEDGER + 'third = "amount / 3.0"\n')
        assert app.sweeper("install").exit_code == 0
        assert app.run().document["refunds"]["credits"] == "0.35"
        assert app.sql("SELECT session_id, why FROM sweeper.holds") == [("part", "amount_rounded")]
        assert app.value("SELECT sweeper.refund('part', 'x')") == 0
        assert app.value("SELECT sum(value)::text FROM lines") == "0.35"
