"""The horizon: a run starts where everything older is settled, and every way back is found again."""

from datetime import datetime, timedelta

import pytest

import sweeper.sweep.horizon
from sweeper.sweep import owed_pages
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.statements import before

DAY = timedelta(days=1)
OLD = "2026-10-01 10:00"


@pytest.fixture(autouse=True)
def no_history_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these tests has too few sessions to need a horizon."""
    monkeypatch.setattr(sweeper.sweep.horizon, "SMALL_HISTORY", -1)


def paid(app: AppDatabase, *flags: str, now: datetime = NOW) -> int:
    """How many sessions a run refunds."""
    ran = app.run(*flags, now=now)
    assert ran.exit_code == 0, ran.stderr
    return int(ran.document["refunds"]["sessions"])


def horizon(app: AppDatabase) -> datetime | None:
    return app.value("SELECT horizon FROM sweeper.settings")  # type: ignore[no-any-return]


@pytest.fixture
def swept(first: AppDatabase) -> AppDatabase:
    """The first app, after a complete run; one old session is settled."""
    first.account()
    first.session("old", created=OLD)
    assert paid(first) == 1
    return first


def reopen(app: AppDatabase) -> None:
    """An old session that was settled is owed again."""
    app.session("reopened", "finished", created=OLD)
    assert paid(app) == 0
    app.sql("UPDATE prediction_sessions SET status = 'error' WHERE id = 'reopened'")


def test_a_complete_run_settles_everything_but_the_last_day(swept: AppDatabase) -> None:
    assert horizon(swept) == NOW - DAY


def told_by_check(app: AppDatabase, now: datetime = NOW) -> str:
    checks = app.sweeper("check", "--json", now=now).document["checks"]
    return str(next(item["message"] for item in checks if item["name"] == "horizon"))


def test_check_shows_the_horizon_that_the_next_run_will_use(first: AppDatabase) -> None:
    assert "none yet" in told_by_check(first)
    paid(first)
    assert told_by_check(first) == "everything older than 1 d is settled"
    assert "starts at the floor" in told_by_check(first, NOW + DAY)
    first.configure("[policy]", '[policy]\ngrace = "20m"')
    assert "starts at the floor" in told_by_check(first)


@pytest.mark.parametrize(
    ("status", "created"),
    [("error", "2026-11-23 11:50"), ("generating", "2026-11-23 11:30")],
    ids=["in grace", "not stuck yet"],
)
@pytest.mark.parametrize("found_at_once", [1, 2], ids=["many are in no ledger", "few are in no ledger"])
def test_the_earliest_session_that_is_not_settled_bounds_it(
    swept: AppDatabase, monkeypatch: pytest.MonkeyPatch, status: str, created: str, found_at_once: int
) -> None:
    monkeypatch.setattr(owed_pages, "_FOUND_AT_ONCE", found_at_once)
    swept.session("s1", status, created=created)
    swept.session("excluded", created=OLD, step="All models failed - credits refunded")
    assert paid(swept, "--stuck-after", "90d", "--grace", "50d") == 0
    moment = datetime.fromisoformat(f"{created}+00:00")
    assert horizon(swept) == moment - DAY


@pytest.mark.parametrize(
    ("status", "age"),
    [("error", timedelta(minutes=5)), ("generating", timedelta(minutes=50))],
    ids=["in grace", "not stuck yet"],
)
def test_a_run_from_the_horizon_on_is_bounded_by_it_too(swept: AppDatabase, status: str, age: timedelta) -> None:
    later = NOW + DAY / 2
    swept.session("s1", status, created=(later - age).replace(tzinfo=None).isoformat())
    assert paid(swept, now=later) == 0
    assert horizon(swept) == later - age - DAY


def test_a_session_that_wakes_up_before_it_is_locked_bounds_it(first: AppDatabase) -> None:
    """It was owed when it was found, is not any more, and may be again tomorrow."""
    first.configure('active_at  = "created_at"', 'active_at  = "completed_at"')
    assert first.sweeper("install", now=None).exit_code == 0
    first.account()
    first.session("wakes", "generating", created=OLD)
    wake = "UPDATE prediction_sessions SET completed_at = '2026-11-23 11:59' WHERE id = 'wakes'"
    with before("lock_sessions", lambda: first.sql(wake)) as done:
        assert paid(first) == 0
    assert done
    assert horizon(first) == datetime.fromisoformat(f"{OLD}+00:00") - DAY


def test_the_next_run_starts_there(swept: AppDatabase) -> None:
    reopen(swept)
    assert paid(swept, now=NOW + timedelta(minutes=1)) == 0


def test_a_full_sweep_starts_at_the_floor(swept: AppDatabase) -> None:
    reopen(swept)
    assert paid(swept, "--full") == 1


@pytest.mark.parametrize(("later", "found"), [(DAY - timedelta(seconds=1), 0), (DAY, 1)], ids=["23h59", "a day"])
def test_once_a_day_a_run_is_a_full_sweep(swept: AppDatabase, later: timedelta, found: int) -> None:
    reopen(swept)
    assert paid(swept, now=NOW + later) == found


def test_runs_in_between_do_not_put_the_full_sweep_off(swept: AppDatabase) -> None:
    reopen(swept)
    assert paid(swept, now=NOW + DAY / 2) == 0
    assert paid(swept, now=NOW + DAY) == 1


def test_a_transaction_that_commits_late_is_found_by_the_next_run(first: AppDatabase) -> None:
    first.account()
    with first.connect() as late:
        late.execute(
            "INSERT INTO prediction_sessions VALUES ('late', 'u1', 'error', NULL, '{a}', NULL, '2026-11-23 01:00')"
        )
        assert paid(first) == 0
        late.commit()
    assert paid(first, now=NOW + timedelta(minutes=1)) == 1


def test_a_session_that_was_skipped_is_found_by_the_next_run(first: AppDatabase) -> None:
    first.account()
    first.session("s1", created=OLD)
    with first.connect() as app:
        app.execute("SELECT FROM prediction_sessions FOR UPDATE")
        assert first.run().document["skipped"] == 1
    assert paid(first, now=NOW + timedelta(minutes=1)) == 1


@pytest.mark.parametrize(
    "flags",
    [("--session", "s1"), ("--since", "2026-11-20T00:00:00Z"), ("--max-refunds", "1"), ("--dry-run",)],
    ids=lambda flags: flags[0],
)
def test_only_a_complete_run_over_everything_moves_it(first: AppDatabase, flags: tuple[str, ...]) -> None:
    first.account()
    first.session("s1")
    first.session("s2")
    first.run(*flags)
    assert horizon(first) is None


def test_a_run_that_failed_does_not_move_it(first: AppDatabase) -> None:
    first.configure("[policy]", "[policy]\nmax_new_holds = 0")
    first.session("s1", account=None)
    assert first.run().exit_code == 1
    assert horizon(first) is None


def test_a_session_on_hold_is_settled_and_a_full_sweep_looks_at_it_again(first: AppDatabase) -> None:
    first.session("s1", created=OLD)
    assert first.run().exit_code == 3
    assert horizon(first) == NOW - DAY
    first.account()
    assert paid(first, now=NOW + timedelta(minutes=1)) == 0
    assert paid(first, "--full") == 1
    assert first.value("SELECT count(*) FROM sweeper.holds WHERE ended_at IS NULL") == 0


def test_a_clock_that_was_set_back_starts_at_the_floor(swept: AppDatabase) -> None:
    swept.session("s1", created="2026-11-10 10:00")
    assert paid(swept, now=NOW - 10 * DAY) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [('grace      = "15m"', 'grace      = "20m"'), ("since", "max_amount = 50\nsince"), ("2020-01-01", "2019-01-01")],
    ids=["grace", "max_amount", "floor"],
)
def test_a_change_of_the_policy_drops_it(swept: AppDatabase, old: str, new: str) -> None:
    reopen(swept)
    if old in swept.config.read_text():
        swept.configure(old, new)
    else:
        swept.configure("[policy]", '[policy]\ngrace = "20m"')
    assert paid(swept, now=NOW + timedelta(minutes=1)) == 1


def test_a_change_of_the_mapping_drops_it(swept: AppDatabase) -> None:
    reopen(swept)
    swept.configure('"queued", ', "")
    assert swept.sweeper("install", now=None).exit_code == 0
    assert horizon(swept) is None
    assert paid(swept, now=NOW + timedelta(minutes=1)) == 1


def test_a_restored_backup_brings_its_own_horizon_back(swept: AppDatabase) -> None:
    earlier = swept.sql("SELECT horizon, horizon_as_of, full_sweep_as_of FROM sweeper.settings")[0]
    swept.session("s1", created="2026-11-25 10:00")
    assert paid(swept, now=NOW + 4 * DAY) == 1
    swept.sql("DELETE FROM sweeper.runs WHERE as_of = %s", NOW + 4 * DAY)
    swept.sql("ALTER TABLE sweeper.refunds DISABLE TRIGGER USER; DELETE FROM sweeper.refunds WHERE session_id = 's1'")
    swept.sql("UPDATE sweeper.settings SET horizon = %s, horizon_as_of = %s, full_sweep_as_of = %s", *earlier)
    assert paid(swept, now=NOW + 4 * DAY + timedelta(minutes=1)) == 1


def test_two_runs_at_once_leave_one_that_holds(swept: AppDatabase) -> None:
    swept.session("s1", created="2026-11-25 10:00")
    assert paid(swept, now=NOW + 3 * DAY) == 1
    later = horizon(swept)
    assert paid(swept, now=NOW + 3 * DAY - timedelta(hours=1)) == 0  # it began earlier, and ends later
    assert horizon(swept) == later


def test_a_lost_horizon_costs_time_and_nothing_else(swept: AppDatabase) -> None:
    reopen(swept)
    swept.sql("UPDATE sweeper.settings SET horizon = NULL")
    assert paid(swept, now=NOW + timedelta(minutes=1)) == 1


def test_what_lies_before_the_floor_is_counted_by_full_sweeps_and_reported_by_every_run(first: AppDatabase) -> None:
    first.configure("2020-01-01", "2026-11-01")
    first.account()
    first.session("s1", created=OLD)
    before = {"sessions": 1, "credits": 3}
    assert first.run().document["before_floor"] == before
    first.session("s2", created=OLD)
    assert first.run(now=NOW + timedelta(minutes=1)).document["before_floor"] == before
    assert first.run("--full").document["before_floor"] == {"sessions": 2, "credits": 6}


def test_as_long_as_history_is_small_a_run_starts_at_the_floor(
    swept: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeper.sweep.horizon, "SMALL_HISTORY", 2)
    reopen(swept)
    assert paid(swept, now=NOW + timedelta(minutes=1)) == 1
    reopened = "UPDATE prediction_sessions SET status = 'error' WHERE id = 'third'"
    swept.session("third", "finished", created=OLD)
    assert paid(swept, now=NOW + timedelta(minutes=2)) == 0
    swept.sql(reopened)
    assert paid(swept, now=NOW + timedelta(minutes=3)) == 0, "three are too many"


def test_the_dry_run_starts_where_the_run_starts(swept: AppDatabase) -> None:
    reopen(swept)
    assert paid(swept, "--dry-run", now=NOW + timedelta(minutes=1)) == 0
    assert paid(swept, "--dry-run", "--full") == 1
