"""The floor: switched on for the first time, a sweep never pays for years of history by surprise."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from sweeper.postgres.transaction import Transaction
from sweeper.sweep import owed_list
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.command import NOW
from tests.helpers.statements import name_of

MICROSECOND = timedelta(microseconds=1)


def test_the_floor_is_the_moment_of_install(bare: AppDatabase) -> None:
    """Without `since`, sessions that started before the installation are counted and not touched."""
    bare.configure("since = 2020-01-01T00:00:00Z\n", "")
    installed = datetime(2026, 11, 20, tzinfo=UTC)
    assert bare.sweeper("install", now=installed).exit_code == 0
    bare.account()
    for name, started in (("before", installed - MICROSECOND), ("at", installed), ("after", installed + MICROSECOND)):
        bare.session(name, created=started.replace(tzinfo=None).isoformat())
    bare.session("long-before", models=5, created="2019-01-01")
    bare.session("long-before, finished", "finished", created="2019-01-01")
    bare.session("long-before, stuck", "queued", models=7, created="2019-01-01")
    bare.session("long-before, app refunded", step="All models failed - credits refunded", created="2019-01-01")
    planned, ran = bare.run("--dry-run"), bare.run()
    assert planned.document["before_floor"] == ran.document["before_floor"] == {"sessions": 3, "credits": 15}
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 2, "credits": 6, "accounts": 1}
    assert sorted(bare.refunds()) == ["after", "at"]
    assert bare.sweeper("install", now=NOW).exit_code == 0  # installing again does not raise the floor
    bare.session("since then", created="2026-11-21")
    assert bare.run().document["refunds"]["sessions"] == 1


def test_since_in_the_file_lets_older_sessions_in(first: AppDatabase) -> None:
    """`since` is a moment on `started_at`: exactly there is in, a microsecond before is out."""
    first.configure("2020-01-01T00:00:00Z", "2021-06-01T02:00:00+02:00")
    first.account()
    first.session("out", created="2021-05-31 23:59:59.999999")
    first.session("in", created="2021-06-01 00:00:00")
    first.run()
    assert list(first.refunds()) == ["in"]


def test_check_warns_of_a_floor_that_lies_ahead(first: AppDatabase) -> None:
    """A wrong year, or day and month in the other order: runs would pay nobody, with exit 0."""
    first.configure("2020-01-01T00:00:00Z", "2026-11-23T12:00:00Z")
    assert first.sweeper("install").exit_code == 0
    assert items(check(first, NOW))["horizon"]["status"] == "ok"
    found = items(check(first, NOW - timedelta(hours=2)))["horizon"]
    assert (found["status"], found["message"]) == (
        "warning",
        "policy.since lies 2 h ahead: no session that started before that is refunded",
    )


def test_a_flag_raises_the_floor(first: AppDatabase) -> None:
    """`--since` takes a date or a time, in UTC unless it says otherwise."""
    first.account()
    first.session("out", created="2026-11-21 23:59:59.999999")
    first.session("in", created="2026-11-22 00:00:00")
    texts = (
        "2026-11-22T00:00:00Z",
        "2026-11-22",
        "2026-11-22T01:00:00+01:00",
        "2026-11-21T14:00-10",
        "2026-11-22 00:00",
    )
    for text in texts:
        planned = first.run("--dry-run", "--since", text).document
        assert (planned["refunds"]["sessions"], planned["before_floor"]) == (1, {"sessions": 1, "credits": 3})
    assert first.run("--since", texts[-1]).document["before_floor"] == {"sessions": 1, "credits": 3}
    assert list(first.refunds()) == ["in"]


def test_a_flag_may_only_raise_the_floor(first: AppDatabase) -> None:
    """A floor below the policy's is refused; the floor itself is no lower floor."""
    first.account()
    first.session("old", created="2019-12-31")
    for dry in ([], ["--dry-run"]):
        lower = first.run(*dry, "--since", "2019-12-31T23:59:59.999999Z")
        assert (lower.exit_code, lower.document["error"]["code"]) == (2, "usage")
        assert "policy.since" in lower.stderr
        assert first.run(*dry, "--since", "2020-01-01").exit_code == 0
    assert first.refunds() == {}


def test_a_time_that_is_none_is_refused(first: AppDatabase) -> None:
    """A mistake in `--since` is a usage error that names the flag, and shows what was given."""
    for text in ("yesterday", "2026-13-01", "''", "0001-01-01T00:00:00+14:00"):
        ran = first.run("--since", text.strip("'"))
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "usage")
        assert "--since" in ran.document["error"]["message"]
        assert text in ran.document["error"]["message"]


def test_what_lies_before_the_floor_and_cannot_be_read_is_counted_around(first: AppDatabase) -> None:
    """A row before the floor whose amount fails stops nothing: it is counted, its credits are not."""
    first.configure('"cardinality(selected_models)"', '"6 / cardinality(selected_models)"')
    first.sweeper("install")
    first.account()
    first.session("broken", models=0, created="2019-01-01")
    first.session("whole", models=2, created="2019-01-02")
    first.session("owed", models=1)
    ran = first.run()
    assert (ran.exit_code, ran.document["before_floor"]) == (0, {"sessions": 2, "credits": 3})
    assert first.refunds() == {"owed": 6}


@pytest.mark.parametrize(
    ("floor", "paid"),
    [("2026-10-25T00:30:00Z", ["02:10", "02:40", "03:00"]), ("2026-10-25T01:30:00Z", ["02:40", "03:00"])],
    ids=["first time", "second time"],
)
def test_in_the_hour_that_the_clock_repeats_the_floor_is_a_moment(
    first: AppDatabase, floor: str, paid: list[str]
) -> None:
    """A time without a zone is read as the second of the two; by its text, some after the floor would be forgotten."""
    first.configure("2020-01-01T00:00:00Z", floor)
    first.configure('status     = "status"', 'status     = "status"\ntimezone   = "Europe/Berlin"')
    assert first.sweeper("install", now=None).exit_code == 0
    first.account()
    for clock in ("01:50", "02:10", "02:40", "03:00"):
        first.session(clock, created=f"2026-10-25 {clock}")
    planned, ran = first.run("--dry-run"), first.run()
    assert planned.document["before_floor"] == ran.document["before_floor"]
    assert ran.document["before_floor"]["sessions"] == 4 - len(paid)
    assert sorted(first.refunds()) == paid
    position = first.sweeper("audit", "--json").document["position"]
    assert position["before_floor"]["sessions"] == 4 - len(paid)
    verdicts = [first.sweeper("explain", clock, "--json").document["verdict"] for clock in ("01:50", "03:00")]
    assert verdicts == ["before_floor", "refunded"]


def test_many_failing_rows_before_the_floor_are_not_all_looked_for(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes some milliseconds for each, in every run that starts at the floor, and only to count them."""
    monkeypatch.setattr(owed_list, "_COUNTED_ALONE", 2)
    monkeypatch.setattr(owed_list, "_LEFT_TOGETHER", 8)
    first.account()
    first.sql("ALTER TABLE prediction_sessions ADD x int DEFAULT 1")
    first.configure('"cardinality(selected_models)"', '"cardinality(selected_models) / s.x"')
    assert first.sweeper("install").exit_code == 0
    for number in range(32):
        first.session(f"old{number}", "error", created="2019-01-01 09:00")
    first.session("new", "error", created="2026-11-23 09:00")
    first.sql("UPDATE prediction_sessions SET x = 0 WHERE id LIKE 'old%'")
    asked: list[str] = []
    original = Transaction.rows

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        asked.append(name_of(text))
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        ran = first.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 1)
    assert ran.document["before_floor"]["sessions"] == 2
    assert asked.count("look") < 20


def test_many_failing_rows_hide_nothing_that_a_cap_leaves(first: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the cap leaves is beside rows that are on hold; the horizon must not move past it."""
    monkeypatch.setattr(owed_list, "_COUNTED_ALONE", 2)
    monkeypatch.setattr(owed_list, "_LEFT_TOGETHER", 8)
    first.account()
    first.account("u2")
    first.sql("ALTER TABLE prediction_sessions ADD x int DEFAULT 1")
    first.configure('"cardinality(selected_models)"', '"cardinality(selected_models) / s.x"')
    assert first.sweeper("install").exit_code == 0
    for number in range(10):
        first.session(f"s{number}-fails", account="u2", created="2026-11-20 09:00")
    first.session("s", created="2026-11-20 09:00")
    first.sql("UPDATE prediction_sessions SET x = 0 WHERE id LIKE '%fails'")
    assert first.run().document["held"] == 10
    for number in range(10):
        first.session(f"s{number}-good", created="2026-11-20 09:00")
    ran = first.run("--full", "--max-refunds", "6")
    assert (ran.exit_code, ran.document["outcome"], ran.document["remaining"]) == (4, "capped", 4)
    assert first.run().document["refunds"]["sessions"] == 4
