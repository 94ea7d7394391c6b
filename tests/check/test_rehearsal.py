"""The rehearsal: a right file has no item that is not ok, and each wrong one is named before it pays, with a sample."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import rehearsed, shop


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop whose file is right."""
    return shop(bare)


def test_a_right_file_is_silent_before_an_install_after_it_and_after_a_run(app: App) -> None:
    app.sql("ALTER TABLE book DROP total")
    assert rehearsed(app) == {}
    assert app.install().exit_code == 0
    assert rehearsed(app) == {}
    ran = app.database.run(now=None)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 10), ran.stdout
    assert rehearsed(app) == {}


def test_an_amount_above_what_the_app_gave_back_is_a_failure(app: App) -> None:
    app.map(amount="price * 2")
    found = rehearsed(app)
    assert (found["past_refunds"]["status"], found["charges"]["status"]) == ("failure", "failure")
    assert "more than the app gave back for 20 of 20 sessions" in found["past_refunds"]["message"]
    assert "sessions.amount" in found["past_refunds"]["fix"]
    assert "for 20 of 20" in found["charges"]["message"]


def test_an_amount_below_it_is_a_warning(app: App) -> None:
    app.map(amount="price - 1")
    assert rehearsed(app)["past_refunds"]["status"] == "warning"


def test_refunds_in_parts_are_added_up(app: App) -> None:
    app.sql("UPDATE book SET amount = amount - 1 WHERE kind = 'refund'")
    app.sql("INSERT INTO book (wallet, job, kind, amount) SELECT wallet, job, kind, 1 FROM book WHERE kind = 'refund'")
    app.sql("ALTER TABLE book DROP total")
    assert rehearsed(app) == {}


def test_a_second_column_with_the_amount_is_compared(app: App) -> None:
    app.sql("ALTER TABLE book ADD bonus numeric NOT NULL DEFAULT 0, ADD gross numeric, DROP total")
    app.sql("UPDATE book SET gross = amount")
    app.map("ledger.insert", gross="amount")
    assert rehearsed(app) == {}
    app.map("ledger.insert", bonus="amount")
    assert "bonus = 'amount' is not what the app wrote for j1" in rehearsed(app)["past_refunds"]["message"]
    app.map("ledger.insert", bonus=None, gross="-amount")
    found = rehearsed(app)["past_refunds"]
    assert (found["status"], "gross = -amount is the other way" in found["message"]) == ("failure", True)


def test_another_account_than_the_app_gave_back_to_is_a_failure(app: App) -> None:
    app.sql("UPDATE jobs SET team = 'w' || (right(owner, 1)::int + 1) % 5 WHERE substr(id, 2)::int % 3 = 0")
    app.map(account="coalesce(team, owner)")
    found = rehearsed(app)["past_refunds"]
    assert found["status"] == "failure"
    assert "another account than the app gave back to for 6 of 20" in found["message"]


def test_a_column_that_the_app_fills_and_the_file_leaves_empty_is_named(app: App) -> None:
    app.sql("UPDATE book SET team = 't' WHERE kind = 'refund' AND id % 2 = 0")
    found = rehearsed(app)["past_refunds"]
    assert (found["status"], "team" in found["message"], "team" in found["fix"]) == ("warning", True, True)


def test_a_column_that_the_file_leaves_at_a_default_the_apps_refunds_do_not_have_is_named(app: App) -> None:
    """Such as Rails' enum of the kinds of a row, whose 0 is a purchase."""
    app.sql("ALTER TABLE book ADD sort int NOT NULL DEFAULT 0, ADD meta jsonb NOT NULL DEFAULT '{}'")
    app.sql("UPDATE book SET sort = 2 WHERE kind = 'refund'")
    app.sql("ALTER TABLE book DROP total")
    found = rehearsed(app)["past_refunds"]
    assert found["status"] == "warning"
    assert "leaves sort at its default, 0, which is not what the app wrote for j" in found["message"]
    assert "meta" not in found["message"]
    app.map("ledger.insert", sort="2")
    assert rehearsed(app) == {}


def test_the_past_is_compared_if_the_file_writes_its_own_rows(app: App) -> None:
    """The net recipe: the app's rows are taken off already."""
    app.map(amount="(SELECT -sum(b.amount) FROM book b WHERE b.job = s.id AND b.kind <> 'swept')")
    app.map("ledger", where="kind = 'swept'")
    app.map("ledger.insert", kind="'swept'")
    app.map("ledger.past", where="kind = 'refund'")
    app.sql("ALTER TABLE book DROP total")
    assert rehearsed(app) == {}
    app.map(amount="price")
    assert rehearsed(app)["past_refunds"]["status"] == "failure"


def test_rows_that_look_like_refunds_and_are_missed_are_a_failure(app: App) -> None:
    app.sql("UPDATE book SET kind = 'job_refund' WHERE kind = 'refund' AND id % 2 = 0")
    found = rehearsed(app)["ledger"]
    assert (found["status"], "job_refund" in found["message"]) == ("failure", True)


def test_a_price_is_not_a_charge_if_the_books_have_none(app: App) -> None:
    app.sql("DELETE FROM book WHERE kind = 'charge' AND job IN ('j28', 'j29', 'j30')")
    found = rehearsed(app)["charges"]
    assert (found["status"], "for 3 of" in found["message"]) == ("failure", True)


def test_sessions_that_are_older_than_the_book_are_left_out(app: App) -> None:
    app.sql("UPDATE jobs SET began = began - interval '1 year' WHERE id IN ('j21', 'j22', 'j23')")
    app.sql("DELETE FROM book WHERE kind = 'charge' AND job IN ('j21', 'j22', 'j23')")
    assert "charges" not in rehearsed(app)


def test_a_running_balance_that_is_filled_by_hand_is_a_failure(app: App) -> None:
    app.map("ledger.insert", total="(SELECT w.balance FROM wallets w WHERE w.id = account_id) + amount")
    found = rehearsed(app)["ledger"]
    assert (found["status"], "total" in found["message"]) == ("failure", True)
    assert "balance_after" in found["fix"]


def test_rows_that_something_adds_up_later_are_a_failure_beside_a_balance(app: App) -> None:
    app.sql("UPDATE book SET added = true")
    assert rehearsed(app)["ledger"]["status"] == "failure"
    app.sections.pop("accounts")
    assert "ledger" not in rehearsed(app)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE wallets ADD bonus_credits int NOT NULL DEFAULT 5", "bonus_credits of wallets"),
        ("ALTER TABLE wallets ADD closed_at timestamptz; UPDATE wallets SET closed_at = now() WHERE id = 'w1'",
         "closed_at is set on 1 of the 5"),
        ("CREATE TABLE gifts (wallet text PRIMARY KEY REFERENCES wallets, gift_points int); "
         "INSERT INTO gifts VALUES ('w1', 3)", "gift_points of gifts"),
    ],
)  # fmt: skip
def test_what_the_accounts_have_beside_the_balance_is_a_warning(app: App, change: str, said: str) -> None:
    app.sql(change)
    found = rehearsed(app)["accounts"]
    assert (found["status"], said in found["message"]) == ("warning", True), found


def test_numbers_of_another_table_are_no_accounts(app: App) -> None:
    app.sql("CREATE TABLE people (id bigserial PRIMARY KEY); CREATE TABLE purses (id bigserial PRIMARY KEY, held int)")
    app.sql("INSERT INTO people SELECT n FROM generate_series(1, 5) AS n; INSERT INTO purses (held) VALUES (1), (2)")
    app.sql("ALTER TABLE purses ADD person_id bigint REFERENCES people")
    app.sql("ALTER TABLE jobs ADD person_id bigint REFERENCES people DEFAULT 1")
    app.map(account="person_id")
    app.map("accounts", table="purses", balance="held")
    app.map("ledger.insert", wallet="account_id::text")
    found = rehearsed(app)["accounts"]
    assert (found["status"], "refers to id of people" in found["message"]) == ("failure", True)
    assert found["fix"] == 'accounts.id = "person_id"'
    app.sql("ALTER TABLE purses ADD FOREIGN KEY (id) REFERENCES people")
    assert "accounts" not in rehearsed(app)


def test_one_amount_far_above_all_others_needs_a_cap(app: App) -> None:
    app.sql("UPDATE jobs SET price = 50000 WHERE id = 'j25'; UPDATE book SET amount = -50000 WHERE job = 'j25'")
    assert "caps" not in rehearsed(app)
    app.map("policy", max_amount=None)
    found = rehearsed(app)["caps"]
    assert (found["status"], "j25" in found["message"]) == ("failure", True)


def test_the_warning_about_caps_says_what_the_largest_amount_is(app: App) -> None:
    app.map("policy", max_amount=None)
    app.sql("UPDATE jobs SET price = 90 WHERE id = 'j25'; UPDATE book SET amount = -90 WHERE job = 'j25'")
    assert "is right, which for the newest 40 sessions is 90;" in rehearsed(app)["caps"]["fix"]


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_an_amount_that_is_not_finite_hides_no_other_and_needs_no_cap(app: App, amount: str) -> None:
    """It is put on hold."""
    app.map("policy", max_amount=None)
    app.map(amount=f"CASE id WHEN 'j24' THEN '{amount}'::numeric ELSE price END")
    assert rehearsed(app)["caps"]["status"] == "warning"
    app.sql("UPDATE jobs SET price = 50000 WHERE id = 'j25'; UPDATE book SET amount = -50000 WHERE job = 'j25'")
    assert "session j25 would get" in rehearsed(app)["caps"]["message"]


def test_a_row_whose_expression_fails_hides_nothing(app: App) -> None:
    app.map(amount="price * 2 / (id <> 'j3')::int")
    assert "for 19 of 19 sessions" in rehearsed(app)["past_refunds"]["message"]
