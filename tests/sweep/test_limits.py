"""Both sides of each limit: time to the microsecond, pages to the row."""

from datetime import timedelta

import pytest

from sweeper.sweep import batch, owed_pages
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)


def ago(duration: timedelta) -> str:
    return (NOW - duration).replace(tzinfo=None).isoformat()


def paid(database: AppDatabase, *flags: str) -> list[str]:
    """Run, and name the sessions that the dry run and the run have refunded."""
    planned, ran = database.run("--dry-run", *flags), database.run(*flags)
    assert ran.exit_code == planned.exit_code == 0, ran.stderr
    assert ran.document["refunds"] == planned.document["refunds"]
    assert ran.document["reasons"] == planned.document["reasons"]
    return sorted(database.refunds())


def test_grace_ends_at_its_last_microsecond(first: AppDatabase) -> None:
    """A failed session is left alone while less than `grace` has passed, and owed from then on."""
    first.account()
    first.session("a-microsecond-more", created=ago(QUARTER + MICROSECOND))
    first.session("exactly", created=ago(QUARTER))
    first.session("a-microsecond-less", created=ago(QUARTER - MICROSECOND))
    first.session("failed-in-the-future", created="2026-11-24")
    assert paid(first) == ["a-microsecond-more", "exactly"]


def test_stuck_after_ends_at_its_last_microsecond(first: AppDatabase) -> None:
    """A running session is stuck from `stuck_after` without a sign of life on, whatever its grace."""
    first.account()
    for status in ("initializing", "queued", "researching", "generating"):
        first.session(f"{status}-stuck", status, created=ago(HOUR))
        first.session(f"{status}-alive", status, created=ago(HOUR - MICROSECOND))
    assert paid(first, "--grace", "10h") == [
        "generating-stuck", "initializing-stuck", "queued-stuck", "researching-stuck",
    ]  # fmt: skip


def test_stuck_after_may_differ_by_status(first: AppDatabase) -> None:
    """Each running status has its own `stuck_after`, and one that is not named has an hour."""
    first.account()
    first.configure("[policy]", '[policy]\nstuck_after = {queued = "6h", generating = "30m"}')
    for status, limit in (("queued", 6 * HOUR), ("generating", HOUR / 2), ("researching", HOUR)):
        first.session(f"{status}-stuck", status, created=ago(limit))
        first.session(f"{status}-alive", status, created=ago(limit - MICROSECOND))
    assert paid(first) == ["generating-stuck", "queued-stuck", "researching-stuck"]


def test_flags_move_the_limits_of_one_run(first: AppDatabase) -> None:
    """`--grace` and `--stuck-after` hold for this run; zero leaves no time at all."""
    first.account()
    first.session("just-failed", created=ago(timedelta(0)))
    first.session("just-started", "queued", created=ago(timedelta(0)))
    first.session("quiet", "queued", created=ago(10 * HOUR))
    assert paid(first, "--stuck-after", "10h1s") == []
    assert paid(first, "--stuck-after", "10h", "--grace", "1us") == ["quiet"]
    assert paid(first, "--stuck-after", "0s", "--grace", "0s") == ["just-failed", "just-started", "quiet"]


def test_a_sign_of_life_counts_and_not_the_start(prisma: AppDatabase) -> None:
    """`active_at` decides what is stuck and `failed_at` what is in grace; one that is null falls back on the other."""
    user = prisma.value('INSERT INTO app."User" ("creditBalance") VALUES (0) RETURNING "id"')
    half, microsecond = HOUR / 2, timedelta(milliseconds=1)  # timestamp(3) keeps no more
    rows = {
        "beating": ("RUNNING", 9 * HOUR, half - microsecond, None),
        "silent": ("RUNNING", 9 * HOUR, half, None),
        "silent from the start": ("RUNNING", half, None, None),
        "started just now": ("RUNNING", half - microsecond, None, None),
        "failed just now": ("FAILED", 9 * HOUR, 9 * HOUR, QUARTER - microsecond),
        "failed a while ago": ("FAILED", 9 * HOUR, QUARTER - microsecond, QUARTER),
        "failed, when unknown": ("CANCELLED", 9 * HOUR, QUARTER, None),
        "failed, when unknown, alive just now": ("FAILED", 9 * HOUR, QUARTER - microsecond, None),
        "failed, nothing else known": ("FAILED", QUARTER, None, None),
    }
    for name, (status, started, active, failed) in rows.items():
        job = prisma.value(
            'INSERT INTO app."Job" ("userId", "status", "errorMessage", "createdAt", "heartbeatAt", "failedAt") '
            'VALUES (%s, %s, %s, %s, %s, %s) RETURNING "id"',
            user, status, name, ago(started), active and ago(active), failed and ago(failed),
        )  # fmt: skip
        prisma.sql('INSERT INTO app."JobItem" ("jobId", "price") VALUES (%s, 1)', job)
    assert prisma.run("--dry-run").document["refunds"]["sessions"] == 5
    assert prisma.run().exit_code == 0
    refunded = prisma.sql('SELECT "errorMessage" FROM sweeper.refunds JOIN app."Job" ON "id" = session_id ORDER BY 1')
    assert [name for (name,) in refunded] == [
        "failed a while ago", "failed, nothing else known", "failed, when unknown", "silent", "silent from the start",
    ]  # fmt: skip


def test_the_largest_refund_allowed_is_max_amount_itself(first: AppDatabase) -> None:
    """A refund of exactly `max_amount` is paid; one above it is put on hold."""
    first.account()
    first.session("equal", models=5)
    first.session("above", models=6)
    planned, ran = first.run("--dry-run", "--max-amount", "5"), first.run("--max-amount", "5")
    assert (planned.document["held"], ran.document["held"], ran.exit_code) == (1, 1, 3)
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 1, "credits": 5, "accounts": 1}
    assert first.sql("SELECT session_id, why FROM sweeper.holds") == [("above", "amount_above_max")]


def test_a_limit_finer_than_the_amounts_is_kept_to_the_digit(ledger_only: AppDatabase) -> None:
    """`--max-amount` is a decimal number and compared as one."""
    ledger_only.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1)")
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, ended) "
        "SELECT 1, 'failed', charge, '2026-11-22Z', '2026-11-22Z' FROM unnest('{0.1,0.101}'::numeric[]) AS charge"
    )
    assert ledger_only.run("--max-amount", "0.1").document["refunds"]["credits"] == "0.100"
    assert ledger_only.sql("SELECT session_id, why FROM sweeper.holds") == [(2, "amount_above_max")]


@pytest.mark.parametrize(("owed", "batches"), [(2, 1), (3, 1), (4, 2), (7, 3)])
def test_a_page_border_loses_and_repeats_nothing(first: AppDatabase, owed: int, batches: int) -> None:
    """A batch size less one, exactly, one more, and several pages: each session once, in no more batches than needed.

    All have the same start, so the id alone decides what comes next.
    """
    first.account()
    for number in range(owed):
        first.session(f"s{number}")
    document = first.run("--batch-size", "3").document
    assert (document["refunds"]["sessions"], document["batches"]) == (owed, batches)
    assert first.credits() == 100 + 3 * owed
    assert first.value("SELECT count(DISTINCT session_id) FROM sweeper.refunds") == owed


def test_a_page_of_sessions_that_are_not_owed_hides_none_that_is(first: AppDatabase) -> None:
    """Whole batches of refunded, excluded, uncharged, recent and held sessions stand before the one that is owed."""
    first.account()
    for number in range(3):
        first.session(f"a-refunded-{number}")
    first.run()
    for number in range(3):
        first.session(f"b-excluded-{number}", step="All models failed - credits refunded")
        first.session(f"c-uncharged-{number}", models=0)
        first.session(f"d-in-grace-{number}")
        first.session(f"e-alive-{number}", "queued")
        first.session(f"f-no-account-{number}", account=None)
    first.session("z-owed")
    first.sql("ALTER TABLE prediction_sessions ADD touched timestamp DEFAULT '2026-11-23 10:00'")
    first.sql("UPDATE prediction_sessions SET touched = '2026-11-23 11:55' WHERE id ~ 'in-grace|alive'")
    first.configure('active_at  = "created_at"', 'active_at  = "touched"')
    first.configure('failed_at  = "created_at"', 'failed_at  = "touched"')
    first.sweeper("install")
    ran = first.run("--batch-size", "3")
    assert (ran.document["refunds"]["sessions"], ran.document["held"]) == (1, 3)
    assert sorted(first.refunds()) == ["a-refunded-0", "a-refunded-1", "a-refunded-2", "z-owed"]


def test_infinite_dates_are_dates_like_others(first: AppDatabase) -> None:
    """A session that started at infinity comes last, one at -infinity lies before the floor, whatever the page size."""
    first.account()
    first.sql("ALTER TABLE prediction_sessions ADD failed_at timestamp DEFAULT '2026-11-23 10:00'")
    first.configure('failed_at  = "created_at"', 'failed_at  = "failed_at"')
    first.sweeper("install")
    for number in range(3):
        first.session(f"late-{number}", created="infinity")
        first.session(f"early-{number}", created="-infinity")
    first.session("failed-for-ever")
    first.session("fails-at-the-end-of-time")
    first.sql("UPDATE prediction_sessions SET failed_at = '-infinity' WHERE id = 'failed-for-ever'")
    first.sql("UPDATE prediction_sessions SET failed_at = 'infinity' WHERE id = 'fails-at-the-end-of-time'")
    assert paid(first, "--batch-size", "1") == ["failed-for-ever", "late-0", "late-1", "late-2"]
    assert first.run().document["before_floor"] == {"sessions": 3, "credits": 9}
    assert first.run("--session", "early-1").document["refunds"]["sessions"] == 1


@pytest.mark.parametrize("number_owed", [1, 2, 3, 4, 5, 7])
def test_more_than_is_found_at_once_is_found_page_by_page(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch, number_owed: int
) -> None:
    """Two from all of history, then two a page; many started in the same moment, and the last stands first."""
    monkeypatch.setattr(owed_pages, "_FOUND_AT_ONCE", 2)
    first.account()
    for number in reversed(range(number_owed)):
        first.session(f"s{number}", created=f"2026-11-2{1 + number // 3} 10:00")
    assert paid(first, "--batch-size", "3") == [f"s{number}" for number in range(number_owed)]


def test_sessions_without_a_start_are_paged_too(first: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed sessions without `started_at` have no place in the order: each is put on hold all the same."""
    monkeypatch.setattr(owed_pages, "_FOUND_AT_ONCE", 2)
    first.account()
    for number in range(5):
        first.session(f"s{number}", created=None)
    first.session("owed")
    planned, ran = first.run("--dry-run", "--batch-size", "2"), first.run("--batch-size", "2")
    assert (planned.document["held"], ran.document["held"], ran.exit_code) == (5, 5, 3)
    assert first.sql("SELECT DISTINCT why FROM sweeper.holds") == [("no_started_at",)]
    assert first.refunds() == {"owed": 3}


def dawdle(first: AppDatabase, monkeypatch: pytest.MonkeyPatch, condition: str) -> None:
    """Each refund to such an account takes longer than a batch may."""
    for name in ("_TOGETHER_TIMEOUTS", "LOCKING_TIMEOUTS"):
        monkeypatch.setattr(batch, name, getattr(batch, name)._replace(statement_ms=400))
    first.sql(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {condition} THEN PERFORM pg_sleep(1); END IF; RETURN NEW; END $$; "
        "CREATE TRIGGER dawdle BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION dawdle()"
    )


def test_a_session_that_takes_too_long_does_not_block_others(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is left to the next run and counted; the others are paid."""
    for account in ("slow", "u1", "u2", "u3"):
        first.account(account)
        first.session(f"of {account}", account=account)
    dawdle(first, monkeypatch, "NEW.id = 'slow'")
    ran = first.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["skipped"]) == (0, 3, 1)
    assert sorted(first.refunds()) == ["of u1", "of u2", "of u3"]


@pytest.mark.slow
def test_many_sessions_that_take_too_long_do_not_block_others(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are the oldest, more than may be slow in a row, and of one user: what comes after them is paid."""
    for number in range(30):
        if number not in range(1, 6):
            first.account(f"u{number}")
        first.session(f"s{number:02}", account=f"u{number if number > 5 else 0}", created=f"2026-11-23 09:{number:02}")
    dawdle(first, monkeypatch, "NEW.id = 'u0'")
    ran = first.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["skipped"]) == (0, 24, 6)
    assert sorted(first.refunds()) == [f"s{number:02}" for number in range(6, 30)]


@pytest.mark.slow
def test_a_database_that_takes_too_long_over_everybody_ends_the_run(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        first.account(f"u{number}")
        first.session(f"s{number:02}", account=f"u{number}")
    dawdle(first, monkeypatch, "true")
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"], first.refunds()) == (1, "too_slow", {})
