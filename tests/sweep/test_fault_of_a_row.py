"""When the database refuses a refund: one row's fault is held, the run's ends the run, and one row never stops all."""

import random
from typing import Any
from unittest.mock import patch

import pytest

from sweeper.postgres.transaction import Transaction
from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds
from tests.helpers.statements import name_of
from tests.helpers.triggers import spoil

# what servers use for a bug of theirs, a full disk, a cancel, a deadlock, a lost connection, a missing guard …
ODD_STATES = (
    "P0001", "42501", "55000", "54000", "0A000", "57014", "42703", "42P10", "XX000", "53100", "25006", "40001", "40P01",
    "08006", "55P03", "57P01", "25P03", "25P04", "28000",
)  # fmt: skip


def crowd(app: AppDatabase, *accounts: str) -> None:
    """An account each, with a failed session of the same name."""
    for account in accounts:
        app.account(account)
        app.session(f"of-{account}", account=account)


@pytest.mark.parametrize("state", ODD_STATES)
def test_a_trigger_may_raise_whatever_sqlstate_it_likes(first: AppDatabase, state: str) -> None:
    """It is no missing guard, no timeout and no lost connection, and nothing is tried again."""
    crowd(first, *(f"u{number}" for number in range(7)))
    spoil(first, "users", "UPDATE", f"IF new.id = 'u4' THEN RAISE 'frozen' USING ERRCODE = '{state}'; END IF;")
    ran = first.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (3, 6)
    assert holds(first) == {"of-u4": ("refused", state)}
    assert "retrying" not in ran.stderr


@pytest.mark.parametrize("state", ["42501", "40001", "25006"])
def test_who_raises_for_everybody_is_believed(first: AppDatabase, state: str) -> None:
    """The app refused it, so the run is not at fault, whichever other session was paid."""
    crowd(first, "u1", "u2", "u3", "u4")
    spoil(first, "users", "UPDATE", f"RAISE 'frozen' USING ERRCODE = '{state}';")
    assert first.run().exit_code == 3
    assert len(holds(first)) == 4


@pytest.mark.parametrize("state", ["40001", "08006", "25006", "42501"])
@pytest.mark.parametrize("flags", [(), ("--dry-run",)], ids=["run", "dry run"])
def test_an_expression_may_raise_whatever_sqlstate_it_likes(
    first: AppDatabase, state: str, flags: tuple[str, ...]
) -> None:
    first.sql(
        "CREATE FUNCTION price(models text[]) RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN "
        f"IF cardinality(models) = 7 THEN RAISE 'no price' USING ERRCODE = '{state}'; END IF; "
        "RETURN cardinality(models); END $$"
    )
    first.configure('"cardinality(selected_models)"', '"price(selected_models)"')
    assert first.sweeper("install").exit_code == 0
    crowd(first, "u1", "u2")
    first.session("bad", account="u1", models=7)
    ran = first.run(*flags).document
    assert (ran["outcome"], ran["refunds"]["sessions"], ran["held"]) == ("partial", 2, 1)


# each fails in a function of the app, without any RAISE, for one account
WITHOUT_RAISE = {
    "42501": "PERFORM FROM secret",
    "42P10": "INSERT INTO notes VALUES (new.id) ON CONFLICT (id) DO NOTHING",
    "55000": "PERFORM currval('counter')",
    "42703": "new.nothing := 1",
    "42P01": "PERFORM FROM nowhere",
    "54001": "PERFORM deeper()",
    "22012": "PERFORM 1 / 0",
    "0A000": "PERFORM xmlparse(DOCUMENT '<a/>')",
}


def fail_without_raise(app: AppDatabase, state: str, whom: str) -> None:
    app.sql(
        "CREATE TABLE secret (); CREATE TABLE notes (id text); CREATE SEQUENCE counter; "
        "CREATE FUNCTION deeper() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN deeper(); END $$; "
        "GRANT ALL ON notes, counter TO sweeper_runner"
    )
    spoil(app, "users", "UPDATE", f"IF new.id ~ '{whom}' THEN {WITHOUT_RAISE[state]}; END IF;")


@pytest.mark.parametrize("state", [state for state in WITHOUT_RAISE if state != "0A000"])
def test_what_fails_in_a_trigger_is_held_when_another_account_was_paid(first: AppDatabase, state: str) -> None:
    """A right that a trigger lacks, a guard that it misses: others can be paid, so it is that row's fault."""
    crowd(first, "u1", "u2", "u3", "u4", "u5")
    fail_without_raise(first, state, "u3")
    ran = first.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (3, 4)
    assert holds(first) == {"of-u3": ("refused", state)}
    again = first.run("--full")
    assert (again.exit_code, again.document["held"]) == (0, 0)


@pytest.mark.parametrize(("state", "code"), [("42501", "privilege"), ("42703", "database"), ("22012", "refused")])
def test_what_fails_in_a_trigger_for_everybody_ends_the_run(first: AppDatabase, state: str, code: str) -> None:
    """After three accounts in a row, and nothing is put on hold."""
    crowd(first, *(f"u{number}" for number in range(20)))
    fail_without_raise(first, state, "u")
    tries: list[str] = []
    original = Transaction.rows

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        tries.extend([text] * (name_of(text) == "pay"))
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (1, code)
    assert (ran.document["remaining"], holds(first), first.refunds()) == (20, {}, {})
    assert len(tries) <= 13
    if state == "42501":
        assert "permission denied for table secret" in ran.document["error"]["message"]


def test_three_bad_rows_at_the_front_do_not_block_those_behind(first: AppDatabase) -> None:
    """After one that is refused alone, the largest group that is left is tried: it pays, and proves the others."""
    crowd(first, *(f"a{number}" for number in range(3)), *(f"u{number}" for number in range(10)))
    fail_without_raise(first, "22012", "^a")
    ran = first.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["held"]) == (3, 10, 3)


def test_an_account_that_is_refused_many_times_does_not_block_others(first: AppDatabase) -> None:
    """It counts once among those in a row."""
    crowd(first, "a", "b")
    for number in range(6):
        first.session(f"again-{number}", account="a")
    first.sql("ALTER TABLE users ADD CHECK (id <> 'a' OR credits <= 100)")
    ran = first.run()
    assert (ran.exit_code, ran.document["held"], first.refunds()) == (3, 7, {"of-b": 3})


def test_payments_of_its_own_account_prove_nothing(first: AppDatabase) -> None:
    """It stays owed, with exit 1, until somebody else is paid."""
    first.account()
    first.session("good")
    first.session("bad", models=4)
    first.sql("ALTER TABLE users ADD CHECK (credits <> 107 AND credits <> 104)")
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"], ran.document["remaining"]) == (1, "refused", 1)
    assert (first.refunds(), holds(first)) == ({"good": 3}, {})
    crowd(first, "u2")
    assert first.run().exit_code == 3
    assert holds(first) == {"bad": ("refused", "23514")}


def test_the_only_session_that_is_owed_is_held(first: AppDatabase) -> None:
    """There is no other account to compare with; so is one that a user names."""
    first.account()
    first.session("bad")
    first.sql("ALTER TABLE users ADD CHECK (credits <= 100)")
    assert first.run().exit_code == 3
    first.session("worse")
    first.session("worst")
    assert (first.run().exit_code, len(holds(first))) == (1, 1)
    assert first.run("--session", "worse").exit_code == 3


@pytest.mark.parametrize("bad", [1, 2, 5])
def test_a_dry_run_treats_failing_expressions_as_a_run_does(first: AppDatabase, bad: int) -> None:
    """Also where nothing can be paid and the run may be at fault: exit 1 and the same words."""
    first.configure('"cardinality(selected_models)"', '"12 / cardinality(selected_models)"')
    assert first.sweeper("install").exit_code == 0
    for number in range(bad):
        first.account(f"u{number}")
        first.session(f"s{number}", account=f"u{number}", models=0)
    planned, ran = first.run("--dry-run"), first.run()
    assert planned.document["outcome"] == ran.document["outcome"] == ("partial" if bad == 1 else "failed")
    assert planned.document["held"] == ran.document["held"] == (bad == 1)
    assert planned.document.get("error") == ran.document.get("error")
    crowd(first, "paid")
    planned, ran = first.run("--dry-run", "--full"), first.run("--full")
    assert planned.document["outcome"] == ran.document["outcome"] == ("complete" if bad == 1 else "partial")
    assert planned.document["held"] == ran.document["held"] == (0 if bad == 1 else bad)


def test_a_long_text_in_an_index_of_the_apps_ledger_does_not_stop_a_run(prisma: AppDatabase) -> None:
    """1,000 letters of Chinese are more than a btree takes: 54000, without any trigger."""
    prisma.sql('CREATE INDEX ON app."CreditTransaction" ("note")')
    prisma.configure('reason"\n\'"createdAt"\'', 'detail"\n\'"createdAt"\'')
    assert prisma.sweeper("install").exit_code == 0
    letters = "".join(chr(number) for number in random.Random(7).sample(range(0x4E00, 0x9FFF), 1000))
    for error in ("short", "short", letters):
        user = prisma.value('INSERT INTO app."User" ("creditBalance") VALUES (0) RETURNING "id"')
        job = prisma.value(
            'INSERT INTO app."Job" ("userId", "status", "errorMessage", "createdAt") '
            "VALUES (%s, 'FAILED', %s, '2026-11-20') RETURNING \"id\"",
            user, error,
        )  # fmt: skip
        prisma.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, 1)', job)
    assert prisma.run().document["refunds"]["sessions"] == 2
    assert [sqlstate for _, sqlstate in holds(prisma).values()] == ["54000"]


def test_an_id_as_long_as_the_apps_own_index_takes_does_not_stop_a_run(first: AppDatabase) -> None:
    """Ours have more columns, and no room for it."""
    first.sql(f"DROP INDEX {first.value('SELECT live_index FROM sweeper.settings')}")
    long_id = "m" + "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=2691))
    crowd(first, "u1", "u2", "u3")
    first.account("u4")
    first.session(long_id, account="u4")
    ran = first.run("--batch-size", "1")
    assert ran.exit_code in (1, 3)
    assert set(first.refunds()) == {"of-u1", "of-u2", "of-u3"}


def test_one_that_fails_while_the_app_has_all_others_locked_is_left_to_the_next_run(first: AppDatabase) -> None:
    """Nobody could be paid, so nothing shows whose fault it is: no hold, and no failed run either."""
    crowd(first, "u1", "u2")
    fail_without_raise(first, "22012", "u1")
    with first.connect() as app:
        app.execute("SELECT FROM users WHERE id = 'u2' FOR UPDATE")
        ran = first.run()
        assert (ran.exit_code, ran.document["skipped"], holds(first)) == (0, 2, {})
    ran = first.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (3, 1)
    assert holds(first) == {"of-u1": ("refused", "22012")}
