"""How the rows of the app's ledger name the session and the account, against what the file writes and reads there."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import refuses, rehearsed, shop, without_ledger


@pytest.fixture
def spoken(bare: AppDatabase) -> App:
    """Sessions are numbers, and the book names them as `job:12`; other rows of it have other references."""
    app = shop(bare)
    app.sql("ALTER TABLE jobs ALTER id TYPE int USING substr(id, 2)::int; ALTER TABLE book ADD ref text, DROP total")
    app.sql("UPDATE book SET ref = 'job:' || substr(job, 2)")
    app.sql("ALTER TABLE book DROP job")
    app.sql("INSERT INTO book (wallet, kind, amount, ref) SELECT id, 'topup', 100, 'stripe:pi_' || id FROM wallets")
    app.map("ledger", session="(split_part(ref, ':', 2)::int)", where="kind = 'refund' AND ref LIKE 'job:%'")
    app.map("ledger.insert", job=None, ref="'job:' || session_id")
    return app


def test_a_short_id_behind_what_the_table_is_called(spoken: App) -> None:
    found = rehearsed(spoken)
    assert {name: item["status"] for name, item in found.items()} == {"ledger": "warning"}
    without_ledger(spoken)
    assert '"public"."book" (in a text) (20 of the newest failed' in refuses(spoken, "marks")


@pytest.mark.parametrize("kind", ["Refund", "credit"])
def test_another_kind_where_the_link_cannot_be_read_of_other_rows(spoken: App, kind: str) -> None:
    spoken.map("ledger", where=f"kind = '{kind}' AND ref LIKE 'job:%'")
    spoken.map("ledger.insert", kind=f"'{kind}'")
    assert "name, in a text, 20 sessions that would be paid again" in refuses(spoken, "ledger")


def test_another_word_before_the_id(spoken: App) -> None:
    spoken.map("ledger", session="(substring(ref, 'work:(.*)')::int)", where="kind = 'refund' AND ref LIKE 'work:%'")
    spoken.map("ledger.insert", ref="'work:' || session_id")
    assert "name, in a text, 20 sessions that would be paid again" in refuses(spoken, "ledger")


def test_what_is_refunded_to_something_else_of_the_same_number(spoken: App) -> None:
    spoken.sql("INSERT INTO book (wallet, kind, amount, ref) SELECT wallet, 'refund', 1, 'clone:' || n FROM book, "
               "generate_series(21, 30) AS n WHERE kind = 'topup'")  # fmt: skip
    assert {name: item["status"] for name, item in rehearsed(spoken).items()} == {"ledger": "warning"}


def test_a_mark_of_ours_is_nothing_that_the_app_should_have_written(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE book ADD note text")
    netted = "(SELECT -sum(b.amount) FROM book AS b WHERE b.job = s.id AND b.note IS DISTINCT FROM 'swept')"
    app.map(amount=netted)
    app.map("ledger", where="kind = 'refund' AND note = 'swept'")
    app.map("ledger.past", where="kind = 'refund'")
    app.map("ledger.insert", note="left(session_id, 0) || 'swept'", total="balance_after")
    assert "past_refunds" not in rehearsed(app)
    app.map("ledger.past", session="(SELECT j.id FROM jobs AS j WHERE j.id = l.job)")
    assert "past_refunds" not in rehearsed(app)
    app.map("ledger.past", session="(SELECT j.id FROM jobs AS j WHERE j.id = book.job)")
    app.refused("ledger.past.session = ", "cannot be used")


def test_a_row_that_would_be_that_of_another_account(bare: AppDatabase) -> None:
    app = shop(bare)
    app.sql("ALTER TABLE jobs ADD buyer text; UPDATE jobs SET buyer = 'w' || (substr(owner, 2)::int + 1) % 5")
    app.sql("ALTER TABLE book ADD buyer text; UPDATE book SET buyer = wallet")
    app.sql("ALTER TABLE book ADD FOREIGN KEY (wallet) REFERENCES wallets; ALTER TABLE book DROP total")
    app.map("ledger.insert", wallet="s.buyer", buyer="account_id")
    assert "the row would be that of another account" in refuses(app, "past_refunds")


@pytest.mark.parametrize("word", ["devolución", "Rückerstattung", "remboursement"])
def test_a_refund_in_another_language(bare: AppDatabase, word: str) -> None:
    """What was taken is booked for a whole order, so that no other row of the job shows what came back."""
    app = shop(bare)
    app.sql("DELETE FROM book WHERE kind = 'charge'; ALTER TABLE book DROP total")
    app.sql("ALTER TABLE book RENAME amount TO betrag")
    app.sql(f"UPDATE book SET kind = '{word}'; UPDATE wallets SET balance = 900 + right(id, 1)::int")
    without_ledger(app)
    assert '"public"."book"."job" (20 of the newest failed sessions' in refuses(app, "marks")
