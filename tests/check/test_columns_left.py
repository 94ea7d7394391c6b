"""Files that leave a column of the account unchanged, or pay nothing: each fails the rehearsal, with a sample."""

import re

import pytest

from tests.helpers.any_app import App
from tests.helpers.shops import refuses, rehearsed, without_ledger

# what is open: j21 to j30 failed and are owed, j41 to j50 run
OPEN = "substr(id, 2)::int BETWEEN 21 AND 30 OR substr(id, 2)::int > 40"


def hold_what_is_open(app: App) -> None:
    app.sql("ALTER TABLE wallets ADD reserved numeric NOT NULL DEFAULT 0")
    app.sql(
        "UPDATE wallets AS w SET reserved = (SELECT coalesce(sum(j.price), 0) FROM jobs AS j "
        f"WHERE j.owner = w.id AND ({OPEN}))"
    )


def test_an_id_that_no_account_of_a_session_is(app: App) -> None:
    app.sql("ALTER TABLE wallets ADD code text")
    app.sql("UPDATE wallets SET code = 'c' || id")
    app.sql("ALTER TABLE wallets ADD UNIQUE (code)")
    app.map("accounts", id="code")
    assert "for 20 of 20 sessions that are not refunded, such as j" in refuses(app, "accounts")
    assert 'accounts.id = "id", which has them' in rehearsed(app)["accounts"]["fix"]


def test_an_account_that_no_session_has(app: App) -> None:
    app.map(account="team")
    assert "sessions.account = 'team' is null for 20 of 20" in rehearsed(app)["accounts"]["message"]


def test_accounts_of_which_none_is_active(app: App) -> None:
    """The app writes the year 9999 for what is not deleted."""
    app.sql("ALTER TABLE wallets ADD tm_delete timestamp NOT NULL DEFAULT '9999-01-01'")
    app.map("accounts", active="tm_delete IS NULL")
    assert "is true of none of the accounts looked at, also of 20 of 20" in rehearsed(app)["accounts"]["message"]
    app.map("accounts", active="tm_delete > '9000-01-01'")
    assert rehearsed(app) == {}
    app.sql("UPDATE wallets SET tm_delete = now() WHERE id <> 'w1'")  # whose sessions the app leaves to a run
    assert rehearsed(app) == {}


def test_an_invariant_that_names_its_row(app: App) -> None:
    app.sql("ALTER TABLE wallets ADD used int NOT NULL DEFAULT 0, ADD had int NOT NULL DEFAULT 1000")
    app.map("accounts", spent="used", invariant="a.balance = a.had - a.used")
    assert "accounts" not in rehearsed(app)


def test_an_amount_that_the_balance_cannot_keep(app: App) -> None:
    app.sql("ALTER TABLE wallets ALTER balance TYPE int")
    app.map(amount="price / 7.0")
    found = rehearsed(app)["accounts"]
    assert (found["status"], "has digits that a column" in found["message"]) == ("warning", True), found


def test_shares_that_do_not_come_to_the_amount(app: App) -> None:
    app.map("accounts.add", balance="amount - 1")
    found = rehearsed(app)["accounts"]
    assert found["status"] == "warning", "a run puts them on hold"
    assert "would not make accounts.balance = 'balance' grow by sessions.amount" in found["message"]


def test_a_counter_of_reserved_credits_is_left_unchanged(app: App) -> None:
    hold_what_is_open(app)
    assert "reserved of wallets is what running and failed sessions took" in refuses(app, "accounts")
    app.map("accounts.add", balance="amount", reserved="-amount")
    assert rehearsed(app) == {}


@pytest.mark.slow
def test_an_amount_that_is_more_than_what_is_held(app: App) -> None:
    hold_what_is_open(app)
    app.sql("ALTER TABLE jobs ADD minutes int NOT NULL DEFAULT 20")
    app.map("accounts.add", balance="amount", reserved="-amount")
    assert rehearsed(app) == {}
    app.map(amount="minutes")
    assert "'-amount' would bring reserved below zero" in rehearsed(app)["accounts"]["message"]


def test_an_amount_in_another_unit_than_what_is_held(app: App) -> None:
    """Purchases are not known, so that the balances tell nothing."""
    app.sql("DROP TABLE book; UPDATE jobs SET price = 0 WHERE substr(id, 2)::int <= 20 OR state = 'done'; "
            "UPDATE wallets SET balance = 1000 + ascii(right(id, 1)) ^ 2")  # fmt: skip
    without_ledger(app)
    hold_what_is_open(app)
    app.map("accounts.add", balance="amount", reserved="-amount")
    assert rehearsed(app).keys() <= {"marks"}
    app.map(amount="price / 100.0")
    assert "reserved of wallets is 100 times what running and failed" in rehearsed(app)["accounts"]["message"]


def test_a_part_of_what_was_reserved_is_held_no_more(app: App) -> None:
    """What was consumed has left the hold for good; purchases are not known, so that the balances tell nothing."""
    app.sql("DROP TABLE book; UPDATE jobs SET price = 0 WHERE substr(id, 2)::int <= 20 OR state = 'done'; "
            "UPDATE wallets SET balance = 1000 + ascii(right(id, 1)) ^ 2")  # fmt: skip
    without_ledger(app)
    hold_what_is_open(app)
    app.sql("CREATE TABLE holds (id serial PRIMARY KEY, job text UNIQUE REFERENCES jobs, amount int, used_amount int)")
    app.sql("INSERT INTO holds (job, amount, used_amount) SELECT id, price + 3, 3 FROM jobs WHERE price > 0")
    app.map("accounts.add", balance="amount", reserved="-amount")
    for amount, said in {
        "h.amount": 'reserved of wallets is not what .* it is the amount less "used_amount" of holds',
        "h.used_amount": 'reserved of wallets is not what .* it is "amount" of holds less the amount',
    }.items():
        app.map(amount=f"(SELECT {amount} FROM holds AS h WHERE h.job = s.id)")
        assert re.search(said, rehearsed(app)["accounts"]["message"])
    app.map(amount="(SELECT h.amount - h.used_amount FROM holds AS h WHERE h.job = s.id)")
    assert "accounts" not in rehearsed(app)


def test_another_counter_goes_down_than_the_one_that_is_held(app: App) -> None:
    hold_what_is_open(app)
    app.sql("ALTER TABLE wallets ADD used numeric NOT NULL DEFAULT 50")
    app.map("accounts", balance="1000 - reserved - used")
    app.map("accounts.add", used="-amount")
    assert "reserved of wallets is what running" in rehearsed(app)["accounts"]["message"]
    app.map("accounts.add", used=None, reserved="-amount")
    app.sections["accounts"]["balance"] = "balance - reserved - used"
    assert rehearsed(app) == {}


@pytest.mark.slow
def test_what_is_held_in_two_pools(app: App) -> None:
    hold_what_is_open(app)
    app.sql("ALTER TABLE wallets RENAME reserved TO reserved_monthly")
    app.sql("ALTER TABLE wallets ADD reserved_bonus numeric NOT NULL DEFAULT 0")
    app.sql("UPDATE wallets SET reserved_bonus = 2, reserved_monthly = reserved_monthly - 2")
    app.map("accounts", balance="balance - reserved_monthly - reserved_bonus")
    app.map("accounts.add", reserved_monthly="-amount")
    message = rehearsed(app)["accounts"]["message"]
    assert "reserved_bonus of wallets is what running" in message


def test_a_share_that_json_has_of_a_pool(app: App) -> None:
    app.sql("ALTER TABLE wallets ADD addon_credits int NOT NULL DEFAULT 5")
    app.sql("UPDATE jobs SET meta = jsonb_build_object('monthly_taken', price - 1, 'addon_taken', 1)")
    assert "took from addon_credits (addon_taken)" in refuses(app, "accounts")
    app.map("accounts", balance="balance + addon_credits")
    both = {"balance": "(s.meta ->> 'monthly_taken')::int", "addon_credits": "(s.meta ->> 'addon_taken')::int"}
    app.map("accounts.add", **both)
    assert rehearsed(app) == {}
    app.map("accounts.add", balance=both["addon_credits"], addon_credits=both["balance"])
    assert "gives addon_credits what was taken of another pool (monthly_taken)" in rehearsed(app)["accounts"]["message"]


@pytest.mark.slow
def test_a_limit_that_all_accounts_share_is_not_a_balance(app: App) -> None:
    app.sql(
        "ALTER TABLE wallets ADD credits_limit int NOT NULL DEFAULT 500, ADD lifetime_credits int NOT NULL DEFAULT 9"
    )
    assert rehearsed(app) == {}
    app.sql("UPDATE wallets SET lifetime_credits = 10 WHERE id = 'w1'")
    assert rehearsed(app)["accounts"]["status"] == "warning"


def test_counters_of_something_else_than_credits(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO credits; ALTER TABLE wallets ADD storage_used_bytes bigint, "
            "ADD api_calls_total int; UPDATE wallets SET storage_used_bytes = ascii(right(id, 1)) * 7919, "
            "api_calls_total = ascii(right(id, 1)) * 31 % 97")  # fmt: skip
    app.map("accounts", balance="credits")
    assert rehearsed(app) == {}
    app.sql("ALTER TABLE wallets RENAME api_calls_total TO total_used")
    assert "total_used of wallets look like balances or counters" in rehearsed(app)["accounts"]["message"]


def test_a_balance_beside_the_ledger_that_no_refund_moves(app: App) -> None:
    app.sql("UPDATE wallets AS w SET balance = (SELECT sum(b.amount) FROM book AS b WHERE b.wallet = w.id)")
    app.sql("ALTER TABLE book DROP added, ADD FOREIGN KEY (wallet) REFERENCES wallets")
    app.sections.pop("accounts")
    assert "balance of wallets is what the rows of book come to" in refuses(app, "accounts")
    app.sql(
        "CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE wallets SET balance = balance + "
        "NEW.amount WHERE id = NEW.wallet; RETURN NULL; END $$"
    )
    app.sql("CREATE TRIGGER move AFTER INSERT ON book FOR EACH ROW EXECUTE FUNCTION move()")
    assert "accounts" not in rehearsed(app), "a trigger of the app's own may move it"
