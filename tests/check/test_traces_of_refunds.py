"""Rows of the app's own refunds that have no amount themselves, or name a session behind another word."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.shops import refuses, rehearsed, without_ledger

pytestmark = pytest.mark.slow


def test_a_kind_that_begins_as_the_table_is_called(app: App) -> None:
    """Of `job_refund job:12` the first match is no id."""
    app.sql("ALTER TABLE jobs ALTER id TYPE int USING substr(id, 2)::int; ALTER TABLE book ADD ref text")
    app.sql("UPDATE book SET ref = 'job:' || substr(job, 2), kind = 'job_' || kind")
    app.sql("ALTER TABLE book DROP job")
    without_ledger(app)
    assert '"public"."book" (in a text) (20 of the newest failed' in refuses(app, "marks")


JOURNAL = """
CREATE TABLE journal (id bigserial PRIMARY KEY, kind text NOT NULL, source_type text NOT NULL, source_id text NOT NULL);
CREATE TABLE postings (id bigserial PRIMARY KEY, journal_id bigint NOT NULL REFERENCES journal, wallet text,
    amount numeric NOT NULL);
INSERT INTO journal (kind, source_type, source_id) SELECT kind, 'job', job FROM book ORDER BY id;
INSERT INTO postings (journal_id, wallet, amount)
SELECT j.id, b.wallet, b.amount FROM journal AS j JOIN book AS b ON b.job = j.source_id AND b.kind = j.kind
UNION ALL SELECT j.id, NULL, -b.amount FROM journal AS j JOIN book AS b ON b.job = j.source_id AND b.kind = j.kind;
DROP TABLE book;
"""


def test_a_journal_whose_amounts_are_in_its_postings(app: App) -> None:
    app.sql(JOURNAL)
    without_ledger(app)
    assert '"public"."journal"."source_id" (20 of the newest failed' in refuses(app, "marks")
    app.sql("UPDATE journal SET kind = 'refund_requested' WHERE kind = 'refund'")
    assert rehearsed(app)["marks"]["status"] == "warning", "that is no refund yet"


HISTORY = """
CREATE TABLE job_states (id bigserial PRIMARY KEY, job_id text NOT NULL REFERENCES jobs, state text NOT NULL);
INSERT INTO job_states (job_id, state) SELECT id, state FROM jobs
UNION ALL SELECT job, 'refunded' FROM book WHERE kind = 'refund';
DROP TABLE book;
"""


def test_a_history_of_states_that_says_refunded(app: App) -> None:
    app.sql(HISTORY)
    without_ledger(app)
    assert '"public"."job_states"."job_id" (20 of the newest failed' in refuses(app, "marks")
    app.map(exclude="EXISTS (SELECT FROM job_states t WHERE t.job_id = s.id AND t.state = 'refunded')")
    assert rehearsed(app)["marks"]["status"] == "warning"


USED = """
CREATE TABLE credit_uses (id bigserial PRIMARY KEY, job_id text NOT NULL REFERENCES jobs, amount int NOT NULL, {mark});
INSERT INTO credit_uses (job_id, amount) SELECT id, price FROM jobs;
UPDATE credit_uses SET {set} WHERE job_id IN (SELECT job FROM book WHERE kind = 'refund');
DROP TABLE book;
"""


@pytest.mark.parametrize(
    ("mark", "written"), [("reversed_at timestamptz", "reversed_at = now()"), ("undone boolean", "undone = true")]
)
def test_uses_that_were_taken_back(app: App, mark: str, written: str) -> None:
    app.sql(USED.format(mark=mark, set=written))
    without_ledger(app)
    name = mark.split()[0]
    assert f"credit_uses.{name} (20 of the newest failed" in refuses(app, "marks")
    condition = name if name == "undone" else f"{name} IS NOT NULL"
    app.map(exclude=f"EXISTS (SELECT FROM credit_uses u WHERE u.job_id = s.id AND u.{condition})")
    assert rehearsed(app)["marks"]["status"] == "warning"


def test_a_table_that_is_not_called_as_charges(app: App) -> None:
    """Its rows have an amount, and a time that says that it was taken back."""
    app.sql(USED.format(mark="reversed_at timestamptz", set="reversed_at = now()"))
    app.sql("ALTER TABLE credit_uses RENAME TO lot_lines")
    without_ledger(app)
    app.map(exclude="EXISTS (SELECT FROM lot_lines l WHERE l.job_id = s.id AND l.reversed_at IS NULL)")
    assert "lot_lines.reversed_at says that 20 of the newest failed" in refuses(app, "marks")
    app.sql("ALTER TABLE lot_lines DROP amount")
    assert rehearsed(app)["marks"]["status"] == "warning", "without an amount, they are no credits"


GRANTS = """
CREATE TABLE grants (id bigserial PRIMARY KEY, wallet text NOT NULL, amount numeric NOT NULL, source text NOT NULL,
    request_id text REFERENCES jobs);
INSERT INTO grants (wallet, amount, source, request_id) SELECT wallet, amount, 'job_refund', job FROM book
WHERE kind = 'refund';
DROP TABLE book;
"""


def test_a_foreign_key_beside_a_source(app: App) -> None:
    """The name `source` may be of a link, but a foreign key is one."""
    app.sql(GRANTS)
    without_ledger(app)
    assert '"public"."grants"."request_id" (20 of the newest failed' in refuses(app, "marks")


IN_JSON = """
ALTER TABLE book ADD meta jsonb;
UPDATE book SET meta = jsonb_build_object(CASE kind WHEN 'refund' THEN 'refund_of' ELSE 'charge_of' END, job),
    kind = CASE WHEN amount > 0 THEN 'in' ELSE 'out' END;
ALTER TABLE book DROP job;
"""


def test_another_key_of_json_in_the_book_that_has_the_amount(app: App) -> None:
    """That the amount is read from the book does not take off what was given back there."""
    app.sql(IN_JSON)
    app.map(amount="(SELECT -b.amount FROM book b WHERE b.meta ->> 'charge_of' = s.id)")
    app.map("ledger", session="(meta ->> 'charge_of')", where="amount > 0 AND meta ? 'charge_of'")
    app.map("ledger.insert", job=None, kind="'in'", meta="jsonb_build_object('charge_of', session_id)")
    assert '"public"."book"."meta" (20 of the newest failed' in refuses(app, "marks")
    app.sql("ALTER TABLE book ADD payable text; UPDATE book SET payable = 'j' || 21 + id % 5")
    assert '"public"."book"."meta" (20 of the newest failed' in refuses(app, "marks"), "whatever else names a number"
    app.sql("ALTER TABLE book DROP payable")
    app.map("ledger", session="(meta ->> 'refund_of')", where="amount > 0 AND meta ? 'refund_of'")
    app.map("ledger.insert", meta="jsonb_build_object('refund_of', session_id)")
    assert rehearsed(app) == {}


def test_a_log_of_failures_says_what_was_refunded(app: App) -> None:
    """The status there is the session's: what the text says of it has been done."""
    without_ledger(app)
    app.sql("DROP TABLE book; CREATE TABLE log (id bigserial PRIMARY KEY, status text, message text, amount numeric)")
    app.sql("INSERT INTO log (status, message, amount) SELECT 'failed', 'refunded credits for job ' || id, price "
            "FROM jobs WHERE substr(id, 2)::int <= 20")  # fmt: skip
    assert '"public"."log" (in a text)' in refuses(app, "marks")


def test_refunds_of_which_only_some_are_named_in_json(app: App) -> None:
    app.sql("ALTER TABLE book ADD meta jsonb; UPDATE book SET meta = jsonb_build_object('ref', job), job = NULL, "
            "kind = 'refund_given' WHERE kind = 'refund' AND id % 5 > 1")  # fmt: skip
    assert "12 sessions that would be paid again" in refuses(app, "ledger")
