"""What a refund sets on the session's own row, so that a job of the app which looks at it has nothing left to pay."""

from typing import Any

import psycopg
import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.refund_function import refund

pytestmark = pytest.mark.every_version

TABLES = """
CREATE TYPE mark AS ENUM ('open', 'given back');
ALTER TABLE jobs ADD refunded boolean NOT NULL DEFAULT false, ADD refunded_at timestamp, ADD mark mark DEFAULT 'open',
    ADD note text, ADD refund uuid, ADD given int, ADD ended timestamp;
INSERT INTO jobs (id, owner, state, price, began) VALUES ('r', 'w', 'running', 5, '2026-11-23 09:00Z');
CREATE TABLE fired (job text);
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$ BEGIN INSERT INTO fired VALUES (NEW.id); RETURN NULL; END $$;
CREATE TRIGGER note_change AFTER UPDATE OF state ON jobs FOR EACH ROW EXECUTE FUNCTION note_change();
"""
FLAG = {"refunded": "true"}


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """An app with a failed and a running job, a flag, and a trigger that waits for a change of the status."""
    app = App(bare)
    app.sql(TABLES)
    app.map(exclude="refunded")
    app.map("sessions.refunded", **FLAG)
    return app


def pay_as_the_app(app: App, commit: bool = True) -> list[str]:
    """The app's own job: all failed ones whose flag is not set, in one transaction."""
    with app.database.connect() as connection:
        rows = connection.execute(
            "UPDATE jobs SET refunded = true WHERE state = 'failed' AND NOT refunded RETURNING id, price"
        ).fetchall()
        connection.execute("UPDATE wallets SET balance = balance + %s", [sum(price for _, price in rows)])
        if not commit:
            connection.rollback()
    return sorted(name for name, _ in rows)


def test_the_apps_own_job_finds_nothing_after_a_run(app: App) -> None:
    assert app.sweep()["credits"] == 8
    assert app.sql("SELECT id, state, refunded FROM jobs ORDER BY id") == [("j", "failed", True), ("r", "failed", True)]
    assert pay_as_the_app(app) == []
    assert app.balance() == 108
    audited = app.database.sweeper("audit", "--json")
    assert audited.exit_code == 0, audited.stdout
    assert app.database.sweeper("explain", "j", "--json").document["verdict"] == "refunded"
    assert app.database.run("--full").document["refunds"]["sessions"] == 0


def test_a_run_finds_nothing_that_the_apps_own_job_has_paid(app: App) -> None:
    app.install()
    assert pay_as_the_app(app) == ["j"]
    assert app.database.run().document["refunds"]["credits"] == 5
    assert pay_as_the_app(app) == []
    assert app.balance() == 108


def test_the_flag_and_the_credits_are_one_transaction(app: App) -> None:
    """What the database refuses at the end leaves no flag: the app's own job pays it."""
    app.sql("ALTER TABLE wallets ADD CHECK (balance <= 100)")
    app.install()
    assert app.database.run().exit_code == 1
    assert app.sql("SELECT bool_or(refunded) FROM jobs") == [(False,)]
    assert app.balance() == 100


def test_a_flag_that_is_not_set_is_not_a_refund(app: App) -> None:
    app.sql("""CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
               CREATE TRIGGER keep BEFORE UPDATE OF refunded ON jobs FOR EACH ROW EXECUTE FUNCTION keep()""")
    app.install()
    app.database.run()
    assert app.balance() == 100
    with pytest.raises(psycopg.errors.RaiseException, match="the refund was not written"):
        refund(app.database, "j")


@pytest.mark.parametrize("fence", [False, True])
def test_a_trigger_on_the_status_fires_for_what_is_closed_alone(app: App, fence: bool) -> None:
    app.write()
    assert app.database.sweeper("install", *(["--fence"] if fence else []), now=None).exit_code == 0
    assert app.database.run().document["refunds"]["credits"] == 8
    assert app.sql("SELECT job FROM fired") == [("r",)]
    app.sql("INSERT INTO jobs (id, owner, state, price, began) VALUES ('k', 'w', 'failed', 5, '2026-11-23 09:00Z')")
    assert refund(app.database, "k") == 5
    assert app.sql("SELECT job FROM fired") == [("r",)]
    assert app.database.value("SELECT refunded FROM jobs WHERE id = 'k'")


def test_the_fence_alone_touches_what_had_failed_without_naming_the_status(app: App) -> None:
    app.map("sessions.refunded", refunded=None)
    app.map(exclude=None)
    app.write()
    assert app.database.sweeper("install", "--fence", now=None).exit_code == 0
    before = app.database.value("SELECT ctid::text FROM jobs WHERE id = 'j'")
    assert app.database.run().document["refunds"]["credits"] == 8
    assert app.sql("SELECT job FROM fired") == [("r",)]
    assert app.database.value("SELECT ctid::text FROM jobs WHERE id = 'j'") != before


def test_the_fence_touches_a_row_whose_key_the_database_makes(bare: AppDatabase) -> None:
    app = App(bare)
    app.sql("ALTER TABLE jobs DROP id; ALTER TABLE jobs ADD id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
    app.write()
    assert app.database.sweeper("install", "--fence", now=None).exit_code == 0
    assert app.database.run().document["refunds"]["credits"] == 3


def test_what_the_apps_own_job_has_in_hand_is_left_to_it(app: App) -> None:
    app.sql("DELETE FROM jobs WHERE id = 'r'")
    app.install()
    with app.database.connect() as connection:
        connection.execute("UPDATE jobs SET refunded = true; UPDATE wallets SET balance = balance + 3")
        assert app.database.run().document["refunds"]["sessions"] == 0
    assert app.database.run().document["refunds"]["sessions"] == 0
    assert app.balance() == 103


def test_an_amount_that_the_refund_itself_changes_is_not_a_wrong_amount(app: App) -> None:
    """The charge less what was given back, which the refund writes down."""
    app.map(amount="price - coalesce(given, 0)", exclude=None)
    app.map("sessions.refunded", refunded=None, given="coalesce(s.given, 0) + amount")
    assert app.sweep()["credits"] == 8
    audited = app.database.sweeper("audit", "--json")
    assert audited.exit_code == 0, audited.stdout


VALUES: dict[str, Any] = {
    "refunded": "true",
    "refunded_at": "at",
    "mark": "'given back'",  # an enum
    "note": "concat_ws('/', layer, reason, detail, account_id, attempt, session_id, s.state, refund.amount)",
    "refund": "refund_id",
    "given": "amount + s.price",
}
WRITTEN = (
    "SELECT refunded, mark::text, note, refund IS NOT DISTINCT FROM (SELECT refund_id FROM sweeper.refunds), given"
)


@pytest.mark.parametrize("job", ["j", "r"])
def test_the_values_are_sql_over_the_refund(app: App, job: str) -> None:
    app.sql("DELETE FROM jobs WHERE id <> %s", job)
    app.map("sessions.refunded", **VALUES)
    app.map(timezone="Asia/Tokyo", error="error")
    app.sweep()
    (row,) = app.sql(f"{WRITTEN}, refunded_at::text FROM jobs")
    notes = {"j": "sweeper/workflow_failure/no/w/0/j/failed/3", "r": "sweeper/stuck/w/0/r/running/5"}
    amount = {"j": 6, "r": 10}[job]
    assert row == (True, "given back", notes[job], True, amount, "2026-11-23 21:00:00"), "noon in UTC"


@pytest.mark.parametrize("job", ["j", "r"])
def test_refund_sets_the_same_values(app: App, job: str) -> None:
    app.sql("DELETE FROM jobs WHERE id <> %s", job)
    app.map("sessions.refunded", **VALUES)
    app.map(timezone="Asia/Tokyo")
    app.install()
    app.sql("SET TimeZone = 'America/New_York'")
    assert refund(app.database, job) == {"j": 3, "r": 5}[job]
    (row,) = app.sql(f"{WRITTEN}, refunded_at - now() AT TIME ZONE 'Asia/Tokyo' < interval '1 minute' FROM jobs")
    state = {"j": "failed/3", "r": "running/5"}[job]
    note = f"worker/worker_failure/TimeoutError/w/0/{job}/{state}"
    assert row == (True, "given back", note, True, {"j": 6, "r": 10}[job], True)


def test_closing_reads_the_refund_too(app: App) -> None:
    app.map(
        "sessions.close", ended="at", note="concat(reason, ' ', s.price, ' ', s.state)", given="s.price", mark="'open'"
    )
    assert app.sweep()["credits"] == 8
    rows = app.sql("SELECT ended::text, note, given, mark::text, refunded FROM jobs ORDER BY id")
    assert rows == [
        (None, None, None, "open", True),
        ("2026-11-23 12:00:00", "stuck 5 running", 5, "open", True),
    ]


def test_a_name_that_both_have_is_the_refunds(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD amount int DEFAULT 70, ADD at timestamptz")
    app.map("sessions.close", given="amount", at="'2026-01-01'", note="concat(refund.amount, '/', s.amount)")
    assert app.sweep()["credits"] == 8
    assert app.sql("SELECT given, note FROM jobs WHERE id = 'r'") == [(5, "5/70")]


def test_a_name_of_the_refund_inside_a_text_is_none(app: App) -> None:
    """The value is a literal still, and takes the type of its column by itself."""
    app.sql("ALTER TABLE jobs ADD amount int DEFAULT 70")
    app.map("sessions.close", note=r"E'it\'s the amount'", mark="'given back' /* the reason */")
    app.map("sessions.refunded", given=r"length(E'\'') + amount + length('it''s')")
    assert app.sweep()["credits"] == 8
    rows = app.sql("SELECT note, mark::text, given FROM jobs ORDER BY id")
    assert rows == [(None, "open", 8), ("it's the amount", "given back", 10)]


def test_the_refunds_value_is_used_for_a_column_that_both_set(app: App) -> None:
    app.map("sessions.close", note="'closed'", given="1", mark="'given back'")
    app.map("sessions.refunded", note="'refunded'")
    assert app.sweep()["credits"] == 8
    assert app.sql("SELECT note, given FROM jobs ORDER BY id") == [("refunded", None), ("refunded", 1)]


@pytest.mark.parametrize(
    ("section", "values", "parts"),
    [
        ("refunded", {"given": "price"}, ["price is not a column of a refund", "write s.price"]),
        ("refunded", {"given": "amount + price"}, ["price is not a column of a refund", "write s.price"]),
        ("close", {"given": "price"}, ["sessions.close.given", "price is not a column of a refund", "write s.price"]),
        ("close", {"given": "price + amount"}, ["write s.price"]),
        ("reversed", {"note": "(SELECT max(id) FROM wallets WHERE id = owner)"}, ["write s.owner"]),
        ("refunded", {"given": "amont"}, ["given", "amont"]),
        ("refunded", {"state": "'x'"}, ["is set by the sweep itself, or is the key"]),
        ("refunded", {"nothing": "true"}, ["nothing", "is not a column of jobs"]),
        ("refunded", {"mark": "'gone'"}, ["sessions.refunded", "gone"]),
        ("reversed", {"refunded_at": "amount"}, ["sessions.reversed", "refunded_at"]),
    ],
)
def test_a_value_that_cannot_be_is_an_error_of_the_file(
    app: App, section: str, values: dict[str, str], parts: list[str]
) -> None:
    app.map(f"sessions.{section}", **values)
    app.refused(*parts)


def test_taking_a_refund_back_leaves_the_flag(app: App) -> None:
    app.sweep()
    taken = app.database.sweeper("revert", "--session", "j", "--reason", "mistake", "--yes")
    assert taken.exit_code == 0, taken.stderr
    assert app.balance() == 105
    assert pay_as_the_app(app) == []


def test_taking_a_refund_back_sets_what_the_file_says(app: App) -> None:
    app.map("sessions.reversed", refunded="false", note="concat(detail, ' ', amount, ' ', s.id)", refunded_at="NULL")
    app.sweep()
    taken = app.database.sweeper("revert", "--session", "j", "--reason", "mistake", "--yes")
    assert taken.exit_code == 0, taken.stderr
    rows = app.sql("SELECT refunded, note FROM jobs ORDER BY id")
    assert rows == [(False, "mistake 3 j"), (True, None)]
    assert app.balance() == 105
    assert app.database.run("--full").document["refunds"]["sessions"] == 0, "no program pays it again"


def test_adopting_leaves_the_flag(app: App) -> None:
    app.install()
    adopted = app.database.sweeper("adopt", "--session", "j", "--reason", "paid by hand", "--yes")
    assert adopted.exit_code == 0, adopted.stderr
    assert app.sql("SELECT refunded FROM jobs WHERE id = 'j'") == [(False,)]
