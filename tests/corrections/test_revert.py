"""Taking refunds back: to the credit, once, and never a row more than was asked for."""

import json
from datetime import timedelta

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.refund_function import refund
from tests.helpers.reversals import revert

LATER = NOW + timedelta(hours=1)


def books(first: AppDatabase) -> list[tuple[str, int, int]]:
    return first.sql("SELECT id, credits, total_credits_spent FROM users ORDER BY id")


def swept(first: AppDatabase, *models: int) -> str:
    """Two accounts with some failed sessions each, and the run that refunded them."""
    for account in ("u1", "u2"):
        first.account(account, spent=50)
        for number, count in enumerate(models):
            first.session(f"{account}-{number}", account=account, models=count)
    ran = first.run()
    assert ran.document["refunds"]["sessions"] == 2 * len(models)
    return str(ran.document["run_id"])


@pytest.mark.every_version
def test_a_run_is_taken_back_to_the_credit_and_only_once(first: AppDatabase) -> None:
    run_id = swept(first, 3, 2, 7)
    assert books(first) == [("u1", 112, 38), ("u2", 112, 38)]
    for _ in range(2):
        document = revert(first, "--run", run_id, "--dry-run").document
        assert document["refunds"] == {"sessions": 6, "credits": 24, "accounts": 2}
        assert document["balances"][0] == {"account_id": "u1", "credits": 12, "before": 112, "after": 100}
    assert books(first) == [("u1", 112, 38), ("u2", 112, 38)]
    done = revert(first, "--run", run_id)
    assert (done.exit_code, done.document["outcome"]) == (0, "complete")
    assert done.document["refunds"] == {"sessions": 6, "credits": 24, "accounts": 2}
    assert books(first) == [("u1", 100, 50), ("u2", 100, 50)]
    for flags in (("--dry-run",), ()):
        again = revert(first, "--run", run_id, *flags)
        assert (again.exit_code, again.document["refunds"]["sessions"], again.document["already_reversed"]) == (0, 0, 6)
    assert books(first) == [("u1", 100, 50), ("u2", 100, 50)]
    assert first.sql("SELECT count(*), sum(amount), min(reason) FROM sweeper.reversals") == [(6, 24, "paid by mistake")]
    assert len(first.refunds()) == 6, "a correction is a new row; the refunds stay"


def test_what_was_taken_back_is_not_swept_again(first: AppDatabase) -> None:
    run_id = swept(first, 3)
    revert(first, "--run", run_id)
    assert first.run().document["refunds"]["sessions"] == 0
    assert first.run("--dry-run").document["refunds"]["sessions"] == 0


@pytest.mark.parametrize("size", [1, 3, 4, 5, 6])
def test_batches_of_any_size_take_back_the_same(first: AppDatabase, size: int) -> None:
    first.configure("[policy]", f"[policy]\nbatch_size = {size}")
    run_id = swept(first, 3, 2)
    assert revert(first, "--run", run_id).document["refunds"] == {"sessions": 4, "credits": 10, "accounts": 2}
    assert books(first) == [("u1", 100, 50), ("u2", 100, 50)]


def test_only_the_session_that_is_named_is_taken_back(first: AppDatabase) -> None:
    swept(first, 3, 2)
    done = revert(first, "--session", "u1-1")
    assert done.document["refunds"] == {"sessions": 1, "credits": 2, "accounts": 1}
    assert books(first) == [("u1", 103, 47), ("u2", 105, 45)]


def test_only_the_run_that_is_named_is_taken_back(first: AppDatabase) -> None:
    run_id = swept(first, 3)
    first.session("later", models=4)
    first.run()
    revert(first, "--run", run_id)
    assert books(first) == [("u1", 104, 46), ("u2", 100, 50)]


def test_a_balance_never_goes_below_zero_unless_it_may(first: AppDatabase) -> None:
    """Refund after refund in their order, what fits is taken; the plan says the same; the rest is named."""
    run_id = swept(first, 3, 2, 7)
    first.sql("UPDATE users SET credits = 5 WHERE id = 'u1'")
    planned = revert(first, "--run", run_id, "--dry-run").document
    done = revert(first, "--run", run_id)
    assert (done.exit_code, done.document["outcome"], done.document["error"]["code"]) == (1, "partial", "left")
    for document in (planned, done.document):
        left = document["left"]["below_zero"]
        assert left["sessions"] + document["refunds"]["sessions"] == 6
        assert left["credits"] + document["refunds"]["credits"] == 24
        assert left["samples"]
        assert document["refunds"] == planned["refunds"]
    u1, u2 = books(first)
    assert 0 <= u1[1] <= 5
    assert u2 == ("u2", 100, 50)
    forced = revert(first, "--run", run_id, "--allow-negative")
    assert forced.exit_code == 0
    assert books(first) == [("u1", -7, 50), ("u2", 100, 50)]


def test_exactly_what_is_there_can_be_taken(first: AppDatabase) -> None:
    run_id = swept(first, 3)
    first.sql("UPDATE users SET credits = CASE id WHEN 'u1' THEN 3 ELSE 2 END")
    done = revert(first, "--run", run_id)
    assert done.document["refunds"]["sessions"] == 1
    assert [row[1] for row in books(first)] == [0, 2]


def test_an_account_that_is_gone_is_reported(first: AppDatabase) -> None:
    run_id = swept(first, 3)
    first.sql("DELETE FROM users WHERE id = 'u1'")
    done = revert(first, "--run", run_id)
    assert done.exit_code == 1
    assert done.document["left"] == {"account_gone": {"sessions": 1, "credits": 3, "samples": ["u1-0"]}}
    assert books(first) == [("u2", 100, 50)]


def test_a_reversal_that_the_database_refuses_does_not_block_others(first: AppDatabase) -> None:
    run_id = swept(first, 3, 2)
    first.sql("ALTER TABLE users ADD CONSTRAINT kept CHECK (id <> 'u1' OR credits >= 105)")
    done = revert(first, "--run", run_id)
    assert done.exit_code == 1
    left = done.document["left"]["refused 23514"]
    assert (left["sessions"], left["message"]) == (
        2, 'new row for relation "users" violates check constraint "kept"',
    )  # fmt: skip
    assert books(first) == [("u1", 105, 45), ("u2", 100, 50)]
    table = first.sweeper("revert", "--run", run_id, "--reason", "wrong mapping", "--yes")
    assert f"the database refused 23514: {left['message']} " in table.stdout


def test_what_a_trigger_of_the_app_says_of_a_row_is_not_repeated(first: AppDatabase) -> None:
    run_id = swept(first, 3)
    first.sql(
        "CREATE FUNCTION reject() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE 'secret of %', NEW.id USING ERRCODE = '23514'; END $$"
    )
    when = "FOR EACH ROW WHEN (NEW.id = 'u1')"
    first.sql(f"CREATE TRIGGER reject BEFORE UPDATE ON users {when} EXECUTE FUNCTION reject()")
    done = revert(first, "--run", run_id)
    assert done.document["left"]["refused 23514"] == {"sessions": 1, "credits": 3, "samples": ["u1-0"]}
    assert "secret" not in done.stdout + done.stderr


def test_an_account_that_the_app_has_locked_is_left_and_the_next_revert_takes_it(first: AppDatabase) -> None:
    run_id = swept(first, 3)
    with first.connect() as app:
        app.execute("SELECT FROM users WHERE id = 'u1' FOR UPDATE")
        done = revert(first, "--run", run_id)
    assert (done.exit_code, done.document["refunds"]["sessions"]) == (1, 1)
    assert done.document["left"] == {"busy": {"sessions": 1, "credits": 3, "samples": ["u1-0"]}}
    assert revert(first, "--run", run_id).exit_code == 0
    assert books(first) == [("u1", 100, 50), ("u2", 100, 50)]


def test_nothing_is_taken_back_when_a_balance_does_not_follow(first: AppDatabase) -> None:
    run_id = swept(first, 3)
    first.sql(
        "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.id = 'u1' THEN NEW.credits := OLD.credits; END IF; RETURN NEW; END $$"
    )
    first.sql("CREATE TRIGGER meddle BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION meddle()")
    assert revert(first, "--run", run_id).exit_code == 1
    assert first.sql("SELECT r.session_id FROM sweeper.reversals JOIN sweeper.refunds AS r USING (refund_id)") == [
        ("u2-0",)
    ]
    assert books(first) == [("u1", 103, 47), ("u2", 100, 50)]


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--run", "no-uuid"), "unknown_run"),
        (("--run", "00000000-0000-0000-0000-000000000000"), "unknown_run"),
        (("--session", "unknown"), "unknown_session"),
        ((), "usage"),
        (("--session", "a", "--run", "b"), "usage"),
        (("--session", "a", "--session", "b"), "usage"),
    ],
)
def test_what_cannot_be_meant_is_an_error_of_usage(first: AppDatabase, flags: tuple[str, ...], code: str) -> None:
    ran = revert(first, *flags)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, code)


def test_an_id_that_is_not_a_uuid_has_no_refund(prisma: AppDatabase) -> None:
    ran = revert(prisma, "--session", "no-uuid")
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "unknown_session")


def test_a_reason_is_required(first: AppDatabase) -> None:
    assert first.sweeper("revert", "--run", "x", "--yes").exit_code == 2
    assert first.sweeper("revert", "--run", "x", "--yes", "--reason", "  ").exit_code == 2


def test_without_a_terminal_nothing_is_done_without_a_yes(first: AppDatabase) -> None:
    run_id = swept(first, 3)
    ran = first.sweeper("revert", "--json", "--run", run_id, "--reason", "mistake")
    assert (ran.exit_code, json.loads(ran.stdout)["error"]["code"]) == (2, "confirmation")
    assert books(first) == [("u1", 103, 47), ("u2", 103, 47)]


def test_a_run_that_died_is_taken_back_too(first: AppDatabase) -> None:
    run_id = swept(first, 3)
    first.sql("UPDATE sweeper.runs SET ended_at = NULL, outcome = NULL, sessions = NULL, credits = NULL")
    said = first.sweeper("revert", "--run", run_id, "--reason", "test", "--dry-run")
    assert "This run has not ended. If its process still runs, stop it and revert again" in said.stdout
    reverted = revert(first, "--run", run_id).document
    assert (reverted["refunds"]["sessions"], reverted["run_open"]) == (2, True)


def test_a_run_that_ended_is_not_said_to_go_on(first: AppDatabase) -> None:
    run_id = swept(first, 3)
    assert "has not ended" not in first.sweeper("revert", "--run", run_id, "--reason", "test", "--dry-run").stdout
    assert revert(first, "--run", run_id).document["run_open"] is False


def test_what_was_paid_by_another_file_is_said_to_be(first: AppDatabase) -> None:
    """Its refunds went to another column than the one from which a revert by this file takes them."""
    run_id = swept(first, 3)
    first.session("by-a-layer")
    assert refund(first, "by-a-layer") == 3
    choices = (("--session", "u1-0"), ("--session", "by-a-layer"), ("--run", run_id))
    for choice in choices:
        assert revert(first, *choice, "--dry-run").document["other_file"] is False
    first.sql("ALTER TABLE users ADD paid_credits int NOT NULL DEFAULT 50")
    first.configure('balance    = "credits"', 'balance    = "paid_credits"')
    assert first.sweeper("install").exit_code == 0
    for choice in choices:
        said = first.sweeper("revert", *choice, "--reason", "test", "--dry-run")
        assert "This was paid by another file." in said.stdout
        assert revert(first, *choice).document["other_file"] is True
    first.session("new", models=1)
    first.run(now=LATER)
    assert revert(first, "--session", "new").document["other_file"] is False


def test_a_unit_that_was_changed_since_is_said_to_be(bare: AppDatabase) -> None:
    """What was refunded in credits is another value where the app counts cents now; a session that is gone is none."""
    app = App(bare)
    app.sql("INSERT INTO jobs SELECT 'k', owner, state, price, error, meta, began FROM jobs")
    assert app.install().exit_code == 0
    run_id = bare.run().document["run_id"]
    assert revert(bare, "--run", run_id, "--dry-run").document["other_amount"] is False
    app.sql("UPDATE jobs SET price = price * 100; UPDATE wallets SET balance = balance * 100")
    for choice in (("--session", "j"), ("--run", run_id)):
        said = bare.sweeper("revert", *choice, "--reason", "test", "--dry-run")
        assert "gives another amount for some of these sessions now" in said.stdout
        assert revert(bare, *choice, "--dry-run").document["other_amount"] is True
    app.sql("UPDATE jobs SET price = 3 WHERE id = 'j'; DELETE FROM jobs WHERE id = 'k'")
    assert revert(bare, "--run", run_id).document["other_amount"] is False
