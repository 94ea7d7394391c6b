"""How log events are written: by the flag, by the environment, or by whether stderr is a terminal."""

import json

import pytest

from tests.helpers.app_database import AppDatabase


@pytest.fixture
def owed(first: AppDatabase) -> AppDatabase:
    first.account()
    first.session("s1")
    return first


@pytest.mark.parametrize(
    "words", [("--log-format", "console", "run"), ("run", "--log-format", "console"), ("run", "--log-format=console")]
)
def test_the_flag_may_stand_before_or_after_the_command(owed: AppDatabase, words: tuple[str, ...]) -> None:
    ran = owed.sweeper(*words, SWEEPER_LOG_FORMAT="json")
    assert ran.exit_code == 0
    assert "prediction_session_credits_refunded" in ran.stderr
    assert not ran.stderr.startswith("{")
    assert "\x1b" not in ran.stderr, "no colors where there is no terminal"


def test_the_environment_decides_without_the_flag(owed: AppDatabase) -> None:
    assert not owed.sweeper("run", SWEEPER_LOG_FORMAT="console").stderr.startswith("{")


def test_a_log_outside_a_terminal_is_json_by_default(owed: AppDatabase) -> None:
    ran = owed.sweeper("run")
    assert json.loads(ran.stderr)["event"] == "prediction_session_credits_refunded"


@pytest.mark.parametrize(
    ("words", "format", "named"),
    [(("--log-format", "xml"), "json", "--log-format"), ((), "xml", "SWEEPER_LOG_FORMAT")],
)
def test_another_format_is_an_error(first: AppDatabase, words: tuple[str, ...], format: str, named: str) -> None:
    ran = first.sweeper("run", *words, "--json", SWEEPER_LOG_FORMAT=format)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "usage")
    assert f"{named} is one of json and console" in ran.stderr


def test_an_id_with_any_letter_is_one_line_of_its_own(first: AppDatabase) -> None:
    odd = ['50% of "a"', "two\nlines", "back\\slash, {brace}: \u2028"]
    for id in odd:
        first.account(f"of {id}")
        first.session(id, account=f"of {id}")
    events = [json.loads(line) for line in first.sweeper("run").stderr.splitlines()]
    assert {(event["session_id"], event["account_id"]) for event in events} == {(id, f"of {id}") for id in odd}
