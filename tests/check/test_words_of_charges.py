"""Texts that a refund writes into the app's ledger, where the app's own charges and refunds have others."""

from tests.helpers.any_app import App
from tests.helpers.shops import rehearsed


def test_a_word_of_charges(app: App) -> None:
    """Another column says which rows are refunds, so that the word is free to be wrong."""
    app.sql("ALTER TABLE book ADD reason text; UPDATE book SET reason = 'job_' || kind, team = kind")
    app.map("ledger", where="team = 'refund'")
    app.map("ledger.insert", team="'refund'", reason="'job_charge'")
    found = rehearsed(app)["past_refunds"]
    assert (found["status"], found["message"]) == (
        "warning",
        "reason = 'job_charge' is what the app writes for charges, such as those of j31 and 9 other sessions that "
        "succeeded, and for none of its 20 refunds",
    )
    for free in ("'job_refund'", "'swept'", "'job_charge_undone'"):
        app.map("ledger.insert", reason=free)
        assert rehearsed(app) == {}


def test_a_word_that_all_rows_have(app: App) -> None:
    app.sql("ALTER TABLE book ADD reason text NOT NULL DEFAULT 'api'")
    app.map("ledger.insert", reason="'api'")
    assert rehearsed(app) == {}


def test_what_the_app_wrote_in_another_way_before(app: App) -> None:
    """Sessions begin in the order of their numbers, the newest first."""
    app.sql("ALTER TABLE book ADD via int NOT NULL DEFAULT 2; UPDATE book SET via = 1, team = 'w' "
            "WHERE substr(job, 2)::int > 12")  # fmt: skip
    app.map("ledger.insert", via="2")
    assert rehearsed(app) == {}
    app.map("ledger.insert", via="1")
    assert "via = '1' is not what the app wrote for j1," in rehearsed(app)["past_refunds"]["message"]
    app.sql("UPDATE book SET via = 1 WHERE job = 'j2'")
    app.sql("UPDATE book SET via = 1 WHERE job > 'j5'")
    app.map("ledger.insert", via="2")
    assert "via = '2' is not what the app wrote for j2" in rehearsed(app)["past_refunds"]["message"], "it is mixed"


def test_a_word_of_what_is_given_back_after_a_success(app: App) -> None:
    """It is no charge's."""
    app.sql("ALTER TABLE book ADD reason text; UPDATE book SET reason = kind; INSERT INTO book (wallet, job, kind, "
            "amount, reason) SELECT owner, id, 'rest', 1, 'unused' FROM jobs WHERE state = 'done'")  # fmt: skip
    app.map("ledger.insert", reason="'unused'")
    assert rehearsed(app) == {}
