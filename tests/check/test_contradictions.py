"""Files that look right and contradict what the app's own clocks, accounts and books say: each is a failure."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.shops import refuses, rehearsed, without_ledger


@pytest.mark.parametrize(("zone", "said"), [("Pacific/Auckland", "later than the start"), ("Asia/Kolkata", "earlier")])
def test_times_that_the_book_contradicts(app: App, zone: str, said: str) -> None:
    """No zone that the server knows of is the right one, but the charges were booked by a clock that names its zone."""
    app.sql("UPDATE book AS b SET made_at = began + interval '3 s' FROM jobs AS j WHERE j.id = job AND kind = 'charge'")
    for column in ("began", "ended", "beat"):
        app.sql(f"ALTER TABLE jobs ALTER {column} TYPE timestamp USING {column} AT TIME ZONE 'Asia/Tokyo'")
    app.map(timezone=zone)
    found = refuses(app, "time_zone")
    assert said in found
    assert "made_at in the app's ledger" in found
    app.map(timezone="Asia/Tokyo")
    assert "time_zone" not in rehearsed(app)
    app.sql("UPDATE book SET made_at = made_at + substr(job, 2)::int * interval '7 min'")  # booked as the work goes on
    assert "time_zone" not in rehearsed(app)


def test_another_account_than_the_sessions_name(app: App) -> None:
    """There are no books; by the time of its last change an account was charged, or was not."""
    without_ledger(app)
    app.sql("DROP TABLE book; UPDATE jobs SET refunded_at = ended WHERE substr(id, 2)::int <= 20")
    app.sql("ALTER TABLE jobs ADD FOREIGN KEY (owner) REFERENCES wallets; ALTER TABLE wallets ADD parent text")
    app.sql("ALTER TABLE wallets ADD updated_at timestamptz NOT NULL DEFAULT '2026-01-01Z'")
    app.sql("INSERT INTO wallets (id, balance) VALUES ('w9', 50); UPDATE wallets SET parent = 'w9' WHERE id <> 'w9'")
    app.map(exclude="refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at")
    assert rehearsed(app) == {}
    app.map(account="(SELECT w.parent FROM wallets w WHERE w.id = s.owner)")
    found = rehearsed(app)["accounts"]
    assert (found["status"], "than owner names, for 40 of 40 sessions" in found["message"]) == ("warning", True)
    charged = "UPDATE wallets AS w SET updated_at = (SELECT max(began) FROM jobs WHERE owner = w.id) WHERE id {} 'w9'"
    app.sql(charged.format("<>"))
    assert "was changed as the session began" in refuses(app, "accounts")
    app.sql("UPDATE wallets SET updated_at = now() WHERE id = 'w9'")  # the parent pays, and the file is right
    assert rehearsed(app) == {}


def test_a_word_for_the_other_direction(app: App) -> None:
    app.sql("ALTER TABLE book ADD way text; UPDATE book SET way = CASE WHEN amount > 0 THEN 'in' ELSE 'out' END")
    for wrong in ("out", "withdraw"):
        app.map("ledger.insert", way=f"'{wrong}'")
        assert f"way = '{wrong}' is the other way than in the app's refunds" in refuses(app, "past_refunds")
    for right in ("'in'", "'by sweeper'"):
        app.map("ledger.insert", way=right)
        assert rehearsed(app) == {}


def test_books_that_only_the_charge_is_read_from(app: App) -> None:
    """What the app gave back is not paid again, but the app's own code looks for a row of ours as well."""
    app.map(charged="(SELECT -sum(b.amount) FROM book b WHERE b.job = s.id)")
    sections = {name: app.sections.pop(name) for name in ("ledger", "ledger.insert")}
    assert "20 newest sessions that have nothing left to give back" in refuses(app, "ledger")
    app.sections |= sections
    assert rehearsed(app) == {}


def test_sessions_that_the_file_leaves_out_do_not_count_for_a_status(app: App) -> None:
    """Sessions that `never` is true of say nothing about what the app refunds."""
    app.sql("ALTER TABLE jobs ADD sort text NOT NULL DEFAULT 'render'")
    app.sql(
        "INSERT INTO jobs (id, owner, state, price, began, ended, beat, sort) SELECT 'm' || n, 'w1', "
        "CASE WHEN n > 20 THEN 'failed' ELSE 'done' END, 1, now() - interval '1 h', now(), now(), 'mail' "
        "FROM generate_series(1, 150) AS n"
    )
    app.sql("UPDATE jobs SET state = 'over' WHERE state = 'done'")
    app.sql(
        "INSERT INTO jobs (id, owner, state, price, began, ended, beat) "
        "SELECT 'd' || n, 'w1', 'over', 1, now() - interval '1 h', now(), now() FROM generate_series(1, 30) AS n"
    )
    app.map(never="sort <> 'render'", failed=["failed", "over"], succeeded=[])
    assert "has 'over', and the app has refunded none of 40" in refuses(app, "statuses")


def test_accounts_that_are_owned_by_a_kind_and_a_number(app: App) -> None:
    app.sql("CREATE TABLE people (id int PRIMARY KEY); INSERT INTO people SELECT generate_series(0, 9)")
    app.sql("ALTER TABLE jobs ADD person int REFERENCES people; UPDATE jobs SET person = right(owner, 1)::int")
    app.sql("CREATE TABLE purses (number int PRIMARY KEY, balance int, owner_type text, owner_id int)")
    app.sql("INSERT INTO purses SELECT 9 - id, 100, 'Person', id FROM people")
    app.sql("DROP TABLE book; UPDATE jobs SET refunded_at = ended WHERE substr(id, 2)::int <= 20")
    without_ledger(app)
    app.map(account="person", exclude="refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at")
    app.map("accounts", table="purses", id="number")
    assert "is another number: a refund would go to whoever has it" in refuses(app, "accounts")
    app.map(account="(SELECT p.number FROM purses p WHERE p.owner_type = 'Person' AND p.owner_id = s.person)")
    assert rehearsed(app) == {}
