"""Rows that the file finds by a column of the session: charges that were never made, of others, or of other amounts."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed, shop, without_ledger

pytestmark = pytest.mark.slow

CHARGE = "(SELECT -b.amount FROM book b WHERE b.job = s.id AND b.kind = 'charge')"
GIVEN_BACK = "EXISTS (SELECT FROM book b WHERE b.job = s.id AND b.kind = 'refund')"


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """The shop, which reads its amounts from the book."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total, ADD info jsonb")
    app.sql("UPDATE book SET info = jsonb_build_object('job', job)")
    app.map(amount=CHARGE)
    app.map("ledger.insert", info="jsonb_build_object('job', session_id)")
    return app


def warned(app: App, item: str) -> str:
    found = rehearsed(app)[item]
    assert found["status"] == "warning", found
    return str(found["message"])


@pytest.mark.parametrize(("column", "made", "never"), [("state text", "'done'", "'aborted'"),
                                                       ("confirmed boolean", "true", "false")])  # fmt: skip
@pytest.mark.parametrize("link", ["b.job = s.id", "s.id::text = b.info ->> 'job'", "s.id IN (b.info ->> 'job', '-')"])
def test_charges_that_were_never_made(app: App, column: str, made: str, never: str, link: str) -> None:
    name = column.split()[0]
    app.sql(f"ALTER TABLE book ADD {column} NOT NULL DEFAULT {made}")
    amount = CHARGE.replace("b.job = s.id", link)
    app.map(amount=amount)
    app.map("ledger.insert", **{name: made})
    assert rehearsed(app) == {}
    app.sql(f"UPDATE book SET {name} = {never} WHERE job IN ('j21', 'j22', 'j23')")
    assert (
        f"sessions.amount reads rows of book whose {name} says that they took nothing: 3 sessions that would be paid, "
        "such as j21, j22, j23," in refuses(app, "charges")
    )
    app.map(amount=amount.replace("AND b.kind", f"AND b.{name} = {made} AND b.kind"))
    assert set(rehearsed(app)) <= {"amounts"}


def test_states_of_the_work(app: App) -> None:
    """The parts of a session fail as it does: only refunds of the app's show that those are not paid for."""
    app.sql("CREATE TABLE parts (job text, state text, price numeric)")
    app.sql("INSERT INTO parts SELECT id, state, price FROM jobs WHERE substr(id, 2)::int > 20")
    app.sql("INSERT INTO parts SELECT id, 'done', 0 FROM jobs WHERE substr(id, 2)::int > 25")
    app.map(amount="coalesce((SELECT sum(p.price) FROM parts p WHERE p.job = s.id), s.price)")
    assert "charges" not in rehearsed(app)


def test_rows_of_several_sessions(app: App) -> None:
    """The price of what sessions are about may be that of one account."""
    app.sql(
        "ALTER TABLE jobs ADD model text; UPDATE jobs SET model = CASE WHEN owner IN ('w1', 'w2') THEN 'a' ELSE 'b' END"
    )
    app.sql("CREATE TABLE prices (model text, owner text, price numeric); INSERT INTO prices VALUES ('a', 'w9', 3)")
    app.sql("INSERT INTO prices SELECT 'b', id, 3 FROM wallets")
    app.map(amount="(SELECT max(p.price) FROM prices p WHERE p.model = s.model)")
    assert "w9" not in str(rehearsed(app).get("charges"))


def test_holds_that_wait_for_the_work(app: App) -> None:
    """They are not captured while nobody has given them back, and took the credits all the same."""
    app.sql("ALTER TABLE book ADD captured boolean NOT NULL DEFAULT true")
    app.sql("UPDATE book SET captured = false WHERE substr(job, 2)::int BETWEEN 21 AND 30")
    assert "charges" not in rehearsed(app)


def test_rows_of_a_few_that_name_another_account(app: App) -> None:
    app.map(account="CASE WHEN s.id IN ('j21', 'j22', 'j23') THEN 'w4' ELSE s.owner END")
    assert "is another account than wallet of book, which sessions.amount reads, for 3 of 10 sessions" in warned(
        app, "charges"
    )


def test_rows_that_come_to_the_balances(app: App) -> None:
    without_ledger(app)
    app.sql("ALTER TABLE book ADD FOREIGN KEY (wallet) REFERENCES wallets; CREATE INDEX ON book (wallet)")
    app.sql("INSERT INTO book (wallet, kind, amount) SELECT id, 'topup', 900 + substr(id, 2)::int FROM wallets")
    app.sql("UPDATE wallets SET balance = (SELECT sum(amount) FROM book WHERE wallet = wallets.id)")
    app.map(exclude=GIVEN_BACK)
    assert "charges" not in rehearsed(app)
    app.map(amount=CHARGE.replace("-b.amount", "b.amount"))
    assert "is not what amount in the rows of book says was taken, for 10 of 10 sessions, such as j21: -5" in warned(
        app, "charges"
    )
    app.map(amount=CHARGE.replace("-b.amount", "10 - b.amount"))
    assert "such as j21: 15 instead of 5; the balances are what amount comes to" in refuses(app, "charges")
    app.map(amount=CHARGE.replace("-b.amount", "-b.amount / 2.0"))
    assert "charges" not in rehearsed(app), "less what was delivered"
    app.sql("INSERT INTO book (wallet, kind, amount, info) "
            "SELECT owner, 'extra', -1, jsonb_build_object('of', id) FROM jobs; "
            "UPDATE wallets SET balance = (SELECT sum(amount) FROM book WHERE wallet = wallets.id)")  # fmt: skip
    app.map(amount=f"{CHARGE} + (SELECT -b.amount FROM book b WHERE b.info ->> 'of' = s.id)")
    assert "charges" not in rehearsed(app), "what rows that are found by two columns took together"


def test_refunds_that_name_the_session_by_a_key_without_an_index(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD token text; UPDATE jobs SET token = 'tok_' || md5(id)")
    app.sql("ALTER TABLE book ADD said text")
    app.sql("UPDATE book SET said = kind || ' of ' || token FROM jobs WHERE jobs.id = book.job")
    app.sql("UPDATE book SET job = NULL, info = NULL WHERE kind = 'refund'")
    without_ledger(app)
    assert "(in a text) (20 of the newest failed sessions, such as j1)" in refuses(app, "marks")
    app.map(account="coalesce(s.owner, s.token)")  # it may name the account
    assert '"book" (in a text)' not in str(rehearsed(app).get("marks"))
    app.map(account="owner")
    app.sql("UPDATE jobs SET token = 'tok_' || md5(owner)")  # many have it
    assert '"book" (in a text)' not in str(rehearsed(app).get("marks"))


def test_a_retry_is_not_refunded_as_its_first_try(app: App) -> None:
    app.sql("ALTER TABLE jobs ADD retry_of_id text; UPDATE jobs SET id = 'session_' || id")
    app.sql("UPDATE book SET job = 'session_' || job, info = NULL")
    app.sql("UPDATE jobs SET retry_of_id = 'session_j' || n - 18 FROM generate_series(21, 30) n "
            "WHERE id = 'session_j' || n")  # fmt: skip
    without_ledger(app)
    app.map(amount="(SELECT -sum(b.amount) FROM book b WHERE b.job = s.id)")
    assert "nothing in the file says what the app has refunded itself" in warned(app, "marks"), "no more than that"


def test_a_key_by_which_the_file_finds_the_apps_refunds(app: App) -> None:
    """Ours are of another kind, and marked in JSON."""
    app.sql("UPDATE book SET info = jsonb_build_object('refund_of', job) WHERE kind = 'refund'")
    app.map(amount=f"{CHARGE} - coalesce((SELECT sum(b.amount) FROM book b WHERE b.info ->> 'refund_of' = s.id "
                   "AND NOT b.info ? 'swept'), 0)")  # fmt: skip
    app.map("ledger", session="(info ->> 'swept')", where="info ? 'swept'")
    app.map("ledger.insert", info="jsonb_build_object('refund_of', s.id, 'swept', session_id)")
    app.map("ledger.past", where="kind = 'refund' AND NOT info ? 'swept'", session="(info ->> 'refund_of')")
    assert rehearsed(app) == {}
    app.map("ledger.insert", info="jsonb_build_object('swept', session_id)")
    assert "the app's own refunds have 'refund_of' in info, by which [ledger.past] finds them, such as those of j" in (
        warned(app, "past_refunds")
    )
    app.map("ledger.insert", info="jsonb_build_object('refund_of', s.id, 'swept', session_id)", kind="'tip'")
    assert "kind = 'tip' is 'refund' in all of the app's 20 refunds" in warned(app, "past_refunds")
    app.map("ledger.past", where="kind <> 'charge' AND NOT info ? 'swept'")
    assert rehearsed(app) == {}, "this finds them by no word"


def test_a_word_with_a_backslash_of_refunds_in_parts(app: App) -> None:
    """Some sessions have two refunds, and no single word of theirs."""
    app.sql("INSERT INTO book (wallet, job, kind, amount) SELECT wallet, job, kind, amount / 2 FROM book "
            "WHERE kind = 'refund' AND job < 'j15'; UPDATE book SET amount = amount / 2 WHERE kind = 'refund' "
            "AND job < 'j15'")  # fmt: skip
    app.sql(r"ALTER TABLE book ADD about text; UPDATE book SET about = 'App\Models\Job', team = 'app'")
    app.map(amount="(SELECT -sum(b.amount) FROM book b WHERE b.job = s.id AND b.team <> 'swept')")
    app.map("ledger", where="team = 'swept'")
    app.map("ledger.past", where=r"kind = 'refund' AND about = 'App\Models\Job'")
    app.map("ledger.insert", team="'swept'", about=r"'App\Models\Job'", info="'{}'")
    assert "past_refunds" not in rehearsed(app)
    app.map("ledger.insert", about="'job'")
    assert "about = 'job' is 'App" in warned(app, "past_refunds")


def test_a_mark_in_a_key_that_the_app_has_as_well(app: App) -> None:
    app.sql("ALTER TABLE book ADD code text; UPDATE book SET code = kind || md5(job)")
    app.map(amount="(SELECT -sum(b.amount) FROM book b WHERE b.job = s.id AND b.code NOT LIKE 'sw_%')")
    app.map("ledger", where="code LIKE 'sw_%'")
    app.map("ledger.insert", code="'sw_' || session_id")
    app.map("ledger.past", where="kind = 'refund' AND code NOT LIKE 'sw_%'")
    assert rehearsed(app) == {}


def test_a_quota_that_differs_between_accounts_may_be_what_is_left(app: App) -> None:
    app.sql("ALTER TABLE wallets RENAME balance TO quota; ALTER TABLE wallets ADD used numeric")
    app.sql("UPDATE wallets SET quota = 700, used = 100 + substr(id, 2)::int")
    app.map("accounts", balance="quota")
    assert "quota is what was given, and used counts what was used of it" in refuses(app, "accounts")
    app.sql("UPDATE wallets SET quota = 700 - used")
    assert "used of wallets look like balances or counters" in warned(app, "accounts")
    app.sql("INSERT INTO wallets (id, quota, used) SELECT 'new' || n, 700, 0 FROM generate_series(1, 40) n")
    app.sql("INSERT INTO wallets (id, quota, used) SELECT 'old' || n, 700 - n, n FROM generate_series(1, 20) n")
    assert "used of wallets look like balances or counters" in warned(app, "accounts")


def test_charges_that_stayed_pending(app: App) -> None:
    """No charge of work that goes on is pending, so that it waits for nothing."""
    app.sql("ALTER TABLE book ADD state text NOT NULL DEFAULT 'done'")
    app.map("ledger.insert", state="'done'")
    app.sql("UPDATE book SET state = 'pending' WHERE job IN ('j21', 'j22', 'j23', 'j41')")
    assert "charges" not in rehearsed(app)
    app.sql("UPDATE book SET state = 'done' WHERE job = 'j41'")
    assert "whose state says that they took nothing: 3 sessions that would be paid" in refuses(app, "charges")


TRANSFERS = """
CREATE TABLE transfers (id text PRIMARY KEY, source text NOT NULL REFERENCES wallets, target text NOT NULL REFERENCES
    wallets, amount numeric NOT NULL);
INSERT INTO wallets VALUES ('house', 0), ('gift', 50);
INSERT INTO transfers SELECT 't' || id, CASE WHEN substr(id, 2)::int % 7 = 0 THEN 'gift' ELSE owner END, 'house', price
FROM jobs;
ALTER TABLE jobs ADD transfer text UNIQUE REFERENCES transfers;
UPDATE jobs SET transfer = 't' || id;
"""
OF_TRANSFER = "(SELECT t.{} FROM transfers t WHERE t.id = s.transfer)"


def test_transfers_from_and_to_other_accounts(app: App) -> None:
    app.sql(f"{TRANSFERS} UPDATE book b SET wallet = t.source FROM transfers t WHERE t.id = 't' || b.job")
    app.map(amount=OF_TRANSFER.format("amount"), account=OF_TRANSFER.format("source"))
    assert "charges" not in rehearsed(app)
    app.map(account="owner")
    without_ledger(app)
    app.map(exclude=GIVEN_BACK)
    assert "sessions.account = 'owner' is neither source nor target of transfers" in refuses(app, "charges")
    app.map(account=OF_TRANSFER.format("target"))
    assert "is house for all 10 sessions that would be paid, such as j21, and source and" in refuses(app, "charges")


def test_transfers_of_one_customer_to_several_providers(app: App) -> None:
    app.sql(f"{TRANSFERS} UPDATE transfers SET source = target, target = source")
    app.sql("ALTER TABLE jobs ADD payer text DEFAULT 'house'; UPDATE book SET wallet = 'house'")
    app.map(amount=OF_TRANSFER.format("amount"), account="payer")
    assert "charges" not in rehearsed(app)
    app.sql("UPDATE jobs SET payer = 'w1' WHERE state = 'done'; UPDATE transfers AS t SET source = 'w1' FROM jobs AS j "
            "WHERE j.transfer = t.id AND j.state = 'done'")  # fmt: skip
    app.map(account=OF_TRANSFER.format("source"))
    assert "charges" not in rehearsed(app), "the sessions that would be paid have one customer, others have another"
