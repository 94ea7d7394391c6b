"""The app changes what `sessions.attempt` reads beside the session's row."""

from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.helpers.jobs import add_job, add_jobs, install, jobs, refused, sweep
from tests.helpers.refund_function import refund
from tests.helpers.server import Server

_CHARGES = "CREATE TABLE charges (job int, at timestamptz DEFAULT '2026-01-01 12:00+00');"
_CALLED = "charge_of(s)"
_FUNCTION = "CREATE OR REPLACE FUNCTION charge_of(jobs) RETURNS text LANGUAGE sql AS $$ SELECT {}$1.user_id $$;"
_STANDARD = "CREATE OR REPLACE FUNCTION charge_of(job jobs) RETURNS text BEGIN ATOMIC SELECT {}job.user_id; END;"
_TEXT = "CREATE FUNCTION charge_of(text) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$;"
_OVERLOAD = "CREATE FUNCTION charge_of(varchar) RETURNS text LANGUAGE sql AS $$ SELECT '2-' || $1 $$"
_DEFAULT = """
CREATE OR REPLACE FUNCTION charge_of(text, text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$ SELECT $1 || $2 $$;
"""
_TIME = "CREATE FUNCTION charge_of(jobs) RETURNS {} LANGUAGE sql AS $$ SELECT $1.started_at $$;"
_READ = "(SELECT c.at FROM charge_texts c WHERE c.job = s.id)"
_VIEW = "CREATE OR REPLACE VIEW charge_texts AS SELECT job, at{}::text AS at FROM charges;"
_INNER = "CREATE OR REPLACE FUNCTION owner_of(jobs) RETURNS text LANGUAGE sql AS $$ SELECT {}$1.user_id $$;"
_OUTER = "CREATE FUNCTION charge_of(jobs) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN owner_of($1); END $$;"
_BASE = "CREATE OR REPLACE VIEW base AS SELECT job, {}at::text AS at FROM charges;"
_UPPER = "CREATE VIEW charge_texts AS SELECT job, at FROM base;"
_COLUMN = "(SELECT c.at::text FROM charges c WHERE c.job = s.id)"


@pytest.mark.parametrize(
    ("attempt", "before", "after"),
    [
        (_CALLED, _FUNCTION.format(""), _FUNCTION.format("'2-' || ")),
        (_CALLED, _STANDARD.format(""), _STANDARD.format("'2-' || ")),
        ("charge_of(user_id::varchar)", _TEXT, _OVERLOAD),
        ("charge_of(user_id)", _DEFAULT.format("a"), _DEFAULT.format("b")),
        (
            "to_jsonb(charge_of(s))::text",
            _TIME.format("timestamptz"),
            "DROP FUNCTION charge_of;" + _TIME.format("timestamp"),
        ),
        (_COLUMN, "", "ALTER TABLE charges ALTER at TYPE timestamp"),
        (_READ, _VIEW.format(""), _VIEW.format("::date")),
        (_CALLED, _INNER.format("") + _OUTER, _INNER.format("'2-' || ")),
        (_READ, _BASE.format("") + _UPPER, _BASE.format("'2-' || ")),
    ],
    ids=[
        "function",
        "standard function",
        "overload",
        "default",
        "returned type",
        "column",
        "view",
        "function of a function",
        "view of a view",
    ],
)
def test_another_attempt_of_the_same_charge_is_not_paid_again(
    server: Server, tmp_path: Path, attempt: str, before: str, after: str
) -> None:
    for database in jobs(server, tmp_path, sessions=f'attempt = "{attempt}"', more=_CHARGES + before):
        database.sql("INSERT INTO users VALUES ('u', 0); INSERT INTO charges SELECT generate_series(1, 6)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql(after)
        for command in (("run",), ("run", "--dry-run"), ("install",)):
            assert "which sessions.attempt reads, was changed" in refused(database, *command)
        assert install(database, "--rekey") == 0
        assert sweep(database) == 0
        add_job(database, 6)
        assert sweep(database) == 1


@pytest.mark.parametrize(
    ("attempt", "before", "charge_again", "after"),
    [
        (_CALLED, _FUNCTION.format(""), "UPDATE jobs SET user_id = 'v'", _FUNCTION.format("'' || ")),
        (
            _READ,
            _VIEW.format(""),
            "UPDATE charges SET at = '2026-02-02'",
            "ALTER TABLE charges RENAME at TO charged_at",
        ),
    ],
    ids=["function", "view"],
)
@pytest.mark.parametrize("refunds", [0, 2])
def test_another_definition_that_gives_the_same_attempts_stops_nothing(
    server: Server, tmp_path: Path, attempt: str, before: str, charge_again: str, after: str, refunds: int
) -> None:
    for database in jobs(server, tmp_path, sessions=f'attempt = "{attempt}"', more=_CHARGES + before):
        database.sql("INSERT INTO users VALUES ('u', 0), ('v', 0); INSERT INTO charges SELECT generate_series(1, 6)")
        add_jobs(database, refunds)
        assert sweep(database) == refunds
        database.sql(charge_again)
        assert sweep(database) == refunds
        database.sql(after)
        add_job(database, 6)
        assert sweep(database) == 1
        assert install(database) == 0
        assert sweep(database) == 0


@pytest.mark.parametrize("status", ["done", "running", "error"])
def test_charges_taken_again_are_no_other_attempts(server: Server, tmp_path: Path, status: str) -> None:
    for database in jobs(server, tmp_path, sessions=f'attempt = "{_CALLED}"', more=_FUNCTION.format("")):
        database.sql("INSERT INTO users VALUES ('u', 0), ('v', 0)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql("UPDATE jobs SET user_id = 'v', status = %s, started_at = now() + interval '1 minute'", status)
        database.sql(_FUNCTION.format("'' || "))
        add_job(database, 6)
        assert sweep(database) >= 1
        assert install(database) == 0


_ENUM = "CREATE TYPE kind AS ENUM ('first', 'second'); ALTER TABLE jobs ADD kind kind DEFAULT 'first';"
_TRIES = """
CREATE FUNCTION counted(int) RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT $1 $$;
ALTER TABLE jobs ADD counted int GENERATED ALWAYS AS (counted(tries)) STORED;
"""
_RECOUNT = """
CREATE OR REPLACE FUNCTION counted(int) RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT $1 + 10 $$;
UPDATE jobs SET tries = tries;
"""


@pytest.mark.parametrize(
    ("attempt", "before", "after"),
    [
        ("kind", _ENUM, "ALTER TYPE kind RENAME VALUE 'first' TO 'initial'"),
        ("kind::text", _ENUM, "ALTER TYPE kind RENAME VALUE 'first' TO 'initial'"),
        (
            "at",
            "ALTER TABLE jobs ADD at timestamp DEFAULT '2026-01-01 12:00'",
            "ALTER TABLE jobs ALTER at TYPE timestamptz USING at AT TIME ZONE 'Asia/Tokyo'",
        ),
        ("counted", _TRIES, _RECOUNT),
        (_CALLED, _INNER.format("") + _OUTER, _INNER.format("'2-' || ")),
        ("charge_of(user_id::varchar)", _TEXT, _OVERLOAD),
        (_READ, _VIEW.format(""), _VIEW.format("::date")),
        (_COLUMN, "", "ALTER TABLE charges ALTER at TYPE timestamp"),
    ],
    ids=["label", "label as text", "type", "generated", "function of a function", "overload", "view", "column"],
)
def test_no_layer_pays_a_charge_again_under_another_attempt(
    server: Server, tmp_path: Path, attempt: str, before: str, after: str
) -> None:
    for database in jobs(server, tmp_path, sessions=f'attempt = "{attempt}"', more=_CHARGES + before):
        database.sql("INSERT INTO users VALUES ('u', 0); INSERT INTO charges SELECT generate_series(1, 6)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql(after)
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="attempt reads, was changed"):
            refund(database, 1, cast="int")
        assert refused(database, "run")
        add_job(database, 6)
        with suppress(psycopg.errors.ObjectNotInPrerequisiteState):
            refund(database, 6, cast="int")
        assert install(database, "--rekey") == 0
        sweep(database)
        assert (refund(database, 1, cast="int"), refund(database, 6, cast="int")) == (0, 0)
        assert database.value("SELECT credits FROM users WHERE id = 'u'") == 6


@pytest.mark.parametrize("after", ["SELECT 1", _RECOUNT.replace("$1 + 10", "$1 + 0")], ids=["unchanged", "changed"])
def test_a_layer_pays_a_new_charge_under_a_definition_that_gives_the_same_attempts(
    server: Server, tmp_path: Path, after: str
) -> None:
    for database in jobs(server, tmp_path, sessions='attempt = "counted(tries)"', more=_TRIES):
        database.sql("INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 5)
        assert sweep(database) == 5
        database.sql(after)
        database.sql("UPDATE jobs SET tries = 2, started_at = now() WHERE id = 1")
        assert (refund(database, 1, cast="int"), refund(database, 1, cast="int")) == (1, 0)
