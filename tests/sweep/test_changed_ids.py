"""Ids that the app changes in place: the sessions look unrefunded, and their refunds have no session."""

from datetime import timedelta

import pytest

import sweeper.sweep.app_changes
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.holds import holds
from tests.helpers.refund_function import refund

LATER = NOW + timedelta(hours=2)
RENAME = "UPDATE prediction_sessions SET id = 'job_' || id"
FLAGS = ("--reason", "ids were changed", "--yes")


def owe(database: AppDatabase, count: int) -> None:
    """So many more sessions."""
    database.sql(
        "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) "
        "SELECT 'n' || n, 'u1', 'error', '{m}', '2026-11-23 12:30' FROM generate_series(1, %s) AS n",
        count,
    )


def paid_by_layer(database: AppDatabase, session_id: str) -> object:
    """What a layer is paid that asks for this session; it changes its mind."""
    with database.connect() as layer:
        ((amount,),) = layer.execute("SELECT sweeper.refund(%s, 'x')::int", [session_id])
        layer.rollback()
    return amount


@pytest.fixture
def paid(first: AppDatabase) -> AppDatabase:
    """Five sessions of one account, each with its own moment of failure, refunded by one run."""
    first.account()
    for number in range(5):
        first.session(f"s{number}", models=number + 1, created=f"2026-11-23 10:0{number}")
    assert first.run().document["refunds"]["sessions"] == 5
    return first


@pytest.mark.parametrize("flags", [(), ("--full",)])
def test_all_ids_changed_stop_every_run_until_the_refunds_are_written_down(
    paid: AppDatabase, flags: tuple[str, ...]
) -> None:
    paid.sql(RENAME)
    paid.session("new", created="2026-11-23 11:50")
    before = paid.credits()
    for ran in (paid.run("--dry-run", *flags, now=LATER), paid.run(*flags, now=LATER)):
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "key_changed")
        assert "the ids were changed in place. Of 5 refunds whose sessions are gone, 5" in ran.stderr
    assert paid.credits() == before
    where = "EXISTS (SELECT FROM sweeper.refunds AS r WHERE 'job_' || r.session_id = s.id)"
    adopted = paid.sweeper("adopt", "--where", where, *FLAGS, "--json", now=LATER)
    assert adopted.document["adopted"]["sessions"] == 5
    ran = paid.run(*flags, now=LATER)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 1)
    assert paid.credits() == before + 3


@pytest.mark.parametrize("gone", [5, 1])
def test_ids_of_accounts_that_changed_as_well_hide_nothing(paid: AppDatabase, gone: int) -> None:
    paid.account("u2")
    for number in range(5):  # what the app deletes together with its account is no refund of another's session
        paid.session(f"t{number}", account="u2", models=9, created="2026-11-23 10:30")
    paid.session("t5", models=9, created="2026-11-23 10:30")
    assert paid.run("--session", "t0", "--session", "t1").document["refunds"]["sessions"] == 2
    assert paid.run("--session", "t2", "--session", "t3", "--session", "t4").document["refunds"]["sessions"] == 3
    paid.sql("DELETE FROM prediction_sessions WHERE user_id = 'u2'")
    paid.sql("DELETE FROM users WHERE id = 'u2'")
    assert paid_by_layer(paid, "t5") == 9
    paid.sql("UPDATE users SET id = 'usr_' || id")
    paid.sql("UPDATE prediction_sessions SET user_id = 'usr_' || user_id")
    paid.sql(f"{RENAME} WHERE id < %s", f"s{gone}")
    assert paid_by_layer(paid, "job_s0") == 0
    ran = paid.run("--full", now=LATER)
    if gone == 5:
        assert (ran.exit_code, ran.document["error"]["code"]) == (2, "key_changed")
    else:
        assert (ran.exit_code, ran.document["refunds"]["credits"]) == (3, 9)
        assert holds(paid) == {"job_s0": ("id_changed", None)}


def test_sessions_that_were_closed_are_not_counted_where_nothing_tells_when(first: AppDatabase) -> None:
    first.configure('failed_at  = "created_at"', 'failed_at = "coalesce(created_at, created_at)"')
    first.account()
    assert first.sweeper("install").exit_code == 0
    for number in range(3):
        first.session(f"s{number}", models=number + 1, created=f"2026-11-23 10:0{number}")
    for number in range(9):
        first.session(f"closed{number}", status="generating", models=number + 1, created=f"2026-11-23 10:1{number}")
    assert first.run().document["refunds"]["sessions"] == 12
    first.sql(RENAME)
    ran = first.run("--full", now=LATER)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "key_changed")


@pytest.mark.parametrize(
    ("changed", "again", "expected"), [("true", "false", 2), ("id = 's1'", "false", 3), ("true", "true", 0)],
)  # fmt: skip
def test_attempts_that_were_changed_in_place_are_not_paid_again(
    first: AppDatabase, changed: str, again: str, expected: int
) -> None:
    first.sql("ALTER TABLE prediction_sessions ADD charge_id text, ADD failed_at timestamp")
    first.configure('failed_at  = "created_at"', 'failed_at = "failed_at"\nattempt = "coalesce(charge_id, \'first\')"')
    assert first.sweeper("install").exit_code == 0
    first.account()
    for number in range(4):
        first.session(f"s{number}", created=f"2026-11-23 10:0{number}")
    first.sql("UPDATE prediction_sessions SET failed_at = created_at + interval '5 minutes'")
    assert first.run().document["refunds"]["sessions"] == 4
    first.sql(f"UPDATE prediction_sessions SET charge_id = 'ch_' || id WHERE {changed}")
    first.sql(f"UPDATE prediction_sessions SET failed_at = '2026-11-23 13:00' WHERE {again}")
    paid = 3 if again == "true" else 0
    assert paid_by_layer(first, "s1") == paid
    ran = first.run("--full", now=LATER)
    assert (ran.exit_code, first.credits()) == (expected, 112 + 4 * paid)
    if expected == 2:
        where = "EXISTS (SELECT FROM sweeper.refunds AS r WHERE r.session_id = s.id)"
        adopted = first.sweeper("adopt", "--where", where, *FLAGS, "--json", now=LATER)
        assert adopted.document["adopted"]["sessions"] == 4
        assert first.run("--full", now=LATER).document["refunds"]["sessions"] == 0


def test_charges_that_nothing_tells_apart_are_all_paid(first: AppDatabase) -> None:
    """A session fails again within the second of its refund, in columns of whole seconds; another gives no moment."""
    first.sql("ALTER TABLE prediction_sessions ADD charge_no int DEFAULT 1, ADD failed_at timestamp(0)")
    first.configure('failed_at  = "created_at"', 'failed_at = "failed_at"\nattempt = "charge_no"')
    assert first.sweeper("install").exit_code == 0
    first.account()
    for session_id in ("s1", "s2"):
        first.session(session_id)
    first.sql(
        "UPDATE prediction_sessions SET created_at = at, failed_at = at "
        "FROM date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC') AS at WHERE id = 's1'"
    )
    for session_id in ("s1", "s2"):
        assert refund(first, session_id) == 3
        first.sql("UPDATE prediction_sessions SET charge_no = 2 WHERE id = %s", session_id)
        assert refund(first, session_id) == 3


def test_accounts_deleted_with_their_sessions_are_no_sign_of_changed_ids(paid: AppDatabase) -> None:
    """Others failed in the same second, and owe as much."""
    for account, name in (("u2", "t"), ("u3", "v")):
        paid.account(account)
        for number in range(5):
            paid.session(f"{name}{number}", account=account, models=number + 1, created=f"2026-11-23 10:0{number}")
        if account == "u2":
            assert paid.run("--full").document["refunds"]["sessions"] == 5
            paid.sql("DELETE FROM prediction_sessions WHERE user_id = 'u2'")
            paid.sql("DELETE FROM users WHERE id = 'u2'")
    assert paid_by_layer(paid, "v1") == 2
    ran = paid.run("--full", now=LATER)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 5)


def test_a_change_is_noticed_by_a_full_sweep_also_behind_newer_refunds(paid: AppDatabase) -> None:
    owe(paid, 120)  # more than the newest refunds that a run compares
    assert paid.run(now=LATER).document["refunds"]["sessions"] == 120
    paid.sql(f"{RENAME} WHERE id LIKE 's%'")
    ran = paid.run("--full", now=LATER + timedelta(minutes=5))
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "key_changed")


def test_one_changed_id_is_held_and_the_others_are_paid(paid: AppDatabase) -> None:
    paid.sql(f"{RENAME} WHERE id = 's3'")
    paid.session("new", created="2026-11-23 11:50")
    planned, ran = paid.run("--dry-run", now=LATER), paid.run(now=LATER)
    for one in (planned, ran):
        assert (one.document["refunds"]["sessions"], one.document["held"]) == (1, 1)
    assert ran.exit_code == 3
    assert holds(paid) == {"job_s3": ("id_changed", None)}
    assert "a refund of a session that is gone" in paid.sweeper("explain", "job_s3", now=LATER).stdout
    owe(paid, 620)  # none of the refunds that a full sweep compares is without its session by then
    assert paid.run("--full", now=LATER).document["refunds"]["sessions"] == 620
    assert paid.run("--full", now=LATER + timedelta(hours=2)).document["refunds"]["sessions"] == 0
    assert holds(paid) == {"job_s3": ("id_changed", None)}
    assert paid.run("--session", "job_s3", now=LATER).document["refunds"]["credits"] == 4


@pytest.mark.parametrize(
    ("account", "more", "minute"),
    [("u1", 1, "1{}"), ("u2", 1, "0{}"), ("u1", 6, "0{}")],
    ids=["time", "account", "amount"],
)
def test_an_app_that_deletes_what_is_refunded_is_paid_as_ever(
    paid: AppDatabase, account: str, more: int, minute: str
) -> None:
    """Also where all of it is the same but for one thing."""
    paid.sql("DELETE FROM prediction_sessions")
    paid.account("u2")
    for number in range(5):
        created = f"2026-11-23 10:{minute.format(number)}"
        paid.session(f"t{number}", account=account, models=number + more, created=created)
    assert paid_by_layer(paid, "t0") == more
    ran = paid.run("--full", now=LATER)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 5)


@pytest.mark.parametrize(("gone", "owed"), [(4, 4), (4, 1), (1, 4)])
def test_sessions_that_failed_at_once_are_no_sign_of_changed_ids(first: AppDatabase, gone: int, owed: int) -> None:
    """Some of it is refunded and then deleted, and the rest is owed: a cap came between."""
    first.account()
    owe(first, gone + owed)
    assert first.run("--max-refunds", str(gone), now=LATER).exit_code == 4
    first.sql("DELETE FROM prediction_sessions WHERE id IN (SELECT session_id FROM sweeper.refunds)")
    assert gone == 1 or paid_by_layer(first, first.value("SELECT min(id) FROM prediction_sessions")) == 1
    ran = first.run(now=LATER)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, owed)


def test_nor_are_they_beside_an_id_that_was_changed(first: AppDatabase) -> None:
    first.account()
    owe(first, 5)
    first.session("changed", models=4)
    assert first.run("--session", "n1", "--session", "changed", now=LATER).document["refunds"]["sessions"] == 2
    first.sql("DELETE FROM prediction_sessions WHERE id = 'n1'")
    first.sql(f"{RENAME} WHERE id = 'changed'")
    ran = first.run(now=LATER)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (3, 4)
    assert holds(first) == {"job_changed": ("id_changed", None)}


def test_an_idle_run_does_not_ask(paid: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    find_orphans = sweeper.sweep.app_changes.find_orphans
    monkeypatch.setattr(
        "sweeper.sweep.app_changes.find_orphans", lambda reader: asked.append(reader) or find_orphans(reader)
    )
    assert paid.run("--full", now=LATER).document["refunds"]["sessions"] == 0
    assert asked == []
    paid.session("a", created="2026-11-23 11:50")
    paid.session("b", created="2026-11-23 11:50")
    assert paid.run("--batch-size", "1", now=LATER).document["refunds"]["sessions"] == 2
    assert len(asked) == 1


def test_a_layer_that_asks_for_it_is_paid_nothing_either(paid: AppDatabase) -> None:
    paid.sql(f"{RENAME} WHERE id = 's2'")
    paid.session("s9", models=3, created="2026-11-23 10:09")
    before = paid.credits()
    assert (refund(paid, "job_s2"), refund(paid, "s9"), refund(paid, "s1")) == (0, 3, 0)
    assert paid.credits() == before + 3
    assert holds(paid) == {"job_s2": ("id_changed", None)}


def test_nor_is_one_that_asks_behind_newer_refunds(paid: AppDatabase) -> None:
    """Those that layers have asked for since have their sessions."""
    owe(paid, 25)
    paid.sql(RENAME + " WHERE id LIKE 's%'")
    with paid.connect() as layer:
        for number in range(1, 26):
            layer.execute("SELECT sweeper.refund(%s, 'x', NULL, 'worker')", [f"n{number}"])
    assert (refund(paid, "job_s2"), refund(paid, "job_s3")) == (0, 0)
    assert holds(paid) == {"job_s2": ("id_changed", None), "job_s3": ("id_changed", None)}
