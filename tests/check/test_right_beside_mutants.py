"""Right files that look like the changed ones of `test_mutants`: nothing is said of them, or no run is stopped."""

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.shops import marked_shop, refuses, rehearsed, shop, without_ledger


def test_a_ledger_in_another_unit_than_the_balance(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE wallets ADD cents bigint; UPDATE book SET amount = amount * 100, total = total * 100")
    app.sql("UPDATE wallets SET cents = 100000 + (SELECT sum(amount) FROM book WHERE wallet = wallets.id)")
    app.sql("ALTER TABLE wallets DROP balance")
    app.map("accounts", balance="cents / 100")
    app.map("accounts.add", cents="amount * 100")
    app.map("ledger.insert", amount="amount*100", total="balance_after * 100")
    assert "ledger" not in rehearsed(app)
    app.map("ledger.insert", total="balance_after * 10")
    assert "total steps by amount from row to row" in refuses(app, "ledger")


def test_a_ledger_of_what_was_used(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE wallets ADD used numeric; UPDATE book SET amount = -amount, total = 1000 - total")
    app.sql("UPDATE wallets SET used = (SELECT sum(amount) FROM book WHERE wallet = wallets.id)")
    app.sql("ALTER TABLE wallets DROP balance")
    app.map("accounts", balance="-used")
    app.map("accounts.add", used="-amount")
    app.map("ledger.insert", amount="-amount", total="-balance_after")
    assert "ledger" not in rehearsed(app)
    app.map("ledger.insert", amount="amount")
    assert "total steps by amount from row to row" in refuses(app, "ledger")


def test_a_column_that_only_the_sweep_sets(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD swept_at timestamptz")
    app.map("sessions.refunded", swept_at="at")
    assert "marks" not in rehearsed(app)


def test_a_sign_of_life_of_the_one_worker_that_runs_them_all(app: App) -> None:
    app.sql("CREATE TABLE workers (id int PRIMARY KEY, seen timestamptz); INSERT INTO workers VALUES (1, now())")
    app.sql("ALTER TABLE jobs ADD worker int DEFAULT 1")
    app.map(active_at="(SELECT w.seen FROM workers AS w WHERE w.id = s.worker)")
    assert "active_at" not in rehearsed(app)


def test_what_was_never_charged_beside_what_nobody_refunded(bare: AppDatabase) -> None:
    """The app gives nothing back itself, and some of its work is free."""
    app = marked_shop(bare)
    app.sections["sessions"].pop("exclude")
    app.sections.pop("sessions.refunded")
    app.sql("ALTER TABLE jobs DROP refunded_at; UPDATE jobs SET price = 0 WHERE substr(id, 2)::int <= 6")
    app.sql("UPDATE jobs SET state = 'expired', ended = NULL WHERE state = 'failed' AND substr(id, 2)::int > 24")
    app.map(failed=["failed", "expired"])
    assert "statuses" not in rehearsed(app), "some are free"
    app.sql("UPDATE jobs SET state = 'rejected' WHERE price = 0")
    app.map(failed=["failed", "expired", "rejected"])
    assert "statuses" not in rehearsed(app), "those of one status never took anything"
    app.sql("UPDATE jobs SET price = 0, state = 'failed' WHERE substr(id, 2)::int <= 20")
    assert rehearsed(app)["statuses"]["status"] == "warning"


def test_grace_before_anything_is_installed_and_where_rows_fail(app: App) -> None:
    app.write()
    assert items(check(app.database))["grace"]["status"] == "ok"
    assert app.install().exit_code == 0
    app.sql("UPDATE jobs SET error = 'x' WHERE state = 'failed'")
    app.map(amount="price + error::int")
    assert app.install().exit_code == 0
    assert items(check(app.database))["grace"]["status"] == "ok", "amounts shows it"


def test_a_log_of_failures_says_what_was_refunded(app: App) -> None:
    """The status there is the session's: what the text says of it has been done."""
    without_ledger(app)
    app.sql("DROP TABLE book; CREATE TABLE log (id bigserial PRIMARY KEY, status text, message text, amount numeric)")
    app.sql("INSERT INTO log (status, message, amount) SELECT 'failed', 'refunded credits for job ' || id, price "
            "FROM jobs WHERE substr(id, 2)::int <= 20")  # fmt: skip
    assert '"public"."log" (in a text)' in refuses(app, "marks")


def test_refunds_of_which_only_some_are_named_in_json(app: App) -> None:
    app.sql("ALTER TABLE book ADD meta jsonb; UPDATE book SET meta = jsonb_build_object('ref', job), job = NULL, "
            "kind = 'refund_given' WHERE kind = 'refund' AND id % 5 > 1")  # fmt: skip
    assert "12 sessions that would be paid again" in refuses(app, "ledger")
