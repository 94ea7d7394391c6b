"""Times that Postgres has and Python has not: one session with such a time does not stop a run."""

import pytest

from tests.helpers.app_database import AppDatabase

ODD = ("294276-12-31", "9999-12-31 23:59:59.999999", "0001-01-01", "0044-03-15 BC", "infinity", "-infinity")


@pytest.mark.slow
@pytest.mark.parametrize("moment", ODD)
def test_a_session_with_a_time_that_no_calendar_of_python_has_stops_no_command(first: AppDatabase, moment: str) -> None:
    """Neither as its start nor as the time of its failure."""
    first.sql("ALTER TABLE prediction_sessions ADD failed_at timestamptz, ADD beat timestamptz")
    first.configure('failed_at  = "created_at"', 'failed_at = "failed_at"')
    first.configure('active_at  = "created_at"', 'active_at = "beat"')
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.session("s1")
    explained = []
    for column in ("created_at", "failed_at"):
        for status in ("error", "generating", "finished"):
            odd = first.session(f"{column}-{status}", status)
            first.sql(f"UPDATE prediction_sessions SET {column} = '{moment}', beat = '{moment}' WHERE id = %s", odd)
            explained += [("explain", odd)] if status != "finished" else []
    assert first.sweeper("check").exit_code in (0, 5)
    assert first.run("--dry-run").exit_code == 0
    ran = first.run()
    assert (ran.exit_code, first.refunds()["s1"]) == (0, 3), ran.stderr
    for command in (*explained, ("explain", "--account", "u1"), ("audit",), ("check",)):
        asked = first.sweeper(*command)
        assert asked.exit_code in (0, 5), (command, asked.stderr)


@pytest.mark.parametrize(
    ("zone", "moment"), [("Europe/Berlin", "4714-11-24 00:00 BC"), ("America/New_York", "294276-12-31 23:59:59")]
)
def test_a_start_that_its_zone_puts_out_of_range_stops_no_command(first: AppDatabase, zone: str, moment: str) -> None:
    """It is at the edge of its type: with the zone there is no such time."""
    first.configure("[sessions.close]", f'timezone = "{zone}"\n[sessions.close]')
    first.configure('active_at  = "created_at"', "active_at = \"timestamp '2026-11-23 01:00'\"")
    first.configure('failed_at  = "created_at"', "failed_at = \"timestamp '2026-11-23 01:00'\"")
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.account("u2")
    first.session("s1", created="2026-11-23 01:00")
    for status in ("error", "generating", "finished"):
        first.session(status, status, account="u2", created=moment)
    assert first.run("--dry-run").exit_code in (0, 3)
    assert first.run().exit_code in (0, 3)
    assert first.refunds()["s1"] == 3
    for command in (("audit",), ("check",), ("explain", "error"), ("explain", "--account", "u2")):
        assert first.sweeper(*command).exit_code in (0, 5), command
