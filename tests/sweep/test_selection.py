"""`--session ID`: these and no others, without grace and floor, under every other rule."""

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.query_plans import explained


def test_grace_and_floor_do_not_apply_to_a_session_named_by_hand(first: AppDatabase) -> None:
    """A user may refund a session that has just failed, or one from before the floor, and no other."""
    first.account()
    first.session("fresh", created="2026-11-23 11:59:59")
    first.session("old", created="2018-01-01")
    first.session("fails-tomorrow", created="2026-11-24")
    first.session("other")
    flags = ("--session", "fresh", "--session", "old", "--session", "fails-tomorrow")
    planned, ran = first.run("--dry-run", *flags), first.run(*flags)
    for document in (planned.document, ran.document):
        assert document["refunds"] == {"sessions": 3, "credits": 9, "accounts": 1}
        assert document["before_floor"] == {"sessions": 0, "credits": 0}
        assert document["remaining"] == 0
    assert sorted(first.refunds()) == ["fails-tomorrow", "fresh", "old"]


def test_every_other_rule_applies_to_a_session_named_by_hand(first: AppDatabase) -> None:
    """Alive, finished, excluded, uncharged and refunded sessions get nothing, however often they are named."""
    first.account()
    first.session("alive", "queued", created="2026-11-23 11:00:00.000001")
    first.session("finished", "finished")
    first.session("excluded", step="All models failed - credits refunded")
    first.session("uncharged", models=0)
    first.session("refunded")
    first.run("--session", "refunded")
    flags = [
        flag for name in ("alive", "finished", "excluded", "uncharged", "refunded") for flag in ("--session", name)
    ]
    ran = first.run(*flags)
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["remaining"]) == (0, 0, 0)
    assert first.credits() == 103
    assert first.run("--session", "alive", "--stuck-after", "30m").document["reasons"].keys() == {"stuck"}


def test_a_session_named_twice_is_refunded_once(first: AppDatabase) -> None:
    """Repeating an id changes nothing, and neither does running again."""
    first.account()
    first.session("s1")
    for expected in (1, 0):
        ran = first.run("--session", "s1", "--session", "s1", "--batch-size", "1")
        assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, expected)
    assert first.credits() == 103


def test_a_session_named_twice_is_not_said_to_be_left_out(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    ran = first.sweeper("run", "--session", "s1", "--session", "s1")
    assert "Refunded 1 session" in ran.stdout
    assert "Not refunded:" not in ran.stdout
    assert "\n\nNot refunded:\ns1: " in first.sweeper("run", "--session", "s1").stdout


def test_a_session_that_a_cap_stops_is_not_called_on_hold(first: AppDatabase) -> None:
    """The hold is what the flags of the run ended; only the cap stands in the way."""
    first.configure("[policy]", "[policy]\nmax_refunds = 0\nmax_amount = 1")
    assert first.sweeper("install", now=None).exit_code == 0
    first.account()
    first.session("s1")
    first.run("--max-refunds", "1")
    ran = first.sweeper("run", "--session", "s1", "--max-amount", "5")
    assert ran.exit_code == 4
    assert ran.stdout.endswith("raise the cap for one run: `sweeper run --max-refunds N`.\n")  # no list of reasons
    assert "On hold" not in ran.stdout


def test_caps_apply_to_sessions_named_by_hand(first: AppDatabase) -> None:
    """The day's cap stops these too, unless one is given with them."""
    first.configure("[policy]", "[policy]\nmax_refunds = 1")
    first.account()
    first.session("a")
    first.session("b")
    ran = first.run("--session", "a", "--session", "b", "--batch-size", "1")
    assert (ran.exit_code, first.refunds(), ran.document["remaining"]) == (4, {"a": 3}, 1)
    assert first.run("--session", "b").exit_code == 4
    assert first.run("--session", "b", "--max-refunds", "1").exit_code == 0


def test_after_the_first_few_the_next_run_goes_on(first: AppDatabase) -> None:
    """A cap given by hand is for one run, so none has to be raised for the rest."""
    first.account()
    first.session("a")
    first.session("b")
    ran = first.sweeper("run", "--max-refunds", "1")
    assert "1 session still owed. If these refunds are genuine, go on with `sweeper run`.\n" in ran.stdout


def test_an_unknown_session_stops_everything(first: AppDatabase) -> None:
    """One id that does not exist is a mistake: exit 2, and the others are not touched."""
    first.account()
    first.session("s1")
    for dry in ([], ["--dry-run"]):
        ran = first.run(*dry, "--session", "s1", "--session", "S1")
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "unknown_session")
        assert "S1" in ran.document["error"]["message"]
    assert first.refunds() == {}


@pytest.mark.parametrize("session_id", ["not-a-uuid", "6f9619ff-8b86-d011-b42d-00cf4fc964ff", ""])
def test_an_id_that_the_type_does_not_know_is_an_unknown_session(prisma: AppDatabase, session_id: str) -> None:
    """A uuid that is none is unknown like one that does not exist."""
    ran = prisma.run("--session", session_id)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "unknown_session")


def test_ids_may_be_any_text(first: AppDatabase) -> None:
    """Quotes, commas, braces, backslashes, percent signs, spaces and letters of any language are only letters."""
    ids = [
        "o'hara",
        'a"b',
        "{a,b}",
        "back\\slash",
        "100%(s)s",
        " padded ",
        "a,b",
        "NULL",
        "--x",
        "séance 会话",
        "\x1b[31m",
    ]
    first.account()
    for session_id in ids:
        first.session(session_id)
    first.session("untouched")
    ran = first.run(*[f"--session={session_id}" for session_id in ids], "--batch-size", "3")
    assert ran.exit_code == 0, ran.stderr
    assert sorted(first.refunds()) == sorted(ids)


def test_a_number_as_an_id(ledger_only: AppDatabase) -> None:
    """A bigint key is read as a number."""
    ledger_only.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1)")
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, ended) "
        "SELECT 1, 'failed', 1, '2026-11-22Z', '2026-11-22Z' FROM generate_series(1, 12)"
    )
    assert ledger_only.run("--session", "12", "--session", "2").exit_code == 0
    assert sorted(ledger_only.refunds()) == ["12", "2"]
    assert ledger_only.run("--session", "99999999999999999999").exit_code == 2


@pytest.mark.parametrize(("change", "sent"), [
    ("SELECT", 2), ("ALTER TABLE prediction_sessions ALTER created_at SET NOT NULL", 1),
], ids=["nullable", "never null"])  # fmt: skip
def test_sessions_without_a_start_are_not_looked_for_where_there_can_be_none(
    first: AppDatabase, change: str, sent: int
) -> None:
    first.sql(change)
    first.account()
    first.session("owed")
    with explained("EXPLAIN (FORMAT JSON)", "find_in_history") as plans:
        assert first.run().document["refunds"]["sessions"] == 1
    assert len(plans["find_in_history"]) == sent


def test_a_start_of_a_domain_may_be_null_whatever_the_domain_says(first: AppDatabase) -> None:
    """Postgres checks the domain's NOT NULL where a value is cast to it, which a subquery without a row is not."""
    first.sql("CREATE DOMAIN moment AS timestamp NOT NULL")
    first.sql("ALTER TABLE prediction_sessions ALTER created_at TYPE moment")
    first.account()
    first.session("owed")
    first.sql(
        "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) SELECT 'never', user_id, "
        "status, selected_models, (SELECT created_at FROM prediction_sessions WHERE false) FROM prediction_sessions"
    )
    ran = first.run()
    assert (ran.exit_code, ran.document["refunds"]["sessions"], ran.document["held"]) == (3, 1, 1)
    assert first.sql("SELECT session_id, why FROM sweeper.holds") == [("never", "no_started_at")]
