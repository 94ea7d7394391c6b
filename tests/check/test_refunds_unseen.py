"""Refunds of the app's own that a file does not see, and work that was delivered: each fails the rehearsal."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.shops import refuses, rehearsed, without_ledger


def by_marks(app: App, exclude: str | None) -> None:
    """A file without the book."""
    without_ledger(app)
    app.map(exclude=exclude)


def test_a_word_beside_the_status(app: App) -> None:
    app.sql("DROP TABLE book")
    app.sql("ALTER TABLE jobs ADD billing text NOT NULL DEFAULT 'reserved'")
    app.sql("UPDATE jobs SET billing = 'released' WHERE substr(id, 2)::int <= 20")
    by_marks(app, None)
    assert "jobs.billing (20 of the newest failed sessions" in refuses(app, "marks")
    app.map(exclude="error = 'gave back'")
    assert "billing says that 20 of the newest failed sessions" in rehearsed(app)["marks"]["message"]
    app.map(exclude="billing = 'released'")
    app.map("sessions.refunded", billing="'released'")
    assert "marks" not in rehearsed(app)


def test_a_key_of_json(app: App) -> None:
    app.sql("DROP TABLE book")
    app.sql("UPDATE jobs SET meta = jsonb_build_object('credits_refunded', substr(id, 2)::int <= 20)")
    by_marks(app, None)
    assert "jobs.meta ->> credits_refunded (20 of the newest" in refuses(app, "marks")
    app.map(exclude="(meta ->> 'credits_refunded')::boolean")
    app.map("sessions.refunded", meta="""s.meta || '{"credits_refunded": true}'""")
    assert "marks" not in rehearsed(app)


def test_a_session_that_is_named_in_the_middle_of_a_text(app: App) -> None:
    app.sql("UPDATE jobs SET id = 'job-number-' || substr(id, 2)")
    app.sql("ALTER TABLE book ADD note text")
    app.sql("UPDATE book SET note = kind || ' of credits: job-number-' || substr(job, 2), job = NULL")
    by_marks(app, None)
    assert '"public"."book" (in a text)' in rehearsed(app)["marks"]["message"]


@pytest.mark.slow
def test_what_the_amount_takes_off_is_not_paid_again(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD billing text NOT NULL DEFAULT 'reserved'")
    app.sql("UPDATE jobs SET billing = 'released' WHERE substr(id, 2)::int <= 20")
    by_marks(app, None)
    app.map(amount="CASE WHEN billing = 'reserved' THEN price END")
    found = rehearsed(app)
    assert (found["marks"]["status"], "amounts" in found) == ("warning", False)


def test_a_book_that_the_file_does_not_name(app: App) -> None:
    app.sql("UPDATE jobs SET refunded_at = now() WHERE substr(id, 2)::int <= 20")
    by_marks(app, "refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at")
    assert "for 20 of the 20 newest sessions that exclude is true of" in refuses(app, "ledger")


def test_a_book_that_links_by_another_key(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD public_id text")
    app.sql("UPDATE jobs SET public_id = 'p' || id")
    app.sql("ALTER TABLE jobs ADD UNIQUE (public_id), ALTER public_id SET NOT NULL")
    app.map(id="public_id")
    message = refuses(app, "ledger")
    assert "none of the 20 newest rows of book that are refunds is about a session of jobs" in message


def test_refunds_that_an_amount_out_of_the_book_does_not_take_off(app: App) -> None:
    app.map(amount="(SELECT -sum(b.amount) FROM book AS b WHERE b.job = s.id AND b.kind = 'charge')")
    assert rehearsed(app) == {}
    app.map("ledger", where="kind = 'goodwill'")
    app.map("ledger.insert", kind="'goodwill'")
    assert "misses rows that look like refunds, of 20 sessions" in refuses(app, "ledger")


def test_refunds_in_a_book_of_which_no_amount_has_a_sign(app: App) -> None:
    app.sql("UPDATE book SET amount = abs(amount)")
    app.sql("UPDATE jobs SET id = 'job-number-' || id")
    app.sql("UPDATE book SET job = 'job-number-' || job")
    app.map(amount="(SELECT b.amount FROM book AS b WHERE b.job = s.id AND b.kind = 'charge')")
    assert rehearsed(app) == {}
    app.map("ledger", where="kind = 'goodwill'")
    app.map("ledger.insert", kind="'goodwill'")
    assert "misses rows that look like refunds, of 20 sessions" in rehearsed(app)["ledger"]["message"]
    app.sql("UPDATE book SET job = kind || '-' || job, kind = '1'")
    app.map(amount="(SELECT b.amount FROM book AS b WHERE b.job = 'charge-' || s.id)")
    app.map("ledger", where="kind = '2'", session="substr(job, 10)")
    app.map("ledger.insert", kind="'2'", job="'goodwill-' || session_id")
    assert "miss rows that look like refunds and name, in a text, " in rehearsed(app)["ledger"]["message"]
    without_ledger(app)
    assert '"public"."book" (in a text) (' in refuses(app, "marks")


def test_both_sides_of_a_hold_are_no_refund(app: App) -> None:
    """What an account has less, another has more; the amount is read from what is still held."""
    app.sql("INSERT INTO wallets VALUES ('escrow', 0)")
    app.sql("INSERT INTO book (wallet, job, kind, amount) SELECT 'escrow', job, kind, -amount FROM book")
    app.sql("CREATE TABLE holds AS SELECT id AS job, price AS amount, CASE WHEN state = 'done' THEN 'captured' "
            "WHEN substr(id, 2)::int <= 20 THEN 'released' ELSE 'held' END AS state FROM jobs")  # fmt: skip
    app.map(amount="(SELECT h.amount FROM holds AS h WHERE h.job = s.id AND h.state = 'held')")
    app.map("ledger", where="kind = 'refund' AND amount > 0")
    assert not {"marks", "ledger"} & rehearsed(app).keys()
    app.sql("DELETE FROM book WHERE job IN ('j25', 'j26', 'j27', 'j28')")
    app.map(amount="price")
    assert "is more than the ledger says was charged for 4 of" in refuses(app, "charges")


def test_what_is_held_may_be_above_zero(app: App) -> None:
    """A row that holds credits gives nothing back, whatever its sign."""
    app.sql("UPDATE book SET kind = 'hold', amount = -amount WHERE kind = 'charge'")
    assert "ledger" not in rehearsed(app)


def test_a_unique_column_by_which_the_app_knows_its_refunds(app: App) -> None:
    app.sql("ALTER TABLE book ADD key text UNIQUE")
    app.sql("UPDATE book SET key = kind || ':' || job")
    assert "it is unique, so the app's own code would not find our refund" in refuses(app, "past_refunds")
    app.map("ledger.insert", key="'refund:' || session_id")
    assert rehearsed(app) == {}


def test_rows_that_the_file_itself_would_not_know(app: App) -> None:
    app.map("ledger.insert", kind="'credit'")
    message = app.refused("ledger.where = ", "is not true of the row that a refund writes")
    assert "kind = \"'credit'\"" in message


@pytest.mark.slow
def test_a_status_that_is_called_as_what_was_given_back(app: App) -> None:
    app.sql("DROP TABLE book")
    app.sql("UPDATE jobs SET state = 'rolled_back' WHERE substr(id, 2)::int <= 20")
    by_marks(app, None)
    app.map(failed=["failed", "rolled_back"])
    assert "sessions.failed has 'rolled_back'" in refuses(app, "statuses")
    app.map(exclude="state = 'rolled_back'")
    assert "statuses" not in rehearsed(app)


@pytest.mark.slow
def test_a_status_without_an_end_among_the_failed(app: App) -> None:
    app.sql("ALTER TABLE jobs ALTER state TYPE int USING CASE state WHEN 'failed' THEN 3 WHEN 'done' THEN 2 ELSE 1 END")
    app.map(failed=[3, 1], running=[0], succeeded=[2])
    assert "sessions.failed has '1', and the app has refunded none of 10" in refuses(app, "statuses")
    app.map(failed=[3], running=[0, 1])
    assert rehearsed(app) == {}


def test_work_that_was_delivered(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD output_url text")
    app.sql("UPDATE jobs SET output_url = 'https://' || id WHERE state = 'done' OR id IN ('j21', 'j22', 'j23')")
    assert "output_url is set for 10 of 10 sessions that succeeded, for none" in refuses(app, "statuses")
    app.map(exclude="output_url IS NOT NULL")
    assert "statuses" not in rehearsed(app)


def test_refunds_of_a_status_that_is_said_to_owe_nothing(app: App) -> None:
    """Of what is said to have failed there is nothing."""
    app.map(failed=["canceled"], succeeded=["failed", "done"])
    assert "sessions.succeeded has 'failed', and the app has refunded 20 of 30" in rehearsed(app)["statuses"]["message"]


@pytest.mark.slow
def test_a_session_that_only_refunds_have(app: App) -> None:
    """The charges make the expression fail: nothing is compared, and what takes a refund back is written."""
    app.sql("UPDATE jobs SET id = md5(id)")
    app.sql("ALTER TABLE jobs ALTER id TYPE uuid USING id::uuid")
    app.sql("ALTER TABLE book ADD note text")
    app.sql(
        "UPDATE book SET note = CASE kind WHEN 'refund' THEN 'job refund: ' ELSE 'charged for ' END || md5(job)::uuid"
        " || CASE kind WHEN 'refund' THEN '' ELSE ' at noon' END"
    )
    app.sql("ALTER TABLE book DROP job")
    app.map("ledger", session="(substr(note, 13)::uuid)", where="note LIKE 'job refund: %'")
    app.map("ledger.insert", job=None, note="'job refund: ' || session_id")
    app.map("ledger.reverse", wallet="account_id", kind="'charge'", amount="-amount", note="'taken back'")
    found = rehearsed(app)
    assert found.keys() == {"ledger"}
    assert (found["ledger"]["status"], "CASE WHEN note LIKE" in found["ledger"]["fix"]) == ("warning", True)
    assert app.install().exit_code == 0
    ran = app.database.run(now=None)
    assert (ran.exit_code, ran.document["refunds"]["sessions"]) == (0, 10), ran.stdout
    taken = app.database.sweeper("revert", "--run", ran.document["run_id"], "--reason", "no", "--yes", now=None)
    assert taken.exit_code == 0, taken.stderr
    app.map("ledger", session="CASE WHEN note LIKE 'job refund: %' THEN substr(note, 13)::uuid END")
    assert "ledger" not in rehearsed(app)


def test_an_exclude_that_is_true_of_all(app: App) -> None:
    app.sql("UPDATE jobs SET refunded_at = now() WHERE substr(id, 2)::int <= 20")
    by_marks(app, "refunded_at IS NOT NULL OR state = 'failed'")
    app.sql("DROP TABLE book")
    app.map("sessions.refunded", refunded_at="at")
    found = rehearsed(app)["marks"]
    assert (found["status"], "so that nobody is paid; of 10 of them" in found["message"]) == ("warning", True), found


def test_another_account_that_a_session_names(app: App) -> None:
    app.sql("CREATE TABLE teams (id int PRIMARY KEY, credits int NOT NULL); INSERT INTO teams VALUES (1, 50)")
    app.sql("ALTER TABLE jobs ADD team_id int NOT NULL DEFAULT 1 REFERENCES teams")
    app.sql("DROP TABLE book")
    app.sql("UPDATE jobs SET refunded_at = now() WHERE substr(id, 2)::int <= 20")
    by_marks(app, "refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at")
    found = rehearsed(app)["accounts"]
    assert (found["status"], "by team_id, which has credits" in found["message"]) == ("warning", True), found


@pytest.mark.slow
def test_an_amount_that_is_called_as_something_else(app: App) -> None:
    app.sql("DROP TABLE book")
    app.sql("ALTER TABLE jobs ADD attempts int NOT NULL DEFAULT 3")
    by_marks(app, "refunded_at IS NOT NULL")
    app.map(amount="attempts")
    assert rehearsed(app)["charges"]["status"] == "failure"


@pytest.mark.parametrize("link", ["charge_ref", "withdrawal_uuid"])
def test_a_price_of_what_has_no_charge(app: App, link: str) -> None:
    """Each job that was charged has a link to what was taken; three that failed have none."""
    app.sql("DROP TABLE book")
    app.sql("UPDATE jobs SET refunded_at = now() WHERE substr(id, 2)::int <= 20")
    app.sql(f"ALTER TABLE jobs ADD {link} text")
    app.sql(f"UPDATE jobs SET {link} = 'c' || id WHERE id NOT IN ('j21', 'j22', 'j23')")
    by_marks(app, "refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at")
    found = rehearsed(app)["charges"]
    assert (found["status"], "not for 3 of the 10 that would be paid" in found["message"]) == ("failure", True), found
    app.map(exclude=f"refunded_at IS NOT NULL OR {link} IS NULL")
    assert "charges" not in rehearsed(app)


def test_refunds_that_name_no_session(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD refunded bool; ALTER TABLE book ADD note text, ADD video_id int")
    app.sql("UPDATE jobs SET refunded = id IN (SELECT job FROM book WHERE kind = 'refund')")
    app.sql(
        "UPDATE book SET made_at = ended + interval '1 min', note = 'The job failed' FROM jobs "
        "WHERE job = jobs.id AND kind = 'refund'; UPDATE book SET job = NULL WHERE kind = 'refund'"
    )
    app.map("ledger.insert", made_at="at")
    assert "follow the failures of 20 of the 30 sessions that would be paid" in refuses(app, "ledger")
    app.map(exclude="refunded")
    app.map("sessions.refunded", refunded="true")
    assert "ledger" not in rehearsed(app), "none of the others has such a row"
    del app.sections["sessions"]["exclude"], app.sections["sessions.refunded"]
    for other in (
        "amount = amount + 100",  # of a purchase
        "note = 'Video 12 failed'",
        "video_id = id",
        "made_at = made_at + interval '1 day'",
    ):
        app.sql("CREATE TABLE kept AS SELECT * FROM book")
        app.sql(f"UPDATE book SET {other} WHERE kind = 'refund'")
        assert "ledger" not in rehearsed(app), other
        app.sql("TRUNCATE book; INSERT INTO book SELECT * FROM kept; DROP TABLE kept")
    app.sql("UPDATE book SET made_at = made_at + interval '1 day' WHERE kind = 'refund' AND id % 2 = 0")
    assert rehearsed(app)["ledger"]["status"] == "warning"
