"""Right files with one key changed, which would pay nobody, pay work that is done, or close it as no app does."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items
from tests.helpers.shops import refuses, rehearsed, shop, without_ledger


def said(app: App, item: str) -> str:
    """What an item of `check` warns of, once the file is installed."""
    assert app.install().exit_code == 0
    found = items(check(app.database))[item]
    return str(found["message"]) if found["status"] == "warning" else ""


def test_work_that_goes_on_among_what_succeeded(app: App) -> None:
    app.map(running=[], succeeded=["done", "running"])
    assert rehearsed(app)["statuses"]["message"] == (
        "sessions.succeeded has 'running', which is a name for work that goes on"
    )


@pytest.mark.parametrize(
    "change", [{"exclude": "began IS NOT NULL"}, {"amount": "price / 10"}, {"exclude": "refunded_at IS NULL"}]
)
def test_a_file_by_which_nobody_is_paid(marked: App, change: dict[str, str]) -> None:
    if "exclude" in change:  # what the app has refunded has no amount any more
        marked.sql("UPDATE jobs SET price = 0 WHERE refunded_at IS NOT NULL")
    marked.map(**change)
    found = said(marked, "amounts")
    assert "would be refunded if it were stuck" in found or "has an amount above zero" in found
    marked.map(exclude="refunded_at IS NOT NULL", amount="price")
    assert said(marked, "amounts") == ""


def test_an_exclude_that_is_true_of_what_runs_alone(marked: App) -> None:
    marked.sql("UPDATE jobs SET refunded_at = NULL WHERE state = 'failed'")
    marked.map(exclude="state = 'running'")
    assert "would be refunded if it were stuck, and 30 of 30 newest failed ones" in said(marked, "amounts")
    marked.map(exclude="id = 'j1' OR state = 'running'")
    assert said(marked, "amounts") == ""


def test_running_work_that_the_file_takes_for_refunded(app: App) -> None:
    """`where` is true of charges, and [ledger.past] of the app's refunds."""
    app.sql("DELETE FROM book WHERE kind = 'refund'")
    app.map("ledger", where="job IS NOT NULL")
    app.map("ledger.past", where="kind = 'refund'")
    assert "none of the 10 newest running sessions, such as j41, would be refunded if it were stuck" in said(
        app, "amounts"
    )


def test_an_exclude_that_is_true_of_all_that_is_over(marked: App) -> None:
    marked.map(exclude="ended IS NOT NULL")
    assert "and of all that succeeded: it is no mark of a refund" in rehearsed(marked)["marks"]["message"]
    # one column says so of what failed, and another of what was delivered
    marked.sql("ALTER TABLE jobs ADD file text; UPDATE jobs SET file = 'x' WHERE state = 'done'")
    marked.sql("UPDATE jobs SET refunded_at = now() WHERE state = 'failed'")
    marked.map(exclude="refunded_at IS NOT NULL OR file IS NOT NULL")
    assert "marks" not in rehearsed(marked)


def test_a_time_of_failure_that_only_refunds_set(marked: App) -> None:
    marked.map(failed_at="refunded_at")
    assert "sessions.failed_at = 'refunded_at' is null for all 10 that would be paid" in said(marked, "grace")
    marked.sql("UPDATE jobs SET refunded_at = now() WHERE id = 'j30'")
    marked.map(exclude="refunded_at IS NOT NULL AND id <> 'j30'")
    assert said(marked, "grace") == "", "some have one"


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("began", "at", "is when the session began"),
        ("deleted_at", "at", "is set for none of the 30 newest sessions that failed"),
        ("planned_at", "at", "is set for none of the 30 newest sessions that failed, and ended for all"),
        ("live", "true", "is 'false' for 30 of the 30 newest sessions that failed, and 'true' for none"),
        ("step", "'Open'", "is 'Closed' for 30 of the 30 newest sessions that failed, and 'Open' for none"),
    ],
)
def test_a_closing_as_no_failed_session_has_it(app: App, column: str, value: str, text: str) -> None:
    app.sql("ALTER TABLE jobs ADD deleted_at timestamptz, ADD planned_at timestamptz, ADD live bool, ADD step text")
    app.sql("UPDATE jobs SET live = state = 'running', step = CASE state WHEN 'running' THEN 'Open' ELSE 'Closed' END")
    app.map("sessions.close", **{column: value})
    assert f"[sessions.close] sets {column} to {value!r}, and that column {text}" in rehearsed(app)["marks"]["message"]
    app.map("sessions.close", ended="at", live="false", step="'Closed'", planned_at="at")
    app.sections["sessions.close"] = {
        name: one for name, one in app.sections["sessions.close"].items() if name not in ("began", "deleted_at")
    }
    assert "marks" not in rehearsed(app) or column in ("live", "step")


@pytest.mark.parametrize(
    ("section", "what"),
    [
        ("close", "each refund of a stuck session is refused for this"),
        ("refunded", "each refund is refused for this"),
        ("reversed", "a session whose refund was taken back would be paid again"),
    ],
)
def test_a_write_that_changes_the_attempt(marked: App, section: str, what: str) -> None:
    marked.sql("ALTER TABLE jobs ADD tries int NOT NULL DEFAULT 0, ADD step text")
    marked.map(attempt="s.tries + 1")
    marked.map(f"sessions.{section}", tries="0")
    message = rehearsed(marked)["marks"]["message"]
    assert f"[sessions.{section}] sets tries to '0', and sessions.attempt = 's.tries + 1' reads it" in message
    assert what in message
    marked.map(attempt="CASE WHEN s.step = 'tries' THEN 2 ELSE 1 END")
    assert "reads it" not in rehearsed(marked).get("marks", {"message": ""})["message"]


def test_a_flag_that_a_refund_clears_although_a_hook_writes_it_too(marked: App) -> None:
    marked.sql(
        "ALTER TABLE jobs ADD given bool NOT NULL DEFAULT false; UPDATE jobs SET given = refunded_at IS NOT NULL"
    )
    marked.map(exclude="given")
    marked.map("sessions.refunded", given="false")
    assert "sets given to 'false', and that column is 'true' for 20 of the 20" in rehearsed(marked)["marks"]["message"]


def test_what_succeeded_among_the_failed_where_only_amounts_show_refunds(marked: App) -> None:
    marked.sql("UPDATE jobs SET state = 'made' WHERE state = 'done'")
    marked.sql("ALTER TABLE jobs ADD held int; UPDATE jobs SET held = price WHERE refunded_at IS NULL")
    marked.sql("ALTER TABLE jobs DROP refunded_at")
    for key in ("exclude", "failed_at", "ended_at"):
        marked.sections["sessions"].pop(key)
    marked.sections.pop("sessions.refunded")
    marked.map(amount="held", failed=["failed", "made"], succeeded=[])
    assert "sessions.failed has 'made', and the app has refunded none of 10" in refuses(marked, "statuses")


def test_a_sign_of_life_that_is_the_same_for_all(app: App) -> None:
    app.sql("CREATE TABLE events (job text, at timestamptz)")
    app.sql("INSERT INTO events SELECT id, beat - substr(id, 2)::int * interval '1 s' FROM jobs")
    app.map(active_at="(SELECT max(e.at) FROM events AS e WHERE e.job <> s.id)")
    assert "is the same for 10 of the 10 newest running sessions" in rehearsed(app)["active_at"]["message"]
    app.map(active_at="(SELECT max(e.at) FROM events AS e WHERE e.job = s.id)")
    assert "active_at" not in rehearsed(app)


def test_an_end_that_only_the_time_of_failure_shows(app: App) -> None:
    app.map(status="CASE WHEN state = 'failed' THEN 'failed' WHEN price = 0 THEN 'done' ELSE 'running' END")
    app.map("sessions.close", state="'failed'")
    app.sections["sessions"].pop("ended_at")
    assert "no session has succeeded by sessions.status" in refuses(app, "statuses")


def test_half_of_what_was_taken(marked: App) -> None:
    """Rounded down, it is not the same part for all."""
    marked.sql("UPDATE jobs SET price = price + substr(owner, 2)::int")
    marked.sql("UPDATE wallets SET balance = 1000 - (SELECT sum(price) FROM jobs WHERE owner = wallets.id "
               "AND refunded_at IS NULL)")  # fmt: skip
    assert "balances" not in rehearsed(marked)
    marked.map(amount="price / 2")
    assert "would be paid less than was taken" in rehearsed(marked)["balances"]["message"]


@pytest.mark.parametrize("value", ["-amount", "(amount) * 100"])
def test_an_amount_that_the_running_balance_does_not_step_by(bare: AppDatabase, value: str) -> None:
    """`where` is our own mark, so that no refund of the app's shows it."""
    app = shop(bare)
    app.sql("ALTER TABLE book ADD info text")
    app.map(amount="(SELECT -sum(b.amount) FROM book AS b WHERE b.job = s.id AND b.info IS NULL)")
    app.map("ledger", where="info = 'swept'")
    app.map("ledger.insert", total="balance_after", info="'swept'")
    app.sql("UPDATE wallets SET balance = 1000 + (SELECT sum(amount) FROM book WHERE wallet = wallets.id)")
    assert "ledger" not in rehearsed(app)
    app.map("ledger.insert", amount=value)
    assert f"total steps by amount from row to row, and [ledger.insert] fills that with {value!r}" in refuses(
        app, "ledger"
    )


def test_a_multiple_of_what_the_rows_of_refunds_gave_back(app: App) -> None:
    """The amount is read from the same table, and what accounts had at first differs."""
    without_ledger(app)
    app.sql("ALTER TABLE book RENAME kind TO purpose; UPDATE wallets SET balance = balance + 7 * substr(id, 2)::int")
    right = "(SELECT -b.amount FROM book AS b WHERE b.job = s.id AND b.purpose = 'charge')"
    refunded = "EXISTS (SELECT FROM book AS b WHERE b.job = s.id AND b.purpose = 'refund')"
    app.sql(f"UPDATE jobs AS s SET refunded_at = now() WHERE {refunded}")
    app.map(amount=right, exclude="refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at")
    assert "past_refunds" not in rehearsed(app)
    app.map(amount=f"{right} * 2")
    assert "is not what the row in" in refuses(app, "past_refunds")
    app.map(amount=f"{right} / 2")
    assert "is not what the row in" in rehearsed(app)["past_refunds"]["message"]


def test_an_amount_in_a_chain_whose_ids_are_uuids(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book ADD info text")
    app.sql("UPDATE book SET made_at = now() - interval '1 day' + id * interval '1 s'")
    app.sql("ALTER TABLE book ALTER id DROP DEFAULT, ALTER id TYPE uuid USING md5(id::text)::uuid")
    app.sql("UPDATE wallets SET balance = 1000 + (SELECT sum(amount) FROM book WHERE wallet = wallets.id)")
    app.map(amount="(SELECT -sum(b.amount) FROM book AS b WHERE b.job = s.id AND b.info IS NULL)")
    app.map("ledger", where="info = 'swept'")
    app.map("ledger.insert", id="refund_id", made_at="at", total="balance_after", info="'swept'")
    assert "ledger" not in rehearsed(app)
    app.map("ledger.insert", amount="(amount) * 100")
    assert "total steps by amount from row to row" in refuses(app, "ledger")


def test_twice_of_what_is_left_in_the_ledger(bare: AppDatabase) -> None:
    """[ledger.past] is what the app has refunded, and the balances prove nothing."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total, ADD info text; UPDATE wallets SET balance = ascii(right(id, 1))")
    right = "(SELECT -sum(b.amount) FROM book AS b WHERE b.job = s.id AND b.info IS NULL)"
    app.map(amount=right)
    app.map("ledger", where="info = 'swept'")
    app.map("ledger.past", where="kind = 'refund' AND info IS NULL")
    app.map("ledger.insert", info="'swept'")
    assert "charges" not in rehearsed(app)
    app.map(amount=f"{right} * 2")
    assert "is more than the ledger took for 20 sessions" in refuses(app, "charges")


def test_a_deadline_that_is_the_last_change(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD changed timestamptz; UPDATE jobs SET changed = coalesce(ended, beat)")
    app.sections["sessions"].pop("active_at")
    app.map(stuck_at="changed")
    found = rehearsed(app)["deadlines"]["message"]
    assert "is when 10 of 10 sessions that succeeded ended" in found
    app.sql("UPDATE jobs SET changed = now() + interval '1 hour' WHERE id = 'j41'")
    assert "deadlines" not in rehearsed(app)


def test_running_and_succeeded_taken_for_each_other(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD left_over int; UPDATE jobs SET left_over = (ended IS NULL)::int")
    right = "CASE WHEN state = 'failed' THEN 'failed' WHEN left_over = 0 THEN 'done' ELSE 'running' END"
    app.map(status=right)
    app.map("sessions.close", state="'failed'")
    assert rehearsed(app) == {}
    app.map(status=right.replace("= 0", "<> 0"))
    assert "all sessions that run have an end" in refuses(app, "statuses")
