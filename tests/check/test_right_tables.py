"""Right files for apps with more tables beside the sessions, or with rows that come and go."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.shops import refuses, rehearsed, without_ledger

# two items a job; of every third, the app has given one back
ITEMS = """
CREATE TABLE items (id serial PRIMARY KEY, job text REFERENCES jobs, credits int, refunded_at timestamptz);
INSERT INTO items (job, credits) SELECT id, unnest(ARRAY[1, price - 1]) FROM jobs;
UPDATE items SET refunded_at = now() FROM jobs AS j
WHERE j.id = job AND credits = 1 AND items.id % 3 = 0 AND state = 'failed';
"""
LEFT = "(SELECT sum(i.credits) FROM items AS i WHERE i.job = s.id AND i.refunded_at IS NULL)"


def test_items_of_which_some_were_given_back(marked: App) -> None:
    marked.sql(ITEMS)
    marked.map(amount=LEFT)
    assert rehearsed(marked) == {}
    marked.map(amount="price")
    marked.sql("UPDATE items SET refunded_at = now() WHERE job IN ('j28', 'j29', 'j30')")
    assert "items.refunded_at says that 3 of the newest" in refuses(marked, "marks")


def test_an_extra_that_was_given_back(marked: App) -> None:
    """Its price is not that of the job."""
    marked.sql(
        "CREATE TABLE extras (id serial PRIMARY KEY, job text REFERENCES jobs, price_usd numeric, refunded_at date)"
    )
    marked.sql("ALTER TABLE extras ALTER refunded_at TYPE timestamptz")
    marked.sql("INSERT INTO extras (job, price_usd, refunded_at) "
               "SELECT id, 0.99, CASE WHEN state = 'failed' THEN now() END FROM jobs")  # fmt: skip
    assert rehearsed(marked) == {}


def test_payments_of_which_the_first_was_given_back(marked: App) -> None:
    """The job was tried again, and charged again."""
    marked.sql("CREATE TABLE payments (id serial PRIMARY KEY, job text REFERENCES jobs, credits int, status text)")
    marked.sql(
        "INSERT INTO payments (job, credits, status) SELECT id, price, 'refunded' FROM jobs WHERE state = 'failed'"
    )
    marked.sql("INSERT INTO payments (job, credits, status) SELECT id, price, 'captured' FROM jobs")
    assert "marks" not in rehearsed(marked)


def test_an_amount_of_a_book_in_which_jobs_were_charged_again(app: App) -> None:
    """It has what was given back subtracted, and nothing else knows of it."""
    app.sql("DELETE FROM book WHERE kind = 'refund'")
    app.sql(
        "INSERT INTO book (wallet, job, kind, amount) SELECT wallet, job, 'refund', -amount FROM book WHERE job > 'j3'"
    )
    app.sql("INSERT INTO book (wallet, job, kind, amount) SELECT wallet, job, 'charge', -amount FROM book "
            "WHERE kind = 'refund'")  # fmt: skip
    without_ledger(app)
    app.map(amount="(SELECT -sum(b.amount) FROM book AS b WHERE b.job = s.id)")
    assert rehearsed(app)["marks"]["status"] == "warning"


@pytest.mark.parametrize("used", [15, 20])
def test_what_is_left_of_a_refund_that_was_spent(app: App, used: int) -> None:
    app.sql("ALTER TABLE book ADD remaining numeric; UPDATE book SET remaining = amount WHERE kind = 'refund'")
    app.sql(f"UPDATE book SET remaining = 0 WHERE kind = 'refund' AND substr(job, 2)::int <= {used}")
    app.map("ledger.insert", remaining="amount")
    assert rehearsed(app) == {}


# what has ended is archived elsewhere
QUEUE = "UPDATE jobs SET state = 'running', ended = NULL; DELETE FROM book WHERE kind = 'refund' AND job < 'j15'"


def test_a_queue_in_which_jobs_are_tried_again(app: App) -> None:
    app.sql(QUEUE)
    app.sql("ALTER TABLE jobs ADD try int NOT NULL DEFAULT 2; ALTER TABLE book ADD try int DEFAULT 1")
    app.sql("INSERT INTO book (wallet, job, kind, amount, try) SELECT owner, id, 'charge', -price, 2 FROM jobs")
    app.sql("UPDATE wallets AS w SET balance = 1000 + (SELECT sum(b.amount) FROM book AS b WHERE b.wallet = w.id)")
    app.map(attempt="try")
    app.map("ledger", attempt="try")
    app.map("ledger.insert", **{"try": "attempt"})
    assert "statuses" not in rehearsed(app)


def test_a_refund_for_each_charge_of_a_job(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD try int NOT NULL DEFAULT 2; ALTER TABLE book ADD try int DEFAULT 2")
    app.sql("INSERT INTO book (wallet, job, kind, amount, try) SELECT wallet, job, kind, amount, 1 FROM book")
    app.sql("UPDATE wallets AS w SET balance = 1000 + (SELECT sum(b.amount) FROM book AS b WHERE b.wallet = w.id)")
    app.map(attempt="try")
    app.map("ledger", attempt="try")
    app.map("ledger.insert", **{"try": "attempt"})
    assert "past_refunds" not in rehearsed(app)
    app.map(amount="price * 2")  # as much as for both
    assert rehearsed(app)["past_refunds"]["status"] == "failure"
    app.map(amount="price")
    app.sql("UPDATE jobs SET state = 'done' WHERE id IN (SELECT job FROM book WHERE kind = 'refund')")
    app.sql("DELETE FROM book WHERE kind = 'refund' AND try = 2")
    app.sql("UPDATE wallets AS w SET balance = 1000 + (SELECT sum(b.amount) FROM book AS b WHERE b.wallet = w.id)")
    assert "statuses" not in rehearsed(app)
    app.sql("ALTER TABLE jobs ALTER try DROP NOT NULL")
    app.sql("UPDATE jobs SET state = 'failed', try = NULL WHERE id IN (SELECT job FROM book WHERE kind = 'refund')")
    assert "past_refunds" not in rehearsed(app), "the app leaves no charge to what it has refunded"


def test_marks_of_an_earlier_charge(marked: App) -> None:
    marked.sql("ALTER TABLE jobs ADD try int NOT NULL DEFAULT 1, ADD refunded_try int")
    marked.sql(
        "UPDATE jobs SET refunded_try = 1 WHERE refunded_at IS NOT NULL; UPDATE jobs SET try = 2 WHERE id = 'j1'"
    )
    marked.map(attempt="try", exclude="refunded_try = try")
    marked.map("sessions.refunded", refunded_try="attempt")
    found = rehearsed(marked)["marks"]
    assert (found["status"], "or an earlier charge of theirs was" in found["message"]) == ("warning", True), found


def test_a_queue_of_jobs_that_were_given_back_in_part(app: App) -> None:
    app.sql(QUEUE)
    app.sql("ALTER TABLE book ADD by text; UPDATE book SET amount = 1 WHERE kind = 'refund'")
    app.map(amount="(SELECT -sum(b.amount) FROM book AS b WHERE b.job = s.id AND b.by IS NULL)")
    app.map("ledger", where="by = 'sweeper'")
    app.map("ledger.insert", by="'sweeper'")
    app.map("ledger.past", where="kind = 'refund' AND by IS NULL")
    assert "statuses" not in rehearsed(app)


# versions of the prices of models; a job names the version that it was charged by
VERSIONS = """
CREATE TABLE models (code text, rev int, credits int, PRIMARY KEY (code, rev));
INSERT INTO models SELECT 'm' || n, r, n FROM generate_series(2, 7) AS n, generate_series(1, 3) AS r;
ALTER TABLE jobs ADD model text, ADD rev int DEFAULT 3;
UPDATE jobs SET model = 'm' || price;
ALTER TABLE jobs ADD FOREIGN KEY (model, rev) REFERENCES models (code, rev);
"""


def test_the_newest_version_of_a_price(marked: App) -> None:
    marked.sql(VERSIONS)
    marked.map(amount="(SELECT m.credits FROM models AS m WHERE m.code = s.model ORDER BY m.rev DESC LIMIT 1)")
    found = rehearsed(marked)["charges"]
    assert (found["status"], "counts rows of models" in found["message"]) == ("warning", True)


@pytest.mark.parametrize(
    ("own", "theirs", "value"), [("numeric", "numeric(9, 2)", "7"), ("timestamp", "timestamptz", "'2026-11-01'")]
)
def test_a_key_of_two_types(marked: App, own: str, theirs: str, value: str) -> None:
    """The same value has two texts."""
    marked.sql(f"ALTER TABLE jobs ADD tenant {own} DEFAULT {value}; ALTER TABLE jobs ADD UNIQUE (id, tenant)")
    marked.sql(f"CREATE TABLE parts (id serial PRIMARY KEY, job text, part_of {theirs} DEFAULT {value}, credits int, "
               "FOREIGN KEY (job, part_of) REFERENCES jobs (id, tenant))")  # fmt: skip
    marked.sql("SET TimeZone = 'UTC'; INSERT INTO parts (job, credits) SELECT id, price FROM jobs")
    marked.map(amount="(SELECT sum(p.credits) FROM parts AS p WHERE p.job = s.id)")
    assert rehearsed(marked) == {}


def test_a_queue_of_which_an_operator_gave_some_back(app: App) -> None:
    """They go on: none of them has an end."""
    app.sql(QUEUE)
    found = rehearsed(app)["statuses"]
    assert (found["status"], "if by sessions.status = 'state' none ever ends" in found["message"]) == ("warning", True)
    app.sql("UPDATE jobs SET ended = now() - interval '20 min'")
    assert "if by sessions.status = 'state' none ever ends" in refuses(app, "statuses")


def test_a_correction_of_one_job(app: App) -> None:
    """It may be of anything, unless it is called a refund, or is of the whole price."""
    app.sql("INSERT INTO book (wallet, job, kind, amount) SELECT owner, id, 'goodwill', 1 FROM jobs WHERE id = 'j24'")
    assert rehearsed(app)["ledger"]["status"] == "warning"
    app.sql("UPDATE book SET amount = 2 WHERE kind = 'goodwill'")
    assert "misses rows that look like refunds, of 1 sessions" in refuses(app, "ledger")


def test_a_charge_that_the_file_reads_from_what_was_voided(app: App) -> None:
    """What has no charge any more is not paid."""
    app.sql("CREATE TABLE escrow (id serial PRIMARY KEY, job text REFERENCES jobs, credits int, voided_at timestamptz)")
    app.sql("INSERT INTO escrow (job, credits, voided_at) SELECT id, price, CASE WHEN b.job IS NOT NULL THEN now() END "
            "FROM jobs LEFT JOIN (SELECT job FROM book WHERE kind = 'refund') AS b ON b.job = jobs.id")  # fmt: skip
    app.sql("DROP TABLE book")
    without_ledger(app)
    app.map(charged="(SELECT e.credits FROM escrow AS e WHERE e.job = s.id AND e.voided_at IS NULL)")
    assert "marks" not in rehearsed(app)
    app.map(charged="(SELECT e.credits FROM escrow AS e WHERE e.job = s.id)")
    assert "escrow.voided_at says that 20 of the newest" in refuses(app, "marks")


QUOTES = """
CREATE TABLE quotes (id int PRIMARY KEY, credits int, note text);
CREATE TABLE job_quotes (job_id text REFERENCES jobs, quote_id int REFERENCES quotes);
INSERT INTO quotes SELECT substr(id, 2)::int, price, 'full refund if it fails' FROM jobs;
INSERT INTO job_quotes SELECT id, substr(id, 2)::int FROM jobs;
CREATE TABLE plans (id int PRIMARY KEY, credits int, refund_policy text);
CREATE TABLE job_plans (job_id text REFERENCES jobs, plan_id int REFERENCES plans);
INSERT INTO plans SELECT n, n, 'refund' FROM generate_series(2, 7) AS n;
INSERT INTO job_plans SELECT id, price FROM jobs;
"""


def test_terms_that_sessions_that_succeeded_have_as_well(app: App) -> None:
    """The app has refunded nothing; many jobs share a plan."""
    app.sql("DELETE FROM book WHERE kind = 'refund'")
    app.sql(QUOTES)
    assert rehearsed(app) == {}
    app.sql("DELETE FROM job_quotes WHERE quote_id > 30; UPDATE quotes SET note = 'refunded' WHERE id <= 30")
    assert '"public"."quotes"."id" (30 of the newest failed' in refuses(app, "marks")


def test_both_sides_of_charges_in_a_book_that_the_file_does_not_read(app: App) -> None:
    app.sql("DELETE FROM book WHERE kind = 'refund'; ALTER TABLE book RENAME wallet TO side")
    app.sql("INSERT INTO book (side, job, kind, amount) SELECT 'house', job, kind, -amount FROM book")
    without_ledger(app)
    app.map(exclude="refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at")
    assert not {"marks", "past_refunds"} & rehearsed(app).keys()


def test_charges_without_signs_whose_texts_have_words_of_refunds(app: App) -> None:
    app.sql("UPDATE book SET amount = abs(amount); ALTER TABLE book ADD note text")
    app.sql("UPDATE book SET note = 'reverse image search' WHERE kind = 'charge' AND right(job, 1) IN ('1', '4', '7')")
    assert rehearsed(app) == {}
    app.sql("DELETE FROM book WHERE kind = 'refund'; UPDATE book SET note = 'refundable'")
    app.sql("INSERT INTO book (wallet, job, kind, amount) SELECT owner, id, 'fee', 1 FROM jobs WHERE state = 'failed'")
    app.map(amount="(SELECT sum(b.amount) FROM book AS b WHERE b.job = s.id AND b.kind <> 'refund')")
    assert rehearsed(app) == {}
