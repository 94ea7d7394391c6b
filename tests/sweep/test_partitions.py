"""Sessions in partitions: each is paid exactly, an id that several of them have is held, other partitions stay out."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.holds import holds
from tests.helpers.installation import installed
from tests.helpers.partitioned import BY_MONTH, by_month, partition
from tests.helpers.query_plans import explained
from tests.helpers.refund_function import refund
from tests.helpers.server import Server
from tests.helpers.statements import counted

KINDS = {
    "range": ("RANGE (created_at)", BY_MONTH, "PRIMARY KEY (id, created_at)"),
    "list": (
        "LIST (user_id)",
        "CREATE TABLE p1 PARTITION OF prediction_sessions FOR VALUES IN ('u1'); "
        "CREATE TABLE p2 PARTITION OF prediction_sessions DEFAULT",
        "UNIQUE (user_id, id)",
    ),
    "hash of the id": (
        "HASH (id)",
        "CREATE TABLE p0 PARTITION OF prediction_sessions FOR VALUES WITH (MODULUS 2, REMAINDER 0); "
        "CREATE TABLE p1 PARTITION OF prediction_sessions FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
        "PRIMARY KEY (id)",
    ),
    "hash of the account": (
        "HASH (user_id)",
        "CREATE TABLE p0 PARTITION OF prediction_sessions FOR VALUES WITH (MODULUS 2, REMAINDER 0); "
        "CREATE TABLE p1 PARTITION OF prediction_sessions FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
        "PRIMARY KEY (id, user_id)",
    ),
    "partitions of partitions": (
        "LIST (user_id)",
        "CREATE TABLE p1 PARTITION OF prediction_sessions FOR VALUES IN ('u1') PARTITION BY RANGE (created_at); "
        "CREATE TABLE p1_new PARTITION OF p1 FOR VALUES FROM ('2026-11-01') TO (MAXVALUE); "
        "CREATE TABLE p1_rest PARTITION OF p1 DEFAULT; "
        "CREATE TABLE p2 PARTITION OF prediction_sessions DEFAULT",
        "UNIQUE (user_id, id, created_at)",
    ),
    "hashes within a month": (
        "RANGE (created_at)",
        "CREATE TABLE p1 PARTITION OF prediction_sessions FOR VALUES FROM ('2026-11-01') TO ('2026-12-01') "
        "PARTITION BY HASH (id); "
        "CREATE TABLE p1_0 PARTITION OF p1 FOR VALUES WITH (MODULUS 2, REMAINDER 0); "
        "CREATE TABLE p1_1 PARTITION OF p1 FOR VALUES WITH (MODULUS 2, REMAINDER 1); "
        "CREATE TABLE p2 PARTITION OF prediction_sessions DEFAULT",
        "PRIMARY KEY (id, created_at)",
    ),
    "an expression": (
        "RANGE (date_trunc('month', created_at))",
        "CREATE TABLE p1 PARTITION OF prediction_sessions (PRIMARY KEY (id)) "
        "FOR VALUES FROM ('2026-11-01') TO ('2026-12-01'); "
        "CREATE TABLE p2 PARTITION OF prediction_sessions (PRIMARY KEY (id)) DEFAULT",
        None,
    ),
    "the month of failing": (
        "LIST (completed_at)",
        "CREATE TABLE p1 PARTITION OF prediction_sessions FOR VALUES IN (NULL); "
        "CREATE TABLE p2 PARTITION OF prediction_sessions DEFAULT",
        "UNIQUE (id, completed_at)",
    ),
    "status, and then the time": (
        "LIST (status)",
        "CREATE TABLE live PARTITION OF prediction_sessions FOR VALUES IN ('queued', 'generating', 'researching'); "
        "CREATE TABLE over PARTITION OF prediction_sessions DEFAULT PARTITION BY RANGE (created_at); "
        "CREATE TABLE over_now PARTITION OF over FOR VALUES FROM ('2026-11-01') TO (MAXVALUE); "
        "CREATE TABLE over_old PARTITION OF over DEFAULT",
        "PRIMARY KEY (id, status, created_at)",
    ),
    "list of the status": (
        "LIST (status)",
        "CREATE TABLE p1 PARTITION OF prediction_sessions FOR VALUES IN ('error'); "
        "CREATE TABLE p2 PARTITION OF prediction_sessions DEFAULT",
        "PRIMARY KEY (id, status)",
    ),
    "a key of each partition": (
        "RANGE (created_at)",
        "CREATE TABLE p1 PARTITION OF prediction_sessions (PRIMARY KEY (id)) "
        "FOR VALUES FROM ('2026-11-01') TO (MAXVALUE); "
        "CREATE TABLE p2 PARTITION OF prediction_sessions (UNIQUE (id, created_at)) DEFAULT",
        None,
    ),
}


SOME = [pytest.param(kind, marks=[pytest.mark.slow] if place % 3 else []) for place, kind in enumerate(KINDS)]


@pytest.mark.every_version
@pytest.mark.parametrize("kind", SOME)
def test_sessions_in_partitions_are_paid_exactly_and_once(bare: AppDatabase, kind: str) -> None:
    by, partitions, key = KINDS[kind]
    partition(bare, by, partitions, key)
    for account in ("u1", "u2"):
        bare.account(account)
    bare.session("f1", models=1)
    bare.session("f2", models=2, account="u2", created="2026-03-01")
    bare.session("f3", models=4, account="u2")
    bare.session("g1", "generating", models=8, created="2026-10-01")
    bare.session("g2", "generating", created="2026-11-23 11:30")
    bare.session("n1", "finished")
    bare.session("o1", created="2019-06-01")
    planned = bare.run("--dry-run").document
    ran = bare.run().document
    assert ran["refunds"] == planned["refunds"] == {"sessions": 4, "credits": 15, "accounts": 2}
    assert bare.refunds() == {"f1": 1, "f2": 2, "f3": 4, "g1": 8}
    assert bare.sql("SELECT id, credits FROM users ORDER BY id") == [("u1", 109), ("u2", 106)]
    assert bare.value("SELECT status FROM prediction_sessions WHERE id = 'g1'") == "error"
    assert bare.run("--full").document["refunds"]["sessions"] == 0
    assert bare.sweeper("audit", "--json").document["findings"] == []


# --- an id that several partitions have


@pytest.fixture
def monthly(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """The first app by month, with two accounts."""
    with by_month(server, tmp_path) as database:
        yield database


@pytest.mark.parametrize("other", ["error", "generating", "finished"])
def test_an_id_that_several_partitions_have_is_held_once_and_none_is_paid(monthly: AppDatabase, other: str) -> None:
    monthly.session("one", models=1)
    monthly.session("twin", models=2)
    monthly.session("twin", other, account="u2", models=4, created="2026-03-01 10:00")
    planned = monthly.run("--dry-run").document
    assert (planned["refunds"], planned["held"]) == ({"sessions": 1, "credits": 1, "accounts": 1}, 1)
    assert "ambiguous_id" in monthly.sweeper("run", "--dry-run").stdout
    ran = monthly.run()
    assert (ran.exit_code, ran.document["held"], ran.document["refunds"]["sessions"]) == (3, 1, 1)
    assert holds(monthly) == {"twin": ("ambiguous_id", None)}
    assert monthly.refunds() == {"one": 1}
    assert sorted(monthly.sql("SELECT status FROM prediction_sessions WHERE id = 'twin'")) == sorted(
        [("error",), (other,)]
    )
    for flags in ((), ("--full",), ("--session", "twin")):
        again = monthly.run(*flags)
        assert (again.exit_code, again.document["held"]) == (0, 0), flags


def test_an_id_that_has_one_session_again_is_paid(monthly: AppDatabase) -> None:
    monthly.session("twin", models=2)
    monthly.session("twin", "finished", account="u2", created="2026-03-01 10:00")
    assert monthly.run().document["held"] == 1
    monthly.sql("UPDATE prediction_sessions SET id = 'other' WHERE user_id = 'u2'")
    assert monthly.run("--session", "twin").document["refunds"]["credits"] == 2
    assert holds(monthly) == {}


@pytest.mark.parametrize("kind", ["by month", "hash of the account"])
def test_a_session_with_the_same_id_before_the_floor_is_not_ambiguous(monthly: AppDatabase, kind: str) -> None:
    """By the account no bound on the start leaves its partition out."""
    if kind in KINDS:
        partition(monthly, *KINDS[kind])
    monthly.account("u3")
    monthly.session("twin", "generating", models=2)
    monthly.session("twin", "generating", account="u2", models=4, created="2019-03-01 10:00")
    monthly.session("twin", "finished", account="u3", models=4, created="2019-04-01 10:00")
    assert monthly.run("--dry-run").document["held"] == 0
    ran = monthly.run()
    assert (ran.exit_code, monthly.refunds()) == (0, {"twin": 2})
    statuses = monthly.sql("SELECT status FROM prediction_sessions ORDER BY created_at")
    assert statuses == [("generating",), ("finished",), ("error",)], "what lies before the floor is left as it is"


def test_a_person_who_names_an_id_is_not_paid_for_whichever_of_two_sessions(monthly: AppDatabase) -> None:
    monthly.session("twin", models=2, created="2019-02-01 10:00")
    monthly.session("twin", models=4, account="u2", created="2019-03-01 10:00")
    assert monthly.run("--session", "twin").document["held"] == 1
    assert (monthly.refunds(), holds(monthly)) == ({}, {"twin": ("ambiguous_id", None)})


def test_a_twin_from_before_the_horizon_counts(monthly: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweeper.sweep.horizon.SMALL_HISTORY", 0)
    monthly.session("old", "finished", created="2026-03-01 10:00")
    assert monthly.run().document["refunds"]["sessions"] == 0
    assert monthly.value("SELECT horizon FROM sweeper.settings") is not None
    monthly.session("old", models=4)
    assert monthly.run().document["held"] == 1
    assert monthly.refunds() == {}


def test_two_sessions_with_one_id_whose_amounts_fail_are_held_once(monthly: AppDatabase) -> None:
    monthly.configure('"cardinality(selected_models)"', '"1 / cardinality(selected_models)"')
    installed(monthly)
    monthly.session("fine", models=1, account="u2")
    monthly.session("twin", models=0)
    monthly.session("twin", models=0, created="2026-03-01 10:00")
    ran = monthly.run()
    assert (ran.exit_code, ran.document["held"], monthly.refunds()) == (3, 1, {"fine": 1})
    assert set(holds(monthly)) == {"twin"}


@pytest.mark.every_version
@pytest.mark.parametrize("status", ["error", "generating"])
def test_refund_pays_no_id_that_several_partitions_have(monthly: AppDatabase, status: str) -> None:
    monthly.session("twin", "finished", created="2026-03-01 10:00")
    monthly.session("twin", status, account="u2")
    assert refund(monthly, "twin") == 0
    assert (monthly.refunds(), holds(monthly)) == ({}, {"twin": ("ambiguous_id", None)})
    assert refund(monthly, monthly.session("one", models=3)) == 3
    assert monthly.credits() == 103


def test_the_books_name_an_id_that_several_partitions_have_also_when_it_is_refunded(monthly: AppDatabase) -> None:
    monthly.session("one", models=1)
    monthly.session("held")
    monthly.session("held", created="2026-03-01 10:00")
    monthly.session("fine", "finished")
    monthly.session("fine", "finished", created="2026-03-01 10:00")
    monthly.run()
    monthly.session("one", "finished", created="2026-04-01 10:00")
    findings = {one["code"]: one for one in monthly.sweeper("audit", "--json").document["findings"]}
    assert findings["ambiguous_id"]["samples"] == ["held", "one"]
    assert findings["ambiguous_id"]["count"] == 2
    explained = monthly.sweeper("explain", "held")
    assert "several sessions have this id" in explained.stdout


# --- what is read of many partitions


def test_a_run_that_finds_nothing_does_not_look_for_equal_ids_in_all_of_history(monthly: AppDatabase) -> None:
    monthly.session("one", models=1)
    assert monthly.run("--max-credits", "9").document["refunds"]["sessions"] == 1
    with counted() as sent:
        assert monthly.run("--max-credits", "9").exit_code == 0
    assert sent["survey"]
    assert not sent["find_all_ambiguous"]
    assert not sent["find_ambiguous"]


def test_the_rehearsal_reads_the_partitions_that_have_its_sessions(monthly: AppDatabase) -> None:
    for number in range(5):
        monthly.session(f"f{number}", models=1)
        monthly.session(f"d{number}", "finished", created="2026-03-01 10:00")
    with explained("EXPLAIN", "look_at_newest", "list_ends") as plans:
        assert monthly.sweeper("check").exit_code == 0
    for lines in plans.values():
        read = {word for line in lines for word in line.split() if re.fullmatch(r"sessions_\w*\d", word)}
        assert read == {"sessions_11", "sessions_3"}
