"""Taking refunds back that are in the app's own ledger."""

from decimal import Decimal

import pytest

from tests.helpers.any_app import App, with_ledger
from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import hold_messages
from tests.helpers.prisma_app import prisma_job
from tests.helpers.reversals import revert
from tests.helpers.triggers import spoil


def test_a_decimal_refund_in_the_apps_own_ledger_is_taken_back_by_a_row_of_its_own(prisma: AppDatabase) -> None:
    user, job = prisma_job(prisma, "3.25")
    run_id = prisma.run().document["run_id"]
    done = revert(prisma, "--run", run_id)
    assert done.document["refunds"] == {"sessions": 1, "credits": "3.25", "accounts": 1}
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == Decimal("10.00")
    rows = prisma.sql('SELECT "type"::text, "amount", "userId"::text, "jobId" FROM app."CreditTransaction" ORDER BY 2')
    assert rows == [("BONUS", Decimal("-3.25"), user, None), ("REFUND", Decimal("3.25"), user, job)]
    assert prisma.run().document["refunds"]["sessions"] == 0
    assert revert(prisma, "--run", run_id).document["already_reversed"] == 1


def test_what_the_apps_own_ledger_keeps_is_not_paid_again_by_hand_and_not_put_on_hold(prisma: AppDatabase) -> None:
    """Its guard allows one refund a session; a hold would wait for a user who can do nothing about it."""
    _, job = prisma_job(prisma, "3.25")
    revert(prisma, "--run", prisma.run().document["run_id"])
    for flags in (("--dry-run",), (), ("--max-amount", "1")):
        ran = prisma.run("--session", job, *flags)
        assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["held"]) == (0, 0, 0)
    assert prisma.value("SELECT count(*) FROM sweeper.holds") == 0
    assert prisma.sweeper("explain", job, "--json").document["verdict"] == "reversed"
    assert "The refund was taken back" in prisma.sweeper("run", "--session", job).stdout
    prisma.sql(
        """DELETE FROM app."CreditTransaction" WHERE "jobId" = %s""", job
    )  # the app tidies up: the guard is blind
    assert prisma.run("--session", job).document["refunds"]["sessions"] == 0


def test_where_the_balance_is_the_sum_of_the_ledger_the_ledger_comes_back_to_it(ledger_only: AppDatabase) -> None:
    ledger_only.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1)")
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, ended) "
        "VALUES (1, 'failed', 0.125, '2026-11-22Z', '2026-11-22Z'), (1, 'working', 7, '2026-11-22Z', NULL)"
    )
    run_id = ledger_only.run().document["run_id"]
    total = "SELECT count(*), sum(amount) FROM credit_entries"
    assert ledger_only.sql(total) == [(2, Decimal("7.125"))]
    for _ in range(2):
        assert revert(ledger_only, "--run", run_id).exit_code == 0
    assert ledger_only.sql(total) == [(4, Decimal("0.000"))]


def test_without_a_row_for_it_a_ledger_that_is_the_balance_cannot_be_put_right(ledger_only: AppDatabase) -> None:
    text = ledger_only.config.read_text()
    ledger_only.config.write_text(text.partition("[ledger.reverse]")[0])
    ran = revert(ledger_only, "--session", "1")
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "no_reverse")


def test_without_a_row_for_it_a_balance_does_not_leave_the_ledger_behind(prisma: AppDatabase) -> None:
    """The app's ledger would go on to say that the refund stands: only who says so moves the balance alone."""
    account, job = prisma_job(prisma)
    balance = 'SELECT "creditBalance" FROM app."User" WHERE "id" = %s'
    before = prisma.value(balance, account)
    assert prisma.run().exit_code == 0
    paid = prisma.value(balance, account)
    assert paid > before
    text = prisma.config.read_text()
    prisma.config.write_text(text.partition("[ledger.reverse]")[0])
    for flags in ((), ("--dry-run",)):
        ran = revert(prisma, "--session", job, *flags)
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "no_ledger_reverse")
        for word in ("[ledger.reverse]", '"amount"', "--without-ledger"):
            assert word in ran.document["error"]["message"]
    assert prisma.value(balance, account) == paid
    assert revert(prisma, "--session", job, "--without-ledger").exit_code == 0
    assert prisma.value(balance, account) == before
    assert prisma.value('SELECT count(*) FROM app."CreditTransaction"') == 1


@pytest.mark.parametrize("altered", ["amount", "account"])
def test_a_reversal_that_a_trigger_of_the_app_alters_is_left_and_the_others_are_taken_back(
    prisma: AppDatabase, altered: str
) -> None:
    account, job = prisma_job(prisma, "3.25")
    other, _ = prisma_job(prisma, "2")
    run_id = prisma.run().document["run_id"]
    body = 'new."amount" := -1;' if altered == "amount" else f"""new."userId" := '{other}';"""
    spoil(prisma, 'app."CreditTransaction"', "INSERT", f"""IF new."userId" = '{account}' THEN {body} END IF;""")
    done = revert(prisma, "--run", run_id)
    assert (done.exit_code, done.document["refunds"]["credits"]) == (1, "2.00")
    assert done.document["left"]["refused"]["samples"] == [job]
    assert "a trigger or a rule changes it" in done.document["left"]["refused"]["message"]
    assert prisma.value('SELECT "creditBalance" FROM app."User" WHERE "id" = %s', account) == Decimal("13.25")
    assert prisma.sql('SELECT count(*), min("amount") FROM app."CreditTransaction" WHERE "amount" < 0') == [(1, -2)]


@pytest.mark.parametrize("guarded", [True, False])
def test_a_reversal_that_the_mapping_would_take_for_a_refund_is_refused(prisma: AppDatabase, guarded: bool) -> None:
    """Stopped by the app's guard, or, where a narrow guard lets it pass, by what the mapping says of the row."""
    if not guarded:
        prisma.configure("[ledger.insert]", "guard = '''\"type\" = 'REFUND' AND \"amount\" > 0'''\n[ledger.insert]")
        assert prisma.sweeper("install").exit_code == 0
    prisma.configure("'\"type\"'   = \"'BONUS'\"", '\'"type"\'   = "\'REFUND\'"\n\'"jobId"\' = "session_id::text"')
    prisma_job(prisma)
    run_id = prisma.run().document["run_id"]
    ran = revert(prisma, "--run", run_id)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "reverse_is_refund")
    assert prisma.value('SELECT "creditBalance" FROM app."User"') == 13
    assert prisma.value("SELECT count(*) FROM sweeper.reversals") == 0


@pytest.mark.parametrize("flags", [("--dry-run",), ()])
def test_a_ledger_with_room_for_one_row_a_session_is_named_before_anything_moves(
    prisma: AppDatabase, flags: tuple[str, ...]
) -> None:
    """The row that takes a refund back would have the key of the refund's own: the balances alone may move."""
    prisma.sql("""CREATE UNIQUE INDEX one_row_a_job ON app."CreditTransaction" ("jobId")""")
    prisma.configure("'\"type\"'   = \"'BONUS'\"", '\'"type"\'   = "\'BONUS\'"\n\'"jobId"\' = "session_id"')
    account, job = prisma_job(prisma)
    balance = 'SELECT "creditBalance" FROM app."User" WHERE "id" = %s'
    before = prisma.value(balance, account)
    run_id = prisma.run().document["run_id"]
    paid = prisma.value(balance, account)
    items = {item["name"]: item for item in prisma.sweeper("check", "--json").document["checks"]}
    assert (items["ledger"]["status"], "one_row_a_job" in items["ledger"]["message"]) == ("warning", True)
    ran = revert(prisma, "--run", run_id, *flags)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "reverse_not_unique")
    for word in ("one_row_a_job", "sweeper's reversals", "--without-ledger", "Nothing was taken back"):
        assert word in ran.document["error"]["message"]
    assert prisma.value(balance, account) == paid
    assert revert(prisma, "--run", run_id, "--without-ledger").exit_code == 0
    assert prisma.value(balance, account) == before
    assert prisma.sql('SELECT "jobId" FROM app."CreditTransaction"') == [(job,)]


def test_an_account_with_a_number_that_a_trigger_alters_is_noticed_both_ways(bare: AppDatabase) -> None:
    app = App(bare)
    with_ledger(app)
    app.sql(
        "UPDATE wallets SET id = 1; UPDATE jobs SET owner = 1; INSERT INTO wallets VALUES (2);"
        "INSERT INTO jobs VALUES ('k', '1', 'failed', 4, 'no', '{}', '2026-11-23 10:00Z');"
        "ALTER TABLE wallets ALTER id TYPE int USING id::int; ALTER TABLE jobs ALTER owner TYPE int USING owner::int;"
        "ALTER TABLE entries ALTER wallet TYPE int USING wallet::int"
    )
    app.map("ledger.reverse", id="gen_random_uuid()", wallet="account_id", kind="'back'", amount="-amount")
    assert app.install().exit_code == 0
    assert bare.run("--session", "j").document["refunds"]["sessions"] == 1
    spoil(bare, "entries", "INSERT", "new.wallet := 2;")
    assert bare.run().exit_code == 3
    assert hold_messages(bare) == {
        "k": "what is in the app's ledger is not what was meant: a trigger or a rule changes it"
    }
    assert revert(bare, "--session", "j").document["left"]["refused"]["sessions"] == 1
    assert bare.sql("SELECT balance FROM wallets ORDER BY id") == [(103,), (100,)]


@pytest.mark.parametrize("note", ["' has ' || balance_after", "' at ' || at", "gen_random_uuid()::text"])
def test_a_note_about_the_account_may_say_what_only_the_row_had(bare: AppDatabase, note: str) -> None:
    """It cannot be worked out again when what was written is compared."""
    app = App(bare)
    with_ledger(app)
    app.sql("ALTER TABLE entries ADD note text")
    app.map("ledger.insert", note=f"account_id || {note}")
    back = {"id": "gen_random_uuid()", "wallet": "account_id", "kind": "'back'", "amount": "-amount"}
    app.map("ledger.reverse", **back, note=f"account_id || {note}")
    assert app.sweep()["sessions"] == 1
    assert revert(bare, "--session", "j").exit_code == 0
    assert app.balance() == 100
