"""Files that have an exclude or a ledger, and still see none, or not all, of the refunds that the app wrote itself."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import marked_shop, refuses, rehearsed, shop, without_ledger

pytestmark = pytest.mark.slow

REQUESTS = """
ALTER TABLE jobs ADD request_id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE;
ALTER TABLE book ADD request_id uuid;
UPDATE book SET request_id = jobs.request_id FROM jobs WHERE jobs.id = book.job;
ALTER TABLE book DROP job;
"""
REFUNDED = "EXISTS (SELECT FROM book b WHERE b.request_id = s.request_id AND b.kind = '{kind}')"


@pytest.fixture
def app(app: App) -> App:
    """A shop whose book names a job by another unique value than its id, and whose file does not map the book."""
    app.sql(REQUESTS)
    without_ledger(app)
    return app


def test_rows_that_name_a_session_by_the_id_of_its_request(app: App) -> None:
    assert '"public"."book"."request_id" (20 of the newest failed' in refuses(app, "marks")


def test_an_exclude_that_is_true_of_nothing(app: App) -> None:
    app.map(exclude=REFUNDED.format(kind="returned"))
    assert "by the file the app has refunded none of the newest failed" in refuses(app, "marks")


def test_a_charge_from_which_nothing_is_subtracted(app: App) -> None:
    app.map(charged="(SELECT -sum(b.amount) FROM book b WHERE b.request_id = s.request_id AND b.kind = 'charge')")
    assert "by the file the app has refunded none of the newest failed" in refuses(app, "marks")
    app.map(charged="(SELECT -sum(b.amount) FROM book b WHERE b.request_id = s.request_id)")
    assert "marks" not in rehearsed(app)


def test_an_exclude_that_is_true_of_some(app: App) -> None:
    app.map(exclude=REFUNDED.format(kind="refund") + " AND id < 'j15'")
    assert "give back exactly what others took of" in refuses(app, "past_refunds")
    app.map(exclude=REFUNDED.format(kind="refund"))
    assert "a refund would write none" in rehearsed(app)["ledger"]["message"]


def test_charges_and_refunds_of_another_number_of_the_session(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD planned int; UPDATE jobs SET planned = price + 1")
    app.map(exclude=REFUNDED.format(kind="refund"), amount="planned")
    assert "which is price of the session" in refuses(app, "past_refunds")
    app.sql("UPDATE jobs SET planned = price * 100")
    assert rehearsed(app)["past_refunds"]["status"] == "warning", "perhaps another unit"
    app.map(amount="price")
    assert "past_refunds" not in rehearsed(app)


def test_an_amount_that_no_refund_has(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD steps int NOT NULL DEFAULT 20, DROP price")
    app.map(exclude=REFUNDED.format(kind="refund"), amount="steps")
    assert "is more than every number in rows of" in rehearsed(app)["past_refunds"]["message"]


def test_credit_notes_that_name_a_reference(bare: AppDatabase) -> None:
    """No word of a note says refund, and its table has no charges."""
    app = marked_shop(bare)
    app.sql("ALTER TABLE jobs ADD number text UNIQUE; UPDATE jobs SET number = 'JOB-' || 1000 + substr(id, 2)::int")
    app.sql("CREATE TABLE credit_notes (id serial PRIMARY KEY, job_reference text, units int, why text)")
    app.sql("INSERT INTO credit_notes (job_reference, units, why) SELECT number, price, 'broken' FROM jobs "
            "WHERE refunded_at IS NOT NULL; UPDATE jobs SET refunded_at = NULL WHERE id > 'j15'")  # fmt: skip
    assert "look like refunds of" in rehearsed(app)["past_refunds"]["message"], "but none gives back what others took"
    app.sql("ALTER TABLE jobs DROP refunded_at")
    app.sections.pop("sessions.refunded")
    app.map(exclude=None)
    assert '"public"."credit_notes"."job_reference" (20 of the newest' in refuses(app, "marks")


def test_a_key_of_json_that_no_row_has(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book ADD about jsonb, DROP total; UPDATE book SET about = jsonb_build_object('job', job)")
    app.sql("ALTER TABLE book DROP job")
    app.map("ledger", session="about ->> 'session'")
    app.map("ledger.insert", job=None, about="jsonb_build_object('session', session_id)")
    assert '"public"."book"."about" (20 of the newest' in refuses(app, "marks")
    app.map("ledger", session="about ->> 'job'")
    app.map("ledger.insert", about="jsonb_build_object('job', session_id)")
    assert rehearsed(app) == {}


def test_what_came_in_and_what_went_out_in_a_column_each(bare: AppDatabase) -> None:
    """No word says refund, and a text names the session."""
    app = shop(bare)
    app.sql("ALTER TABLE jobs ALTER id TYPE int USING substr(id, 2)::int")
    app.sql("ALTER TABLE book ADD money_in int, ADD money_out int, ADD ref text, DROP total")
    app.sql("UPDATE book SET money_in = greatest(amount, 0), money_out = greatest(-amount, 0), kind = 'entry', "
            "ref = 'job:' || substr(job, 2)")  # fmt: skip
    app.sql("ALTER TABLE book DROP amount, DROP job")
    without_ledger(app)
    assert '"public"."book" (in a text) (20 of the newest failed' in refuses(app, "marks")
    app.sql("DELETE FROM book WHERE money_in > 0")
    assert rehearsed(app)["marks"]["status"] == "warning", "only charges are left"


@pytest.mark.parametrize("word", ["released", "void"])
def test_the_state_of_a_hold_on_the_session_itself(bare: AppDatabase, word: str) -> None:
    app = marked_shop(bare)
    app.sql("ALTER TABLE jobs ADD hold_state text NOT NULL DEFAULT 'held'")
    app.sql(f"UPDATE jobs SET hold_state = '{word}' WHERE refunded_at IS NOT NULL; ALTER TABLE jobs DROP refunded_at")
    app.sections.pop("sessions.refunded")
    app.map(exclude=None)
    assert "jobs.hold_state (20 of the newest failed sessions" in refuses(app, "marks")
    app.map(exclude="hold_state = 'captured'")
    assert "hold_state says that 20 of the newest failed" in rehearsed(app)["marks"]["message"]
    app.map(exclude="hold_state <> 'held'")
    app.map("sessions.refunded", hold_state=f"'{word}'")
    assert rehearsed(app) == {}


def test_charges_of_batches_that_have_the_numbers_of_pages(bare: AppDatabase) -> None:
    """They say nothing about whose the pages are, while only a few have such a number."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total, ADD about text NOT NULL DEFAULT 'page'; DELETE FROM book WHERE amount < 0")
    app.sql("INSERT INTO book (wallet, job, kind, amount, about) SELECT 'w' || (right(owner, 1)::int + 1) % 5, id, "
            "'charge', -60, 'batch' FROM jobs WHERE substr(id, 2)::int <= 10")  # fmt: skip
    app.map("ledger", where="kind = 'refund' AND about = 'page'")
    app.map("ledger.insert", about="'page'")
    assert rehearsed(app) == {}


def test_a_status_without_an_error_that_the_app_never_refunds(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("UPDATE jobs SET error = 'no' WHERE state = 'failed'")
    app.sql("UPDATE jobs SET state = 'dropped', error = NULL WHERE state = 'done'")
    app.sql("INSERT INTO jobs (id, owner, state, price, began) SELECT 'd' || n, 'w1', 'done', 3, now() - interval "
            "'1 h' FROM generate_series(1, 40) AS n")  # fmt: skip
    app.map(failed=["failed", "dropped"], error="error")
    found = rehearsed(app)["statuses"]
    assert (found["status"], "refunded none of 10 such sessions" in found["message"]) == ("warning", True)
    app.map(failed=["failed"], succeeded=["done", "dropped"])
    assert "statuses" not in rehearsed(app)


def test_refunds_of_another_kind_than_ours(bare: AppDatabase) -> None:
    """The sessions show what was refunded, so nothing is paid twice; but the books get rows of another kind."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total; UPDATE jobs SET refunded_at = now() WHERE substr(id, 2)::int <= 20")
    app.map(exclude="refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at")
    assert rehearsed(app) == {}
    app.map("ledger", where="kind = 'bonus'")
    app.map("ledger.insert", kind="'bonus'")
    found = rehearsed(app)["past_refunds"]
    assert (found["status"], found["message"].split(", such as")[0]) == (
        "warning", "20 of the newest sessions that exclude is true of"
    )  # fmt: skip
    assert "have a row with kind refund, as no other session has" in found["message"]
    app.map("ledger.past", where="kind = 'refund'")
    assert rehearsed(app) == {}, "ours are to be of another kind"


def test_refunds_that_are_all_ours(bare: AppDatabase) -> None:
    """The app has refunded none itself, and `exclude` is true of what a sweep has refunded."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total; DELETE FROM book WHERE kind = 'refund'")
    app.map(exclude="refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at")
    assert app.install().exit_code == 0
    ran = app.database.run(now=None)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 30), ran.stderr
    assert "past_refunds" not in rehearsed(app)
