"""What other tables, numbers and names say against a file: each fails the rehearsal, and the right file is silent."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed, shop, without_ledger

pytestmark = pytest.mark.slow


def without_book(app: App) -> None:
    app.sql("DROP TABLE book")
    without_ledger(app)


def test_rows_of_usage_that_a_counter_adds_up(app: App) -> None:
    """The sum of the rows is what was used: a refund makes both less."""
    app.sql("UPDATE book SET amount = -amount")
    app.sql("ALTER TABLE wallets ADD seconds_used numeric NOT NULL DEFAULT 0")
    app.sql("UPDATE wallets AS w SET seconds_used = (SELECT sum(b.amount) FROM book AS b WHERE b.wallet = w.id)")
    app.map("accounts", balance="balance * 60 - seconds_used")
    app.map("accounts.add", seconds_used="-amount")
    app.map("ledger.insert", amount="-amount")
    assert rehearsed(app) == {}
    app.map("accounts.add", seconds_used="amount")
    assert "seconds_used is" in rehearsed(app)["accounts"]["message"]


def test_a_running_balance_of_another_column(bare: AppDatabase) -> None:
    app = shop(bare)
    app.map("ledger.insert", total="balance_after")
    app.sql("ALTER TABLE wallets ADD alert_below numeric NOT NULL DEFAULT 5")
    app.sql("UPDATE wallets AS w SET balance = 1000 + (SELECT sum(b.amount) FROM book AS b WHERE b.wallet = w.id)")
    app.map("accounts", balance="alert_below")
    assert 'for 5 of 5 accounts, such as w0, w1, w2, and "balance" is' in refuses(app, "ledger")
    app.map("accounts", balance="balance")
    assert rehearsed(app) == {}


def test_a_running_balance_of_several_pools(bare: AppDatabase) -> None:
    """What the app writes there is all that the account has, and the file knows one part of it."""
    app = shop(bare)
    app.map("ledger.insert", total="balance_after")
    app.sql("ALTER TABLE wallets ADD credits_limit int NOT NULL DEFAULT 400, ADD credits_used int NOT NULL DEFAULT 0")
    app.sql("UPDATE wallets AS w SET balance = 600 + (SELECT sum(b.amount) FROM book AS b WHERE b.wallet = w.id)")
    app.sql("UPDATE wallets SET balance = balance + 2 * ascii(right(id, 1)), credits_used = ascii(right(id, 1))")
    app.sql("UPDATE book SET total = total + ascii(right(wallet, 1))")
    said = 'accounts, such as w0, w1, w2, and "balance" + "credits_limit" - "credits_used" is'
    assert said in refuses(app, "ledger")
    app.sql("UPDATE book SET made_at = now() - interval '1 day' + id * interval '1 min'")
    app.sql("ALTER TABLE book ALTER id DROP DEFAULT, ALTER id TYPE uuid USING md5(id::text)::uuid")
    app.map("ledger.insert", id="refund_id", made_at="at")
    assert said in rehearsed(app)["ledger"]["message"], "where the time says which row is the newest"
    app.map("accounts", balance="credits_limit - credits_used + balance")
    app.map("accounts.add", balance="amount - least(amount, 1)", credits_used="-least(amount, 1)")
    assert rehearsed(app) == {}


def test_a_status_whose_sessions_were_all_delivered(app: App) -> None:
    """The app's own word for it is unknown, and there are more of them than of those that failed."""
    app.sql("ALTER TABLE jobs ADD received_at timestamptz")
    app.sql(
        "INSERT INTO jobs (id, owner, state, price, began, ended, beat) SELECT 'd' || n, 'w1', 'rcvd', 2, "
        "now() - interval '1 hour', now() - interval '30 min', now() FROM generate_series(1, 15) AS n"
    )
    app.sql("UPDATE jobs SET received_at = ended WHERE state IN ('done', 'rcvd')")
    app.map(failed=["failed", "rcvd"], exclude="state = 'unknown'")
    said = "and for 15 of the 15 in 'rcvd' that would be paid"
    assert said in rehearsed(app)["statuses"]["message"]
    app.map(failed=["failed"], succeeded=["done", "rcvd"], exclude=None)
    assert rehearsed(app) == {}


def test_a_number_that_says_how_much_was_given_back(app: App) -> None:
    without_book(app)
    app.sql("ALTER TABLE jobs ADD refunded_credits int NOT NULL DEFAULT 0")
    app.sql("UPDATE jobs SET refunded_credits = price WHERE substr(id, 2)::int <= 20")
    assert "jobs.refunded_credits (20 of the newest" in refuses(app, "marks")
    app.map(exclude="error = 'gave back'")
    assert "refunded_credits says that 20 of the newest" in rehearsed(app)["marks"]["message"]
    app.map(exclude=None, amount="price - refunded_credits")
    app.map("sessions.refunded", refunded_credits="s.price")
    assert "marks" not in rehearsed(app)


def test_what_is_not_owed_need_not_look_refunded(app: App) -> None:
    without_book(app)
    app.sql("ALTER TABLE jobs ADD refunded_credits int NOT NULL DEFAULT 0")
    app.sql("UPDATE jobs SET refunded_credits = price WHERE substr(id, 2)::int <= 20")
    app.sql("UPDATE jobs SET price = NULL WHERE id IN ('j29', 'j30')")
    app.map(exclude="refunded_credits > 0")
    app.map("sessions.refunded", refunded_credits="amount")
    assert "marks" not in rehearsed(app)


@pytest.mark.parametrize("by_row", [True, False])
def test_a_hold_that_was_released(app: App, *, by_row: bool) -> None:
    """The session names its hold, or the hold its session."""
    without_book(app)
    app.sql("CREATE TABLE credit_holds (id text PRIMARY KEY, job text REFERENCES jobs, status text, amount int)")
    app.sql(
        "INSERT INTO credit_holds SELECT 'h' || id, CASE WHEN %s THEN NULL ELSE id END, CASE WHEN state = 'done' THEN "
        "'CAPTURED' WHEN substr(id, 2)::int <= 20 THEN 'RELEASED' ELSE 'HELD' END, price FROM jobs",
        by_row,
    )
    if by_row:
        app.sql("ALTER TABLE jobs ADD hold text REFERENCES credit_holds")
        app.sql("UPDATE jobs SET hold = 'h' || id")
    assert "credit_holds.status (20 of the newest failed sessions" in refuses(app, "marks")
    app.map(exclude="error = 'gave back'")
    assert "credit_holds.status says that 20 of the newest" in rehearsed(app)["marks"]["message"]
    link = "h.id = s.hold" if by_row else "h.job = s.id"
    app.map(exclude=f"(SELECT h.status <> 'HELD' FROM credit_holds AS h WHERE {link})")
    assert "failure" not in [one["status"] for one in rehearsed(app).values()]


def test_a_part_of_the_charge_that_was_given_back(app: App) -> None:
    without_book(app)
    app.sql("CREATE TABLE charges (id serial PRIMARY KEY, job text REFERENCES jobs, amount int, refunded_amount int)")
    app.sql(
        "INSERT INTO charges (job, amount, refunded_amount) SELECT id, price, CASE WHEN state <> 'failed' THEN 0 "
        "WHEN substr(id, 2)::int <= 20 THEN price WHEN substr(id, 2)::int <= 24 THEN 1 ELSE 0 END FROM jobs"
    )
    row = "FROM charges AS c WHERE c.job = s.id)"
    app.map(amount="price", exclude=f"(SELECT c.refunded_amount = c.amount {row}")
    assert "charges.refunded_amount says that 4 of the newest failed" in refuses(app, "marks")
    app.map(amount=f"(SELECT c.amount - c.refunded_amount {row}")
    assert "failure" not in [one["status"] for one in rehearsed(app).values()]
    # the row may have what is left of the charge
    app.sql("UPDATE charges SET amount = amount - refunded_amount")
    app.map(amount=f"(SELECT c.amount {row}", exclude=f"(SELECT c.refunded_amount > 0 AND c.amount = 0 {row}")
    assert "failure" not in [one["status"] for one in rehearsed(app).values()]
    app.sql("ALTER TABLE charges ADD full_amount int")
    app.sql("UPDATE charges SET full_amount = amount + refunded_amount")
    assert "failure" not in [one["status"] for one in rehearsed(app).values()]


def test_a_reservation_that_succeeded_work_lets_go_as_well(app: App) -> None:
    """What is charged is in the book; a reservation is released whatever became of the job."""
    app.sql("CREATE TABLE reservations (id text PRIMARY KEY, job text REFERENCES jobs, status text)")
    app.sql("INSERT INTO reservations SELECT 'r' || id, id, 'released' FROM jobs WHERE state <> 'running'")
    assert rehearsed(app) == {}


def test_a_balance_that_no_charge_moves(app: App) -> None:
    app.sql("INSERT INTO wallets SELECT 'x' || n, 1000 FROM generate_series(1, 10) AS n")
    app.sql("ALTER TABLE wallets ADD remaining int NOT NULL DEFAULT 0")
    app.sql("UPDATE wallets SET remaining = 400 + ascii(right(id, 1))")
    assert "balance is the same for all 15 newest accounts: no charge moves it" in refuses(app, "accounts")
    app.map("accounts", balance="remaining", invariant="balance >= 0")
    assert rehearsed(app) == {}


def test_the_size_of_a_pack_is_not_what_is_left_of_it(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO size")
    app.sql("ALTER TABLE wallets ADD remaining int NOT NULL DEFAULT 400")
    app.map("accounts", balance="size")
    assert "size is a total of what was ever had, by its name, and remaining what is left" in refuses(app, "accounts")


def test_statuses_that_are_rows_of_another_table(app: App) -> None:
    app.sql("CREATE TABLE states (id smallint PRIMARY KEY, code text, terminal boolean)")
    app.sql("INSERT INTO states (id, code) VALUES (1, 'running'), (2, 'done'), (3, 'failed'), (4, 'cancelled')")
    app.sql("ALTER TABLE jobs ADD state_id smallint REFERENCES states")
    app.sql("UPDATE jobs SET state_id = (SELECT id FROM states WHERE code = state)")
    app.sql("UPDATE jobs SET state_id = 4 WHERE id IN ('j21', 'j22', 'j23')")
    app.map(status="state_id", failed=[3], running=[1], succeeded=[2, 4])
    assert rehearsed(app) == {}
    app.map(failed=[3, 4], succeeded=[2])
    assert "sessions.failed has '4' (cancelled), and the app has refunded none of 3" in refuses(app, "statuses")
    app.map(failed=[3, 2], succeeded=[4])
    assert "sessions.failed has '2' (done), which is a name for work" in rehearsed(app)["statuses"]["message"]


def test_one_amount_for_all_where_the_app_gave_back_many(app: App) -> None:
    app.map(amount="1")
    assert "1 instead of " in (said := refuses(app, "past_refunds"))
    assert said.endswith("and the same for all of them")


def test_amounts_of_money_are_compared(app: App) -> None:
    app.sql("ALTER TABLE book ALTER amount TYPE money")
    app.map("ledger.insert", amount="amount::money")
    assert rehearsed(app) == {}
    app.map(amount="price * 2")
    assert "is more than the app gave back for 20 of 20 sessions" in refuses(app, "past_refunds")


def test_more_delivered_work_than_work_that_failed(app: App) -> None:
    """Of twenty that the app has refunded none was answered, and most of what would be paid was."""
    app.sql("ALTER TABLE jobs ADD bytes_received int")
    app.sql(
        "INSERT INTO jobs (id, owner, state, price, began, ended, beat) SELECT 'd' || n, 'w1', 'failed', 2, "
        "now() - interval '1 hour', now() - interval '30 min', now() FROM generate_series(1, 40) AS n"
    )
    app.sql("UPDATE jobs SET bytes_received = 7 WHERE state = 'done' OR id LIKE 'd%%'")
    assert "bytes_received is set for 10 of 10 sessions that succeeded" in refuses(app, "statuses")


def test_what_is_refunded_expires_too_soon(app: App) -> None:
    app.sql("ALTER TABLE book ADD expires_at timestamptz")
    app.sql("UPDATE book SET expires_at = made_at + interval '90 days' WHERE kind = 'refund'")
    app.map("ledger.insert", made_at="at", expires_at="at + interval '90 days'")
    assert rehearsed(app) == {}
    app.map("ledger.insert", expires_at="at + interval '1 year'")
    assert rehearsed(app) == {}, "longer is no fault"
    app.map("ledger.insert", expires_at="at + interval '90 minutes'")
    found = rehearsed(app)["past_refunds"]
    assert (found["status"], "expires sooner" in found["message"]) == ("warning", True)
    app.map("ledger.insert", expires_at="at")
    assert "expires at once" in refuses(app, "past_refunds")
    app.sql("UPDATE book SET expires_at = NULL")
    assert rehearsed(app) == {}


def test_usage_without_a_foreign_key_that_was_given_back(app: App) -> None:
    """The amount says which rows are the session's."""
    without_book(app)
    app.sql("CREATE TABLE usage_records (id serial PRIMARY KEY, subject text, quantity int, refunded_at timestamptz)")
    app.sql(
        "INSERT INTO usage_records (subject, quantity, refunded_at) SELECT id, price, CASE WHEN state = 'failed' AND "
        "substr(id, 2)::int <= 20 THEN now() END FROM jobs"
    )
    app.map(amount="(SELECT sum(u.quantity) FROM usage_records AS u WHERE u.subject = s.id)")
    assert "usage_records.refunded_at (20 of the newest failed sessions" in refuses(app, "marks")
    app.map(exclude="EXISTS (SELECT FROM usage_records u WHERE u.subject = s.id AND u.refunded_at IS NOT NULL)")
    assert "failure" not in [one["status"] for one in rehearsed(app).values()]


def test_the_size_of_a_quota_is_no_balance(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO quota_remaining")
    app.sql("ALTER TABLE wallets ADD quota int NOT NULL DEFAULT 1000, ADD bonus int NOT NULL DEFAULT 0")
    app.sql("UPDATE wallets SET bonus = ascii(right(id, 1))")
    app.map("accounts", balance="quota_remaining + bonus")
    app.map("accounts.add", quota_remaining="amount")
    assert "quota of wallets" not in str(rehearsed(app))
