"""An expression of the mapping that fails for one row: that session alone is held, and a dry run says so before."""

from typing import Any
from unittest.mock import patch

import pytest

from sweeper.postgres.transaction import Transaction
from sweeper.sweep import owed, owed_pages
from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds
from tests.helpers.statements import FIND, name_of

# each key as it stands in the file of the first app, and an expression for it that fails where `s.x` is 0
FAILING = {
    "exclude": ("exclude    = ", 'exclude = "1 / s.x = 7"\n# '),
    "active_at": ("active_at  = ", """active_at = "created_at + (1 / s.x) * interval '0 s'"\n# """),
    "failed_at": ("failed_at  = ", """failed_at = "created_at + (1 / s.x) * interval '0 s'"\n# """),
    "error": ('error      = "error"', 'error = "(1 / s.x)::text"'),
    "amount": ("amount     = ", 'amount = "cardinality(selected_models) * (1 / s.x)"\n# '),
    "started_at": ("started_at = ", """started_at = "created_at + (1 / s.x) * interval '0 s'"\n# """),
    "account": ("account    = ", 'account = "CASE WHEN 1 / s.x = 1 THEN user_id END"\n# '),
    "attempt": ("account    = ", 'attempt = "(1 / s.x)::text"\naccount = '),
}
# when a stuck session failed, and when a failed one was active
NOT_ASKED = {("active_at", "error"), ("failed_at", "generating")}


@pytest.mark.slow
@pytest.mark.parametrize("key", FAILING)
def test_whichever_expression_fails_for_one_row_the_others_are_paid(first: AppDatabase, key: str) -> None:
    """A failed session and a stuck one, whose expression fails; each is paid too, where that is not asked."""
    first.account()
    first.account("u2")
    first.sql("ALTER TABLE prediction_sessions ADD x int DEFAULT 1")
    first.configure(*FAILING[key])
    assert first.sweeper("install").exit_code == 0
    broken = {"failed3": "error", "stuck3": "generating"}
    for name, status in (("failed", "error"), ("stuck", "generating")):
        for number in range(7):
            first.session(f"{name}{number}", status, account="u2" if number == 3 else "u1", created="2026-11-23 09:00")
    first.sql("UPDATE prediction_sessions SET x = 0 WHERE id = ANY (%s)", list(broken))
    held = {session for session, status in broken.items() if (key, status) not in NOT_ASKED}
    assert settled(first) == (14 - len(held), len(held))
    for flags in ((), ("--full",), ("--session", "failed3", "--session", "stuck3")):
        assert settled(first, *flags) == (0, 0)
    for session in broken:
        verdict = first.sweeper("explain", session, "--json").document["verdict"]
        assert verdict == ("held" if session in held else "refunded")
    assert len(first.sweeper("explain", "--account", "u1", "--json").document["sessions"]) >= 12
    assert first.sweeper("audit", "--json").document["position"]["held"]["sessions"] == len(held)
    first.sql("UPDATE prediction_sessions SET x = 1")
    assert settled(first, "--full") == (len(held), 0)
    assert holds(first) == {}
    assert (first.credits(), first.credits("u2")) == (136, 106)


@pytest.mark.parametrize("key", FAILING)
def test_a_table_that_is_read_as_a_whole_shows_no_other_row_to_an_expression(first: AppDatabase, key: str) -> None:
    """A small table that has statistics is read from end to end, and each condition on a row may come first."""
    first.account()
    first.account("u2")
    first.sql("ALTER TABLE prediction_sessions ADD x int DEFAULT 1")
    first.configure(*FAILING[key])
    marks = "[sessions.refunded]\nstep = \"'given back'\"\n[sessions.reversed]\nstep = 'null'"
    first.configure("[sessions.close]", f"{marks}\n[sessions.close]")
    assert first.sweeper("install").exit_code == 0
    for name, status in (("failed", "error"), ("stuck", "generating")):
        first.session(f"{name}0", status, account="u2", created="2026-11-23 09:00")
        first.session(f"{name}1", status, created="2026-11-23 09:00")
    first.sql("UPDATE prediction_sessions SET x = 0 WHERE id LIKE '%1'; ANALYZE prediction_sessions")
    assert first.run().document["refunds"]["sessions"] >= 2
    assert {"failed0", "stuck0"} <= first.refunds().keys()
    assert first.sweeper("revert", "--session", "stuck0", "--reason", "test", "--yes").exit_code == 0


def settled(app: AppDatabase, *flags: str) -> tuple[int, int]:
    """How many sessions a run refunds and holds, and that a dry run says the same before."""
    planned, ran = app.run("--dry-run", *flags).document, app.run(*flags).document
    assert (planned["refunds"], planned["held"]) == (ran["refunds"], ran["held"])
    return ran["refunds"]["sessions"], ran["held"]


@pytest.mark.parametrize("at_once", [1, 5, *(pytest.param(size, marks=pytest.mark.slow) for size in (2, 12, 100))])
def test_an_expression_that_fails_for_one_row_is_isolated(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """A division by zero, two rows for one account and a bad cast fail the page; a dry run finds the same three."""
    monkeypatch.setattr(owed, "_CANDIDATES_AT_ONCE", at_once)
    monkeypatch.setattr(owed_pages, "_FOUND_AT_ONCE", 4)
    first.sql("CREATE TABLE owners (session_id text, user_id text)")
    first.configure(
        'account    = "user_id"', 'account = "(SELECT o.user_id FROM owners AS o WHERE o.session_id = s.id)"'
    )
    first.configure('"cardinality(selected_models)"', '"(12 / cardinality(selected_models)) * s.price::int"')
    first.sql("ALTER TABLE prediction_sessions ADD price text DEFAULT '1'")
    assert first.sweeper("install").exit_code == 0
    first.account()
    for number in range(9):
        first.session(f"s{number}")
    first.session("s3-by-zero", models=0)
    first.session("s5-two-owners")
    first.session("s7-bad-price")
    first.account("u2")  # or nothing would show that it is not the run's fault
    first.sql("INSERT INTO owners SELECT id, CASE WHEN id ~ '-' THEN 'u2' ELSE 'u1' END FROM prediction_sessions")
    first.sql("INSERT INTO owners VALUES ('s5-two-owners', 'u1')")
    first.sql("UPDATE prediction_sessions SET price = 'secret' WHERE id = 's7-bad-price'")
    planned = first.run("--dry-run")
    ran = first.run()
    assert (planned.document["held"], ran.document["held"], ran.exit_code) == (3, 3, 3)
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 9, "credits": 36, "accounts": 1}
    assert holds(first) == {
        "s3-by-zero": ("refused", "22012"),
        "s5-two-owners": ("refused", "21000"),
        "s7-bad-price": ("refused", "22P02"),
    }
    assert "secret" not in ran.stdout + ran.stderr + planned.stdout + planned.stderr
    assert first.credits() == 100 + 36
    again = first.run()
    assert (again.exit_code, again.document["held"], again.document["remaining"]) == (0, 0, 0)
    assert first.run("--dry-run").document["held"] == 0


def test_a_session_whose_attempt_cannot_be_read_is_isolated(first: AppDatabase) -> None:
    """It is held without blocking others until its row is fixed; then it is paid, and the hold has ended."""
    charge(first, *(f"s{number}" for number in range(5)), "s2")
    planned, ran = first.run("--dry-run"), first.run()
    assert (planned.document["held"], ran.document["held"], ran.exit_code) == (1, 1, 3)
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 4, "credits": 12, "accounts": 1}
    assert holds(first) == {"s2": ("refused", "21000")}
    first.session("s6")
    first.sql("INSERT INTO charges VALUES ('s6', 'c6')")
    for flags, refunds in (((), 1), (("--full",), 0), (("--session", "s2"), 0)):
        planned, ran = first.run("--dry-run", *flags), first.run(*flags)
        assert (planned.document["held"], ran.document["held"], ran.exit_code) == (0, 0, 0)
        assert planned.document["refunds"]["sessions"] == ran.document["refunds"]["sessions"] == refunds
    audited = first.sweeper("audit", "--json")
    assert [finding["code"] for finding in audited.document["findings"]] == ["held"]
    assert audited.document["position"]["held"]["sessions"] == 1
    assert first.sweeper("explain", "s2", "--json").document["verdict"] == "held"
    first.sql("DELETE FROM charges WHERE charge = 'c2'")
    assert first.run("--full").document["refunds"]["sessions"] == 1
    assert holds(first) == {}
    assert first.sql("SELECT attempt FROM sweeper.refunds WHERE session_id = 's2'") == [("c1",)]


def test_a_fixed_session_is_paid_while_another_still_fails(first: AppDatabase) -> None:
    """By the next run, whatever still fails."""
    charge(first, "s1", "s2", "s2", "s3", "s3")
    assert settled(first) == (1, 2)
    first.sql("DELETE FROM charges WHERE session_id = 's2' AND charge = 'c2'")
    assert settled(first) == (1, 0)
    assert holds(first) == {"s3": ("refused", "21000")}


def test_a_refunded_session_whose_attempt_can_no_longer_be_read_is_held(first: AppDatabase) -> None:
    charge(first, "s1")
    assert settled(first) == (1, 0)
    first.sql("INSERT INTO charges VALUES ('s1', 'c2')")
    assert settled(first, "--full") == (0, 1)
    assert first.sweeper("explain", "s1", "--json").document["verdict"] == "held"


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [
        ("UPDATE prediction_sessions SET user_id = NULL", "UPDATE prediction_sessions SET selected_models = '{}'", 0),
        ("UPDATE prediction_sessions SET selected_models = '{}'", "UPDATE charges SET charge = 'later'", 1),
        ("UPDATE prediction_sessions SET selected_models = '{}'", "INSERT INTO charges VALUES ('s1', 'c2')", 1),
    ],
    ids=["for another reason", "for another attempt", "for an attempt that can be told"],
)
def test_a_dry_run_knows_what_a_run_will_find_on_hold(first: AppDatabase, before: str, after: str, held: int) -> None:
    """One that was on hold and fails by now is news only as another attempt."""
    first.configure('"cardinality(selected_models)"', '"12 / cardinality(selected_models)"')
    charge(first, "s1")
    first.sql(before)
    assert settled(first) == (0, 1)
    first.sql(after)
    assert settled(first, "--full") == (0, held)


def charge(app: AppDatabase, *sessions: str) -> None:
    """Failed sessions whose attempt is in a table of charges: two charges of one session have no single attempt.

    Such a one belongs to another account than the rest.
    """
    app.account()
    app.account("u2")
    app.sql("CREATE TABLE charges (session_id text, charge text)")
    charges = "(SELECT c.charge FROM charges AS c WHERE c.session_id = s.id)"
    app.configure("amount     = ", f'attempt = "{charges}"\namount     = ')
    assert app.sweeper("install").exit_code == 0
    for number, session in enumerate(sessions):
        again = session in sessions[:number]
        if not again:
            app.session(session, account="u2" if sessions.count(session) > 1 else "u1")
        app.sql("INSERT INTO charges VALUES (%s, %s)", session, "c2" if again else "c1")


@pytest.mark.parametrize("flags", [(), ("--dry-run",)], ids=["run", "dry run"])
def test_history_is_read_twice_for_a_row_that_fails_and_not_once_a_page(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    """Once until it fails; from then on so many sessions at a time, until it is behind; then the rest."""
    first.configure('"cardinality(selected_models)"', '"12 / cardinality(selected_models)"')
    assert first.sweeper("install").exit_code == 0
    first.crowd(accounts=1, sessions=1)
    for number in range(60):
        first.session(f"old-{number}", account="u1", created="2026-11-02")
    assert first.run().document["refunds"]["sessions"] == 61
    first.account("u2")
    first.session("bad", account="u2", models=0, created="2026-11-03")
    for number in range(30):
        first.session(f"new-{number}", account="u1", created="2026-11-04")
    monkeypatch.setattr(owed, "_CANDIDATES_AT_ONCE", 10)
    asked: list[bool] = []
    original = Transaction.rows

    def rows(self: Transaction, text: str, binds: Any = None) -> Any:
        if name_of(text) in (*FIND, "look") and binds["dates"] == "known":
            asked.append(binds["session_ids"] is None)
        return original(self, text, binds)

    with patch.object(Transaction, "rows", rows):
        found = first.run("--full", *flags).document
    assert (found["refunds"]["sessions"], found["held"]) == (30, 1)
    assert asked.count(True) == 2
    assert asked.count(False) <= 7 + 10  # a page each, and the halves of the one with the bad row


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_a_start_that_cannot_be_read_hides_no_other_session(
    first: AppDatabase, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Nobody knows its place in the order of starts, so what is left is read in the order of the ids."""
    monkeypatch.setattr(owed, "_CANDIDATES_AT_ONCE", at_once)
    monkeypatch.setattr(owed_pages, "_FOUND_AT_ONCE", 2)
    first.sql("ALTER TABLE prediction_sessions ADD began text DEFAULT '2026-11-23 09:00'")
    first.configure("started_at = ", 'started_at = "began::timestamp"\n# ')
    assert first.sweeper("install").exit_code == 0
    first.account()
    first.account("u2")
    for number in range(9):
        first.session(f"s{number}", account="u2" if number in (0, 4) else "u1")
    first.session("s9")
    first.sql("UPDATE prediction_sessions SET began = 'soon' WHERE user_id = 'u2'")
    first.sql("UPDATE prediction_sessions SET began = NULL WHERE id = 's9'")
    assert settled(first) == (7, 3)
    assert settled(first, "--full") == (0, 0)
    assert {session: why for session, (why, _) in holds(first).items()} == {
        "s0": "refused", "s4": "refused", "s9": "no_started_at",
    }  # fmt: skip
    first.sql("UPDATE prediction_sessions SET began = '2026-11-23 09:00'")
    assert settled(first, "--full") == (3, 0)
