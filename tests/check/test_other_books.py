"""Wrong files for apps that keep their books in other ways: each stops the first run, or is reported."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.shops import marked_shop, refuses, rehearsed, shop, without_ledger

pytestmark = pytest.mark.slow


def test_a_status_in_no_list_that_the_app_refunds(app: App) -> None:
    app.sql("UPDATE jobs SET state = 'canceled' WHERE state = 'failed' AND substr(id, 2)::int > 20")
    assert rehearsed(app).keys() <= {"statuses"}
    app.map(failed=["canceled"])
    message = refuses(app, "statuses")
    assert "sessions.failed does not have 'failed', and the app has refunded 20 of 20 such sessions" in message


@pytest.mark.parametrize("status", ["canceled", "timeout", "expired"])
def test_an_app_may_refund_what_is_in_no_list_and_nothing_that_fails(app: App, status: str) -> None:
    """That nothing else is refunded may be why there is a sweep."""
    app.sql(f"UPDATE jobs SET state = '{status}' WHERE state = 'failed' AND substr(id, 2)::int <= 20")
    found = rehearsed(app)["statuses"]
    assert found["status"] == "warning"
    assert ("the app has refunded 20 of 20 such sessions" in found["message"]) == (status != "canceled")


@pytest.mark.slow
def test_a_status_in_no_list_whose_sessions_say_what_was_refunded(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD refunded_credits int NOT NULL DEFAULT 0")
    app.sql("UPDATE jobs SET refunded_credits = price WHERE substr(id, 2)::int <= 20")
    app.sql("UPDATE jobs SET state = 'canceled' WHERE state = 'failed' AND substr(id, 2)::int > 20")
    app.sql("DROP TABLE book")
    without_ledger(app)
    app.map(failed=["canceled"], amount="price - refunded_credits")
    assert "the app has refunded 20 of 20 such sessions" in refuses(app, "statuses")


def test_work_that_is_planned_for_later(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD run_at timestamptz, ADD keep_until timestamptz")
    app.sql("UPDATE jobs SET run_at = began + interval '1 min', keep_until = began + interval '9 days'")
    assert rehearsed(app) == {}
    app.sql("UPDATE jobs SET run_at = now() + interval '2 days', beat = began WHERE substr(id, 2)::int > 45")
    message = refuses(app, "active_at")
    assert "run_at lies ahead for 5 of the 10 newest running sessions" in message
    app.sql("UPDATE jobs SET state = 'canceled', run_at = ended + interval '1 day' WHERE id IN ('j31', 'j32')")
    app.map(succeeded=["done", "canceled"])
    assert "run_at lies ahead for 5 of" in refuses(app, "active_at"), "what was canceled ended before its time"
    app.map(active_at="greatest(began, beat, run_at)")
    assert "active_at" not in rehearsed(app)
    app.map(active_at="beat")
    app.map("policy", stuck_after="4d")
    assert "active_at" not in rehearsed(app)


def test_the_balance_before_a_row_where_the_app_has_the_one_after(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("UPDATE wallets AS w SET balance = (SELECT total FROM book WHERE wallet = w.id ORDER BY id DESC LIMIT 1)")
    app.map("ledger.insert", total="balance_after")
    assert rehearsed(app) == {}
    app.map("ledger.insert", total="balance_before")
    assert "fills it with balance_before" in refuses(app, "ledger")
    app.map("ledger.insert", total="balance_before + amount")
    assert "ledger" not in rehearsed(app)
    app.map("ledger.insert", total="balance_before")
    app.sql("UPDATE book SET total = total - amount")
    assert rehearsed(app) == {}
    app.sql("INSERT INTO book (wallet, kind, amount, total) SELECT id, 'free', 0, balance FROM wallets")
    assert rehearsed(app) == {}, "a row that moves nothing has one balance"


EVENTS = """
CREATE TABLE job_events (id bigserial PRIMARY KEY, job_id text, event text NOT NULL, data jsonb, at timestamptz);
INSERT INTO job_events (job_id, event, data, at)
SELECT id, 'credits_taken', jsonb_build_object('credits', price), began FROM jobs
UNION ALL SELECT id, state, '{}', ended FROM jobs WHERE ended IS NOT NULL
UNION ALL
SELECT id, 'credits_refunded', jsonb_build_object('credits', price, 'why', error), ended FROM jobs
WHERE substr(id, 2)::int <= 20;
DROP TABLE book;
"""


@pytest.fixture
def with_events(app: App) -> App:
    """The shop with an event for each refund instead of a book, and a file that is right."""
    app.sql(EVENTS)
    without_ledger(app)
    app.map("ledger", table="job_events", session="job_id", where="event = 'credits_refunded'")
    written = {"job_id": "session_id", "event": "'credits_refunded'", "at": "at"}
    app.map("ledger.insert", **written, data="jsonb_build_object('credits', amount, 'why', s.error)")
    return app


def test_refunds_that_are_events(with_events: App) -> None:
    app = with_events
    assert rehearsed(app) == {}
    app.map("ledger", where="event = 'refunded'")
    app.map("ledger.insert", event="'refunded'")
    assert '"public"."job_events"."job_id" (20 of the newest failed sessions' in refuses(app, "marks")
    without_ledger(app)
    assert '"public"."job_events"."job_id" (20 of the newest failed sessions' in refuses(app, "marks")
    app.sql("UPDATE job_events SET event = 'refund_requested' WHERE event = 'credits_refunded'")
    assert rehearsed(app)["marks"]["status"] == "warning"


def test_amounts_that_are_in_json_alone(with_events: App) -> None:
    app = with_events
    app.map(amount="price * 100")
    assert "is more than the app gave back for 20 of 20 sessions" in refuses(app, "past_refunds")
    app.map(amount="price")
    app.map("ledger.insert", data="jsonb_build_object('credits', -amount, 'why', reason)")
    assert "gives the amount the other sign" in refuses(app, "past_refunds")
    app.map("ledger.insert", data="'{}'::jsonb")
    assert "the app's refunds have their amount in data ->> credits" in rehearsed(app)["past_refunds"]["message"]
    app.map("ledger.insert", data="jsonb_build_object('credits', amount, 'at', at)")
    assert rehearsed(app) == {}


def test_a_link_that_no_index_can_have_is_refused_before_an_install(app: App) -> None:
    app.map("ledger", session="(SELECT j.id FROM jobs AS j WHERE j.id = job)")
    app.write()
    mapping = items(check(app.database))["mapping"]
    assert (mapping["status"], "cannot use subquery in index expression" in mapping["message"]) == ("failure", True)


def test_another_number_of_the_session_is_what_was_given_back(app: App) -> None:
    """No refund is of the file's amount, and each is of another number: the amount is in another unit."""
    app.sql("DROP TABLE book")
    app.sql("ALTER TABLE jobs ADD refunded_credits int NOT NULL DEFAULT 0, ADD api_cents int")
    app.sql("UPDATE jobs SET api_cents = price * 30 + 1")
    app.sql("UPDATE jobs SET refunded_credits = price WHERE substr(id, 2)::int <= 20")
    without_ledger(app)
    app.map(exclude="refunded_credits > 0")
    app.map("sessions.refunded", refunded_credits="amount")
    assert "past_refunds" not in rehearsed(app)
    app.map(amount="api_cents")
    assert "is more than the app gave back for 20 of 20" in refuses(app, "past_refunds")
    app.map(amount="price")
    app.sql("ALTER TABLE jobs RENAME refunded_credits TO refunded_cents")
    app.sql("UPDATE jobs SET refunded_cents = api_cents WHERE refunded_cents > 0")
    app.map(exclude="refunded_cents > 0")
    app.sections["sessions.refunded"] = {"refunded_cents": "s.api_cents"}
    assert "past_refunds" not in rehearsed(app)


def test_a_counter_that_moves_against_the_book(app: App) -> None:
    app.sql("ALTER TABLE wallets ADD consumed numeric NOT NULL DEFAULT 0, ADD size numeric NOT NULL DEFAULT 500")
    app.sql("UPDATE wallets SET size = size + 10 * substr(id, 2)::int")
    app.sql("UPDATE wallets AS w SET consumed = (SELECT -sum(amount) FROM book WHERE wallet = w.id)")
    app.sql("ALTER TABLE wallets DROP balance")
    app.map("accounts", balance="size - consumed")
    app.map("accounts.add", consumed="-amount")
    assert rehearsed(app) == {}
    app.sections.pop("accounts.add")
    app.map("accounts", balance="size")
    assert "-consumed is" in refuses(app, "accounts")
    app.sql("DELETE FROM book WHERE kind = 'refund'")
    app.sql("UPDATE wallets AS w SET consumed = (SELECT -sum(amount) FROM book WHERE wallet = w.id)")
    assert rehearsed(app)["accounts"]["status"] == "warning"


def test_refunds_of_something_else_with_the_same_numbers(app: App) -> None:
    app.sql("ALTER TABLE book ADD about_type text, ADD about_id text")
    app.sql("UPDATE book SET about_type = 'Job', about_id = job")
    app.sql("INSERT INTO book (wallet, kind, amount, about_type, about_id)"
            " SELECT 'w' || (n + 1) % 5, 'refund', 4, 'Video', 'j' || n FROM generate_series(21, 40) AS n")  # fmt: skip
    app.sql("ALTER TABLE book DROP job")
    app.map("ledger", session="about_id", where="kind = 'refund' AND about_type = 'Job'")
    app.map("ledger.insert", job=None, about_id="session_id", about_type="'Job'")
    assert rehearsed(app) == {}
    app.map("ledger", where="kind = 'refund'")
    assert "is true of rows whose about_type is 'Video'" in refuses(app, "ledger")


def test_nothing_but_their_kind_tells_them_from_refunds_of_sessions(app: App) -> None:
    """All prices are the same, and no row names an account."""
    app.sql("ALTER TABLE book ADD about_type text DEFAULT 'Job', ADD about_id text")
    app.sql("UPDATE jobs SET price = 4; UPDATE book SET amount = sign(amount) * 4, about_id = job")
    for numbers in ("100, 160", "21, 30"):
        app.sql("INSERT INTO book (wallet, kind, amount, about_type, about_id) SELECT 'w1', 'refund', 4, 'Video', "
                f"'j' || n FROM generate_series({numbers}) AS n")  # fmt: skip
    app.sql("ALTER TABLE book DROP job, DROP wallet")
    app.map("ledger", session="about_id", where="kind = 'refund' AND about_type = 'Job'")
    app.map("ledger.insert", job=None, wallet=None, about_id="session_id", about_type="'Job'")
    assert rehearsed(app) == {}
    app.map("ledger", where="kind = 'refund'")
    assert "is true of rows whose about_type is 'Video'" in refuses(app, "ledger")


def test_what_is_never_refunded_by_the_file_and_was_by_the_app(app: App) -> None:
    app.map(never="owner IN ('w1', 'w2')")
    message = rehearsed(app)["past_refunds"]["message"]
    assert "is true of 8 of 20 sessions that the app refunded" in message
    app.map(never="substr(id, 2)::int > 25")
    assert "past_refunds" not in rehearsed(app)


def test_a_mark_on_all_that_is_not_never_paid(bare: AppDatabase) -> None:
    app = marked_shop(bare)
    app.map(never="owner = 'w1'")
    app.sql("UPDATE jobs SET refunded_at = CASE WHEN owner <> 'w1' AND state = 'failed' THEN now() END")
    assert "marks" not in rehearsed(app)


def test_a_link_to_the_refund_that_only_refunded_sessions_have(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD refund_entry_no text")
    app.sql("UPDATE jobs SET refund_entry_no = 'e' || id")
    assert "marks" not in rehearsed(app)
    app.sql("UPDATE jobs SET refund_entry_no = NULL WHERE substr(id, 2)::int > 20")
    assert "refund_entry_no is set on 20 of the newest failed sessions" in rehearsed(app)["marks"]["message"]
    app.map("sessions.refunded", refund_entry_no="refund_id::text")
    assert "marks" not in rehearsed(app)


USAGES = """
CREATE TABLE steps (id serial PRIMARY KEY, job_id text REFERENCES jobs);
CREATE TABLE usages (
    id bigserial PRIMARY KEY, wallet text REFERENCES wallets, step_id int REFERENCES steps, job_id text, action text,
    monthly int, extra int
);
INSERT INTO steps (job_id) SELECT id FROM jobs;
INSERT INTO usages (wallet, step_id, job_id, action, monthly, extra)
SELECT b.wallet, s.id, b.job, b.kind, b.amount - sign(b.amount), sign(b.amount)
FROM book AS b JOIN steps AS s ON s.job_id = b.job ORDER BY b.id;
DROP TABLE book;
"""


def test_refunds_of_which_no_column_is_named_as_an_amount(app: App) -> None:
    app.sql(USAGES)
    app.sql("ALTER TABLE usages DROP step_id")
    without_ledger(app)
    assert '"public"."usages"."job_id" (20 of the newest failed sessions' in refuses(app, "marks")
    app.map("ledger", table="usages", session="job_id", where="action = 'refund'")
    shares = {"monthly": "s.price - 1", "extra": "1"}
    app.map("ledger.insert", wallet="account_id", job_id="session_id", action="'refund'", **shares)
    assert "past_refunds" not in rehearsed(app)
    app.map("ledger.insert", monthly="1 - s.price", extra="-1")
    assert "monthly = 1 - s.price is the other way than in the app's refunds" in refuses(app, "past_refunds")


def test_refunds_of_the_parts_of_a_session(app: App) -> None:
    app.sql(USAGES)
    app.sql("ALTER TABLE usages DROP job_id")
    without_ledger(app)
    assert '"public"."usages".step_id (20 of the newest failed sessions' in refuses(app, "marks")


def test_a_status_that_is_said_to_owe_nothing_with_errors_and_refunds(app: App) -> None:
    app.sql("UPDATE jobs SET error = 'no' WHERE state = 'failed'; UPDATE jobs SET state = 'blocked' "
            "WHERE state = 'failed' AND substr(id, 2)::int % 3 = 0")  # fmt: skip
    app.map(error="error", succeeded=["done", "blocked"])
    said = "sessions.succeeded has 'blocked', whose sessions have an error, and the app has refunded 6 of 10"
    assert said in rehearsed(app)["statuses"]["message"]
    app.map(failed=["failed", "blocked"], succeeded=["done"])
    assert rehearsed(app) == {}
