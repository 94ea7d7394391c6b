"""Apps whose refunds, charges and balances are not called or kept as in the shop: undone, in part, of others."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import marked_shop, refuses, rehearsed, without_ledger

pytestmark = pytest.mark.slow

# what the book says of a job's charge, refunds included
NET = "(SELECT -sum(b.amount) FROM book b WHERE b.job = s.id)"


# the wallets have paid different sums, so that their balances prove something
UNEVEN = "UPDATE jobs SET price = price + substr(owner, 2)::int"


@pytest.fixture
def app(app: App) -> App:
    app.sql(UNEVEN)
    app.sql("UPDATE book AS b SET amount = sign(b.amount) * j.price FROM jobs AS j WHERE j.id = b.job")
    app.sql("UPDATE wallets SET balance = 1000 + (SELECT sum(amount) FROM book WHERE wallet = wallets.id)")
    return app


def said(app: App, item: str) -> str:
    """What a warning says."""
    found = rehearsed(app)[item]
    assert found["status"] == "warning", found
    return str(found["message"])


@pytest.mark.parametrize(
    "sets",
    [
        "NEW.number := NEW.id;",
        'IF true THEN NEW."number" = NEW.id; END IF;',
        "SELECT 1, 2 INTO NEW.kind, NEW.number;",
        "NEW.number := abs(coalesce(NEW.number, NEW.id));",
        "NEW.kind = lower(NEW.kind); NEW.number := NEW.id;",
    ],
)
def test_a_column_that_a_trigger_fills(app: App, sets: str) -> None:
    def trigger(body: str) -> None:
        app.sql(f"CREATE OR REPLACE FUNCTION n() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {body} RETURN NEW; END'")

    app.sql("ALTER TABLE book ADD number int; UPDATE book SET number = id; ALTER TABLE book ALTER number SET NOT NULL")
    # one that only reads it, or tidies up what is there
    reads = "IF NEW.number = 0 OR NEW.number IS NULL THEN INSERT INTO book (number) VALUES (NEW.number); END IF;"
    trigger(f"NEW.number := abs(NEW.number); {reads}")
    app.sql("CREATE TRIGGER n BEFORE INSERT ON book FOR EACH ROW EXECUTE FUNCTION n()")
    app.refused("number", "must have a value: NOT NULL and without a default")
    trigger(sets)
    assert rehearsed(app) == {}
    assert app.install().exit_code == 0


def test_a_counter_with_a_name_that_says_nothing(app: App) -> None:
    """It has moved by exactly what sessions took and were given back."""
    app.sql("ALTER TABLE wallets ADD kappa numeric NOT NULL DEFAULT 0")
    app.sql("UPDATE wallets SET kappa = (SELECT -sum(amount) FROM book WHERE wallet = wallets.id)")
    assert "kappa of wallets has moved by exactly what sessions took and were given back" in refuses(app, "balances")
    app.map("accounts.add", balance="amount", kappa="-amount")
    assert rehearsed(app) == {}


def test_a_counter_of_all_that_was_ever_taken(app: App) -> None:
    app.sql("ALTER TABLE wallets ADD kappa numeric NOT NULL DEFAULT 0")
    app.sql("UPDATE wallets SET kappa = (SELECT -sum(amount) FROM book WHERE wallet = wallets.id AND kind = 'charge')")
    assert rehearsed(app) == {}


def test_a_balance_without_accounts(app: App) -> None:
    app.sections.pop("accounts")
    app.sql("ALTER TABLE jobs ADD FOREIGN KEY (owner) REFERENCES wallets")
    without_ledger(app)
    app.map(exclude="EXISTS (SELECT FROM book b WHERE b.job = s.id AND b.kind = 'refund')")
    assert "balance of wallets, which sessions name by owner, has moved by exactly" in refuses(app, "balances")


def test_a_refund_of_a_kind_that_where_misses(app: App) -> None:
    """The charge that is left says that the app refunded them, and none has what ours would have."""
    app.map(charged=NET)
    assert rehearsed(app) == {}
    app.map("ledger", where="kind = 'credit'")
    app.map("ledger.insert", kind="'credit'")
    assert "20 of the newest sessions that have nothing left of their charge" in said(app, "past_refunds")
    app.map("ledger.past", where="kind = 'refund'")
    app.map(charged=None, amount=NET)
    assert "past_refunds" not in rehearsed(app), "of another kind on purpose"


def test_a_subject_that_ours_would_not_have(app: App) -> None:
    app.sql("ALTER TABLE book ADD about text; UPDATE book SET about = 'App.Job'")
    app.map(charged=NET)
    app.map("ledger", where="kind = 'refund' AND about = 'job'")
    app.map("ledger.insert", about="'job'")
    assert "about App.Job, and no row of them has what ours would have" in said(app, "past_refunds")


def test_a_kind_that_none_of_the_refunds_has(app: App) -> None:
    app.map("ledger", where="kind IN ('refund', 'goodwill')")
    app.map("ledger.insert", kind="'goodwill'")
    assert "is 'refund' in all of the app's 20 refunds" in said(app, "past_refunds")


def test_a_refund_for_the_first_of_several_tries(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD first text; ALTER TABLE book ADD work text; UPDATE book SET work = job")
    app.map("ledger.insert", work="session_id")
    assert rehearsed(app) == {}
    app.sql("UPDATE jobs SET first = 'j' || (substr(id, 2)::int + 20) WHERE id IN ('j2', 'j5', 'j8', 'j11')")
    app.sql("UPDATE book SET work = j.first FROM jobs AS j WHERE j.id = book.job AND j.first IS NOT NULL")
    assert "work = session_id is not what the app wrote for 4 of 20 refunds" in refuses(app, "past_refunds")
    app.map("ledger.insert", work="coalesce(s.first, session_id)")
    assert rehearsed(app) == {}


@pytest.mark.parametrize(("column", "undone"), [("deleted_at timestamptz", "now()"), ("is_voided boolean", "true")])
def test_charges_whose_rows_are_deleted(app: App, column: str, undone: str) -> None:
    name = column.split()[0]
    app.sql(f"ALTER TABLE book ADD {column}")
    assert rehearsed(app) == {}
    app.sql(f"UPDATE book SET {name} = {undone} WHERE wallet = 'w4'")
    assert rehearsed(app) == {}, "all rows of an account that was closed"
    app.sql(f"UPDATE book SET {name} = NULL")
    app.sql(f"UPDATE book SET {name} = {undone} WHERE job IN ('j21', 'j22', 'j23')")
    assert f"3 sessions that would be paid, such as j21, j22, j23, have only rows in book whose {name} is set" in said(
        app, "ledger"
    )
    app.map(charged=f"(SELECT -sum(b.amount) FROM book b WHERE b.job = s.id AND b.{name} IS NULL)")
    assert rehearsed(app) == {}


def test_rows_that_are_archived_later(app: App) -> None:
    app.sql("ALTER TABLE book ADD archived_at timestamptz")
    app.sql("UPDATE book SET archived_at = now() WHERE job NOT IN ('j1', 'j2', 'j3', 'j4', 'j5')")
    assert rehearsed(app) == {}


def test_amounts_below_what_the_balances_have_moved_by(bare: AppDatabase) -> None:
    app = marked_shop(bare)
    app.sql(UNEVEN)
    app.sql("UPDATE wallets SET balance = 1000 - 10 * (SELECT coalesce(sum(price), 0) FROM jobs "
            "WHERE owner = wallets.id AND refunded_at IS NULL)")  # fmt: skip
    assert "would be paid less than was taken for them" in said(app, "balances")


def test_a_mark_that_has_the_amount_in_the_apps_refunds(bare: AppDatabase) -> None:
    app = marked_shop(bare)
    app.sql("ALTER TABLE jobs ADD returned int; UPDATE jobs SET returned = price WHERE refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at", returned="amount")
    assert rehearsed(app) == {}
    app.sql("ALTER TABLE jobs ADD refunds int; UPDATE jobs SET refunds = 1 WHERE refunded_at IS NOT NULL")
    app.sql("UPDATE jobs SET price = 1, returned = 1 WHERE id = 'j1'")
    app.map("sessions.refunded", refunds="1")
    assert rehearsed(app) == {}, "one counts them"
    app.map("sessions.refunded", refunded_at="at", returned="1")
    assert "returned = '1' is something else than 19 of 20 sessions have" in said(app, "marks")


@pytest.mark.parametrize("status", ["annulee", "Storniert", "anulado", "已取消", "отменено"])
def test_canceled_work_in_other_languages(app: App, status: str) -> None:
    app.sql(f"UPDATE jobs SET state = '{status}' WHERE substr(id, 2)::int BETWEEN 25 AND 30")
    app.map(failed=["failed", status])
    assert "the app has refunded none of 6 such sessions" in refuses(app, "statuses")


def test_a_refund_that_is_called_so_in_another_script(app: App) -> None:
    app.sql("UPDATE book SET kind = '退款' WHERE kind = 'refund'")
    app.map(exclude="EXISTS (SELECT FROM book b WHERE b.job = s.id AND b.kind = '退款')")
    without_ledger(app)
    assert "none is mapped, and the app has a row in" in refuses(app, "ledger")


def test_the_wallet_of_somebody_else_who_has_one(app: App) -> None:
    """Those who ordered the jobs were charged, and the file pays those who did them."""
    app.sql("CREATE TABLE people (id int PRIMARY KEY); INSERT INTO people SELECT generate_series(0, 4)")
    app.sql(
        "ALTER TABLE wallets ADD person int UNIQUE REFERENCES people; UPDATE wallets SET person = substr(id, 2)::int"
    )
    app.sql("ALTER TABLE jobs ADD asker int REFERENCES people, ADD worker int REFERENCES people")
    app.sql("UPDATE jobs SET asker = substr(owner, 2)::int, worker = substr(id, 2)::int % 3")
    app.map(exclude="EXISTS (SELECT FROM book b WHERE b.job = s.id AND b.kind = 'refund')")
    without_ledger(app)
    for whose in ("asker", "worker"):
        app.map(account=f"(SELECT w.id FROM wallets w WHERE w.person = s.{whose})")
        said = str(rehearsed(app).get("balances", {}).get("message"))
        assert ("sessions of that asker took, and not each by what sessions.account" in said) == (whose == "worker")
    app.map(account="(SELECT w.id FROM wallets w WHERE w.person = s.asker)")
    app.sql("CREATE INDEX ON jobs (asker)")
    app.sql("ALTER TABLE jobs ADD padding text; ALTER TABLE jobs ALTER padding SET STORAGE PLAIN")
    app.sql("INSERT INTO jobs (id, padding) SELECT 'x' || n, repeat('x', 7900) FROM generate_series(1, 8000) AS n")
    app.sql("DELETE FROM jobs WHERE padding IS NOT NULL")
    assert "balances" not in rehearsed(app), "no index finds the sessions of an account: nothing is known of these"


@pytest.mark.parametrize("column", ["gesperrt", "bloqueado", "已冻结"])
def test_closed_accounts_in_other_languages(app: App, column: str) -> None:
    app.sql(f'ALTER TABLE wallets ADD "{column}" boolean NOT NULL DEFAULT false')
    assert rehearsed(app) == {}
    app.sql(f"UPDATE wallets SET \"{column}\" = true WHERE id = 'w4'")
    assert f"{column} is set on 1 of the 5 newest accounts" in said(app, "accounts")


def test_accounts_that_are_closed_by_their_state(app: App) -> None:
    app.sql("ALTER TABLE wallets ADD status text NOT NULL DEFAULT 'active', ADD plan_status text DEFAULT 'closed'")
    assert rehearsed(app) == {}
    app.sql("UPDATE wallets SET status = 'Suspended' WHERE id = 'w4'")
    assert "status says of 1 of the 5 newest accounts that they are closed" in said(app, "accounts")
    app.map("accounts", active="status = 'active'")
    assert rehearsed(app) == {}


def test_a_counter_of_what_was_made(bare: AppDatabase) -> None:
    """Where hardly anything is owed, it has moved as one that charges and refunds move; not so for what is owed."""
    app = marked_shop(bare)
    app.sql("UPDATE jobs SET state = 'done', ended = now() WHERE refunded_at IS NULL AND owner <> 'w0'")
    app.sql("UPDATE jobs SET state = 'done', ended = now() WHERE state = 'running'")
    app.sql("INSERT INTO wallets SELECT 'x' || n, 1000 FROM generate_series(1, 40) AS n")
    app.sql(
        "INSERT INTO jobs (id, owner, state, price, began, ended, beat, refunded_at) "
        "SELECT state || n, 'x' || n, state, 2 + n % 9, now() - interval '50 min', now() - interval '20 min', now(), "
        "CASE WHEN state = 'failed' THEN now() END "
        "FROM generate_series(1, 40) AS n, (VALUES ('failed'), ('done')) AS two (state)"
    )
    app.sql("ALTER TABLE wallets ADD made int")
    for condition, expected in (("state = 'done'", {}), ("refunded_at IS NULL", {"balances": "failure"})):
        app.sql(f"UPDATE wallets AS w SET made = (SELECT sum(price) FROM jobs WHERE owner = w.id AND {condition})")
        assert {name: item["status"] for name, item in rehearsed(app).items()} == expected
