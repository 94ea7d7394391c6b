"""The caps: exact to the session and to the credit, over any 24 hours and all runs, however many pay at once."""

from datetime import timedelta

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def owe(database: AppDatabase, *models: int, prefix: str = "s") -> None:
    """Sessions that are owed so many credits, in this order."""
    if not database.sql("SELECT 1 FROM users"):
        database.account()
    for number, count in enumerate(models):
        database.session(f"{prefix}{number}", models=count)


def refunded(database: AppDatabase, *flags: str) -> tuple[list[str], int, int]:
    """Run; the sessions it has refunded, how many are left, and its exit code. The dry run must say the same."""
    before = set(database.refunds())
    planned, ran = database.run("--dry-run", *flags), database.run(*flags)
    for key in ("refunds", "reasons", "held", "remaining", "outcome"):
        assert planned.document[key] == ran.document[key], key
    return sorted(set(database.refunds()) - before), ran.document["remaining"], ran.exit_code


@pytest.mark.parametrize(
    ("cap", "batch_size", "paid", "exit_code"),
    [(0, 2, 0, 4), (2, 1, 2, 4), (2, 2, 2, 4), (2, 10, 2, 4), (3, 1, 3, 0), (3, 2, 3, 0), (3, 3, 3, 0), (4, 10, 3, 0)],
)
def test_the_cap_by_sessions_is_exact(first: AppDatabase, cap: int, batch_size: int, paid: int, exit_code: int) -> None:
    """With three owed: none at all, one less, exactly and one more, wherever the batch ends."""
    owe(first, 1, 1, 1)
    first.configure("[policy]", f"[policy]\nmax_refunds = {cap}")
    done, remaining, code = refunded(first, "--batch-size", str(batch_size))
    assert (len(done), remaining, code) == (paid, 3 - paid, exit_code)


def test_the_cap_by_credits_is_exact_and_passes_over_what_does_not_fit(first: AppDatabase) -> None:
    """In order, greedily: 3 fits under 8, 6 does not, 4 does, 2 does not, 1 does; the rest waits."""
    owe(first, 3, 6, 4, 2, 1, 1)
    assert refunded(first, "--max-credits", "8", "--batch-size", "2") == (["s0", "s2", "s4"], 3, 4)
    assert first.credits() == 108


@pytest.mark.parametrize(
    ("cap", "paid", "exit_code"), [("5", ["s0"], 4), ("6", ["s0", "s1"], 0), ("7", ["s0", "s1"], 0)]
)
def test_both_sides_of_the_cap_by_credits(first: AppDatabase, cap: str, paid: list[str], exit_code: int) -> None:
    """Two refunds of three credits under five, six and seven."""
    owe(first, 3, 3)
    assert refunded(first, "--max-credits", cap) == (paid, 2 - len(paid), exit_code)


def test_a_cap_of_a_fraction_is_kept_to_the_digit(ledger_only: AppDatabase) -> None:
    """Decimal credits are counted exactly."""
    ledger_only.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1)")
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, ended) "
        "SELECT 1, 'failed', 0.1, '2026-11-22Z', '2026-11-22Z' FROM generate_series(1, 4)"
    )
    ran = ledger_only.run("--max-credits", "0.3")
    assert (ran.exit_code, ran.document["refunds"]["credits"], ran.document["remaining"]) == (4, "0.300", 1)


def test_a_cap_that_is_not_reached_is_not_reported(first: AppDatabase) -> None:
    """Caps of zero stop nothing when nothing is owed."""
    first.account()
    assert first.run("--max-refunds", "0", "--max-credits", "0").exit_code == 0


def test_the_caps_count_all_runs_of_any_24_hours(first: AppDatabase) -> None:
    """What a run refunded counts until 24 hours have passed, to the second."""
    first.configure("[policy]", "[policy]\nmax_refunds = 3\nmax_credits = 7")
    owe(first, 2, 2)
    assert first.run().document["refunds"]["sessions"] == 2
    owe(first, 1, 1, prefix="t")
    first.run(now=NOW + timedelta(hours=1))
    assert sorted(first.refunds()) == ["s0", "s1", "t0"]
    almost = first.run(now=NOW + DAY - SECOND)
    assert (almost.exit_code, almost.document["refunds"]["sessions"], almost.document["remaining"]) == (4, 0, 1)
    assert first.run("--dry-run", now=NOW + DAY - SECOND).document["refunds"]["sessions"] == 0
    assert first.run("--dry-run", now=NOW + DAY).document["refunds"]["sessions"] == 1
    assert first.run(now=NOW + DAY).document["refunds"] == {"sessions": 1, "credits": 1, "accounts": 1}


def test_credits_of_earlier_runs_count_too(first: AppDatabase) -> None:
    """Five of seven credits are spent: one of three does not fit any more, one of two does."""
    first.configure("[policy]", "[policy]\nmax_credits = 7")
    owe(first, 5)
    first.run()
    owe(first, 3, 2, prefix="t")
    assert refunded(first) == (["t1"], 1, 4)


def test_a_cap_by_hand_is_for_this_run_alone(first: AppDatabase) -> None:
    """`--max-refunds` and `--max-credits` count this run only, and may go above the file's."""
    first.configure("[policy]", "[policy]\nmax_refunds = 2\nmax_credits = 4")
    owe(first, 2, 2, 2, 2, 2)
    assert refunded(first) == (["s0", "s1"], 3, 4)
    assert refunded(first) == ([], 3, 4)
    assert refunded(first, "--max-refunds", "2") == ([], 3, 4)  # the file's credits still count
    assert refunded(first, "--max-refunds", "2", "--max-credits", "100") == (["s2", "s3"], 1, 4)
    assert refunded(first, "--max-refunds", "1", "--max-credits", "2") == (["s4"], 0, 0)


def test_beside_a_cap_by_hand_the_other_one_counts_all_runs(first: AppDatabase) -> None:
    first.configure("[policy]", "[policy]\nmax_refunds = 3\nmax_credits = 4")
    owe(first, 2, 2, 2, 2)
    assert refunded(first, "--max-refunds", "1") == (["s0"], 3, 4)
    assert refunded(first, "--max-refunds", "1") == (["s1"], 2, 4)
    assert refunded(first, "--max-credits", "4") == (["s2"], 1, 4)


def test_a_cap_by_hand_may_be_lower_than_the_files(first: AppDatabase) -> None:
    """A user may let fewer through; the run after that goes on by the file."""
    owe(first, 1, 1, 1)
    assert refunded(first, "--max-refunds", "1") == (["s0"], 2, 4)
    assert refunded(first) == (["s1", "s2"], 0, 0)


def test_what_other_layers_refund_does_not_count(first: AppDatabase) -> None:
    """Refunds without a run, a worker's say, are no part of the caps."""
    first.configure("[policy]", "[policy]\nmax_refunds = 1\nmax_credits = 3")
    first.sql(
        "INSERT INTO sweeper.refunds SELECT gen_random_uuid(), 'w' || n, 'u1', 0, 0, 3, 'x', NULL, 'worker', NULL, %s "
        "FROM generate_series(1, 5) AS n",
        NOW - SECOND,
    )
    owe(first, 3)
    assert refunded(first) == (["s0"], 0, 0)


def test_a_hold_takes_no_room_under_a_cap(first: AppDatabase) -> None:
    """What is put on hold is not paid, so it uses up neither sessions nor credits, however large it is."""
    first.account()
    first.session("a", account=None, models=5)
    first.session("b", account=None, models=50)
    first.session("c", models=8)
    first.session("d", models=4)
    assert refunded(first, "--max-credits", "10") == (["c"], 1, 4)
    assert first.sql("SELECT session_id FROM sweeper.holds ORDER BY 1") == [("a",), ("b",)]


def test_a_cap_used_up_leaves_holds_for_later(first: AppDatabase) -> None:
    """After the last credit nothing more is done, in the same page or the next; the dry run says so too."""
    first.account()
    first.session("a", models=5)
    first.session("b", account=None)
    first.session("c", models=1)
    assert refunded(first, "--max-credits", "5") == (["a"], 1, 4)
    assert first.sql("SELECT session_id FROM sweeper.holds") == []


def test_a_cap_reached_before_holds_alone_is_reported_with_nothing_payable(first: AppDatabase) -> None:
    """Nobody has looked at them: the run is not complete, and its horizon stays where it was."""
    first.account()
    first.session("a")
    first.session("b", account=None)
    assert refunded(first, "--max-refunds", "1") == (["a"], 0, 4)
    assert first.sql("SELECT session_id FROM sweeper.holds") == []
    assert first.run().document["held"] == 1


def test_a_cap_among_holds_that_have_lost_their_reason_is_reported(first: AppDatabase) -> None:
    """They are payable again: exit 4, so many remain, and the next run goes on."""
    first.configure("[policy]", "[policy]\nmax_amount = 2")
    first.account()
    for number in range(4):
        first.session(f"s{number}")
    first.session("t", models=9)
    first.session("u", account=None)
    assert first.run().document["held"] == 6
    first.configure("max_amount = 2", "max_amount = 5")
    assert refunded(first, "--max-refunds", "1", "--full") == (["s0"], 3, 4)
    assert refunded(first, "--full") == (["s1", "s2", "s3"], 0, 0)
    assert first.sql("SELECT session_id FROM sweeper.holds WHERE ended_at IS NULL ORDER BY 1") == [("t",), ("u",)]


def test_what_was_refused_again_does_not_remain(first: AppDatabase) -> None:
    """A cap leaves sessions behind it, and not those before it that the database has refused in the same run."""
    first.sql("ALTER TABLE users ADD CHECK (id <> 'full' OR credits <= 100)")
    first.account("full")
    first.account()
    first.session("a", account="full")
    first.session("b")
    first.session("c")
    for flags in ((), ("--full",)):
        ran = first.run("--max-refunds", "1", *flags).document
        assert (ran["refunds"]["sessions"], ran["remaining"]) == (1, 1 if not flags else 0)
    assert first.sql("SELECT session_id FROM sweeper.holds WHERE ended_at IS NULL") == [("a",)]


def test_a_refused_row_takes_no_room_under_a_cap(first: AppDatabase) -> None:
    """A row that the database refuses gives its credits back to those after it."""
    first.sql("ALTER TABLE users ADD CHECK (id <> 'full' OR credits <= 100)")
    first.account("full")
    first.account()
    first.session("a", account="full", models=6)
    first.session("b", models=8)
    ran = first.run("--max-credits", "10")
    assert (first.refunds(), ran.document["held"], ran.exit_code) == ({"b": 8}, 1, 3)
