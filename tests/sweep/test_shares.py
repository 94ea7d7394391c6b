"""``[accounts.add]``: what each column of an account takes of a refund, and a balance that is an expression."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.pools import held, paid_for, pools_of, with_pools
from tests.helpers.server import Server

pytestmark = pytest.mark.every_version


@pytest.fixture
def pools(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    with with_pools(server, tmp_path) as database:
        yield database


def test_each_pool_gets_its_share_and_a_revert_takes_the_same_back(pools: AppDatabase) -> None:
    paid_for(pools, "a", 2, 3)
    paid_for(pools, "b", 0, 4)
    paid_for(pools, "c", 5, 0, "u2")
    planned, ran = pools.run("--dry-run"), pools.run()
    assert ran.exit_code == 0, ran.stderr
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 3, "credits": 14, "accounts": 2}
    assert pools_of(pools) == [("u1", 2, 17), ("u2", 5, 10)]
    assert dict(pools.sql("SELECT session_id, shares FROM sweeper.refunds")) == {
        "a": {"free": 2, "credits": 3}, "b": {"free": 0, "credits": 4}, "c": {"free": 5, "credits": 0},
    }  # fmt: skip
    assert pools.run().document["refunds"]["sessions"] == 0
    assert pools.sweeper("audit", "--json").document["findings"] == []
    run_id = ran.document["run_id"]
    reverted = pools.sweeper("revert", "--run", run_id, "--reason", "a test", "--yes", "--json")
    assert reverted.exit_code == 0, reverted.stderr
    assert pools_of(pools) == [("u1", 0, 10), ("u2", 0, 10)]


def test_a_pool_that_was_spent_meanwhile_is_not_taken_below_zero(pools: AppDatabase) -> None:
    """Although there is enough in the other one."""
    paid_for(pools, "a", 4, 1)
    paid_for(pools, "b", 2, 1)
    run_id = pools.run().document["run_id"]
    pools.sql("UPDATE users SET free = 5; ALTER TABLE users DROP CONSTRAINT users_free_check")
    for flag in ("--dry-run", "--yes"):
        left = pools.sweeper("revert", "--run", run_id, "--reason", "a test", flag, "--json").document
        assert (left["refunds"]["sessions"], left["left"]["below_zero"]["sessions"]) == (1, 1)
    assert pools.sql("SELECT free + credits FROM users WHERE id = 'u1'") in ([(12,)], [(14,)])
    assert pools.value("SELECT min(free) FROM users") >= 0
    flags = ("--run", run_id, "--reason", "a test", "--allow-negative", "--yes", "--json")
    assert pools.sweeper("revert", *flags).document["refunds"]["sessions"] == 1
    assert pools_of(pools) == [("u1", -1, 10), ("u2", 5, 10)]


def test_a_layer_that_calls_refund_moves_the_same_shares(pools: AppDatabase) -> None:
    paid_for(pools, "a", 2, 3)
    assert pools.value("SELECT sweeper.refund('a', 'worker')") == 5
    assert pools_of(pools)[0] == ("u1", 2, 13)
    assert pools.value("SELECT shares FROM sweeper.refunds") == {"free": 2, "credits": 3}


@pytest.mark.parametrize(
    ("free", "paid", "add", "why"),
    [
        (1, None, "s.from_paid", "balance_mismatch"),  # an unknown share
        (1, 2, "s.from_paid + 1", "balance_mismatch"),  # more than the amount
        (1, 2, "0", "balance_mismatch"),  # less
        (1.5, 2, "s.from_paid", "amount_rounded"),  # no share of a whole column
    ],
)
def test_shares_that_do_not_add_up_are_held_and_no_one_is_paid(
    pools: AppDatabase, free: object, paid: object, add: str, why: str
) -> None:
    if why == "amount_rounded":
        pools.sql("ALTER TABLE prediction_sessions ALTER from_free TYPE numeric")
    pools.configure('"s.from_paid"', f'"{add}"')
    pools.configure('"from_free + from_paid"', '"from_free + coalesce(from_paid, 0)"')
    assert pools.sweeper("install").exit_code == 0
    paid_for(pools, "a", free, paid)
    paid_for(pools, "b", 0, 0 if add == "s.from_paid" else None, "u2")
    planned, ran = pools.run("--dry-run"), pools.run()
    assert planned.document["refunds"]["sessions"] == ran.document["refunds"]["sessions"] == 0, ran.stderr
    assert planned.document["held"] == ran.document["held"] == 1
    assert held(pools) == [("a", why)]
    assert pools_of(pools) == [("u1", 0, 10), ("u2", 0, 10)]
    assert pools.value("SELECT sweeper.refund('a', 'worker')") == 0


@pytest.mark.parametrize("status", ["error", "queued"])
def test_a_session_whose_shares_do_not_add_up_is_neither_closed_nor_marked(pools: AppDatabase, status: str) -> None:
    """The app's own job would take the mark for a refund."""
    pools.configure('"s.from_paid"', '"0"')
    pools.configure("[accounts]", "[sessions.refunded]\nerror = \"'refunded'\"\n[accounts]")
    assert pools.sweeper("install").exit_code == 0
    pools.session("a", status)
    pools.sql("UPDATE prediction_sessions SET from_free = 1, from_paid = 2")
    assert pools.run().document["held"] == 1
    pools.sql("UPDATE sweeper.holds SET ended_at = now()")
    assert pools.value("SELECT sweeper.refund('a', 'worker')") == 0
    assert held(pools) == [("a", "balance_mismatch")]
    assert pools.sql("SELECT status::text, step, error FROM prediction_sessions") == [(status, None, None)]


def test_an_unknown_share_of_a_column_beside_the_balance_is_held(bare: AppDatabase) -> None:
    """The balance would be right, and the counter lost."""
    app = App(bare)
    app.sql("ALTER TABLE wallets ADD used int DEFAULT 7; ALTER TABLE jobs ADD tokens int")
    app.map("accounts", add={"balance": "amount", "used": "-s.tokens"})
    assert app.install().exit_code == 0
    assert bare.run("--dry-run").document["held"] == bare.run().document["held"] == 1
    assert held(bare) == [("j", "balance_mismatch")]
    assert app.sql("SELECT balance, used FROM wallets") == [(100, 7)]


def test_a_whole_share_written_with_decimals_fits_an_integer_column(pools: AppDatabase) -> None:
    """A half of four is 2.00."""
    pools.configure('"s.from_free"', '"s.from_free / 2.0"')
    pools.configure('"s.from_paid"', '"s.from_paid + s.from_free / 2.0"')
    assert pools.sweeper("install").exit_code == 0
    paid_for(pools, "a", 4, 3)
    paid_for(pools, "b", 3, 3, "u2")
    planned, ran = pools.run("--dry-run"), pools.run()
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 1, "credits": 7, "accounts": 1}
    assert (pools_of(pools)[0], held(pools)) == (("u1", 2, 15), [("b", "amount_rounded")]), ran.stderr


def test_a_trigger_that_moves_too_much_is_refused(pools: AppDatabase) -> None:
    pools.sql(
        "CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN NEW.free := NEW.free + 1; RETURN NEW; END $$;"
        "CREATE TRIGGER more BEFORE UPDATE ON users FOR EACH ROW WHEN (NEW.id = 'u1') EXECUTE FUNCTION more()"
    )
    paid_for(pools, "a", 2, 3)
    paid_for(pools, "b", 1, 1, "u2")
    ran = pools.run()
    assert ran.document["refunds"]["sessions"] == 1, ran.stderr
    assert held(pools) == [("a", "balance_mismatch")]
    assert pools_of(pools) == [("u1", 0, 10), ("u2", 1, 11)]


def test_an_account_that_is_not_active_is_held(pools: AppDatabase) -> None:
    pools.configure('updated_at = "updated_at"', 'updated_at = "updated_at"\nactive = "closed_at IS NULL"')
    assert pools.sweeper("install").exit_code == 0
    pools.sql("UPDATE users SET closed_at = now() WHERE id = 'u1'")
    paid_for(pools, "a", 2, 3)
    paid_for(pools, "b", 1, 1, "u2")
    planned, ran = pools.run("--dry-run"), pools.run()
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 1, "credits": 2, "accounts": 1}
    assert (planned.document["held"], held(pools)) == (1, [("a", "account_inactive")])
    assert pools.value("SELECT sweeper.refund('a', 'worker')") == 0


def test_the_apps_own_trigger_moves_the_balance_and_is_compared(pools: AppDatabase) -> None:
    pools.configure('free = "s.from_free"\ncredits = "s.from_paid"\n', "")
    pools.configure('updated_at = "updated_at"\n[accounts.add]', "[accounts.add]")
    assert pools.sweeper("install").exit_code == 0
    pools.sql(
        "CREATE FUNCTION move_it() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
        "UPDATE public.users SET credits = credits + NEW.amount WHERE id = NEW.account_id AND id <> 'u2'; "
        "RETURN NULL; END $$;"
        "CREATE TRIGGER move_it AFTER INSERT ON sweeper.refunds FOR EACH ROW EXECUTE FUNCTION move_it()"
    )
    paid_for(pools, "a", 2, 3)
    paid_for(pools, "b", 1, 1, "u2")  # whose credits nothing moves
    ran = pools.run()
    assert ran.document["refunds"] == {"sessions": 1, "credits": 5, "accounts": 1}, ran.stderr
    assert held(pools) == [("b", "balance_mismatch")]
    assert pools_of(pools) == [("u1", 0, 15), ("u2", 0, 10)]


def test_a_refund_of_other_columns_is_not_taken_back(pools: AppDatabase) -> None:
    paid_for(pools, "a", 2, 3)
    run_id = pools.run().document["run_id"]
    pools.configure('[accounts.add]\nfree = "s.from_free"\ncredits = "s.from_paid"\n', "")
    pools.configure('"credits + free"', '"credits"')
    assert pools.sweeper("install").exit_code == 0
    reverted = pools.sweeper("revert", "--run", run_id, "--reason", "a test", "--yes", "--json")
    assert reverted.exit_code == 1
    assert reverted.document["left"]["refused"]["samples"] == ["a"]
    assert pools_of(pools)[0] == ("u1", 2, 13)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"s.from_free"', '"from_free"', "from_free"),
        ('"s.from_free"', '"s.from_free + from_paid"', "write s.from_paid"),
        ('"s.from_free"', "\"'a'\"", "must be smallint"),
        ('free = "s', 'fre = "s', "is not a column of users"),
        ('[accounts.add]\nfree = "s.from_free"\ncredits = "s.from_paid"\n', "", "say in [accounts.add]"),
        ('"credits + free"', '"(SELECT sum(x) FROM generate_series(1, a.free) AS x)"', "serialized = true"),
        ('balance = "credits + free"\n', "", "accounts.balance"),
        ('updated_at = "updated_at"', 'active = "closed"', "did you mean"),
    ],
)
def test_a_file_that_cannot_be_is_an_error_that_says_what_to_write(
    pools: AppDatabase, old: str, new: str, message: str
) -> None:
    pools.configure(old, new)
    refused = pools.sweeper("install")
    assert refused.exit_code == 2
    assert message in refused.stderr
