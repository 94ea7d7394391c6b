"""The fence: a refunded session can neither go on nor succeed, whatever its worker does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.server import Server

pytestmark = pytest.mark.every_version


@pytest.fixture
def fenced(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """The first app with one account, and the fence."""

    @contextmanager
    def fence() -> Iterator[AppDatabase]:
        with server.app("first", tmp_path) as first:
            first.account()
            assert first.sweeper("install", "--fence", now=None).exit_code == 0
            yield first

    with server.prepared("first_fenced", tmp_path, fence) as database:
        yield database


@pytest.mark.parametrize("status", ["finished", "generating", "queued"])
def test_a_refunded_session_cannot_be_revived(fenced: AppDatabase, status: str) -> None:
    fenced.session("s1")
    fenced.run()
    with pytest.raises(psycopg.errors.RestrictViolation, match="session s1 was refunded"):
        fenced.sql("UPDATE prediction_sessions SET status = %s::session_status WHERE id = 's1'", status)


def test_any_other_change_of_a_refunded_session_goes_through(fenced: AppDatabase) -> None:
    fenced.session("s1")
    fenced.run()
    fenced.sql("UPDATE prediction_sessions SET step = 'seen', status = 'error'")
    fenced.sql("DELETE FROM prediction_sessions")


def test_a_session_that_was_not_refunded_may_finish(fenced: AppDatabase) -> None:
    fenced.session("s1", "generating")
    fenced.sql("UPDATE prediction_sessions SET status = 'finished'")
    fenced.session("s2")
    fenced.sql("UPDATE prediction_sessions SET status = 'finished'")


def test_a_session_whose_refund_was_taken_back_may_finish(fenced: AppDatabase) -> None:
    fenced.session("s1")
    fenced.run()
    fenced.sql(
        "INSERT INTO sweeper.reversals SELECT gen_random_uuid(), refund_id, amount, 'mistake', 'me', now() "
        "FROM sweeper.refunds"
    )
    fenced.sql("UPDATE prediction_sessions SET status = 'finished'")


def test_a_session_that_was_waived_may_finish(fenced: AppDatabase) -> None:
    fenced.session("s1")
    waived = fenced.sweeper("adopt", "--session", "s1", "--amount", "0", "--reason", "free of charge", "--yes")
    assert waived.exit_code == 0, waived.stderr
    fenced.sql("UPDATE prediction_sessions SET status = 'finished'")


def test_ids_that_began_anew_do_not_stop_the_app(fenced: AppDatabase) -> None:
    """As after TRUNCATE … RESTART IDENTITY: runs say it, and the new sessions go on."""
    fenced.session("s1")
    fenced.session("s2")
    fenced.run()
    fenced.sql("DELETE FROM prediction_sessions WHERE id = 's1'")
    fenced.session("s1", "generating", created="2026-11-23 12:30")
    fenced.sql("UPDATE prediction_sessions SET status = 'finished' WHERE id = 's1'")
    with pytest.raises(psycopg.errors.RestrictViolation):  # a refunded one that only says that it starts now
        fenced.sql("UPDATE prediction_sessions SET status = 'queued', created_at = '2026-11-23 12:30' WHERE id = 's2'")


def test_a_new_start_before_another_try_does_not_open_it(fenced: AppDatabase) -> None:
    fenced.session("s1")
    fenced.run()
    fenced.sql("UPDATE prediction_sessions SET created_at = '2026-11-23 12:30'")
    with pytest.raises(psycopg.errors.RestrictViolation):
        fenced.sql("UPDATE prediction_sessions SET status = 'queued'")


def test_a_clock_that_is_ahead_lets_no_refunded_session_go_on(fenced: AppDatabase) -> None:
    """The session starts after its refund, then, by two clocks; it failed when it started, by one."""
    fenced.session("s1", "generating")
    fenced.sql("UPDATE prediction_sessions SET created_at = (now() AT TIME ZONE 'UTC') + interval '10 minutes'")
    assert fenced.value("SELECT sweeper.refund('s1', 'worker_failed')") == 3
    with pytest.raises(psycopg.errors.RestrictViolation):
        fenced.sql("UPDATE prediction_sessions SET status = 'finished'")


def test_a_session_that_a_person_paid_again_cannot_be_revived(fenced: AppDatabase) -> None:
    """Its refund is an attempt of its own, by another name than the session's."""
    fenced.session("s1")
    fenced.run()
    assert fenced.sweeper("revert", "--session", "s1", "--reason", "mistake", "--yes").exit_code == 0
    assert fenced.run("--session", "s1").document["refunds"]["sessions"] == 1
    with pytest.raises(psycopg.errors.RestrictViolation):
        fenced.sql("UPDATE prediction_sessions SET status = 'finished' WHERE id = 's1'")


def test_a_worker_that_waited_for_the_sweep_is_stopped(fenced: AppDatabase) -> None:
    fenced.session("s1", "generating", created="2026-11-23 09:00")
    with fenced.connect() as layer, fenced.connect() as worker:
        layer.execute("SELECT sweeper.refund('s1', 'x', NULL, 'queue')")
        worker.execute("SET lock_timeout = '10s'")
        commit = threading.Timer(0.3, layer.commit)
        commit.start()
        with pytest.raises(psycopg.errors.RestrictViolation):
            worker.execute("UPDATE prediction_sessions SET status = 'finished' WHERE id = 's1'")
        commit.join()


@pytest.mark.parametrize("status", ["error", "generating"])
def test_a_worker_with_an_older_snapshot_fails_instead_of_slipping_by(fenced: AppDatabase, status: str) -> None:
    fenced.session("s1", status, created="2026-11-23 09:00")
    with fenced.connect() as worker:
        worker.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        worker.execute("SELECT count(*) FROM prediction_sessions")
        assert fenced.run().document["refunds"]["sessions"] == 1
        with pytest.raises(psycopg.errors.SerializationFailure):
            worker.execute("UPDATE prediction_sessions SET status = 'finished' WHERE id = 's1'")
    assert fenced.value("SELECT status::text FROM prediction_sessions") == "error"


def test_the_fence_looks_with_its_owners_rights(fenced: AppDatabase) -> None:
    fenced.session("s1", "generating", created="2026-11-23 11:59")
    fenced.session("s2")
    fenced.run()
    fenced.sql("CREATE ROLE fenced_app; GRANT SELECT, UPDATE ON prediction_sessions TO fenced_app")
    try:
        with fenced.connect(autocommit=True) as worker:
            worker.execute("SET ROLE fenced_app")
            worker.execute("UPDATE prediction_sessions SET status = 'finished' WHERE id = 's1'")
            with pytest.raises(psycopg.errors.RestrictViolation):
                worker.execute("UPDATE prediction_sessions SET status = 'finished' WHERE id = 's2'")
    finally:
        fenced.sql("DROP OWNED BY fenced_app; DROP ROLE fenced_app")


def test_another_attempt_of_a_refunded_session_goes_on(first: AppDatabase) -> None:
    first.sql("ALTER TABLE prediction_sessions ADD charge_id text")
    first.configure('amount     = "cardinality', 'attempt = "charge_id"\namount     = "cardinality')
    assert first.sweeper("install", "--fence", now=None).exit_code == 0
    first.account()
    first.session("s1")
    first.sql("UPDATE prediction_sessions SET charge_id = 'c1'")
    first.run()
    first.sql("UPDATE prediction_sessions SET charge_id = 'c2', status = 'generating'")
    with pytest.raises(psycopg.errors.RestrictViolation):
        first.sql("UPDATE prediction_sessions SET charge_id = 'c1', status = 'finished'")


def test_a_later_install_keeps_the_fence_and_bakes_the_new_mapping_in(fenced: AppDatabase) -> None:
    fenced.configure('"queued", ', "")
    assert fenced.sweeper("install", now=None).exit_code == 0
    fenced.session("s1")
    fenced.run()
    fenced.sql("UPDATE prediction_sessions SET status = 'queued'")
    with pytest.raises(psycopg.errors.RestrictViolation):
        fenced.sql("UPDATE prediction_sessions SET status = 'generating'")


def test_without_being_asked_for_there_is_no_fence(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.run()
    first.sql("UPDATE prediction_sessions SET status = 'finished'")


def test_the_printed_sql_has_the_fence_when_it_is_asked_for(first: AppDatabase) -> None:
    assert 'TRIGGER "sweeper_fence"' not in first.sweeper("install", "--print", now=None).stdout
    printed = first.sweeper("install", "--print", "--fence", now=None).stdout
    assert 'TRIGGER "sweeper_fence"' in printed
    assert first.sweeper("install", "--print", "--fence", "--json", now=None).document["sql"] == printed
