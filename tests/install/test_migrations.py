"""Migrations of the app: its status column changes under the index and the fence, and the refunds stay right."""

import itertools
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from _pytest.mark import ParameterSet

from tests.helpers.app_database import AppDatabase
from tests.helpers.installation import installed
from tests.helpers.migrations import SMALLER_ENUM, finish, live_functions, live_indexes, migrate, prepare

TO_TEXT = (
    "ALTER TABLE prediction_sessions ALTER status DROP DEFAULT",
    "ALTER TABLE prediction_sessions ALTER status TYPE text USING status::text",
    "DROP TYPE session_status",
)
# what the column is before, and the migration
MIGRATIONS = {
    "smaller enum": ("session_status", SMALLER_ENUM),
    "enum to text": ("session_status", TO_TEXT),
    "text to enum": (
        "text",
        ("ALTER TABLE prediction_sessions ALTER status TYPE session_status USING status::session_status",),
    ),
    "varchar to text": ("varchar(20)", ("ALTER TABLE prediction_sessions ALTER status TYPE text",)),
    "text to varchar": ("text", ("ALTER TABLE prediction_sessions ALTER status TYPE varchar(20)",)),
    "varchar to char": ("varchar(20)", ("ALTER TABLE prediction_sessions ALTER status TYPE char(20)",)),
    "enum to a domain": (
        "session_status",
        ("CREATE DOMAIN fate AS text", "ALTER TABLE prediction_sessions ALTER status TYPE fate USING status::text"),
    ),
}


def combined() -> Iterator[ParameterSet]:
    """Each migration with a fence and without, in one transaction and by statement; all but one are slow."""
    for number, name in enumerate(MIGRATIONS):
        for fence, together in itertools.product((True, False), repeat=2):
            rest = not fence or together == bool(number % 2)
            words = f"{name}-{'fence' if fence else 'no fence'}-{'one transaction' if together else 'by statement'}"
            yield pytest.param(name, fence, together, id=words, marks=[pytest.mark.slow] if rest else [])


@pytest.mark.parametrize(("name", "fence", "together"), [*combined()])
def test_a_migration_of_the_status_column_passes_and_the_refunds_are_right(
    bare: AppDatabase, name: str, *, fence: bool, together: bool
) -> None:
    column, statements = MIGRATIONS[name]
    prepare(bare, column, fence=fence)
    with closing(bare.connect(autocommit=True)) as worker:
        finish(worker, "done")  # what a connection has planned before the migration must not stand in its way after
        worker.execute("UPDATE prediction_sessions SET status = 'queued' WHERE id = 'alive'")
        migrate(bare, statements, together=together)
        worker.execute("UPDATE prediction_sessions SET step = 'seen'")
        worker.execute("UPDATE prediction_sessions SET status = 'generating' WHERE id = 'alive'")
        for connection in (worker, bare.connection):
            if fence:
                with pytest.raises(psycopg.errors.RestrictViolation, match="session paid was refunded"):
                    finish(connection, "paid")
    assert list(live_indexes(bare).values()) == [True]
    ran = bare.run()
    if ran.exit_code == 2:
        assert "`sweeper install`" in ran.document["error"]["message"]
        installed(bare)
        ran = bare.run()
    assert (ran.exit_code, ran.document["refunds"]) == (0, {"sessions": 2, "credits": 6, "accounts": 1}), ran.stdout
    assert bare.refunds() == {"paid": 3, "failed": 3, "stuck": 3}
    installed(bare)
    assert list(live_indexes(bare).values()) == [True]
    assert bare.sweeper("run", "--json", "--full").document["refunds"]["sessions"] == 0
    assert bare.value("SELECT status::text FROM prediction_sessions WHERE id = 'stuck'").strip() == "error"


@pytest.mark.parametrize("fence", [True, False], ids=["fence", "no fence"])
def test_a_renamed_value_of_the_enum_is_reported_and_the_app_goes_on(bare: AppDatabase, *, fence: bool) -> None:
    prepare(bare, "session_status", fence=fence)
    bare.sql("ALTER TYPE session_status RENAME VALUE 'error' TO 'failed'")
    with bare.connect(autocommit=True) as worker:
        finish(worker, "alive")
        worker.execute("UPDATE prediction_sessions SET status = 'failed' WHERE id = 'alive'")
        if fence:
            with pytest.raises(psycopg.errors.RestrictViolation):
                finish(worker, "paid")
    ran = bare.run()
    assert ran.exit_code == 2
    assert "'error': is not a value of the enum session_status" in ran.document["error"]["message"]
    bare.configure('["error"]', '["failed"]')
    before = live_functions(bare)
    installed(bare)
    assert len(live_functions(bare)) == 1
    assert live_functions(bare) != before
    assert bare.run().document["refunds"] == {"sessions": 2, "credits": 6, "accounts": 1}


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("ALTER TABLE prediction_sessions RENAME status TO state", "state"),
        ("ALTER TABLE prediction_sessions RENAME id TO session_key", "status"),
    ],
)
def test_the_apps_updates_go_on_with_a_warning_when_a_column_that_the_fence_reads_is_renamed(
    bare: AppDatabase, statement: str, name: str
) -> None:
    prepare(bare, "session_status", fence=True)
    said: list[str] = []
    with bare.connect(autocommit=True) as worker:
        worker.add_notice_handler(lambda notice: said.append(f"{notice.severity}: {notice.message_primary}"))
        finish(worker, "alive")
        assert said == []
        bare.sql(statement)
        worker.execute(f"UPDATE prediction_sessions SET {name} = 'finished' WHERE user_id = 'u1'")  # type: ignore[call-overload]
    assert len(said) >= 3
    assert {line.partition(" of ")[0] for line in said} <= {
        "WARNING: sweeper lets this update pass its fence: column s.status does not exist",
        "WARNING: sweeper lets this update pass its fence: column s.id does not exist",
    }
    ran = bare.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "mapping")


def test_a_renamed_status_column_is_followed_by_an_install(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    bare.sql("ALTER TABLE prediction_sessions RENAME status TO state")
    bare.configure('status     = "status"', 'status     = "state"')
    installed(bare)
    assert bare.run().document["refunds"] == {"sessions": 2, "credits": 6, "accounts": 1}
    with pytest.raises(psycopg.errors.RestrictViolation):
        bare.sql("UPDATE prediction_sessions SET state = 'finished' WHERE id = 'paid'")


def test_a_dropped_status_column_takes_the_index_along_and_the_app_goes_on(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    bare.sql("ALTER TABLE prediction_sessions ADD state text")
    bare.sql("UPDATE prediction_sessions SET state = status::text")
    bare.sql("ALTER TABLE prediction_sessions DROP status")
    bare.sql("UPDATE prediction_sessions SET step = 'seen'")
    assert bare.run().exit_code == 2
    bare.configure('status     = "status"', 'status     = "state"')
    installed(bare)
    assert list(live_indexes(bare).values()) == [True]
    assert bare.run().document["refunds"] == {"sessions": 2, "credits": 6, "accounts": 1}


def test_a_migration_of_other_columns_leaves_the_fence_as_it_is(bare: AppDatabase) -> None:
    prepare(bare, "session_status", fence=True)
    finish(bare.connection, "alive")
    bare.sql("ALTER TABLE prediction_sessions DROP step, ADD extra json DEFAULT '{}', ALTER created_at TYPE date")
    with pytest.raises(psycopg.errors.RestrictViolation):
        finish(bare.connection, "paid")
    bare.sql("UPDATE prediction_sessions SET extra = '[]'")


def test_the_fence_works_on_a_table_whose_rows_cannot_be_compared(bare: AppDatabase) -> None:
    """json has no equality: a condition over the whole row would make each UPDATE fail."""
    bare.sql("ALTER TABLE prediction_sessions ADD extra json")
    prepare(bare, "session_status", fence=True)
    with pytest.raises(psycopg.errors.UndefinedFunction, match="could not identify an equality operator"):
        bare.sql("SELECT count(*) FROM prediction_sessions AS a, prediction_sessions AS b WHERE a IS DISTINCT FROM b")
    bare.sql("UPDATE prediction_sessions SET extra = '{}'")
    with pytest.raises(psycopg.errors.RestrictViolation):
        finish(bare.connection, "paid")


def test_the_fence_takes_a_bare_name_of_the_attempt_for_the_sessions(bare: AppDatabase) -> None:
    bare.sql("ALTER TABLE prediction_sessions ADD charge_id text")
    bare.configure('amount     = "cardinality', 'attempt = "coalesce(charge_id, \'none\')"\namount     = "cardinality')
    prepare(bare, "session_status", fence=True)
    with pytest.raises(psycopg.errors.RestrictViolation):
        finish(bare.connection, "paid")
    bare.sql("UPDATE prediction_sessions SET charge_id = 'c2', status = 'finished' WHERE id = 'paid'")


# as citext makes its own
LIKE_CITEXT = """
CREATE TYPE nocase;
CREATE FUNCTION nocase_in(cstring) RETURNS nocase IMMUTABLE STRICT LANGUAGE internal AS 'textin';
CREATE FUNCTION nocase_out(nocase) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal AS 'textout';
CREATE TYPE nocase (
    INPUT = nocase_in, OUTPUT = nocase_out, INTERNALLENGTH = variable, STORAGE = extended, CATEGORY = 'S',
    COLLATABLE = true
);
CREATE CAST (nocase AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (text AS nocase) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE FUNCTION nocase_equal(nocase, nocase) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql
AS 'SELECT lower($1::text) = lower($2::text)';
CREATE OPERATOR = (LEFTARG = nocase, RIGHTARG = nocase, FUNCTION = nocase_equal);
CREATE FUNCTION nocase_less(nocase, nocase) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql
AS 'SELECT lower($1::text) < lower($2::text)';
CREATE OPERATOR < (LEFTARG = nocase, RIGHTARG = nocase, FUNCTION = nocase_less);
CREATE FUNCTION nocase_at_most(nocase, nocase) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql
AS 'SELECT lower($1::text) <= lower($2::text)';
CREATE OPERATOR <= (LEFTARG = nocase, RIGHTARG = nocase, FUNCTION = nocase_at_most);
CREATE FUNCTION nocase_at_least(nocase, nocase) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql
AS 'SELECT lower($1::text) >= lower($2::text)';
CREATE OPERATOR >= (LEFTARG = nocase, RIGHTARG = nocase, FUNCTION = nocase_at_least);
CREATE FUNCTION nocase_more(nocase, nocase) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql
AS 'SELECT lower($1::text) > lower($2::text)';
CREATE OPERATOR > (LEFTARG = nocase, RIGHTARG = nocase, FUNCTION = nocase_more);
CREATE FUNCTION nocase_order(nocase, nocase) RETURNS int IMMUTABLE STRICT LANGUAGE sql
AS 'SELECT CASE WHEN $1 < $2 THEN -1 WHEN $1 > $2 THEN 1 ELSE 0 END';
CREATE OPERATOR CLASS nocase_ops DEFAULT FOR TYPE nocase USING btree
AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 nocase_order(nocase, nocase);
ALTER TABLE prediction_sessions ALTER status TYPE nocase USING status::text::nocase;
"""


@pytest.fixture
def unequal(bare: AppDatabase) -> AppDatabase:
    """The first app with a status of which different texts are equal."""
    bare.sql(LIKE_CITEXT)
    return bare


def test_statuses_whose_texts_may_differ_are_compared_as_the_app_does(unequal: AppDatabase) -> None:
    installed(unequal, "--fence")
    assert live_functions(unequal) == []
    unequal.account()
    unequal.session("failed", "ERROR")
    unequal.session("done", "Finished")
    assert unequal.run().document["refunds"]["sessions"] == 1
    with pytest.raises(psycopg.errors.RestrictViolation):
        unequal.sql("UPDATE prediction_sessions SET status = 'FINISHED' WHERE id = 'failed'")
    item = {item["name"]: item for item in unequal.sweeper("check", "--json").document["checks"]}["migrations"]
    assert "sweeper install --release" in item["message"]
    change = (
        "ALTER TABLE prediction_sessions ALTER status TYPE session_status USING lower(status::text)::session_status"
    )
    with pytest.raises(psycopg.Error):
        unequal.sql(change)
    installed(unequal, "--release")
    unequal.sql(change)
    installed(unequal)
    assert len(live_functions(unequal)) == 1
    assert unequal.run().document["refunds"]["sessions"] == 0
