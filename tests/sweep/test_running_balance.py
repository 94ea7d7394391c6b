"""``balance_before`` and ``balance_after`` in ``[ledger.insert]``: one chain through all refunds of an account."""

from itertools import pairwise

import pytest

from tests.helpers.app_database import AppDatabase

pytestmark = pytest.mark.every_version

BOOK = """
    CREATE TABLE book (
        id bigserial PRIMARY KEY, who text NOT NULL, job text, kind text NOT NULL, note text,
        had int NOT NULL, delta int NOT NULL, has int NOT NULL, at timestamp(3) NOT NULL
    );
"""
LEDGER = """
[ledger]
table = "book"
session = "job"
where = "kind = 'refund'"
[ledger.insert]
who = "account_id"
job = "session_id"
kind = "'refund'"
note = "s.step || ' ' || reason"
had = "balance_before"
delta = "amount"
has = "balance_after"
at = "at"
[ledger.reverse]
who = "account_id"
kind = "'taken back'"
note = "'of ' || s.id"
had = "balance_before"
delta = "-amount"
has = "balance_after"
at = "at"
"""


@pytest.fixture
def book(first: AppDatabase) -> AppDatabase:
    """The first app with a ledger that has the running balance in it."""
    first.sql(BOOK)
    first.append(LEDGER)
    assert first.sweeper("install").exit_code == 0
    first.account("u1", credits=10)
    first.account("u2", credits=20)
    return first


def chains(app: AppDatabase) -> dict[str, list[tuple[int, int]]]:
    rows = app.sql("SELECT who, had, has FROM book ORDER BY id")
    return {who: [(had, has) for name, had, has in rows if name == who] for who, _, _ in rows}


def test_the_chain_runs_through_several_refunds_of_one_account(book: AppDatabase) -> None:
    for number, models in enumerate((3, 1, 2)):
        book.session(f"s{number}", models=models, created=f"2026-11-2{number} 10:00", step="made")
    book.session("other", models=4, account="u2", step="made")
    ran = book.run()
    assert ran.document["refunds"] == {"sessions": 4, "credits": 10, "accounts": 2}, ran.stderr
    assert chains(book) == {"u1": [(10, 13), (13, 14), (14, 16)], "u2": [(20, 24)]}
    assert book.sql("SELECT note FROM book WHERE who = 'u2'") == [("made workflow_failure",)]
    assert (book.credits("u1"), book.credits("u2")) == (16, 24)
    assert book.sql("SELECT 1 FROM book WHERE at > clock_timestamp() AT TIME ZONE 'UTC'") == []
    assert book.sweeper("audit", "--json").document["findings"] == []
    reverted = book.sweeper(
        "revert", "--run", ran.document["run_id"], "--reason", "a test", "--yes", "--json", now=None
    )
    assert reverted.exit_code == 0, reverted.stderr
    assert chains(book)["u1"][-1][1] == book.credits("u1") == 10
    heads = [has for _, has in chains(book)["u1"]]
    assert [had for had, _ in chains(book)["u1"]] == [10, *heads[:-1]]


def test_refund_writes_the_balance_that_the_account_has(book: AppDatabase) -> None:
    book.session("s", models=3, step="made")
    assert book.value("SELECT sweeper.refund('s', 'worker')") == 3
    assert chains(book) == {"u1": [(10, 13)]}
    assert book.credits("u1") == 13


def test_a_row_of_another_layer_in_the_middle_breaks_no_chain(book: AppDatabase) -> None:
    """It comes in the moment in which the batch writes its own: the batch begins anew, and leaves that session out."""
    for number in range(4):
        book.session(f"s{number}", models=number + 1, created=f"2026-11-2{number} 10:00")
    book.sql(
        "CREATE FUNCTION first() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
        "INSERT INTO public.book (who, job, kind, had, delta, has, at) VALUES ('u9', 's1', 'refund', 0, 2, 2, NEW.at); "
        "RETURN NEW; END $$; "
        "CREATE TRIGGER first BEFORE INSERT ON book FOR EACH ROW "
        "WHEN (NEW.job = 's1' AND pg_trigger_depth() = 0) EXECUTE FUNCTION first()"
    )
    ran = book.run()
    assert (ran.document["refunds"]["sessions"], ran.document["already_refunded"]) == (3, 1), ran.stderr
    assert chains(book)["u1"] == [(10, 11), (11, 14), (14, 18)]
    assert book.credits("u1") == 18


def test_a_refund_that_is_dropped_in_the_middle_breaks_no_chain(book: AppDatabase) -> None:
    """A trigger drops it: the batch begins anew, and puts that session on hold."""
    for number in range(4):
        book.session(f"s{number}", models=number + 1, created=f"2026-11-2{number} 10:00")
    book.session("other", models=2, account="u2")
    book.sql(
        "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER skip BEFORE INSERT ON book FOR EACH ROW WHEN (NEW.job = 's1') EXECUTE FUNCTION skip()"
    )
    ran = book.run()
    assert ran.document["refunds"]["sessions"] == 4, ran.stderr
    assert chains(book) == {"u1": [(10, 11), (11, 14), (14, 18)], "u2": [(20, 22)]}
    assert book.credits("u1") == 18
    assert book.sql("SELECT session_id FROM sweeper.holds WHERE ended_at IS NULL") == [("s1",)]


def test_a_column_that_would_round_the_balance_is_held(book: AppDatabase) -> None:
    book.sql("ALTER TABLE users ALTER credits TYPE numeric(10, 2); UPDATE users SET credits = 10.25 WHERE id = 'u1'")
    assert book.sweeper("install").exit_code == 0
    book.session("s", models=3)
    book.session("fits", models=4, account="u2")
    assert book.run().document["refunds"]["sessions"] == 1
    assert book.sql("SELECT session_id, why FROM sweeper.holds") == [("s", "amount_rounded")]
    assert chains(book) == {"u2": [(20, 24)]}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('note = "s.step', 'note = "step', "step"),
        ("\"s.step || ' '", '"s.step || error', "write s.error"),
        ('balance    = "credits"\nspent      = "total_credits_spent"', "", "[accounts]"),
    ],
)
def test_a_file_that_cannot_be_says_what_to_write(book: AppDatabase, old: str, new: str, message: str) -> None:
    book.configure(old, new)
    refused = book.sweeper("install")
    assert refused.exit_code == 2
    assert message in refused.stderr


@pytest.fixture
def by_time(book: AppDatabase) -> AppDatabase:
    """The same, where nothing but the time orders the rows of an account."""
    book.sql("ALTER TABLE book DROP COLUMN id; ALTER TABLE book ADD id uuid PRIMARY KEY DEFAULT gen_random_uuid()")
    assert book.sweeper("install").exit_code == 0
    return book


def test_rows_that_only_time_orders_are_set_apart(by_time: AppDatabase) -> None:
    for number, models in enumerate((3, 1, 2)):
        by_time.session(f"s{number}", models=models, created=f"2026-11-2{number} 10:00", step="made")
    by_time.session("other", models=4, account="u2", step="made")
    ran = by_time.run(now=None)
    assert ran.document["refunds"]["sessions"] == 4, ran.stderr
    rows = by_time.sql("SELECT had, has, at FROM book WHERE who = 'u1' ORDER BY at")
    assert [(had, has) for had, has, _ in rows] == [(10, 13), (13, 14), (14, 16)]
    assert [(later - earlier).microseconds for earlier, later in pairwise(at for _, _, at in rows)] == [1000, 1000]
    assert by_time.sql("SELECT FROM book WHERE at > clock_timestamp() AT TIME ZONE 'UTC'") == []


def test_what_finds_no_room_after_the_newest_row_waits(by_time: AppDatabase) -> None:
    by_time.sql("ALTER TABLE book ALTER at TYPE timestamp(0)")
    assert by_time.sweeper("install").exit_code == 0
    for number in range(3):
        by_time.session(f"s{number}", models=1, created=f"2026-11-2{number} 10:00")
    by_time.session("other", models=4, account="u2")
    by_time.sql(
        "INSERT INTO book (who, kind, had, delta, has, at) "
        "VALUES ('u1', 'top-up', 0, 10, 10, clock_timestamp() AT TIME ZONE 'UTC' + interval '1 minute')"
    )
    planned = by_time.run("--dry-run", now=None)
    ran = by_time.run(now=None)
    assert (ran.document["refunds"]["sessions"], ran.document["skipped"]) == (1, 3), ran.stderr
    assert planned.document["refunds"]["sessions"] == 4  # the clock goes on in between
    by_time.sql("UPDATE book SET at = at - interval '2 minutes' WHERE kind = 'top-up'")
    assert by_time.run(now=None).document["refunds"]["sessions"] == 3
    rows = by_time.sql("SELECT had, has FROM book WHERE who = 'u1' ORDER BY at")
    assert rows == [(0, 10), (10, 11), (11, 12), (12, 13)]


def test_what_is_taken_back_is_set_apart_and_later_than_what_the_app_wrote(by_time: AppDatabase) -> None:
    for number, models in enumerate((3, 1, 2)):
        by_time.session(f"s{number}", models=models, created=f"2026-11-2{number} 10:00")
    run_id = by_time.run(now=None).document["run_id"]
    reverted = by_time.sweeper("revert", "--run", run_id, "--reason", "a test", "--yes", "--json", now=None)
    assert reverted.document["refunds"]["sessions"] == 3, reverted.stderr
    rows = by_time.sql("SELECT had, has, at FROM book WHERE who = 'u1' ORDER BY at")
    assert [(had, has) for had, has, _ in rows] == [(10, 13), (13, 14), (14, 16), (16, 13), (13, 12), (12, 10)]
    assert len({at for _, _, at in rows}) == 6
    assert by_time.sql("SELECT FROM book WHERE at > clock_timestamp() AT TIME ZONE 'UTC'") == []


def test_what_is_taken_back_waits_for_room_after_the_newest_row(by_time: AppDatabase) -> None:
    by_time.session("s", models=2)
    run_id = by_time.run(now=None).document["run_id"]
    revert = ("revert", "--run", run_id, "--reason", "a test", "--yes", "--json")
    by_time.sql("UPDATE book SET at = at + interval '1 minute'")
    left = by_time.sweeper(*revert, now=None)
    assert (left.exit_code, left.document["left"]["busy"]["sessions"]) == (1, 1), left.stdout
    by_time.sql("UPDATE book SET at = at - interval '1 minute'")
    assert by_time.sweeper(*revert, now=None).document["refunds"]["sessions"] == 1
    assert by_time.sql("SELECT had, has FROM book ORDER BY at") == [(10, 12), (12, 10)]


def test_refund_waits_for_room_in_the_second_of_the_newest_row(by_time: AppDatabase) -> None:
    by_time.sql("ALTER TABLE book ALTER at TYPE timestamp(0)")
    assert by_time.sweeper("install").exit_code == 0
    by_time.session("s", models=2)
    by_time.sql(
        "INSERT INTO book (who, kind, had, delta, has, at) "
        "VALUES ('u1', 'top-up', 0, 10, 10, date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC'))"
    )
    assert by_time.value("SELECT sweeper.refund('s', 'worker')") == 2
    assert by_time.sql("SELECT had, has FROM book ORDER BY at") == [(0, 10), (10, 12)]
