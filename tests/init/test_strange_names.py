"""``sweeper init`` where names are not the usual ones, and where a name or a sign alone would be a guess."""

from pathlib import Path

from tests.helpers.drafted import draft
from tests.helpers.paths import APPS
from tests.helpers.server import Server

QUESTIONS = APPS / "questions"
WALLETS = (QUESTIONS / "wallets_of_holders.sql").read_text()
LEASES = (QUESTIONS / "leases.sql").read_text()
NUMBERS = (QUESTIONS / "numbered_kinds.sql").read_text()
MONEY = (QUESTIONS / "reserved_money.sql").read_text()


def test_a_balance_that_no_session_leads_to_is_not_the_sum_of_the_ledger(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, WALLETS)
    assert found["accounts"] == {"table": "?", "id": "?", "balance": "?"}
    assert found["sessions"]["account"] == "?"
    assert '"holder"   of wallets' in text
    assert "[accounts] is left out" not in text


def test_a_status_by_what_its_values_say(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, LEASES)
    assert (found["sessions"]["table"], found["sessions"]["status"]) == ("leases", "lifecycle")
    assert found["sessions"]["exclude"] == "seconds_released_at IS NOT NULL"
    assert found["sessions"]["refunded"] == {"seconds_released_at": "at"}
    assert '"reserved_seconds"   a price' in text
    assert found["accounts"]["active"] == "discarded_at IS NULL"


def test_a_number_for_the_kind_of_a_row_is_asked_for(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, NUMBERS)
    assert found["ledger"]["where"] == "?"
    assert '"type = 2"   the number that all rows have which name a session and go up' in text


def test_a_ledger_of_money_that_releases_what_it_reserved(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, MONEY)
    assert (found["ledger"]["table"], found["ledger"]["where"]) == ("balance_events", "?")
    assert "\"kind = 'release'\"   by their name they release what was taken" in text
    assert '"reserved_usd"   a price' in text


def test_numbers_without_a_sign_are_all_shown(server: Server, tmp_path: Path) -> None:
    """Minutes are the credits, and an amount is always above zero."""
    minutes = NUMBERS.replace("token_transactions", "minute_entries").replace("amount", "minutes")
    unsigned = "UPDATE minute_entries SET minutes = abs(minutes);"
    found, text = draft(server, tmp_path, minutes, unsigned)
    assert (found["ledger"]["table"], found["ledger"]["where"]) == ("minute_entries", "?")
    assert found["ledger"]["insert"]["minutes"] == "amount"
    assert '"type = 2"   10 of the 10 newest of these rows name a session' in text


def test_a_flag_that_says_that_work_was_charged(server: Server, tmp_path: Path) -> None:
    flagged = "ALTER TABLE gradings ADD billed boolean NOT NULL DEFAULT true; DROP TABLE token_transactions;"
    found, text = draft(server, tmp_path, NUMBERS, flagged)
    assert (found["sessions"]["exclude"], found["sessions"]["refunded"]) == ("?", {"billed": "?"})
    assert "billed says that a session was charged" in text
    assert '"NOT billed"   how the app marks its refunds' in text


def test_a_note_that_the_app_leaves_empty(server: Server, tmp_path: Path) -> None:
    noted = "ALTER TABLE wallet_entries ADD note text;"
    found, _ = draft(server, tmp_path, WALLETS, noted)
    assert "note" not in found["ledger"]["insert"]
    found, _ = draft(server, tmp_path, WALLETS, noted, "DELETE FROM wallet_entries;")
    assert found["ledger"]["insert"]["note"] == "reason"


def test_accounts_of_two_kinds_of_owners(server: Server, tmp_path: Path) -> None:
    """A flag of the session may say which of them pays, and no name leads there."""
    owners = """
    CREATE TABLE firms (id int PRIMARY KEY, name text);
    ALTER TABLE wallets ADD FOREIGN KEY (holder) REFERENCES users, ADD firm int UNIQUE REFERENCES firms;
    ALTER TABLE dubs ADD FOREIGN KEY (user_id) REFERENCES users, ADD by_firm boolean NOT NULL DEFAULT false;
    """
    found, text = draft(server, tmp_path, WALLETS, owners)
    assert (found["sessions"]["account"], found["accounts"]["id"]) == ("?", "?")
    assert "Some rows of wallets are of firm instead" in text
    found, _ = draft(server, tmp_path, WALLETS, owners, "ALTER TABLE wallets DROP firm")
    assert (found["sessions"]["account"], found["accounts"]["id"]) == ("user_id", "holder")
