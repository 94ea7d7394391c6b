"""Right files for apps with odd names and columns: none of them stops a run."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.shops import rehearsed, without_ledger


def failures(app: App) -> dict[str, str]:
    """The items that would stop a run, with what they say."""
    return {name: one["message"] for name, one in rehearsed(app).items() if one["status"] == "failure"}


def without_refunds(app: App) -> None:
    """An app that has refunded nothing, and a file in which nothing would show it."""
    app.sql("DROP TABLE book")
    without_ledger(app)


@pytest.mark.parametrize("status", ["processing_interrupted", "started_then_died", "open_circuit"])
def test_a_failure_called_after_what_it_interrupted(app: App, status: str) -> None:
    app.sql(f"UPDATE jobs SET state = '{status}' WHERE state = 'failed' AND substr(id, 2)::int <= 8")
    app.map(failed=["failed", status])
    assert failures(app) == {}


def test_a_step_that_is_completed_while_the_work_goes_on(app: App) -> None:
    app.sql("UPDATE jobs SET state = 'transcription_completed' WHERE substr(id, 2)::int > 45")
    app.map(running=["running", "transcription_completed"])
    assert "is that work that has succeeded?" in rehearsed(app)["statuses"]["message"]
    assert failures(app) == {}


@pytest.mark.parametrize("status", ["rejected", "aborted"])
def test_work_that_a_provider_rejected_and_the_app_never_refunds(app: App, status: str) -> None:
    app.sql(f"UPDATE jobs SET state = '{status}', error = 'provider' WHERE substr(id, 2)::int BETWEEN 21 AND 30")
    app.map(failed=["failed", status], error="error")
    assert failures(app) == {}
    app.sql("UPDATE jobs SET error = NULL")
    assert failures(app).keys() == {"statuses"}


@pytest.mark.parametrize("column", ["worker", "log_url"])
def test_a_crash_that_the_app_never_refunds(app: App, column: str) -> None:
    """What a session has as soon as a worker takes it does not show that it was delivered."""
    app.sql("UPDATE jobs SET state = 'crashed' WHERE substr(id, 2)::int BETWEEN 21 AND 30")
    app.sql(f"ALTER TABLE jobs ADD {column} text; UPDATE jobs SET {column} = 'w' WHERE state <> 'failed'")
    app.map(failed=["failed", "crashed"])
    assert "were they delivered?" in rehearsed(app)["statuses"]["message"]
    assert failures(app) == {}
    app.sql(f"ALTER TABLE jobs RENAME {column} TO result")
    assert "result is set for" in failures(app)["statuses"]


def test_an_amount_and_a_balance_with_names_of_two_meanings(app: App) -> None:
    app.sql("DROP TABLE book")
    app.sections.pop("ledger"), app.sections.pop("ledger.insert")
    app.sql("ALTER TABLE jobs RENAME price TO conversion_credits")
    app.sql("ALTER TABLE jobs ADD price_cents int; UPDATE jobs SET price_cents = conversion_credits * 9 + 1")
    app.sql("ALTER TABLE wallets RENAME balance TO usage_credits")
    app.map(amount="conversion_credits")
    app.map("accounts", balance="usage_credits")
    assert failures(app) == {}


@pytest.mark.parametrize("balance", ["total_credits", "purchased_credits"])
def test_a_total_that_is_what_is_left(app: App, balance: str) -> None:
    app.sql(f"ALTER TABLE wallets RENAME balance TO {balance}")
    app.sql("ALTER TABLE wallets ADD daily_credits int; UPDATE wallets SET daily_credits = ascii(right(id, 1))")
    app.map("accounts", balance=balance)
    assert failures(app) == {}


def test_a_lease_that_ends_with_the_work(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD leased_until timestamptz")
    app.sql("UPDATE jobs SET leased_until = coalesce(ended, now() + interval '12 h')")
    assert "active_at" not in rehearsed(app)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("refund_quote int", "price"),
        ("refund_terms_seen boolean", "true"),
        ("reversed_audio boolean", "price % 2 = 0"),
        ("refund_contact_id uuid", "gen_random_uuid()"),
        ("refund_denied_at timestamptz", "CASE WHEN state = 'failed' THEN ended END"),
        ("payment_status text", "CASE WHEN price = 3 THEN 'void' ELSE 'captured' END"),
    ],
)
def test_columns_that_speak_of_refunds_and_mark_none(app: App, column: str, value: str) -> None:
    app.sql(f"ALTER TABLE jobs ADD {column}; UPDATE jobs SET {column.split()[0]} = {value}")
    without_refunds(app)
    assert failures(app) == {}


def test_a_mark_that_canceled_work_has_as_well(app: App) -> None:
    """The app refunds what customers cancel, and no work that is done: the mark is one."""
    app.sql("UPDATE jobs SET state = 'canceled' WHERE substr(id, 2)::int > 40")
    app.sql("ALTER TABLE jobs ADD refund_issued boolean NOT NULL DEFAULT false")
    app.sql("UPDATE jobs SET refund_issued = state = 'canceled' OR substr(id, 2)::int <= 20")
    app.map(succeeded=["done", "canceled"])
    without_refunds(app)
    assert "jobs.refund_issued (20 of the newest failed sessions" in failures(app)["marks"]


def test_requests_for_refunds_that_were_denied(app: App) -> None:
    app.sql("CREATE TABLE refund_requests (id serial PRIMARY KEY, job text REFERENCES jobs, state text, amount int)")
    app.sql("INSERT INTO refund_requests (job, state, amount) SELECT id, 'denied', price FROM jobs "
            "WHERE state = 'failed'")  # fmt: skip
    without_refunds(app)
    assert failures(app) == {}
    app.sql("UPDATE refund_requests SET state = 'granted'")
    assert "refund_requests" in failures(app)["marks"]


REPLIES = """
CREATE TABLE tickets (id serial PRIMARY KEY, job text REFERENCES jobs, subject text, state text DEFAULT 'open');
CREATE TABLE replies (id serial PRIMARY KEY, ticket int REFERENCES tickets, minutes int NOT NULL DEFAULT 3);
INSERT INTO tickets (job, subject) SELECT id, 'Refund for my job?' FROM jobs WHERE state = 'failed';
INSERT INTO replies (ticket) SELECT id FROM tickets;
"""


@pytest.mark.parametrize(
    "change",
    [
        "",
        "ALTER TABLE tickets ADD minutes int NOT NULL DEFAULT 3",
        """ALTER TABLE tickets ADD meta jsonb NOT NULL DEFAULT '{"priority": 3}'""",
        "UPDATE tickets SET subject = 'It broke'; ALTER TABLE tickets ADD desired_outcome text DEFAULT 'refunded'",
        "ALTER TABLE tickets DROP job, ADD minutes int DEFAULT 3; UPDATE tickets SET subject = 'Refund job j' || id",
    ],
)
def test_tickets_that_ask_for_refunds(app: App, change: str) -> None:
    """What took some minutes, or has a priority, gave nothing back."""
    app.sql(REPLIES + change)
    without_refunds(app)
    assert failures(app) == {}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("No refund was given, never again", "1"),  # a review with its stars
        ("non-refundable base fee", "price"),
        ("refund_protection", "1"),
    ],
)
def test_rows_that_speak_of_refunds_and_are_none(app: App, text: str, number: str) -> None:
    app.sql("CREATE TABLE notes (id serial PRIMARY KEY, job text REFERENCES jobs, body text, value int)")
    app.sql(f"INSERT INTO notes (job, body, value) SELECT id, '{text}', {number} FROM jobs")
    without_refunds(app)
    assert failures(app) == {}


@pytest.mark.parametrize(
    "action", ["refund_queued", "refund_estimated", "no_refund", "credits.refund dead", "refunded"]
)
def test_events_of_refunds_that_were_not_made(app: App, action: str) -> None:
    app.sql("CREATE TABLE job_events (id serial PRIMARY KEY, job_id text REFERENCES jobs, action text, meta jsonb)")
    app.sql(
        f"INSERT INTO job_events (job_id, action, meta) SELECT id, '{action}', jsonb_build_object('credits', price) "
        "FROM jobs WHERE state = 'failed'"
    )
    without_refunds(app)
    assert failures(app).keys() == ({"marks"} if action == "refunded" else set())


@pytest.mark.parametrize("state", ["canceled", "expired", "open"])
@pytest.mark.parametrize("amount", ["NULL", "price"])
def test_requests_for_refunds_that_came_to_nothing(app: App, state: str, amount: str) -> None:
    app.sql("CREATE TABLE refund_requests (id serial PRIMARY KEY, job text REFERENCES jobs, status text, amount int)")
    app.sql(f"INSERT INTO refund_requests (job, status, amount) SELECT id, '{state}', {amount} FROM jobs")
    app.sql("DELETE FROM refund_requests WHERE job IN (SELECT id FROM jobs WHERE state <> 'failed')")
    without_refunds(app)
    assert failures(app) == {}


def test_machines_that_are_released_however_it_ends(app: App) -> None:
    """Those of work that succeeded are no longer there."""
    app.sql("CREATE TABLE gpu_reservations (id serial PRIMARY KEY, job text REFERENCES jobs, released_at timestamptz)")
    app.sql("INSERT INTO gpu_reservations (job, released_at) SELECT id, ended FROM jobs WHERE state = 'failed'")
    without_refunds(app)
    assert failures(app) == {}
    app.sql("INSERT INTO gpu_reservations (job) SELECT id FROM jobs WHERE state = 'done'")
    assert failures(app) == {}, "nothing says that a machine is a charge"
    app.sql("ALTER TABLE gpu_reservations ADD credits int; UPDATE gpu_reservations SET credits = price FROM jobs AS j "
            "WHERE j.id = job")  # fmt: skip
    assert "gpu_reservations.released_at (30 of the newest failed sessions" in failures(app)["marks"]


def test_a_number_that_counts_refunds(app: App) -> None:
    app.sql("DROP TABLE book")
    app.sql("CREATE TABLE batches (id int PRIMARY KEY, total_credits int, refunded_credits int)")
    app.sql("ALTER TABLE jobs ADD batch int; UPDATE jobs SET batch = substr(id, 2)::int % 10")
    app.sql("UPDATE jobs SET price = 1 + (substr(id, 2)::int * substr(id, 2)::int) % 11")
    app.sql("UPDATE jobs SET refunded_at = ended WHERE substr(id, 2)::int <= 20")
    app.sql(
        "INSERT INTO batches "
        "SELECT batch, sum(price), sum(price) FILTER (WHERE refunded_at IS NOT NULL) FROM jobs GROUP BY 1"
    )
    app.sql("ALTER TABLE jobs ADD FOREIGN KEY (batch) REFERENCES batches")
    without_ledger(app)
    app.map(exclude="refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at")
    found = rehearsed(app)["balances"]
    assert found["status"] == "warning"
    assert "who was charged?" not in found["message"]


def test_a_quiet_hour_in_another_zone(app: App) -> None:
    """What has just succeeded shows that times are read rightly."""
    app.sql("ALTER TABLE jobs ALTER id TYPE int USING substr(id, 2)::int")
    without_refunds(app)
    app.map("policy", stuck_after="9h")
    app.sql("UPDATE jobs SET began = began - interval '25 min'")
    for column in ("began", "ended", "beat"):
        app.sql(f"ALTER TABLE jobs ALTER {column} TYPE timestamp USING {column} AT TIME ZONE 'Etc/GMT-1'")
    app.map(timezone="Etc/GMT-1")
    assert "and just now, read in UTC" in failures(app)["time_zone"]
    app.sql(
        "INSERT INTO jobs (id, owner, state, price, began) "
        "VALUES (99, 'w1', 'done', 3, now() AT TIME ZONE 'Etc/GMT-1' - interval '9 min')"
    )
    assert failures(app) == {}


def test_accounts_that_have_spent_everything(app: App) -> None:
    app.sql("UPDATE wallets SET balance = 0")
    assert failures(app) == {}


def test_charges_that_are_booked_at_night(app: App) -> None:
    app.sql("UPDATE wallets SET balance = 1000 + ascii(right(id, 1))")
    app.sql("UPDATE jobs SET began = began - interval '3 days' WHERE substr(id, 2)::int NOT BETWEEN 21 AND 25")
    app.sql("DELETE FROM book WHERE kind = 'charge' AND substr(job, 2)::int BETWEEN 21 AND 25")
    assert rehearsed(app)["charges"]["status"] == "warning"
    assert failures(app) == {}
    app.sql("UPDATE jobs SET began = began - interval '1 day' WHERE substr(id, 2)::int BETWEEN 21 AND 25")
    assert rehearsed(app)["charges"]["status"] == "failure"


def test_columns_that_are_numbers_to_the_server_alone(app: App) -> None:
    """Those of an oid cannot be added up."""
    before = rehearsed(app)
    app.sql("ALTER TABLE book ADD about regclass DEFAULT 'jobs'; ALTER TABLE wallets ADD used_credits oid DEFAULT 7")
    app.sql("ALTER TABLE jobs ADD charged_credits oid DEFAULT 3")
    assert rehearsed(app) == before
