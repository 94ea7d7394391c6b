"""Files that would put credits in the wrong place: each fails the rehearsal, and a run pays nothing."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed, shop, without_ledger


def test_rows_of_the_other_sign(app: App) -> None:
    app.map("ledger.insert", amount="-amount")
    assert "the other sign than the app's refunds have" in refuses(app, "past_refunds")


def test_one_pool_of_two_that_the_sessions_have_shares_for(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO free_credits")
    app.sql("ALTER TABLE wallets ADD paid_credits int NOT NULL DEFAULT 5")
    app.map("accounts", balance="free_credits")
    assert rehearsed(app)["accounts"]["status"] == "warning", "nothing shows that a charge is taken from both"
    app.sql("ALTER TABLE jobs ADD from_free int NOT NULL DEFAULT 1, ADD from_paid int NOT NULL DEFAULT 0")
    assert rehearsed(app)["accounts"]["status"] == "warning", "no session took any of it"
    app.sql("UPDATE jobs SET from_paid = price - 1")
    assert "took from paid_credits (from_paid)" in refuses(app, "accounts")
    app.map("accounts", balance="free_credits + paid_credits")
    app.map("accounts.add", free_credits="s.from_free", paid_credits="s.from_paid")
    assert rehearsed(app) == {}


def test_a_limit_beside_a_counter_of_what_was_used(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO quota")
    app.sql("ALTER TABLE wallets ADD usage int NOT NULL DEFAULT 50")
    app.map("accounts", balance="quota")
    assert "usage counts what was used of it" in refuses(app, "accounts")
    app.map("accounts", balance="quota - usage")
    app.map("accounts.add", usage="-amount")
    assert rehearsed(app) == {}
    app.sql("UPDATE wallets SET usage = 2000 WHERE id = 'w1'")  # more than a limit would allow: it is what is left
    app.map("accounts", balance="quota")
    app.sections.pop("accounts.add")
    assert rehearsed(app)["accounts"]["status"] == "warning"
    app.sql("CREATE INDEX ON jobs (owner); UPDATE jobs SET price = price + substr(owner, 2)::int")
    app.sql("UPDATE book SET amount = sign(amount) * price FROM jobs WHERE jobs.id = job")
    app.sql("UPDATE wallets SET usage = (SELECT sum(price) FROM jobs WHERE owner = wallets.id)")
    app.sql("UPDATE wallets SET quota = 1000 + (SELECT sum(amount) FROM book WHERE wallet = wallets.id)")
    assert "accounts" not in rehearsed(app), "quota alone has moved by what was taken"


def test_a_refund_that_adds_to_what_was_spent(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO outlay; UPDATE book SET amount = -amount")
    app.sql("INSERT INTO book (wallet, kind, amount) SELECT id, 'fee', ascii(right(id, 1)) FROM wallets")
    app.sql("UPDATE wallets SET outlay = (SELECT sum(amount) FROM book WHERE wallet = wallets.id)")
    app.map("ledger.insert", amount="-amount")
    app.map("accounts", balance="outlay")
    assert "a refund moves the one up and the other down" in refuses(app, "accounts")
    app.map("accounts", balance="-outlay")
    app.map("accounts.add", outlay="-amount")
    assert rehearsed(app) == {}
    app.sections.pop("accounts.add")
    app.map("accounts", balance="outlay")
    app.sql("INSERT INTO book (wallet, kind, amount) SELECT id, 'reset', 5 - outlay FROM wallets")
    app.sql("UPDATE wallets SET outlay = 5")  # such as what is left of ten
    assert rehearsed(app) == {}


@pytest.mark.parametrize("kind", ["kind", "'x'"])
def test_refunds_that_only_json_links(app: App, kind: str) -> None:
    app.sql(f"ALTER TABLE book ADD about jsonb; UPDATE book SET about = jsonb_build_object('job', job), kind = {kind}")
    app.sql("ALTER TABLE book DROP job")
    without_ledger(app)
    assert '"public"."book"."about" (20 of the newest failed sessions' in refuses(app, "marks")


@pytest.mark.parametrize("written", ["UTC", "Asia/Tokyo"])
def test_times_that_are_read_in_the_zone_of_somebody_else(app: App, written: str) -> None:
    """In the zone of the file the newest session began hours ago, in that of the app just now."""
    name = app.database.value("SELECT current_database()")
    app.sql(f"ALTER DATABASE \"{name}\" SET timezone = '{written}'")
    app.sql("UPDATE jobs SET began = now() - interval '5 min' WHERE id = 'j50'")
    for column in ("began", "ended", "beat"):
        app.sql(f"ALTER TABLE jobs ALTER {column} TYPE timestamp USING {column} AT TIME ZONE '{written}'")
    wrong = "Asia/Tokyo" if written == "UTC" else "Pacific/Auckland"
    app.map(timezone=wrong)
    assert f"and just now, read in {written}" in refuses(app, "time_zone")
    app.map(timezone=written)
    assert "time_zone" not in rehearsed(app)


def test_a_column_that_chains_and_is_filled_by_a_subquery(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book RENAME total TO coins_left")
    app.map("ledger.insert", coins_left="(SELECT w.balance FROM wallets w WHERE w.id = account_id) + amount")
    assert "coins_left steps by the amount from row to row" in refuses(app, "ledger")


def test_refunds_of_another_name_that_give_back_what_was_taken(app: App) -> None:
    app.sql("UPDATE book SET kind = 'job_failed' WHERE kind = 'refund'")
    app.map("ledger", where="kind = 'swept'")
    app.map("ledger.insert", kind="'swept'")
    assert "of 20 sessions that would be paid again, such as j1, j10, j11 (" in refuses(app, "ledger")
    without_ledger(app)
    assert '"public"."book"."job" (20 of the newest failed sessions' in refuses(app, "marks")


def test_one_row_of_a_double_entry(app: App) -> None:
    app.sql("ALTER TABLE book ADD transfer text; UPDATE book SET transfer = 't' || id")
    app.sql("INSERT INTO wallets VALUES ('house', 0)")
    app.map("ledger.insert", transfer="refund_id::text")
    assert rehearsed(app) == {}
    columns = "wallet, job, kind, amount, transfer"
    app.sql(f"INSERT INTO book ({columns}) SELECT 'house', job, 'sale', -amount, transfer FROM book")
    assert "groups of rows with one transfer sum to zero" in refuses(app, "ledger")


def test_a_balance_that_the_book_does_not_come_to(app: App) -> None:
    app.sql("ALTER TABLE wallets ADD credit_granted int NOT NULL DEFAULT 1500")
    app.sql("INSERT INTO book (wallet, kind, amount) SELECT id, 'bought', 1000 FROM wallets")
    app.sql("UPDATE wallets SET balance = (SELECT sum(b.amount) FROM book b WHERE b.wallet = wallets.id)")
    app.map("accounts", balance="credit_granted")
    assert "come to for 5 of 5 accounts, such as w" in refuses(app, "accounts")
    app.map("accounts", balance="balance", invariant="credit_granted >= 0")
    assert rehearsed(app) == {}


def test_a_counter_of_what_was_used_that_goes_up(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO minutes_used")
    app.map("accounts", balance="minutes_used")
    assert "minutes_used counts what was used" in refuses(app, "accounts")
    app.map("accounts", balance="-minutes_used")
    app.map("accounts.add", minutes_used="-amount")
    assert rehearsed(app) == {}


def test_a_price_beside_what_was_taken(app: App) -> None:
    app.sql(
        "ALTER TABLE jobs ADD billed_credits int; UPDATE jobs SET billed_credits = price WHERE id NOT IN ('j21', 'j22')"
    )
    app.sql("DELETE FROM book WHERE kind = 'charge'")
    assert "is more than billed_credits of the session for 2 of 10" in refuses(app, "charges")
    app.map(amount="billed_credits")
    assert rehearsed(app) == {}


def test_drafts_without_a_charge_are_not_running(app: App) -> None:
    app.sql("DELETE FROM book WHERE job IN ('j41', 'j42', 'j43')")
    app.sql("UPDATE jobs SET state = 'draft' WHERE id IN ('j41', 'j42', 'j43')")
    app.map(running=["running", "draft"])
    assert "for 3 of 20 sessions that are not refunded, such as j41" in refuses(app, "charges")
    app.map("policy", stuck_after={"running": "1h", "draft": "never"})
    assert rehearsed(app) == {}


def test_a_link_whose_name_the_sessions_have_too(app: App) -> None:
    """A bare name in `ledger.session` is the ledger's, whatever the sessions have."""
    app.sql("ALTER TABLE jobs ADD job text")
    assert rehearsed(app) == {}
    app.sql("UPDATE jobs SET team = 'w' || (right(owner, 1)::int + 1) % 5; DELETE FROM book WHERE kind = 'refund'")
    app.map(account="team")
    assert "another account than the ledger charged for 30 of 30" in refuses(app, "charges")


def unsigned(app: App) -> None:
    """Give the book amounts without a sign, and a column that says which way they went."""
    app.sql("ALTER TABLE book ADD direction text")
    app.sql("UPDATE book SET direction = CASE WHEN amount < 0 THEN 'out' ELSE 'in' END, amount = abs(amount)")
    app.sql("UPDATE book SET kind = 'job'")
    app.map("ledger", where="kind = 'job' AND direction = 'in'")
    app.map("ledger.insert", kind="'job'", direction="'in'")


def test_amounts_without_a_sign_that_words_tell_apart(app: App) -> None:
    unsigned(app)
    assert rehearsed(app) == {}
    app.map("ledger", where="kind = 'swept'")
    app.map("ledger.insert", kind="'swept'")
    assert "of 20 sessions that would be paid again" in refuses(app, "ledger")
    without_ledger(app)
    assert '"public"."book"."job" (20 of the newest failed sessions' in refuses(app, "marks")


def test_charges_that_are_taken_for_refunds(app: App) -> None:
    unsigned(app)
    app.map("ledger", where="kind = 'job' AND direction = 'out'")
    app.map("ledger.insert", direction="'out'")
    assert "is true of a row of 10 of 10 sessions that succeeded" in refuses(app, "statuses")


def test_a_table_of_refunds_that_counts_in_a_unit_of_its_own(app: App) -> None:
    app.sql("CREATE TABLE payback (id serial PRIMARY KEY, job_id text REFERENCES jobs, gems int)")
    app.sql("INSERT INTO payback (job_id, gems) SELECT job, amount FROM book WHERE kind = 'refund'")
    app.sql("DROP TABLE book")
    app.map("ledger", table="payback", session="job_id", where="true")
    app.sections["ledger.insert"] = {"job_id": "session_id", "gems": "amount"}
    assert rehearsed(app) == {}
    without_ledger(app)
    assert '"public"."payback"."job_id" (20 of the newest failed sessions' in refuses(app, "marks")


def test_numbers_that_a_table_gives_itself_are_those_of_no_other(app: App) -> None:
    app.sql("CREATE TABLE people (id serial PRIMARY KEY); CREATE TABLE clubs (id serial PRIMARY KEY, balance int)")
    app.sql("INSERT INTO people SELECT n FROM generate_series(1, 5) AS n; INSERT INTO clubs (balance) VALUES (1), (2)")
    app.sql(
        "ALTER TABLE jobs ADD person_id int REFERENCES people DEFAULT 1; ALTER TABLE book ALTER wallet DROP NOT NULL"
    )
    app.map(account="person_id")
    app.map("accounts", table="clubs")
    app.map("ledger.insert", wallet=None)
    assert "accounts.id = 'id' of clubs is another number" in refuses(app, "accounts")


def test_a_sign_of_life_that_is_only_the_start_of_the_work(app: App) -> None:
    app.map("policy", stuck_after="10m")
    app.sql("ALTER TABLE jobs ADD work_began timestamptz; UPDATE jobs SET work_began = began + interval '1 min'")
    app.map(active_at="work_began")
    assert "active_at = 'work_began': it is near the start" in refuses(app, "stuck_after")


def test_the_share_of_one_pool_alone(app: App) -> None:
    """What was taken of the other is not stored, for it is the rest."""
    app.sql("ALTER TABLE wallets RENAME balance TO units_left")
    app.sql("ALTER TABLE wallets ADD extra_units int NOT NULL DEFAULT 50")
    app.sql("ALTER TABLE jobs ADD units_from_extra int NOT NULL DEFAULT 0")
    app.sql("UPDATE jobs SET units_from_extra = 1 WHERE right(id, 1) IN ('1', '2', '3')")
    app.map("accounts", balance="units_left + extra_units")
    app.map("accounts.add", extra_units="amount")
    assert "took nothing from it, as units_from_extra says" in refuses(app, "accounts")
    app.sections["accounts.add"].clear()
    app.map("accounts.add", units_left="amount")
    assert "took from extra_units (units_from_extra)" in refuses(app, "accounts")
    app.map("accounts.add", units_left="amount - s.units_from_extra", extra_units="s.units_from_extra")
    assert rehearsed(app) == {}


@pytest.mark.parametrize(
    ("rows", "amount"),
    [
        ("ALTER TABLE jobs ADD dollars numeric; UPDATE jobs SET dollars = price / 100.0", "dollars"),
        ("ALTER TABLE jobs ADD final_price int NOT NULL DEFAULT 0", "final_price"),
        # with something left over; and a ratio without an end, where a run, too, must calculate exactly
        (
            "UPDATE book SET amount = amount * 100 + sign(amount) * 7; UPDATE jobs SET price = price * 100 + 7",
            "price / 100",
        ),
        (
            "UPDATE book SET amount = amount * 7; ALTER TABLE jobs ADD cost int; UPDATE jobs SET cost = price * 3",
            "cost",
        ),
    ],
)
def test_an_amount_in_another_unit(app: App, rows: str, amount: str) -> None:
    app.sql(rows)
    app.map(amount=amount)
    assert "is less than the app gave back for 20 of 20" in refuses(app, "past_refunds")
