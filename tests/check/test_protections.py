"""What `install` put there to protect the books and somebody took away: `check` says so, and `install` puts it back."""

import re

import psycopg
import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items, not_ok

SIGNATURE = "sweeper.refund(session_id text, reason text, detail text DEFAULT NULL, layer text DEFAULT 'app')"
SWAPPED = (
    "CREATE TABLE swapped (LIKE prediction_sessions INCLUDING ALL); ALTER TABLE prediction_sessions RENAME TO before; "
    "ALTER TABLE swapped RENAME TO prediction_sessions"
)
NOTHING = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"


@pytest.fixture
def fenced(first: AppDatabase) -> AppDatabase:
    """The first app with the fence."""
    assert first.sweeper("install", "--fence", now=None).exit_code == 0
    found = items(check(first))
    assert {found[name]["status"] for name in ("append_only", "refund_function", "fence")} == {"ok"}
    return first


GONE = {
    "append_only": [
        ("ALTER TABLE sweeper.refunds DISABLE TRIGGER append_only", '"sweeper".refunds'),
        ("ALTER TABLE sweeper.refunds ENABLE TRIGGER append_only", "not ALWAYS"),
        ("ALTER TABLE sweeper.reversals DISABLE TRIGGER ALL", '"sweeper".reversals'),
        ("DROP TRIGGER append_only ON sweeper.reversals", "missing"),
        (
            "CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON sweeper.refunds FOR EACH STATEMENT "
            "EXECUTE FUNCTION sweeper.reject_change(); "
            "ALTER TABLE sweeper.refunds ENABLE ALWAYS TRIGGER append_only",
            "another one",
        ),
        (f"CREATE OR REPLACE FUNCTION sweeper.reject_change() {NOTHING}", "was replaced"),
    ],
    "refund_function": [
        (f"CREATE OR REPLACE FUNCTION {SIGNATURE} RETURNS numeric LANGUAGE sql AS 'SELECT 0::numeric'", "replaced"),
        ("DROP FUNCTION sweeper.refund", "missing"),
        ("ALTER FUNCTION sweeper.refund SECURITY INVOKER", "replaced"),
        ("ALTER FUNCTION sweeper.refund RESET search_path", "replaced"),
        ("ALTER FUNCTION sweeper.refund SET search_path = other, public, pg_temp", "replaced"),
        ("ALTER FUNCTION sweeper.refund SET TimeZone = 'Asia/Tokyo'", "replaced"),
    ],
    "fence": [
        (f"CREATE OR REPLACE FUNCTION sweeper.fence() {NOTHING}", "replaced"),
        ("ALTER TABLE prediction_sessions DISABLE TRIGGER ALL", "switched off"),
        ("DROP TRIGGER sweeper_fence ON prediction_sessions", "lost"),
        (
            "CREATE OR REPLACE TRIGGER sweeper_fence AFTER UPDATE ON prediction_sessions FOR EACH ROW "
            "WHEN (false) EXECUTE FUNCTION sweeper.fence()",
            "replaced",
        ),
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", GONE)
def test_a_protection_that_is_gone_is_a_failure_and_install_puts_it_back(fenced: AppDatabase, name: str) -> None:
    """One after the other: what the fix leaves is what the next one breaks."""
    for statement, said in GONE[name]:
        fenced.sql(statement)
        ran = check(fenced)
        assert (ran.exit_code, items(ran)[name]["status"]) == (5, "failure"), statement
        assert said in items(ran)[name]["message"], statement
        assert [item for item, status in not_ok(ran).items() if status == "failure"] == [name], statement
        assert fenced.sweeper(*items(ran)[name]["fix"].split()[1:], now=None).exit_code == 0, statement
        assert items(check(fenced))[name]["status"] == "ok", statement
        if name == "append_only":
            for table in ("refunds", "reversals"):
                with pytest.raises(psycopg.errors.RestrictViolation):
                    fenced.sql(f"DELETE FROM sweeper.{table}")


def test_a_table_that_inherits_from_the_refunds_is_named(first: AppDatabase) -> None:
    """A row of it passes for a refund that was paid."""
    first.sql("CREATE TABLE more () INHERITS (sweeper.refunds)")
    item = items(check(first))["append_only"]
    assert (item["status"], item["fix"]) == ("failure", 'ALTER TABLE public.more NO INHERIT "sweeper".refunds;')
    assert 'public.more (of "sweeper".refunds)' in item["message"]
    first.sql(item["fix"])
    assert items(check(first))["append_only"]["status"] == "ok"


def test_a_fence_that_went_with_a_swapped_table_is_lost(fenced: AppDatabase) -> None:
    fenced.sql(SWAPPED)
    item = items(check(fenced))["fence"]
    assert (item["status"], item["fix"]) == ("failure", "sweeper install --fence")
    assert "lost" in item["message"]


def test_refund_with_another_max_amount_than_the_file_is_found(first: AppDatabase) -> None:
    first.configure("[policy]", "[policy]\nmax_amount = 50")
    item = items(check(first))["refund_function"]
    assert (item["status"], item["fix"]) == ("failure", "sweeper install")
    assert "max_amount" in item["message"]
    assert first.sweeper("install", now=None).exit_code == 0
    assert items(check(first))["refund_function"]["status"] == "ok"


def test_a_second_refund_function_is_named_with_its_drop(first: AppDatabase) -> None:
    first.sql("CREATE FUNCTION sweeper.refund(bigint, text) RETURNS numeric LANGUAGE sql AS 'SELECT 0::numeric'")
    item = items(check(first))["refund_function"]
    assert (item["status"], item["fix"]) == ("failure", "DROP FUNCTION sweeper.refund(bigint,text);")
    first.sql(item["fix"])
    assert items(check(first))["refund_function"]["status"] == "ok"


def test_install_says_that_it_made_the_books_append_only_again(first: AppDatabase) -> None:
    first.sql("ALTER TABLE sweeper.refunds DISABLE TRIGGER append_only")
    ran = first.sweeper("install", now=None)
    assert "made sweeper.refunds and sweeper.reversals append-only again" in ran.stdout


@pytest.mark.parametrize(
    ("found", "becomes", "status"),
    [(r"\n", r"\n  ", "ok"), (r"(-- .*)\n", r"\1 ", "failure")],
    ids=["indented", "joined to the comment before"],
)
def test_a_function_may_be_indented_differently_and_in_nothing_else(
    fenced: AppDatabase, found: str, becomes: str, status: str
) -> None:
    made = fenced.value("SELECT pg_get_functiondef('sweeper.refund'::regproc)")
    fenced.sql("SET check_function_bodies = off")
    fenced.sql(re.sub(found, becomes, made))
    assert items(check(fenced))["refund_function"]["status"] == status
