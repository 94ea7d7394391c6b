"""The mapping of balances and of the app's own ledger."""

import pytest

from tests.helpers.any_app import App, with_ledger


@pytest.mark.parametrize("name", ["amount", "at", "owed", "account_id"])
def test_a_balance_named_like_one_of_ours_is_still_the_apps(app: App, name: str) -> None:
    app.sql(f'ALTER TABLE wallets RENAME balance TO "{name}"')
    app.map("accounts", balance=name)
    app.sweep()
    assert app.sql(f'SELECT "{name}" FROM wallets') == [(103,)]


# --- balances and ledgers


def test_every_column_of_an_account_that_is_mapped_moves(app: App) -> None:
    app.sql("ALTER TABLE wallets ADD spent int DEFAULT 50, ADD touched timestamp")
    app.map("accounts", spent="spent", updated_at="touched", invariant="balance >= 0")
    app.sweep()
    ((balance, spent, touched),) = app.sql("SELECT balance, spent, touched::text FROM wallets")
    assert (balance, spent, touched) == (103, 47, "2026-11-23 12:00:00")


def test_without_accounts_and_ledger_the_refund_is_in_sweepers_ledger(app: App) -> None:
    del app.sections["accounts"]
    assert app.sweep() == {"sessions": 1, "credits": 3, "accounts": 1}
    assert app.refunds() == [("j", "w", 3)]
    assert app.balance() == 100


def test_with_a_ledger_the_refund_is_in_both_and_the_balance_moves(app: App) -> None:
    with_ledger(app)
    app.sql("INSERT INTO jobs VALUES ('app', 'w', 'failed', 9, '', '{}', '2026-11-23 10:00Z')")
    app.sql("INSERT INTO entries (job, kind) VALUES ('app', 'refund'), ('j', 'charge'), (NULL, 'refund')")
    assert app.sweep()["credits"] == 3
    booked = app.sql(
        "SELECT e.job, e.wallet, e.amount FROM entries AS e JOIN sweeper.refunds AS r ON r.refund_id = e.id"
    )
    assert booked == [("j", "w", 3)]
    assert app.balance() == 103


@pytest.mark.parametrize(
    ("where", "session"),
    [
        ("kind = 'refund' -- only these", "job"),
        ("kind LIKE 'ref%' AND kind <> '{x}'", "job"),
        ("kind = 'refund'", "info ->> 'job' -- as the app has it"),
    ],
)
def test_a_ledger_may_be_mapped_by_expressions(app: App, where: str, session: str) -> None:
    with_ledger(app)
    app.sql("ALTER TABLE entries ADD info jsonb")
    app.map("ledger", where=where, session=session)
    app.map("ledger.insert", info="jsonb_build_object('job', session_id)")
    app.sql("INSERT INTO jobs VALUES ('app', 'w', 'failed', 9, '', '{}', '2026-11-23 10:00Z')")
    app.sql("""INSERT INTO entries (job, kind, info) VALUES ('app', 'refund', '{"job": "app"}')""")
    assert app.sweep()["credits"] == 3


def test_the_app_and_the_sweep_cannot_both_book_a_refund_mapped_by_an_expression(app: App) -> None:
    with_ledger(app)
    app.map("ledger", session="lower(job)")
    app.sweep()
    with pytest.raises(Exception, match="duplicate key"):
        app.sql("INSERT INTO entries (job, kind) VALUES ('J', 'refund')")


@pytest.mark.parametrize("ledger", [False, True])
def test_a_session_that_is_charged_again_is_refunded_again_by_its_attempt(app: App, ledger: bool) -> None:
    app.sql("ALTER TABLE jobs ADD charge uuid DEFAULT gen_random_uuid()")
    app.map(attempt="charge")
    if ledger:
        with_ledger(app, attempt="charge")
        app.map("ledger.insert", charge="attempt")
    assert app.sweep()["credits"] == 3
    assert app.database.run().document["refunds"]["sessions"] == 0
    app.sql("UPDATE jobs SET charge = gen_random_uuid()")
    assert app.database.run().document["refunds"]["credits"] == 3
    assert app.database.run().document["refunds"]["sessions"] == 0
    assert app.balance() == 106


def test_an_attempt_that_the_ledger_leaves_null_is_held(app: App) -> None:
    """Nulls repeat in a unique index: nothing would stop a second refund."""
    app.sql("ALTER TABLE jobs ADD charge text DEFAULT 'c1'")
    app.map(attempt="charge")
    with_ledger(app, attempt="charge")
    app.map("ledger.insert", charge="nullif(attempt, 'c1')")
    assert app.install().exit_code == 0
    ran = app.database.run()
    assert (ran.exit_code, ran.document["held"]) == (3, 1)
    assert app.sql("SELECT count(*) FROM entries") == [(0,)]


@pytest.mark.parametrize("text", ["Render failed", "Refund", "Closed: no sign of life"])
def test_a_text_without_quotes_is_shown_with_them(app: App, text: str) -> None:
    app.map("sessions.close", error=text)
    app.refused(f"sessions.close.error = {text!r}", "write a text in quotes of SQL, \"'" + text + "'\"")
