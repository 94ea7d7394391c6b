"""What others own that our statements call: left behind in the search path, or set off by a refund."""

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok
from tests.helpers.partitioned import partition


def test_what_was_planted_before_the_right_was_revoked_stops_every_run_until_it_is_dropped(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.sql("GRANT CREATE ON SCHEMA public TO sweeper_layer; SET ROLE sweeper_layer")
    first.sql("CREATE FUNCTION cardinality(integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    first.sql("CREATE FUNCTION of_its_own(text) RETURNS text LANGUAGE sql AS 'SELECT $1'")
    first.sql("CREATE FUNCTION same(varchar, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT true'")
    first.sql("CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = same)")
    first.sql("RESET ROLE; REVOKE CREATE ON SCHEMA public FROM sweeper_layer")
    checked = items(check(first))["search_path"]
    assert checked["status"] == "failure"
    assert first.run().document["error"]["code"] == "search_path"
    assert first.sweeper("install", "--json").document["error"]["code"] == "search_path"
    assert "DROP ROUTINE public.cardinality(integer[]);" in checked["fix"]
    assert "DROP OPERATOR public.= (character varying, character varying);" in checked["fix"]
    assert "of_its_own" not in checked["message"], "no statement means another of that name"
    first.sql(checked["fix"])
    assert items(check(first))["search_path"]["status"] == "ok"
    assert first.run().document["refunds"]["sessions"] == 1


def test_who_may_create_in_sweepers_own_schema_stops_every_run(first: AppDatabase) -> None:
    """A function there that fits the status better than ours would be called with a superuser's rights."""
    first.sql("GRANT CREATE ON SCHEMA sweeper TO sweeper_layer")
    checked = items(check(first))["search_path"]
    assert (checked["status"], checked["fix"]) == ("failure", "REVOKE CREATE ON SCHEMA sweeper FROM sweeper_layer;")
    assert first.run().document["error"]["code"] == "search_path"
    first.sql(checked["fix"])
    assert first.run().exit_code == 0


def test_a_schema_for_sweeper_that_is_a_strangers_is_refused(bare: AppDatabase) -> None:
    """Its owner could drop the record of the refunds."""
    bare.sql("CREATE SCHEMA sweeper AUTHORIZATION sweeper_layer")
    installed = bare.sweeper("install", "--json")
    assert (installed.exit_code, installed.document["error"]["code"]) == (2, "search_path")
    assert "ALTER SCHEMA sweeper OWNER TO postgres;" in installed.document["error"]["message"]


TRIGGER = "CREATE FUNCTION theirs.seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
CHECK = "CREATE FUNCTION theirs.fine(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'"
COMPARED = (
    "CREATE FUNCTION theirs.compared(text, text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT bttextcmp($1, $2)'"
)
CLASS = """CREATE OPERATOR CLASS by_theirs FOR TYPE text USING btree AS
OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 theirs.compared(text, text);
CREATE INDEX ON users (id by_theirs)"""
WHEN = """CREATE FUNCTION ours() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER ours
BEFORE UPDATE ON users FOR EACH ROW WHEN (theirs.fine(NEW.credits::integer)) EXECUTE FUNCTION ours()"""
OPERATOR = """CREATE OPERATOR public.!! (RIGHTARG = integer, FUNCTION = theirs.fine);
ALTER TABLE users ADD CHECK (OPERATOR(public.!!) credits::integer)"""
ON_EACH = "FOR EACH ROW EXECUTE FUNCTION theirs.seen()"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("made", "put", "fix"),
    [
        (TRIGGER, f"CREATE TRIGGER seen BEFORE UPDATE ON users {ON_EACH}", "ROUTINE theirs.seen()"),
        (TRIGGER, f"CREATE TRIGGER seen AFTER INSERT ON sweeper.refunds {ON_EACH}", "ROUTINE theirs.seen()"),
        (CHECK, "ALTER TABLE users ADD CHECK (theirs.fine(credits::integer))", "ROUTINE theirs.fine(integer)"),
        (CHECK, "CREATE INDEX ON users (theirs.fine(credits::integer))", "ROUTINE theirs.fine(integer)"),
        (CHECK, WHEN, "ROUTINE theirs.fine(integer)"),
        (CHECK, OPERATOR, "ROUTINE theirs.fine(integer)"),
        (COMPARED, CLASS, "ROUTINE theirs.compared(text, text)"),
        ("CREATE DOMAIN theirs.note AS text", "ALTER TABLE users ADD note theirs.note", "TYPE theirs.note"),
        ("CREATE TYPE theirs.kind AS ENUM ('a')", "ALTER TABLE users ADD kinds theirs.kind[]", "TYPE theirs.kind"),
    ],
)
def test_who_owns_what_a_refund_sets_off_is_named_and_stops_no_run(
    first: AppDatabase, made: str, put: str, fix: str
) -> None:
    """Its owner may replace it at any time, and it runs with the rights of the writer."""
    first.account()
    first.session("s1")
    first.sql("CREATE SCHEMA theirs AUTHORIZATION sweeper_layer; GRANT USAGE ON SCHEMA theirs TO PUBLIC")
    first.sql(f"SET ROLE sweeper_layer; {made}; RESET ROLE; {put}")
    checked = items(check(first))["search_path"]
    assert checked["status"] == "warning"
    assert f"ALTER {fix} OWNER TO postgres;" in checked["fix"]
    assert "sweeper_layer, which owns the" in checked["message"]
    assert first.run().document["refunds"]["sessions"] == 1
    first.sql(checked["fix"])
    assert items(check(first))["search_path"]["status"] == "ok"


def test_a_trigger_of_one_partition_is_listed_and_one_of_the_table_only_once(bare: AppDatabase) -> None:
    partition(bare, partitions="CREATE TABLE all_sessions PARTITION OF prediction_sessions DEFAULT")
    bare.sql(
        "CREATE FUNCTION bonus() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; "
        "CREATE TRIGGER of_one AFTER UPDATE ON all_sessions FOR EACH ROW EXECUTE FUNCTION bonus(); "
        "CREATE TRIGGER of_all AFTER UPDATE ON prediction_sessions FOR EACH ROW EXECUTE FUNCTION bonus()"
    )
    message = items(check(bare))["triggers"]["message"]
    assert "of_one on all_sessions (bonus), of_all on prediction_sessions (bonus);" in message


@pytest.mark.parametrize("table", ["refunds", "locks"])
def test_who_owns_a_table_of_sweepers_may_put_a_trigger_on_it(bare: AppDatabase, table: str) -> None:
    """And take away the one that makes refunds append-only."""
    assert bare.sweeper("install", now=None).exit_code == 0
    bare.sql("GRANT CREATE ON SCHEMA sweeper TO sweeper_layer")
    bare.sql(f"ALTER TABLE sweeper.{table} OWNER TO sweeper_layer; REVOKE CREATE ON SCHEMA sweeper FROM sweeper_layer")
    checked = items(check(bare))["search_path"]
    assert checked["status"] == "warning"
    assert f"sweeper_layer, which owns the table sweeper.{table} and may change its triggers" in checked["message"]
    bare.sql(checked["fix"])
    assert items(check(bare))["search_path"]["status"] == "ok"


def test_who_owns_a_partition_may_put_a_trigger_on_it(bare: AppDatabase) -> None:
    partition(bare, partitions="CREATE TABLE all_sessions PARTITION OF prediction_sessions DEFAULT")
    assert "search_path" not in not_ok(check(bare))
    bare.sql("ALTER TABLE all_sessions OWNER TO sweeper_layer")
    checked = items(check(bare))["search_path"]
    assert "sweeper_layer, which owns the partition public.all_sessions" in checked["message"]
    assert (checked["status"], checked["fix"]) == ("warning", "ALTER TABLE public.all_sessions OWNER TO postgres;")


EXCLUDE = "\"step = 'All models failed - credits refunded'\""
FUNCTION = "CREATE FUNCTION theirs.done(text) RETURNS boolean LANGUAGE sql AS 'SELECT false'"
QUOTED = """CREATE FUNCTION theirs."Is done"(text) RETURNS boolean LANGUAGE sql AS 'SELECT false'"""


@pytest.mark.parametrize(
    ("made", "exclude", "fix"),
    [
        (FUNCTION, "theirs.done(s.id)", "ROUTINE theirs.done(text)"),
        (QUOTED, 'theirs . "Is done" (s.id)', 'ROUTINE theirs."Is done"(text)'),
        (
            "CREATE VIEW theirs.given AS SELECT 'x' AS id",
            "EXISTS (SELECT FROM public.users AS u, theirs.given AS g WHERE g.id = s.id)",
            "TABLE theirs.given",
        ),
        ("CREATE TABLE theirs.paid (id text)", "s.id IN (SELECT id FROM ONLY Theirs.Paid)", "TABLE theirs.paid"),
        ("CREATE DOMAIN theirs.note AS text", "s.step::theirs.note = 'x'", "TYPE theirs.note"),
        ("CREATE DOMAIN theirs.note AS text", "CAST(s.step AS theirs.note) = 'x'", "TYPE theirs.note"),
    ],
)
def test_who_owns_what_the_files_own_sql_names_is_named_and_stops_no_run(
    bare: AppDatabase, made: str, exclude: str, fix: str
) -> None:
    """Its owner may replace it at any time, and it runs with the rights of a run, and of who owns refund()."""
    bare.account()
    bare.session("s1")
    bare.sql("CREATE SCHEMA theirs AUTHORIZATION sweeper_layer; GRANT USAGE ON SCHEMA theirs TO PUBLIC")
    bare.sql(f"SET ROLE sweeper_layer; {made}; RESET ROLE")
    bare.configure(EXCLUDE, f"'''{exclude}'''")
    assert bare.sweeper("install").exit_code == 0
    checked = items(check(bare))["search_path"]
    assert checked["status"] == "warning"
    assert checked["fix"] == f"ALTER {fix} OWNER TO postgres;"
    assert "sweeper_layer, which owns the" in checked["message"]
    assert bare.run().document["refunds"]["sessions"] == 1
    bare.sql(checked["fix"])
    assert items(check(bare))["search_path"]["status"] == "ok"


def test_what_the_file_only_says_in_a_text_is_not_named(bare: AppDatabase) -> None:
    bare.sql("CREATE SCHEMA theirs AUTHORIZATION sweeper_layer; GRANT USAGE ON SCHEMA theirs TO PUBLIC")
    bare.sql(f"SET ROLE sweeper_layer; {FUNCTION}; CREATE TABLE theirs.paid (id text); RESET ROLE")
    bare.configure(EXCLUDE, "\"s.step = 'theirs.done(1) FROM theirs.paid' /* FROM theirs.paid */\"")
    assert items(check(bare))["search_path"]["status"] == "ok"
