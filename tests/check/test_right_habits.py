"""Right files for apps whose habits come near to what rules call wrong; nothing is said, or no run is stopped."""

from collections.abc import Callable

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.shops import marked_shop, refuses, rehearsed, shop


@pytest.mark.parametrize("wallet", ["w", "v"])
@pytest.mark.parametrize("column", ["meta", "note"])
def test_numbers_of_another_product_in_the_same_ledger(bare: AppDatabase, column: str, wallet: str) -> None:
    """Its jobs have ids, too: of the same accounts or of others, and it refunds what succeeded here as well."""
    app = shop(bare)
    app.sql("ALTER TABLE jobs ALTER id TYPE int USING substr(id, 2)::int; ALTER TABLE book DROP total, ADD meta jsonb")
    app.sql("UPDATE book SET job = substr(job, 2); ALTER TABLE book ALTER job TYPE int USING job::int, ADD note text")
    other = {"meta": "NULL, jsonb_build_object('jobId', id)", "note": "'Refund of video job #' || id, NULL"}[column]
    app.sql(f"INSERT INTO book (wallet, kind, amount, note, meta) SELECT replace(owner, 'w', '{wallet}'), "
            f"kind, amount, {other} FROM jobs CROSS JOIN (VALUES ('charge', -2), ('refund', 2)) AS each (kind, amount) "
            "WHERE id % 3 > 0")  # fmt: skip
    assert "ledger" not in rehearsed(app)
    # one that only names sessions which failed
    app.sql("DELETE FROM book WHERE job IS NULL AND (meta ->> 'jobId' > '30' OR note ~ '#(3[1-9]|[45].)')")
    if column == "note":
        assert "sessions that would be paid again" in refuses(app, "ledger")
    else:  # they have charges of their own
        assert "ledger" not in rehearsed(app)


def test_one_update_that_shows_that_all_are_alive(app: App) -> None:
    app.sql("UPDATE jobs SET beat = now() WHERE state = 'running'; ALTER TABLE jobs ADD worker int DEFAULT 1")
    app.sql("CREATE TABLE workers (id int PRIMARY KEY, seen timestamptz); INSERT INTO workers VALUES (1, now())")
    app.sql("CREATE TABLE pings (job text, at timestamptz); INSERT INTO pings SELECT id, beat FROM jobs")
    for active_at in (
        "coalesce(beat, began)",
        "(SELECT w.seen FROM workers AS w WHERE w.id = s.worker)",
        "(SELECT max(p.at) FROM pings AS p WHERE p.job = s.id)",
    ):
        app.map(active_at=active_at)
        assert "active_at" not in rehearsed(app)


def test_work_that_runs_before_it_is_charged(bare: AppDatabase) -> None:
    """Nearly all that fails does so before, and the rest is given back."""
    app = marked_shop(bare)
    app.sql("UPDATE jobs SET price = 0 WHERE state = 'running' OR (refunded_at IS NULL AND state = 'failed')")
    app.install()
    assert items(check(app.database))["amounts"]["status"] == "ok"


@pytest.mark.parametrize("shop_of", [shop, marked_shop])
def test_a_time_of_our_own_refunds(bare: AppDatabase, shop_of: Callable[[AppDatabase], App]) -> None:
    app = shop_of(bare)
    app.sql("ALTER TABLE jobs ADD swept_at timestamptz")
    app.map("sessions.refunded", swept_at="at")
    assert "marks" not in rehearsed(app)


def test_a_flag_for_another_job_of_the_app(app: App) -> None:
    """What failed has been passed on by now."""
    app.sql("ALTER TABLE jobs ADD passed_on boolean; UPDATE jobs SET passed_on = state <> 'running'")
    app.map("sessions.close", passed_on="false")
    assert "marks" not in rehearsed(app)


@pytest.mark.parametrize("status", ["active", "open", "done_processing"])
def test_success_that_is_called_like_work(app: App, status: str) -> None:
    app.sql(f"UPDATE jobs SET state = '{status}' WHERE state = 'done'")
    app.map(succeeded=[status])
    assert "statuses" not in rehearsed(app)


def test_amounts_and_running_balances_in_cents(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("UPDATE wallets SET balance = 1000 + (SELECT sum(amount) FROM book WHERE wallet = wallets.id)")
    app.sql("UPDATE book SET total = total * 100, amount = amount * 100")
    app.map("ledger.insert", total="balance_after * 100", amount="amount * 100")
    assert "ledger" not in rehearsed(app)
    app.map("ledger.insert", total="balance_after")
    assert "total of the newest row is not" in rehearsed(app)["ledger"]["message"]
    # a counter of what was used
    app.sql("UPDATE book SET total = 1000 - total / 100, amount = -amount / 100")
    app.map("ledger", where="kind = 'refund'")
    app.map("ledger.insert", total="1000 - balance_after", amount="-amount")
    assert "ledger" not in rehearsed(app)


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


def test_rows_of_the_book_that_expire(bare: AppDatabase) -> None:
    """No number orders them, and what was bought expires last: it is not the newest."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP id, ADD id uuid PRIMARY KEY DEFAULT gen_random_uuid(), ADD expires_at timestamptz")
    app.sql("ALTER TABLE wallets ADD bought numeric; UPDATE wallets SET bought = 900 + right(id, 1)::int")
    app.sql("UPDATE wallets SET balance = bought + (SELECT sum(amount) FROM book WHERE wallet = wallets.id)")
    app.sql(
        "UPDATE book SET total = balance, expires_at = now() + interval '30 d' FROM wallets AS w WHERE w.id = wallet"
    )
    app.sql(
        "INSERT INTO book (wallet, kind, amount, total, made_at, expires_at) "
        "SELECT id, 'purchase', bought, bought, now() - interval '2 h', now() + interval '1 y' FROM wallets"
    )
    app.map("ledger.insert", total="balance_after", expires_at="at + interval '30 days'")
    assert "ledger" not in rehearsed(app)
    app.map("accounts", balance="bought")
    app.map("ledger.insert", made_at="(refund.at)::timestamptz(3)")
    assert "total of the newest row is not accounts.balance = 'bought'" in refuses(app, "ledger")
