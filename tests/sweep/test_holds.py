"""Sessions that no program may refund: each is held with its reason, and does not block others."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.holds import charge_again_on_hold, holds


def messages(database: AppDatabase) -> dict[str, tuple[str, str]]:
    rows = database.sql("SELECT session_id, message, constraint_name FROM sweeper.holds WHERE sqlstate IS NOT NULL")
    return {session: (message, constraint) for session, message, constraint in rows}


def render(database: AppDatabase, charge: object) -> int:
    """Add a failed session to the ledger-only app."""
    if not database.value("SELECT count(*) FROM projects"):
        database.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1)")
    return int(
        database.value(
            "INSERT INTO renders (project_id, state, charge, started, ended) "
            "VALUES (1, 'failed', %s, '2026-11-22Z', '2026-11-22Z') RETURNING id",
            charge,
        )
    )


def test_a_session_without_an_account_is_held(first: AppDatabase) -> None:
    """Whether the account was never recorded or has been deleted since, it cannot be paid."""
    first.account()
    first.session("null", account=None)
    first.session("deleted", account="gone")
    first.session("owed")
    planned, ran = first.run("--dry-run"), first.run()
    assert (ran.exit_code, ran.document["outcome"], ran.document["held"]) == (3, "partial", 2)
    assert planned.document["held"] == 2
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
    assert holds(first) == {"null": ("no_account", None), "deleted": ("no_account", None)}
    assert first.credits() == 103


def test_a_session_without_an_account_is_held_where_no_accounts_are_mapped(ledger_only: AppDatabase) -> None:
    lost, _ = render(ledger_only, 2), render(ledger_only, 1)
    ledger_only.sql("UPDATE renders SET project_id = NULL WHERE id = %s", lost)
    assert ledger_only.run("--dry-run").document["held"] == ledger_only.run().document["held"] == 1
    assert holds(ledger_only) == {str(lost): ("no_account", None)}


def test_amounts_that_are_no_refund_are_held(ledger_only: AppDatabase) -> None:
    """Negative, not a number, infinite: such an amount is a mistake somewhere, and no program pays it."""
    ledger_only.sql(
        "ALTER TABLE renders ALTER charge TYPE numeric; ALTER TABLE credit_entries ALTER amount TYPE numeric"
    )
    assert ledger_only.sweeper("install").exit_code == 0
    wrong = {
        str(render(ledger_only, Decimal(charge))): why
        for charge, why in (
            ("-1", "amount_negative"),
            ("-0.0000000001", "amount_negative"),
            ("NaN", "amount_not_finite"),
            ("Infinity", "amount_not_finite"),
            ("-Infinity", "amount_not_finite"),
        )
    }
    exact = Decimal("123456789012345678901234567890.000000000000000001")  # more digits than Python keeps by itself
    owed = render(ledger_only, exact), render(ledger_only, 1)
    credits = "123456789012345678901234567891.000000000000000001"
    later = ledger_only.run("--dry-run", "--since", "2026-11-23T00:00:00Z")
    assert later.document["before_floor"] == {"sessions": 7, "credits": credits}
    planned, ran = ledger_only.run("--dry-run"), ledger_only.run("--max-credits", str(exact + 10**30))
    assert (planned.document["held"], ran.document["held"], ran.exit_code) == (5, 5, 3)
    assert {session: why for session, (why, _) in holds(ledger_only).items()} == wrong
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 2, "credits": credits, "accounts": 1}
    assert ledger_only.sql("SELECT render_id, amount FROM credit_entries ORDER BY 1") == [
        (owed[0], exact),
        (owed[1], 1),
    ]


def test_an_amount_that_the_balance_would_round_is_held(first: AppDatabase) -> None:
    """An integer balance takes whole credits only: half a credit is held, two and zero halves are paid."""
    first.configure('"cardinality(selected_models)"', '"cardinality(selected_models) / 2.0"')
    first.sweeper("install")
    first.account()
    first.session("half", models=1)
    first.session("whole", models=4)
    planned, ran = first.run("--dry-run"), first.run()
    assert planned.document["refunds"] == ran.document["refunds"]
    assert (planned.document["held"], ran.document["held"]) == (1, 1)
    assert holds(first) == {"half": ("amount_rounded", None)}
    assert (first.credits(), first.refunds()) == (102, {"whole": Decimal(2)})


@pytest.mark.parametrize("kind", ["'refund'", "concat('refund', s.message)"])
def test_an_amount_that_the_ledger_would_round_is_held(ledger_only: AppDatabase, kind: str) -> None:
    """The app's own ledger keeps three decimals: a fourth is held, by the dry run's account too."""
    ledger_only.sql("ALTER TABLE renders ALTER charge TYPE numeric")
    ledger_only.configure("kind        = \"'refund'\"", f'kind        = "{kind}"')
    assert ledger_only.sweeper("install").exit_code == 0
    rounded, exact = render(ledger_only, Decimal("1.0005")), render(ledger_only, Decimal("1.005"))
    planned, ran = ledger_only.run("--dry-run"), ledger_only.run()
    assert planned.document["refunds"] == ran.document["refunds"]
    assert (planned.document["held"], ran.document["held"]) == (1, 1)
    assert holds(ledger_only) == {str(rounded): ("amount_rounded", None)}
    assert ledger_only.sql("SELECT render_id, amount FROM credit_entries") == [(exact, Decimal("1.005"))]


def test_a_refused_row_is_isolated_and_held_with_the_servers_own_words(first: AppDatabase) -> None:
    """A CHECK, an overflow and a trigger each refuse one account; the other sessions of the batch are paid.

    The primary message and the constraint are kept for a person, DETAIL with the row's values is not.
    """
    first.sql("ALTER TABLE users ADD CONSTRAINT credits_in_range CHECK (id <> 'full' OR credits <= 100)")
    first.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF new.id = 'frozen' THEN RAISE EXCEPTION 'account is frozen' USING DETAIL = 'Jane Doe, born 1980'; END IF; "
        "RETURN new; END $$; "
        "CREATE TRIGGER refuse BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    first.account("u1")
    first.account("full")
    first.account("frozen")
    first.account("rich", credits=2**31 - 2)
    for number in range(12):
        first.session(f"s{number:02}")
    first.session("s03-full", account="full")
    first.session("s07-frozen", account="frozen")
    first.session("s11-rich", account="rich")
    ran = first.run()
    assert (ran.exit_code, ran.document["held"], ran.document["refunds"]["sessions"]) == (3, 3, 12)
    assert holds(first) == {
        "s03-full": ("refused", "23514"),
        "s07-frozen": ("refused", "P0001"),
        "s11-rich": ("refused", "22003"),
    }
    told = messages(first)
    assert told["s03-full"][1] == "credits_in_range"
    assert told["s07-frozen"] == ("account is frozen", None)
    assert told["s11-rich"] == ("integer out of range", None)
    assert "Jane" not in str(first.sql("SELECT * FROM sweeper.holds")) + ran.stdout + ran.stderr
    assert first.credits() == 100 + 12 * 3
    assert first.sql("SELECT id, credits FROM users WHERE id <> 'u1' ORDER BY id") == [
        ("frozen", 100), ("full", 100), ("rich", 2**31 - 2),
    ]  # fmt: skip


def test_a_null_balance_is_held(first: AppDatabase) -> None:
    """Credits added to a null balance are lost: the refund is held instead."""
    first.sql("ALTER TABLE users ALTER credits DROP NOT NULL")
    first.account("u1")
    first.account("empty")
    first.sql("UPDATE users SET credits = NULL WHERE id = 'empty'")
    first.session("lost", account="empty")
    first.session("owed")
    ran = first.run()
    assert (ran.exit_code, first.refunds()) == (3, {"owed": 3})
    assert list(holds(first)) == ["lost"]


def test_what_is_held_is_not_news_twice(first: AppDatabase) -> None:
    """The next run passes over a hold, says nothing of it and exits 0; the first date stays."""
    first.account()
    first.session("held", account=None)
    assert (first.run().exit_code, first.run("--dry-run").document["held"]) == (3, 0)
    before = first.sql("SELECT * FROM sweeper.holds")
    again = first.sweeper("run")
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "")
    assert first.sql("SELECT * FROM sweeper.holds") == before
    later = NOW + timedelta(hours=1)
    assert first.run("--full", now=later).document["held"] == 0
    assert first.sql("SELECT first_seen, last_seen FROM sweeper.holds") == [(NOW, later)]


def test_a_hold_is_of_one_charge(bare: AppDatabase) -> None:
    charge_again_on_hold(App(bare))
    assert bare.run().document["refunds"]["sessions"] == 1


def test_a_session_named_by_hand_is_looked_at_again(first: AppDatabase) -> None:
    """`run --session` pays a hold whose cause is gone, and leaves one whose cause stands as old news."""
    first.account()
    first.session("fixed", account=None)
    first.session("still", account=None)
    first.run()
    first.sql("UPDATE prediction_sessions SET user_id = 'u1' WHERE id = 'fixed'")
    assert first.run().document["refunds"]["sessions"] == 0
    planned = first.run("--dry-run", "--session", "fixed", "--session", "still", "--batch-size", "1")
    ran = first.run("--session", "fixed", "--session", "still", "--batch-size", "1")
    for document in (planned.document, ran.document):
        assert document["refunds"] == {"sessions": 1, "credits": 3, "accounts": 1}
        assert (document["held"], document["outcome"]) == (0, "complete")
    assert ran.exit_code == 0
    assert first.refunds() == {"fixed": 3}
    assert list(holds(first)) == ["still"]


def test_a_session_that_is_held_again_is_neither_skipped_nor_remaining(first: AppDatabase) -> None:
    """A session looked at by hand and held again is neither skipped nor still owed."""
    first.account()
    first.session("still", account=None)
    first.run()
    document = first.run("--session", "still").document
    assert (document["skipped"], document["remaining"], document["batches"]) == (0, 0, 1)


def test_a_person_pays_a_hold_by_raising_the_bound(first: AppDatabase) -> None:
    """`run --session ID --max-amount N` pays what was too large for the policy, and ends the hold."""
    first.configure("[policy]", "[policy]\nmax_amount = 2")
    first.account()
    first.session("large")
    assert first.run().exit_code == 3
    assert first.run("--session", "large", "--max-amount", "2").document["refunds"]["sessions"] == 0
    paid = first.run("--session", "large", "--max-amount", "3")
    assert (paid.exit_code, first.refunds(), holds(first)) == (0, {"large": 3}, {})
    assert first.value("SELECT ended_at IS NOT NULL FROM sweeper.holds")


def test_a_hold_that_ended_and_comes_back_is_new(first: AppDatabase) -> None:
    """A hold that a user ended is reported again, with a new first date."""
    first.account()
    first.session("s1", account=None)
    first.run()
    first.sql("UPDATE sweeper.holds SET ended_at = now(), first_seen = '2020-01-01'")
    again = first.run()
    assert (again.exit_code, again.document["held"]) == (3, 1)
    assert first.value("SELECT first_seen > '2026-01-01' AND ended_at IS NULL FROM sweeper.holds")
