"""Right files for apps with rows that are about sessions, or have their numbers, and are not what they seem to be."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.checks import check, items
from tests.helpers.shops import refuses, rehearsed

# a row of another table for each job, whose state is `over` where the job failed
OTHERS = """
CREATE TABLE {table} (id text PRIMARY KEY, {columns}status text NOT NULL);
ALTER TABLE jobs ADD {link} text;
UPDATE jobs SET {link} = {id};
INSERT INTO {table}
SELECT DISTINCT {link}, {values}CASE state WHEN 'failed' THEN '{over}' ELSE 'completed' END FROM jobs;
"""


@pytest.mark.parametrize(
    ("table", "link", "columns", "values", "id", "over"),
    [
        ("gpu_reservations", "gpu_reservation_id", "gpu text, ", "'a100', ", "'g' || id", "cancelled"),
        ("usage", "usage_id", "seconds int, ", "17, ", "'u' || id", "void"),
        ("credits", "credit_id", "bought int, ", "500, ", "state || substr(id, 2)::int % 3", "expired"),
        ("credit_codes", "credit_code_id", "", "", "state || substr(id, 2)::int % 3", "expired"),
        ("payments", "payment_id", "usd numeric, ", "19.9, ", "state || substr(id, 2)::int % 3", "refunded"),
    ],
)
def test_rows_that_are_no_charges(
    marked: App, table: str, link: str, columns: str, values: str, id: str, over: str
) -> None:
    """None has the amount of its job: a machine, minutes, a pack of credits that is used up, a card's payment."""
    marked.sql(OTHERS.format(table=table, link=link, columns=columns, values=values, id=id, over=over))
    assert rehearsed(marked) == {}
    marked.sql(f"ALTER TABLE jobs ADD FOREIGN KEY ({link}) REFERENCES {table}")
    assert rehearsed(marked) == {}


def test_a_table_that_this_role_may_not_read(marked: App) -> None:
    """Jobs have a column of its name, and no foreign key: it need not be about them."""
    marked.sql(
        "CREATE TABLE payments (id text PRIMARY KEY, credits int, status text); ALTER TABLE jobs ADD payment_id text"
    )
    marked.sql("GRANT SELECT ON jobs, wallets TO sweeper_runner")
    marked.write()
    found = items(check(marked.database, SWEEPER_DATABASE_URL=marked.database.url_as("sweeper_runner")))
    assert found["marks"]["status"] == "ok", found["marks"]


# the shop's jobs have numbers, and the book names them in JSON
NUMBERED = """
ALTER TABLE jobs ALTER id TYPE int USING substr(id, 2)::int;
ALTER TABLE book ADD meta jsonb, ADD status text NOT NULL DEFAULT 'posted';
UPDATE book SET meta = jsonb_build_object('job', substr(job, 2)::int);
ALTER TABLE book DROP job;
"""
OWED = "FROM jobs WHERE state = 'failed' AND id > 20"


@pytest.fixture
def numbered(app: App) -> App:
    app.sql(NUMBERED)
    app.map("ledger", session="((meta ->> 'job')::int)", where="kind = 'refund' AND meta ->> 'job' IS NOT NULL")
    app.map("ledger.insert", job=None, meta="jsonb_build_object('job', session_id)")
    return app


def ledger_says(app: App) -> str:
    """What the item of the ledger says, but for an app whose wallets do not follow the book."""
    return str(rehearsed(app).get("ledger", ""))


@pytest.mark.parametrize("owner", ["'w0'", "'w' || n / 3 % 5"])
def test_other_things_with_the_same_numbers(numbered: App, owner: str) -> None:
    """Images of one credit, some of which were refunded, as jobs of one credit were."""
    numbered.sql("UPDATE jobs SET price = 1; UPDATE book SET amount = sign(amount)")
    if owner == "'w0'":
        numbered.sql("UPDATE jobs SET owner = 'w0'; UPDATE book SET wallet = 'w0'")
    numbered.sql("INSERT INTO book (wallet, kind, amount, meta) SELECT " + owner + ", 'refund', 1, "
                 "jsonb_build_object('image', n, 'page', 21 + n % 9) FROM generate_series(1, 40) AS n")  # fmt: skip
    assert ledger_says(numbered) == ""


def add_rows(app: App, *kinds: str) -> None:
    """Add rows of these kinds, each with its sign, to the jobs that are owed."""
    for kind in kinds:
        app.sql("INSERT INTO book (wallet, kind, amount, meta) SELECT owner, %s, %s * price, "
                f"jsonb_build_object('of', id) {OWED}", kind[1:], int(f"{kind[0]}1"))  # fmt: skip


def test_refunds_that_were_taken_back(numbered: App) -> None:
    add_rows(numbered, "+refund", "-refund_reversed")
    assert ledger_says(numbered) == ""
    numbered.sql("DELETE FROM book WHERE kind = 'refund_reversed'")
    assert "they name them in meta under 'of'" in refuses(numbered, "ledger")
    numbered.sql("UPDATE book SET status = 'failed' WHERE meta ? 'of'")
    assert ledger_says(numbered) == "", "nobody got them"


def test_an_extra_that_costs_as_much(numbered: App) -> None:
    """It was charged and given back under a key of its own."""
    add_rows(numbered, "-charge", "+refund")
    assert ledger_says(numbered) == ""


def test_charges_that_say_when_they_are_refunded(app: App) -> None:
    app.sql("ALTER TABLE book ADD meta jsonb, ADD note text; UPDATE book SET note = 'Job, refunded when it fails', "
            "meta = jsonb_build_object('of', job) WHERE kind = 'charge'")  # fmt: skip
    assert rehearsed(app) == {}


# the shop gives back half of each price at once; the rest is what it forgets
HALVES = """
UPDATE jobs SET price = price * 2;
UPDATE book SET amount = amount * 2 WHERE kind = 'charge';
UPDATE book SET kind = 'half refund', note = 'Refund of job #' || substr(job, 2) WHERE kind = 'refund';
ALTER TABLE jobs ALTER id TYPE int USING substr(id, 2)::int;
UPDATE book SET job = substr(job, 2);
"""


@pytest.mark.parametrize("linked", [True, False])
def test_halves_that_the_amount_subtracts(app: App, linked: bool) -> None:
    app.sql("ALTER TABLE book ADD note text")
    app.sql(HALVES)
    if not linked:
        app.sql("UPDATE book SET job = NULL WHERE kind = 'half refund'")
    app.map(amount="(SELECT -sum(b.amount) FROM book b WHERE b.kind <> 'refund' AND (b.job = s.id::text OR "
                   "b.note = 'Refund of job #' || s.id))")  # fmt: skip
    app.map("ledger", session="(job::int)")
    app.map("ledger.insert", job="session_id::text")
    assert ledger_says(app) == ""
