"""Refunds of the app's own that are reached without a foreign key, or that an amount out of the book leaves in."""

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed, shop, without_ledger

HOLDS = """
CREATE TABLE reservations ({key} text PRIMARY KEY, taken int NOT NULL, status text NOT NULL);
ALTER TABLE jobs ADD {link} text UNIQUE;
UPDATE jobs SET {link} = 'r' || id;
INSERT INTO reservations SELECT {link}, price, CASE state WHEN 'done' THEN 'committed' ELSE 'reserved' END FROM jobs;
UPDATE reservations SET status = '{word}' WHERE {key} IN (
    SELECT j.{link} FROM jobs j JOIN book b ON b.job = j.id AND b.kind = 'refund'
);
"""
AMOUNT = "(SELECT r.taken FROM reservations r WHERE r.{key} = s.{link})"
RELEASED = "(SELECT r.status = '{word}' FROM reservations r WHERE r.{key} = s.{link})"


@pytest.mark.parametrize(
    ("key", "link", "word"), [("request_id", "request_id", "released"), ("id", "reservation_id", "deleted")]
)
def test_reservations_that_sessions_name_without_a_foreign_key(
    bare: AppDatabase, key: str, link: str, word: str
) -> None:
    app = shop(bare)
    app.sql(HOLDS.format(key=key, link=link, word=word))
    app.sql("DROP TABLE book")
    without_ledger(app)
    app.map(amount=AMOUNT.format(key=key, link=link))
    assert "reservations.status (20 of the newest failed sessions" in refuses(app, "marks")
    app.map(exclude=RELEASED.format(key=key, link=link, word="committed"))
    assert "reservations.status" in refuses(app, "marks")
    app.map(exclude=RELEASED.format(key=key, link=link, word=word))
    assert "says that" not in rehearsed(app)["marks"]["message"]


def test_ids_that_only_have_the_same_name(bare: AppDatabase) -> None:
    """Whatever has the number of a job is no reservation of it."""
    app = shop(bare)
    app.sql("CREATE TABLE reservations (id text PRIMARY KEY, status text NOT NULL)")
    app.sql("INSERT INTO reservations SELECT id, CASE state WHEN 'failed' THEN 'released' ELSE 'held' END FROM jobs")
    app.sql("ALTER TABLE book DROP total")
    assert rehearsed(app) == {}


def test_charges_in_the_ledger_that_sessions_name(bare: AppDatabase) -> None:
    """A refund of the app's marks the charge; one of ours would be a row of its own."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total, ADD status text NOT NULL DEFAULT 'active'")
    app.sql("ALTER TABLE jobs ADD book_id bigint")
    app.sql("UPDATE jobs SET book_id = b.id FROM book b WHERE b.job = jobs.id AND b.kind = 'charge'")
    app.sql("UPDATE book SET status = 'deleted' WHERE kind = 'charge' AND job IN (SELECT job FROM book WHERE kind = "
            "'refund'); DELETE FROM book WHERE kind = 'refund'; UPDATE book SET job = NULL")  # fmt: skip
    app.sql("ALTER TABLE book RENAME TO credit; ALTER TABLE jobs RENAME book_id TO credit_id")
    app.map(amount="(SELECT -c.amount FROM credit c WHERE c.id = s.credit_id)")
    app.map("ledger", table="credit")
    assert "credit.status says that 20 of the newest failed" in refuses(app, "marks")


def test_texts_of_refunds_that_the_amount_does_not_subtract(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE jobs ALTER id TYPE int USING substr(id, 2)::int")
    app.sql("ALTER TABLE book DROP total, ADD note text; UPDATE book SET job = substr(job, 2)")
    app.sql("UPDATE book SET note = 'Refund of job #' || job, job = NULL WHERE kind = 'refund' AND job::int <= 10")
    app.map("ledger", session="(job::int)", where="kind = 'refund' AND job IS NOT NULL")
    app.map("ledger.insert", job="session_id::text")
    taken = "SELECT -sum(b.amount) FROM book b WHERE b.job = s.id::text"
    app.map(amount=f"({taken} AND b.kind = 'charge')")
    assert "name, in a text, 10 sessions that would be paid again" in refuses(app, "ledger")
    app.map(amount=f"({taken} OR b.note LIKE '%#' || s.id)")
    assert "ledger" not in rehearsed(app)


def test_another_key_of_json_that_refunds_had_before(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE jobs ALTER id TYPE int USING substr(id, 2)::int")
    app.sql("ALTER TABLE book DROP total, ADD meta json; UPDATE book SET meta = json_build_object("
            "CASE WHEN substr(job, 2)::int <= 10 THEN 'jobId' ELSE 'job_id' END, substr(job, 2)::int)")  # fmt: skip
    app.sql("ALTER TABLE book DROP job")
    app.map("ledger", session="((meta ->> 'job_id')::int)", where="kind = 'refund' AND meta ->> 'job_id' IS NOT NULL")
    app.map("ledger.insert", job=None, meta="json_build_object('job_id', session_id)")
    found = refuses(app, "ledger")
    assert "of 10 sessions that would be paid again, such as 1, 10, 2: they name them in meta under 'jobId'" in found
    app.map(amount="(SELECT -sum(b.amount) FROM book b WHERE coalesce(b.meta ->> 'job_id', b.meta ->> 'jobId') = "
            "s.id::text AND b.kind = 'charge')")  # fmt: skip
    assert "under 'jobId'" in rehearsed(app)["ledger"]["message"], "charges are not what was given back"
    app.sql("UPDATE book SET wallet = 'w' || (right(wallet, 1)::int + 1) % 5 WHERE meta ->> 'jobId' IS NOT NULL")
    assert "ledger" not in rehearsed(app), "they are of other things with such numbers"


def test_rows_behind_a_table_of_links(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("CREATE TABLE book_jobs (book_id bigint REFERENCES book, job_id text REFERENCES jobs, UNIQUE (book_id))")
    app.sql("INSERT INTO book_jobs SELECT id, job FROM book; ALTER TABLE book DROP job")
    without_ledger(app)
    assert '"public"."book"."id" (20 of the newest failed' in refuses(app, "marks")
    app.sql("UPDATE book SET amount = abs(amount)")
    app.map(amount="(SELECT b.amount FROM book AS b JOIN book_jobs AS k ON k.book_id = b.id "
                   "WHERE k.job_id = s.id AND b.kind = 'charge')")  # fmt: skip
    assert '"public"."book"."id" (20 of the newest failed' in rehearsed(app)["marks"]["message"]


def test_holds_that_name_a_session_without_a_key(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("CREATE TABLE holds (id bigserial PRIMARY KEY, job_ref text, credits numeric, state text)")
    app.sql("INSERT INTO holds (job_ref, credits, state) SELECT id, price, CASE WHEN state = 'done' THEN 'captured' "
            "WHEN substr(id, 2)::int <= 20 THEN 'released' ELSE 'held' END FROM jobs; DROP TABLE book")  # fmt: skip
    without_ledger(app)
    assert "holds.state (20 of the newest failed sessions" in refuses(app, "marks")
