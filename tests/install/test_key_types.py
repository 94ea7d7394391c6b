"""Charges are compared as their columns are, whatever the type."""

from pathlib import Path

import psycopg
import pytest

from tests.helpers.jobs import ATTEMPT, FILE, JOBS, add_jobs, install, jobs, sweep
from tests.helpers.server import Server


@pytest.mark.parametrize("cost_type", ["real", "double precision"])
def test_an_amount_of_a_floating_type_is_read_by_its_shortest_text(
    server: Server, tmp_path: Path, cost_type: str
) -> None:
    values = ["12345.67", "123456.7", "1048575", "16777215", "0.1"]
    if cost_type == "double precision":
        values += ["1234567890.1234567", "9007199254740993", "0.30000000000000004"]
    for database in jobs(server, tmp_path, cost_type=cost_type):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        for number, value in enumerate(values):
            database.sql(
                "INSERT INTO jobs (id, user_id, status, cost) VALUES (%s, 'u', 'error', %s)", number, float(value)
            )
        planned = database.run("--dry-run", now=None, role=None).document["refunds"]["credits"]
        ran = database.run(now=None, role=None)
        assert ran.exit_code == 0, ran.stdout
        assert ran.document["refunds"]["credits"] == planned
        wrong = database.sql(
            "SELECT cost::text, amount FROM sweeper.refunds JOIN jobs ON id = session_id "
            "WHERE cost::text::numeric <> amount"
        )
        assert wrong == []
        assert database.sweeper("audit", now=None).exit_code == 0


@pytest.mark.parametrize("kind", ['text COLLATE "C"', "citext", "text COLLATE folded"])
def test_ids_are_compared_as_their_columns_are_and_by_index(server: Server, tmp_path: Path, kind: str) -> None:
    needed = {
        "citext": "CREATE EXTENSION citext",
        "text COLLATE folded": "CREATE COLLATION folded "
        "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    }
    with server.blank(tmp_path) as database:
        try:
            database.sql(needed.get(kind, "SELECT"))
        except psycopg.errors.FeatureNotSupported as missing:
            pytest.skip(f"this build of Postgres has none: {missing}")
        database.sql(JOBS.format(id_type=kind, account_type=kind, cost_type="int"))
        database.config.write_text(FILE.format(sessions=""))
        assert install(database) == 0
        database.sql("INSERT INTO users VALUES ('u', 0), ('V', 0)")
        payer = "V" if '"C"' in kind else "v"
        add_jobs(database, 50)
        database.sql("INSERT INTO jobs (id, user_id, status, cost) VALUES ('last', %s, 'error', 1)", payer)
        database.sql("SET enable_seqscan = off")
        plan = "EXPLAIN SELECT FROM jobs AS s JOIN sweeper.refunds AS r ON r.session_id = s.id WHERE s.id = '1'"
        assert any("refunds_session_id_attempt_again_key" in line for (line,) in database.sql(plan))
        assert [sweep(database), sweep(database)] == [51, 0]
        assert dict(database.sql("SELECT id, credits::int FROM users")) == {"u": 50, "V": 1}
        assert database.sweeper("audit", now=None).exit_code == 0
        reverted = database.sweeper("revert", "--session", "last", "--reason", "x", "--yes", now=None)
        assert reverted.exit_code == 0, reverted.stderr


def test_a_key_that_is_too_long_for_an_index_is_held_and_the_others_are_paid(server: Server, tmp_path: Path) -> None:
    for database in jobs(server, tmp_path, sessions=ATTEMPT, id_type="text"):
        database.sql("INSERT INTO users VALUES ('u', 0), ('v', 0)")
        long = "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 80) AS n)"  # 2,560 bytes, incompressible
        database.sql(
            f"INSERT INTO jobs (id, user_id, status, cost, charge_id) VALUES ({long}, 'u', 'error', 1, {long})"
        )
        database.sql(
            "INSERT INTO jobs (id, user_id, status, cost, charge_id) "
            "VALUES ('a', 'v', 'error', 1, 'c'), ('b', 'v', 'error', 1, 'c')"
        )
        ran = database.run(now=None, role=None)
        assert (ran.document["refunds"]["sessions"], ran.document["held"]) == (2, 1)
        assert database.sql("SELECT length(session_id), sqlstate FROM sweeper.holds") == [(2560, "54000")]
