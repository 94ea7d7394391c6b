"""Balances of every kind: they grow by what the ledger says, or nothing is paid and the session is held."""

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import hold_messages
from tests.helpers.triggers import spoil

NOT_GROWN = "the balance did not grow by what the ledger says"
NOT_LESS = "accounts.spent did not go down by what the ledger says"


def with_balance(first: AppDatabase, kind: str, balance: str, amount: str) -> None:
    """One account whose balance is of this type, and one session that is owed so much."""
    first.sql(f"ALTER TABLE users ALTER credits TYPE {kind}, ALTER total_credits_spent TYPE numeric")
    first.configure("amount     = ", f'amount = "{amount}"\n# ')
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.sql(f"UPDATE users SET credits = '{balance}'")
    first.session("owed")


@pytest.mark.parametrize(("kind", "balance"), [("real", 100.1), ("real", 12345.6), ("float8", 2e9)])
def test_a_floating_balance_may_round_as_its_type_does(first: AppDatabase, kind: str, balance: float) -> None:
    with_balance(first, kind, str(balance), "0.2")
    assert first.run().exit_code == 0
    assert first.value("SELECT credits FROM users") == pytest.approx(balance + 0.2, rel=1e-7)
    first.session("layer")
    assert str(first.value("SELECT sweeper.refund('layer', 'x')")) == "0.2"


@pytest.mark.parametrize(("kind", "balance"), [("real", "16777216"), ("float8", "9007199254740992")])
def test_a_floating_balance_too_large_to_take_a_refund_is_not_said_to_have_taken_it(
    first: AppDatabase, kind: str, balance: str
) -> None:
    with_balance(first, kind, balance, "1")
    with pytest.raises(psycopg.errors.RaiseException, match=NOT_GROWN):
        first.sql("SELECT sweeper.refund('owed', 'x')")
    assert first.run().exit_code == 3
    assert hold_messages(first) == {"owed": NOT_GROWN}
    assert first.refunds() == {}


@pytest.mark.parametrize(("kind", "amount"), [("real", 16777217), ("float8", 9007199254740993)])
def test_a_whole_amount_that_a_floating_balance_would_round_is_held(first: AppDatabase, kind: str, amount: int) -> None:
    with_balance(first, kind, "0", str(amount))
    planned = first.run("--dry-run")
    assert (planned.document["refunds"]["sessions"], planned.document["held"]) == (0, 1)
    assert first.value("SELECT sweeper.refund('owed', 'x')") == 0
    assert first.run().document["refunds"]["sessions"] == 0
    assert first.value("SELECT why FROM sweeper.holds") == "amount_rounded"
    assert first.credits() == 0


def test_a_large_floating_balance_hides_no_credit_that_a_trigger_adds(first: AppDatabase) -> None:
    """It is compared with the refund: next to two thousand million, one more is nothing."""
    with_balance(first, "float8", "2e9", "1")
    spoil(first, "users", "UPDATE", "new.credits := new.credits + 1;")
    with pytest.raises(psycopg.errors.RaiseException, match=NOT_GROWN):
        first.sql("SELECT sweeper.refund('owed', 'x')")
    assert first.run().exit_code == 3
    assert hold_messages(first) == {"owed": NOT_GROWN}
    assert first.credits() == 2e9


@pytest.mark.parametrize("kind", ["numeric", "float8"])
@pytest.mark.parametrize("balance", ["Infinity", "-Infinity", "NaN"])
def test_a_balance_that_is_not_finite_takes_no_refund(first: AppDatabase, kind: str, balance: str) -> None:
    """Whatever is added to it, it stays what it is, and the customer has nothing of it."""
    with_balance(first, kind, balance, "3")
    with pytest.raises(psycopg.errors.RaiseException, match=NOT_GROWN):
        first.sql("SELECT sweeper.refund('owed', 'x')")
    assert first.run().exit_code == 3
    assert hold_messages(first) == {"owed": "the balance is not a finite number"}
    assert first.refunds() == {}


def test_an_account_that_its_sessions_spell_in_two_ways_is_one_account(bare: AppDatabase) -> None:
    """As a foreign key allows it where the type says that they are equal: numbers, texts without regard to case."""
    bare.sql(
        "ALTER TABLE users ALTER id TYPE numeric USING id::numeric; "
        "ALTER TABLE prediction_sessions ALTER user_id TYPE numeric USING user_id::numeric"
    )
    assert bare.sweeper("install").exit_code == 0
    bare.account("1")
    for number, spelled in enumerate(["1.0", "1.00", "1.0"]):
        bare.session(f"s{number}", account=spelled)
    assert bare.run(role=None).exit_code == 0
    assert bare.value("SELECT credits FROM users") == 109
    run_id = bare.value("SELECT DISTINCT run_id::text FROM sweeper.refunds")
    assert bare.sweeper("revert", "--run", run_id, "--reason", "mistake", "--yes").exit_code == 0
    assert bare.value("SELECT credits FROM users") == 100
    assert bare.value("SELECT count(*) FROM sweeper.reversals") == 3


@pytest.mark.parametrize(
    "what", ["new.total_credits_spent := old.total_credits_spent;", "new.total_credits_spent := NULL;"]
)
def test_what_was_spent_goes_down_whatever_triggers_do(first: AppDatabase, what: str) -> None:
    """The balance takes the refund, and a trigger undoes the other half of it."""
    first.sql("ALTER TABLE users ALTER total_credits_spent DROP NOT NULL")
    first.account(spent=10)
    first.session("owed")
    first.session("paid", models=1, created="2026-11-22 10:00")
    assert first.run("--session", "paid").exit_code == 0
    spoil(first, "users", "UPDATE", what)
    with pytest.raises(psycopg.errors.RaiseException, match=NOT_LESS):
        first.sql("SELECT sweeper.refund('owed', 'x')")
    assert first.run().exit_code == 3
    assert "accounts.spent" in hold_messages(first)["owed"]
    assert (first.refunds(), first.credits()) == ({"paid": 1}, 101)
    reverted = first.sweeper("revert", "--session", "paid", "--reason", "mistake", "--yes", "--json")
    assert (reverted.exit_code, first.credits()) == (1, 101)


def test_what_was_never_known_to_be_spent_stays_unknown(first: AppDatabase) -> None:
    first.sql("ALTER TABLE users ALTER total_credits_spent DROP NOT NULL")
    first.account()
    first.sql("UPDATE users SET total_credits_spent = NULL")
    first.session("owed")
    first.session("layer")
    assert first.value("SELECT sweeper.refund('layer', 'x')") == 3
    assert first.run().exit_code == 0
    assert first.credits() == 106


def test_what_was_spent_may_round_as_its_type_does(first: AppDatabase) -> None:
    first.sql("ALTER TABLE users ALTER total_credits_spent TYPE real")
    first.configure("amount     = ", 'amount = "0.2"\n# ')
    first.sql("ALTER TABLE users ALTER credits TYPE numeric")
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.sql("UPDATE users SET total_credits_spent = 100.1")
    first.session("owed")
    first.session("layer")
    assert str(first.value("SELECT sweeper.refund('layer', 'x')")) == "0.2"
    assert first.run().exit_code == 0
    assert first.value("SELECT total_credits_spent FROM users") == pytest.approx(99.7, rel=1e-6)
