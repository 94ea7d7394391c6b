"""The file, before any database: what it may say, and one clear line for each mistake."""

import tomllib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.config import parsing, values
from sweeper.core.errors import ConfigurationError, Exit
from tests.helpers.paths import APPS
from tests.helpers.settings import changed, content

PRISMA = APPS / "prisma.toml"


def mistakes(base: dict[str, Any]) -> list[str]:
    """The lines that a wrong file gives."""
    with pytest.raises(ConfigurationError) as error:
        parsing.parse(base)
    assert error.value.exit_code == Exit.USAGE
    first, *lines = error.value.message.splitlines()
    assert first == "sweeper.toml:"
    return [line.strip() for line in lines]


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("databse", "database"),
        ("database.shema", "schema"),
        ("sessions.tabel", "table"),
        ("accounts.balanc", "balance"),
        ("policy.stuck_afer", "stuck_after"),
        ("policy.max_refund", "max_refunds"),
        ("ledger.sesion", "session"),
        ("logging.event_prefx", "event_prefix"),
        ("audit.overdue_afte", "overdue_after"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_right_one(path: str, near: str) -> None:
    base = content(PRISMA)
    *sections, key = path.split(".")
    target = base
    for section in sections:
        target = target.setdefault(section, {})
    target[key] = "x"
    assert mistakes(base) == [f"{path}: unknown key; did you mean {near!r}?"]


def test_an_unknown_key_of_a_reason_is_named_with_its_place() -> None:
    base = content()
    base["reasons"][1]["eror"] = "x"
    assert mistakes(base) == ["reasons.1.eror: unknown key; did you mean 'error'?"]


def test_a_misspelt_key_is_not_also_called_missing() -> None:
    base = content()
    base["sessions"]["tabel"] = base["sessions"].pop("table")
    assert mistakes(base) == ["sessions.tabel: unknown key; did you mean 'table'?"]


def test_an_unknown_key_that_resembles_none_lists_what_there_is() -> None:
    base = content()
    base["database"] = {"zzz": 1}
    assert mistakes(base) == ["database.zzz: unknown key; there is: schema"]


@pytest.mark.parametrize("key", ["table", "id", "account", "status", "failed", "started_at", "amount"])
def test_a_missing_key_is_named(key: str) -> None:
    base = content()
    del base["sessions"][key]
    assert mistakes(base) == [f"sessions.{key}: missing"]


def test_a_file_without_sessions_says_so() -> None:
    assert mistakes({}) == ["sessions: missing"]


@pytest.mark.parametrize(
    ("section", "keys", "expected"),
    [
        ("policy", {"grace": "-5m"}, "policy.grace: '-5m' is negative; a duration is zero or more"),
        ("policy", {"grace": 5}, "policy.grace: 5 is not a duration such as"),
        ("policy", {"grace": "5"}, "policy.grace: '5' is not a duration such as"),
        ("policy", {"grace": ""}, "policy.grace: '' is not a duration such as"),
        ("policy", {"stuck_after": "abc"}, "policy.stuck_after: 'abc' is not a duration such as"),
        ("policy", {"stuck_after": "9" * 40 + "h"}, "policy.stuck_after: '999"),
        ("policy", {"stuck_after": {"queued": "-1s"}}, "policy.stuck_after: queued: '-1s' is negative"),
        ("policy", {"stuck_after": {"qeued": "1h"}}, "policy.stuck_after names 'qeued', not a running status; did you"),
        ("policy", {"max_clock_skew": "x"}, "policy.max_clock_skew: 'x' is not a duration"),
        ("policy", {"since": "yesterday"}, "policy.since: 'yesterday' is not a time such as"),
        ("policy", {"since": 5}, "policy.since: 5 is not a time such as"),
        ("policy", {"max_refunds": -1}, "policy.max_refunds = -1: Input should be greater than or equal to 0"),
        ("policy", {"max_credits": -1}, "policy.max_credits = -1: Input should be greater than or equal to 0"),
        ("policy", {"max_amount": -0.5}, "policy.max_amount = -0.5: Input should be greater than or equal to 0"),
        ("policy", {"max_amount": float("nan")}, "policy.max_amount = nan: Input should be a finite number"),
        ("policy", {"max_new_holds": -1}, "policy.max_new_holds = -1: Input should be greater"),
        ("policy", {"max_refunds": 1.5}, "policy.max_refunds = 1.5: Input should be a valid integer"),
        ("policy", {"batch_size": 0}, "policy.batch_size = 0: Input should be greater than or equal to 1"),
        ("policy", {"batch_size": 100_001}, "policy.batch_size = 100001: Input should be less than or equal to"),
        ("sessions", {"timezone": "Mars/Base"}, "sessions.timezone: 'Mars/Base' is not a time zone such as 'UTC'"),
        ("sessions", {"timezone": "localtime"}, "sessions.timezone: 'localtime' is not a time zone such as 'UTC'"),
        ("sessions", {"timezone": "../../etc/passwd"}, "sessions.timezone: '../../etc/passwd' is not a time zone"),
        ("sessions", {"failed": []}, "sessions.failed: List should have at least 1 item"),
        ("sessions", {"failed": "error"}, "sessions.failed = 'error': Input should be a valid list"),
        ("sessions", {"amount": " "}, "sessions.amount = ' ': must not be empty"),
        ("sessions", {"running": ["error"]}, "sessions: the status 'error' is listed twice among failed, running"),
        ("sessions", {"error": None}, "[[reasons]] match the session's error text: map sessions.error"),
        ("database", {"schema": "pg_x"}, "database: database.schema = 'pg_x' is reserved by Postgres"),
        ("database", {"schema": ""}, "database.schema = '': String should have at least 1 character"),
        ("database", {"schema": "x" * 64}, "database.schema = 'xxx"),
        ("logging", {"event_prefix": "a b"}, "logging.event_prefix = 'a b': String should match pattern"),
    ],
)
def test_a_value_that_cannot_be_is_one_line_with_its_key_and_value(
    section: str, keys: dict[str, Any], expected: str
) -> None:
    base = content()
    base[section] = {key: value for key, value in {**base.get(section, {}), **keys}.items() if value is not None}
    (line,) = mistakes(base)
    assert line.startswith(expected)


@pytest.mark.parametrize("section", ["sessions", "ledger"])
def test_an_attempt_mapped_on_one_side_only_is_refused(section: str) -> None:
    base = content(PRISMA)
    base[section]["attempt"] = "x"
    assert mistakes(base) == ["sessions.attempt and ledger.attempt belong together: map both or neither"]


def test_an_attempt_without_an_app_ledger_needs_no_counterpart() -> None:
    assert changed(sessions={"attempt": "charge"}).sessions.attempt == "charge"


@pytest.mark.parametrize(
    ("text", "seconds"), [("0s", 0), ("90s", 90), ("15m", 900), ("1h30m", 5400), ("2d", 172_800), (" 6h ", 21_600)]
)
def test_a_duration_reads_as_people_write_it(text: str, seconds: int) -> None:
    assert values.parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.slow
@given(st.text(max_size=12) | st.integers() | st.floats() | st.none() | st.booleans())
def test_whatever_is_given_as_duration_is_one_or_a_clear_mistake(value: object) -> None:
    try:
        right = values.parse_duration(value) >= timedelta(0)
    except ValueError as error:
        right = repr(value) in str(error)
    assert right


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05+02:00", datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
        (tomllib.loads("at = 2026-01-02")["at"], datetime(2026, 1, 2, tzinfo=UTC)),
        (tomllib.loads("at = 2026-01-02T03:04:05Z")["at"], datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ],
)
def test_the_floor_is_utc_unless_it_says_otherwise(written: object, meant: datetime) -> None:
    assert changed(policy={"since": written}).policy.since == meant


def test_a_running_status_without_a_limit_of_its_own_is_stuck_after_an_hour() -> None:
    file = changed(policy={"stuck_after": {"queued": "6h"}})
    assert file.stuck_after("queued") == timedelta(hours=6)
    assert file.stuck_after("generating") == timedelta(hours=1)


def test_one_limit_is_for_every_running_status() -> None:
    assert changed(policy={"stuck_after": "2h"}).stuck_after("queued") == timedelta(hours=2)


def test_the_defaults_are_those_of_the_design() -> None:
    base = content()
    del base["policy"]
    policy = parsing.parse(base).policy
    assert (policy.stuck_after, policy.grace) == (timedelta(hours=1), timedelta(minutes=15))
    assert (policy.batch_size, policy.max_refunds, policy.max_new_holds) == (2000, 10_000, 100)
    assert (policy.max_credits, policy.max_amount, policy.since) == (None, None, None)
    assert policy.max_clock_skew == timedelta(minutes=1)


def test_a_cap_in_credits_is_exact() -> None:
    assert changed(policy={"max_credits": 0.1}).policy.max_credits == Decimal("0.1")


def test_plain_values_may_stand_where_sql_is_asked_for() -> None:
    file = changed(sessions={"amount": 3, "exclude": False})
    assert (file.sessions.amount, file.sessions.exclude) == ("3", "false")


def test_a_flag_replaces_only_its_own_key() -> None:
    file = changed(policy={"grace": "1m", "batch_size": 7})
    policy = parsing.apply_overrides(file, {"grace": "2m", "batch_size": None}).policy
    assert (policy.grace, policy.batch_size) == (timedelta(minutes=2), 7)


def test_a_wrong_flag_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"the flags:\s+policy.grace: '-1m' is negative"):
        parsing.apply_overrides(changed(), {"grace": "-1m"})
