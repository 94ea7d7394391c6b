"""Texts that a refund writes into the app's ledger, where the app's own charges and refunds have others."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.shops import refuses, rehearsed

pytestmark = pytest.mark.slow


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


def test_a_word_of_charges_whose_amounts_have_no_sign(app: App) -> None:
    """A column says in which direction the credits go."""
    app.sql("ALTER TABLE book ADD way char(1); UPDATE book SET way = CASE kind WHEN 'charge' THEN 'D' ELSE 'C' END, "
            "amount = abs(amount)")  # fmt: skip
    app.map("ledger.insert", way="'C'")
    assert rehearsed(app) == {}
    app.map("ledger.insert", way="'D'")
    assert "way = 'D' is what the app writes for charges" in rehearsed(app)["past_refunds"]["message"]


def test_a_word_of_rows_that_are_about_no_session(app: App) -> None:
    app.sql("ALTER TABLE book ADD reason text; UPDATE book SET reason = kind, team = 'back' WHERE kind = 'refund'; "
            "INSERT INTO book (wallet, kind, amount, reason, team) SELECT id, 'bought', 1, 'bought', 'back' "
            "FROM wallets")  # fmt: skip
    app.map("ledger", where="team = 'back'")
    app.map("ledger.insert", team="'back'", reason="'bought'")
    found = rehearsed(app)["past_refunds"]
    assert (found["status"], found["message"]) == (
        "warning",
        "reason = 'bought' is what 5 rows have that are about no session, and none of the app's 20 refunds has it",
    )
    for free in ("'refund'", "'swept'"):
        app.map("ledger.insert", reason=free)
        assert rehearsed(app) == {}


@pytest.mark.parametrize("column", ["created_by", "createdBy", "source", "service"])
def test_a_word_for_the_writer_of_a_row(app: App, column: str) -> None:
    """The sweep is a system as what books a purchase is, and no worker or API of the app."""
    app.sql(f'ALTER TABLE book ADD "{column}" text; UPDATE book SET "{column}" = CASE kind WHEN \'refund\' '
            "THEN 'worker' ELSE 'api' END")  # fmt: skip
    app.sql(f"INSERT INTO book (wallet, kind, amount, \"{column}\") SELECT id, 'bought', 1, 'system' FROM wallets")
    for word in ("'system'", "'api'", "'sweeper'"):
        app.map("ledger.insert", **{f'"{column}"': word})
        assert rehearsed(app) == {}
    app.sql("UPDATE book SET kind = 'refunded' WHERE kind = 'refund'")
    app.map("ledger", where="kind LIKE 'refund%'")
    assert f"{column} = 'sweeper'" not in str(rehearsed(app))
    app.map("ledger.insert", **{f'"{column}"': "'system'"})
    assert f"{column} = 'system' is what 5 rows have" in rehearsed(app)["past_refunds"]["message"], (
        "no kind is the same"
    )


@pytest.mark.parametrize("word", ["'Automatic refund'", "'swept'"])
def test_a_note_that_the_app_takes_from_the_session(app: App, word: str) -> None:
    app.sql("UPDATE jobs SET error = 'error ' || substr(id, 2)::int % 3 WHERE state = 'failed'; "
            "UPDATE book AS b SET team = j.error FROM jobs AS j WHERE j.id = b.job AND b.kind = 'refund'")  # fmt: skip
    app.map("ledger.insert", team=word)
    assert rehearsed(app) == {}


def test_a_note_from_what_a_refund_changes(app: App) -> None:
    app.sql("UPDATE book SET team = 'Refund: no' WHERE kind = 'refund'; UPDATE jobs SET error = CASE WHEN id IN "
            "(SELECT job FROM book WHERE kind = 'refund') THEN 'no (refunded)' ELSE 'no' END")  # fmt: skip
    app.map(error="error", exclude="error LIKE '%(refunded)'")
    app.map("ledger.insert", team="'Refund: ' || s.error")
    assert "team = " in rehearsed(app)["past_refunds"]["message"]
    app.map("sessions.refunded", error="s.error || ' (refunded)'")
    assert rehearsed(app) == {}


def test_a_word_that_each_session_has(app: App) -> None:
    """Such as the pool or the currency of its charge: the same word for all is wrong for some."""
    app.sql("ALTER TABLE book ADD pool text; ALTER TABLE jobs ADD pool text; "
            "UPDATE jobs SET pool = CASE WHEN substr(id, 2)::int % 4 = 0 THEN 'pack' ELSE 'plan' END; "
            "UPDATE book AS b SET pool = j.pool FROM jobs AS j WHERE j.id = b.job")  # fmt: skip
    app.map("ledger.insert", pool="s.pool")
    assert rehearsed(app) == {}
    app.map("ledger.insert", pool="'plan'")
    found = rehearsed(app)["past_refunds"]
    assert (found["status"], found["message"].split(", such as")[0]) == (
        "failure", "pool = 'plan' is not what the app wrote for 5 of 20 refunds"
    )  # fmt: skip
    assert found["fix"] == """[ledger.insert] "pool" = 's."pool"'"""
    app.map("ledger.insert", pool="'other'")
    assert rehearsed(app) == {}, "it may be a note"
    app.sql(
        "CREATE TYPE pool AS ENUM ('pack', 'plan', 'other'); ALTER TABLE book ALTER pool TYPE pool USING pool::pool"
    )
    assert "is not what the app wrote for 20 of 20 refunds" in rehearsed(app)["past_refunds"]["message"]
    app.sql("UPDATE book SET pool = 'plan' WHERE kind = 'refund' AND job = 'j1'; UPDATE jobs SET pool = 'x' "
            "WHERE id = 'j1'")  # fmt: skip
    assert rehearsed(app) == {}, "the app may have chosen its words in another way"


def test_a_word_in_another_case(app: App) -> None:
    """The app looks for `refund` alone, whatever our condition takes for it."""
    app.map("ledger", where="lower(kind) = 'refund'")
    app.map("ledger.insert", kind="'REFUND'")
    said = refuses(app, "past_refunds")
    assert "kind = 'REFUND' is spelt 'refund' in 20 of the app's 20 refunds, such as of j1, j2, j3" in said
    app.map("ledger", where="kind = 'refund'")
    app.map("ledger.insert", kind="'refund'", team="'job-refund'")
    app.sql("UPDATE book SET team = 'job_refund' WHERE kind = 'refund'")
    found = rehearsed(app)["past_refunds"]
    assert (found["status"], "team = 'job-refund' is spelt 'job_refund'" in found["message"]) == ("warning", True)
    app.map("ledger.insert", team="'Job refund.'")
    app.sql("UPDATE book SET team = 'job refund' WHERE kind = 'refund'")
    assert rehearsed(app) == {}, "a note"
    app.sql("ALTER TABLE book RENAME team TO memo; UPDATE book SET memo = 'refund.' WHERE kind = 'refund'")
    app.map("ledger.insert", team=None, memo="'Refund'")
    assert rehearsed(app) == {}, "the same"


def test_a_word_that_the_app_has_changed(app: App) -> None:
    app.map("ledger", where="lower(kind) = 'refund'")
    app.sql("UPDATE book SET kind = 'REFUND' WHERE kind = 'refund' AND substr(job, 2)::int > 2")
    assert rehearsed(app) == {}


def test_the_kind_of_other_rows_of_sessions_that_succeeded(app: App) -> None:
    """What is given back after a success is of another kind, and `where` reads that."""
    app.sql("INSERT INTO book (wallet, job, kind, amount) SELECT owner, id, 'settled', 1 FROM jobs "
            "WHERE state = 'done'")  # fmt: skip
    app.map("ledger", where="kind IN ('refund', 'settled')")
    app.map("ledger.insert", kind="'settled'")
    assert "kind = 'settled' is what the app writes for other rows" in rehearsed(app)["past_refunds"]["message"]


def test_the_label_of_an_enum_is_no_note(app: App) -> None:
    app.sql("CREATE TYPE origin AS ENUM ('task', 'order', 'system')")
    app.sql("ALTER TABLE book ADD about origin NOT NULL DEFAULT 'task'")
    app.map("ledger.insert", about="'task'")
    assert rehearsed(app) == {}
    app.map("ledger.insert", about="'system'")
    assert "about = 'system' is 'task' in all of the app's 20 refunds" in rehearsed(app)["past_refunds"]["message"]


@pytest.mark.parametrize("column", ["source", "reason", "initiator", "layer", "cause"])
def test_the_label_of_who_wrote_a_row_and_why(app: App, column: str) -> None:
    """The sweep is another writer than the app's worker, and says so."""
    app.sql("CREATE TYPE origin AS ENUM ('worker', 'user', 'system')")
    app.sql(f"ALTER TABLE book ADD {column} origin; UPDATE book SET {column} = "
            "CASE kind WHEN 'refund' THEN 'worker' ELSE 'user' END::origin")  # fmt: skip
    app.map("ledger.insert", **{column: "'system'"})
    assert rehearsed(app) == {}


def test_a_key_of_json_with_a_word_of_the_session(app: App) -> None:
    app.sql("ALTER TABLE book ADD info jsonb; UPDATE jobs SET team = 't' || substr(id, 2)::int % 3")
    app.sql("UPDATE book AS b SET info = jsonb_build_object('engine', j.team, 'job', j.id) "
            "FROM jobs AS j WHERE j.id = b.job")  # fmt: skip
    app.map("ledger.insert", info="jsonb_build_object('job', session_id)")
    assert "leaves out what the app wrote: 'engine' (j1" in rehearsed(app)["past_refunds"]["message"]
    app.map("ledger.insert", info="jsonb_build_object('job', session_id, 'engine', s.team)")
    assert rehearsed(app) == {}
    app.sql("""UPDATE book SET info = info || jsonb_build_object('asked_by', md5(id::text))""")
    assert rehearsed(app) == {}, "no file can write that"
