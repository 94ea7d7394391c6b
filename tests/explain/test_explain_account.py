"""`sweeper explain --account`: the sessions of an account, newest first."""

import pytest

from tests.helpers.app_database import AppDatabase


def test_the_sessions_of_an_account_are_shown_newest_first(first: AppDatabase) -> None:
    first.account("u1")
    first.account("u2")
    first.session("old", created="2026-11-01")
    first.session("new", created="2026-11-02")
    first.session("done", "finished")
    first.session("of another", account="u2")
    first.run("--session", "old")
    first.sql("DELETE FROM prediction_sessions WHERE id = 'old'")
    document = first.sweeper("explain", "--account", "u1", "--json").document
    assert [(told["session_id"], told["verdict"]) for told in document["sessions"]] == [
        ("old", "refunded"),
        ("new", "owed"),
    ]
    assert (document["account_id"], document["more"]) == ("u1", False)
    shown = first.sweeper("explain", "--account", "u1")
    assert shown.exit_code == 0
    assert "new" in shown.stdout
    nobody = first.sweeper("explain", "--account", "nobody", "--json")
    assert (nobody.exit_code, nobody.document["sessions"]) == (0, [])


def test_an_account_with_many_sessions_is_shown_in_part(first: AppDatabase) -> None:
    first.account()
    for number in range(101):
        first.session(f"s{number}")
    document = first.sweeper("explain", "--account", "u1", "--json").document
    assert (len(document["sessions"]), document["more"]) == (100, True)


def test_an_account_id_that_is_not_a_uuid_has_no_sessions(prisma: AppDatabase) -> None:
    ran = prisma.sweeper("explain", "--account", "no-uuid", "--json")
    assert (ran.exit_code, ran.document["sessions"]) == (0, [])


@pytest.mark.parametrize("words", [(), ("s1", "--account", "u1")])
def test_either_a_session_or_an_account_is_asked_for(first: AppDatabase, words: tuple[str, ...]) -> None:
    assert first.sweeper("explain", *words).exit_code == 2
