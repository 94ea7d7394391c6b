"""Files that name the wrong row of the accounts, or a number of it that no charge moves: failures of the rehearsal."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed, shop, without_ledger

pytestmark = pytest.mark.slow


def test_a_limit_that_is_raised_instead_of_the_counter_of_usage(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO seconds_limit")
    app.sql("ALTER TABLE wallets ADD seconds_used int NOT NULL DEFAULT 50")
    app.map("accounts", balance="seconds_limit - seconds_used")
    app.map("accounts.add", seconds_used="-amount")
    assert rehearsed(app) == {}
    app.sections["accounts.add"].clear()
    app.map("accounts.add", seconds_limit="amount")
    assert "seconds_used counts what was used of it: a refund raises the one" in refuses(app, "accounts")


def test_a_number_that_no_charge_moves(app: App) -> None:
    """The balance is the sum of the book, and all accounts have the same of the mapped number."""
    app.sql("ALTER TABLE wallets RENAME balance TO quota")
    app.sql("INSERT INTO book (wallet, kind, amount) SELECT id, 'topup', 100 * right(id, 1)::int FROM wallets")
    app.map("accounts", balance="quota")
    assert "'quota' is the same for all 5 accounts looked at" in refuses(app, "accounts")
    app.sections.pop("accounts")
    assert rehearsed(app) == {}


def test_another_number_that_all_accounts_have_alike(app: App) -> None:
    """Where the balance differs from account to account, what is the same for all is not what charges take from."""
    app.sql("ALTER TABLE wallets ADD wallet_cents int NOT NULL DEFAULT 1200")
    assert "wallet_cents" in rehearsed(app)["accounts"]["message"]
    app.sql("UPDATE wallets SET balance = balance + right(id, 1)::int")
    assert rehearsed(app) == {}


def test_seconds_that_were_released(app: App) -> None:
    """The sessions alone say what was given back, in another word."""
    app.sql("ALTER TABLE jobs ADD seconds_released_at timestamptz")
    app.sql("UPDATE jobs SET seconds_released_at = now() WHERE id IN (SELECT job FROM book WHERE kind = 'refund')")
    app.sql("DROP TABLE book")
    without_ledger(app)
    assert "jobs.seconds_released_at (20 of the newest failed sessions" in refuses(app, "marks")
    app.map(exclude="seconds_released_at IS NOT NULL")
    app.map("sessions.refunded", seconds_released_at="at")
    assert rehearsed(app) == {}


def test_work_that_ended_well_under_a_word_that_does_not_say_so(app: App) -> None:
    app.sql("UPDATE jobs SET state = 'terminated' WHERE state = 'done'")
    app.map(failed=["failed", "terminated"], succeeded=["completed"])
    assert "sessions.failed has 'terminated', and the app has refunded none of 10" in refuses(app, "statuses")
    app.map(failed=["failed"], succeeded=["terminated"])
    assert rehearsed(app) == {}


@pytest.fixture
def coded(app: App) -> App:
    """The book has a number for the kind of a row, and no sign."""
    app.sql("ALTER TABLE book ALTER kind TYPE int USING CASE kind WHEN 'charge' THEN 1 ELSE 2 END")
    app.sql("UPDATE book SET amount = abs(amount)")
    app.sql("INSERT INTO book (wallet, kind, amount) SELECT id, 0, 100 FROM wallets")
    app.map("ledger", where="kind = 2")
    app.map("ledger.insert", kind="2")
    return app


def test_a_number_that_no_refund_has(coded: App) -> None:
    assert rehearsed(coded) == {}
    coded.map("ledger", where="kind = 0")
    coded.map("ledger.insert", kind="0")
    assert "have a row of their whole amount with kind 2, as no session that succeeded has" in refuses(coded, "ledger")


def test_the_number_of_charges(coded: App) -> None:
    """Some failed sessions were never charged, so not all of them have such a row."""
    coded.sql("DELETE FROM book WHERE kind = 1 AND job IN ('j27', 'j28', 'j29', 'j30')")
    coded.map("ledger", where="kind = 1")
    coded.map("ledger.insert", kind="1")
    assert "those are charges, and nothing is owed" in refuses(coded, "statuses")


def test_a_deadline_that_work_outlives(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD locked_at timestamptz, ADD due timestamptz")
    app.sql("UPDATE jobs SET locked_at = began + interval '1 s', due = began + interval '1 day'")
    app.sections["sessions"].pop("active_at")
    app.map(stuck_at="locked_at")
    assert "10 of 10 sessions that succeeded ended only after sessions.stuck_at" in refuses(app, "deadlines")
    app.map(stuck_at="due")
    assert "deadlines" not in rehearsed(app)


def test_a_deadline_that_is_over_as_the_work_begins(app: App) -> None:
    app.map(active_at=None, ended_at=None, stuck_at="began + interval '1 hour'")
    assert rehearsed(app) == {}
    app.map(stuck_at="began + interval '1 s'")
    assert "is hardly later than the start for 10 of the 10 newest running sessions" in refuses(app, "deadlines")


def test_parts_of_work_that_is_refunded_as_a_whole(app: App) -> None:
    """Each failed job is a page of a batch, and the book has the batches."""
    app.sql("CREATE TABLE batches (id int PRIMARY KEY, owner text NOT NULL)")
    app.sql("INSERT INTO batches SELECT substr(id, 2)::int, owner FROM jobs")
    app.sql("ALTER TABLE jobs ADD batch int REFERENCES batches")
    app.sql("ALTER TABLE book ADD batch int REFERENCES batches")
    app.sql("UPDATE jobs SET batch = substr(id, 2)::int")
    app.sql("UPDATE book SET batch = substr(job, 2)::int, job = NULL")
    without_ledger(app)
    assert '"batch" (20 of the newest failed sessions' in refuses(app, "marks")
    app.sql("DELETE FROM book WHERE kind = 'refund'")
    assert rehearsed(app)["marks"]["status"] == "warning"


def test_an_amount_that_is_nothing_once_the_app_has_refunded(app: App) -> None:
    """What was delivered is not taken off; the mark of a refund hides what the amount was before it."""
    app.sql("ALTER TABLE jobs ADD billing text NOT NULL DEFAULT 'charged', ADD delivered int NOT NULL DEFAULT 1")
    app.sql("UPDATE jobs SET billing = 'refunded' WHERE id IN (SELECT job FROM book WHERE kind = 'refund')")
    app.sql("UPDATE book SET amount = amount - 1 WHERE kind = 'refund'")
    app.map(exclude="billing = 'refunded'", amount="CASE billing WHEN 'charged' THEN price - delivered END")
    app.map("sessions.refunded", billing="'refunded'")
    app.map("sessions.reversed", billing="'charged'")
    assert rehearsed(app) == {}
    app.map(amount="CASE billing WHEN 'charged' THEN price END")
    assert "is more than the app gave back for 20 of 20 sessions" in refuses(app, "past_refunds")


def test_a_number_that_stays_the_same_is_not_a_running_balance(bare: AppDatabase) -> None:
    """What was taken and what was given have a column each, and the one of refunds is zero in most rows."""
    app = shop(bare)
    app.sql(
        "ALTER TABLE book ADD given numeric NOT NULL DEFAULT 0, ADD taken numeric NOT NULL DEFAULT 0, ADD number int;"
        "UPDATE book SET given = greatest(amount, 0), taken = -least(amount, 0), number = substr(wallet, 2)::int;"
        "ALTER TABLE book DROP amount, DROP total;"
        "INSERT INTO book (wallet, number, kind, taken) SELECT 'w1', 1, 'rent', 2 FROM generate_series(1, 90)"
    )
    app.sections["ledger.insert"].pop("amount")
    app.sql(
        "INSERT INTO book (wallet, number, kind, taken, given) SELECT 'w' || n % 5, n % 5, 'trial', "
        "3 * (1 - n / 5 % 2), 3 * (n / 5 % 2) FROM generate_series(0, 499) AS n"
    )
    app.map("ledger.insert", given="amount", taken="0", number="substr(account_id, 2)::int")
    assert "ledger" not in rehearsed(app)


def test_charges_that_are_called_as_their_session(app: App) -> None:
    """Refunds name it in another column, and the price is there also when nothing was taken."""
    app.sql("ALTER TABLE book ADD request text UNIQUE; UPDATE book SET amount = -amount")
    app.sql("UPDATE book SET request = CASE kind WHEN 'charge' THEN job ELSE 'refund_' || job END")
    app.sql("UPDATE book SET job = NULL WHERE kind = 'charge'")
    app.map("ledger.insert", request="'refund_' || session_id", amount="-amount")
    assert rehearsed(app) == {}
    app.sql("DELETE FROM book WHERE request IN ('j27', 'j28', 'j29')")
    assert "3 that would be paid have none" in rehearsed(app)["charges"]["message"]


def test_a_key_by_which_the_app_looks_for_its_refunds(app: App) -> None:
    """A unique one it surely does; one without an index it may; of what a row is called nobody can tell."""
    app.sql("ALTER TABLE book ADD name text DEFAULT gen_random_uuid()::text UNIQUE, ADD request_id text")
    app.sql("UPDATE book SET name = 'refund_' || job, request_id = 'refund_' || job WHERE kind = 'refund'")
    app.map("ledger.insert", name="refund_id::text", request_id="'refund_' || session_id")
    assert rehearsed(app) == {}
    app.map("ledger.insert", request_id="refund_id::text")
    found = rehearsed(app)["past_refunds"]
    assert (found["status"], "if the app's own code looks" in found["message"]) == ("warning", True), found
    app.sql("ALTER TABLE book ADD UNIQUE (request_id)")
    assert "it is unique, so the app's own code" in refuses(app, "past_refunds")


def test_a_number_of_a_receipt_is_no_key(app: App) -> None:
    """It names the job, too, but nobody finds it by the job alone; ours comes from a sequence."""
    app.sql("CREATE SEQUENCE receipts; ALTER TABLE book ADD receipt text DEFAULT gen_random_uuid()::text UNIQUE")
    app.sql("UPDATE book SET receipt = job || '/' || left(md5(id::text), 6) WHERE kind = 'refund'")
    app.map("ledger.insert", receipt="'sweeper/' || nextval('receipts')")
    assert rehearsed(app) == {}
