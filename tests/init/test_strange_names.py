"""``sweeper init`` where names are not the usual ones, and where a name or a sign alone would be a guess."""

from pathlib import Path

from tests.helpers.drafted import draft
from tests.helpers.server import Server

WALLETS = """
CREATE TABLE users (id serial PRIMARY KEY, email text);
CREATE TABLE wallets (id serial PRIMARY KEY, holder int UNIQUE, balance int NOT NULL);
CREATE TABLE dubs (id text PRIMARY KEY, user_id int NOT NULL, status text NOT NULL, cost int NOT NULL,
    created_at timestamptz NOT NULL);
CREATE TABLE wallet_entries (id bigserial PRIMARY KEY, wallet_no int NOT NULL, kind text NOT NULL, amount int NOT NULL,
    dub_id text REFERENCES dubs);
INSERT INTO users SELECT n FROM generate_series(1, 4) AS n;
INSERT INTO wallets (holder, balance) SELECT 5 - n, 100 FROM generate_series(1, 4) AS n;
INSERT INTO dubs SELECT 'd' || n, 1 + n % 4, (ARRAY['queued', 'running', 'done', 'failed'])[1 + n % 4], 3, now()
    FROM generate_series(1, 40) AS n;
INSERT INTO wallet_entries (wallet_no, kind, amount, dub_id) SELECT 4 - user_id, 'usage', -cost, id FROM dubs;
INSERT INTO wallet_entries (wallet_no, kind, amount, dub_id)
    SELECT 4 - user_id, 'refund', cost, id FROM dubs WHERE status = 'failed';
"""
LEASES = """
CREATE TABLE tenants (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), seconds_limit int NOT NULL, seconds_used int NOT
    NULL, discarded_at timestamptz);
CREATE TABLE leases (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL REFERENCES tenants,
    gpu text NOT NULL, lifecycle text NOT NULL, reserved_seconds int NOT NULL, seconds_released_at timestamptz,
    created_at timestamptz NOT NULL);
INSERT INTO tenants (seconds_limit, seconds_used) SELECT 1000, n FROM generate_series(1, 4) AS n;
INSERT INTO leases (tenant_id, gpu, lifecycle, reserved_seconds, created_at)
SELECT t.id, 'a100', (ARRAY['requested', 'running', 'failed', 'terminated'])[1 + n % 4], 60 * n, now()
FROM tenants AS t, generate_series(1, 8) AS n;
"""
NUMBERS = """
CREATE TABLE schools (id int PRIMARY KEY, tokens int NOT NULL);
CREATE TABLE gradings (id int PRIMARY KEY, school_id int NOT NULL REFERENCES schools, status text NOT NULL,
    tokens int NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE token_transactions (id bigserial PRIMARY KEY, school_id int NOT NULL REFERENCES schools, type int NOT NULL,
    amount int NOT NULL, grading_id int REFERENCES gradings);
INSERT INTO schools SELECT n, 100 FROM generate_series(1, 3) AS n;
INSERT INTO gradings SELECT n, 1 + n % 3, (ARRAY['queued', 'done', 'failed'])[1 + n % 3], 4, now()
    FROM generate_series(1, 30) AS n;
INSERT INTO token_transactions (school_id, type, amount, grading_id) SELECT school_id, 1, -tokens, id FROM gradings;
INSERT INTO token_transactions (school_id, type, amount, grading_id)
    SELECT school_id, 2, tokens, id FROM gradings WHERE status = 'failed';
"""
MONEY = """
CREATE TABLE orgs (id int PRIMARY KEY, balance_usd numeric(20,10) NOT NULL);
CREATE TABLE completions (id char(26) PRIMARY KEY, org_id int NOT NULL REFERENCES orgs, state text NOT NULL,
    reserved_usd numeric(20,10) NOT NULL, started_at timestamptz NOT NULL);
CREATE TABLE balance_events (id bigserial PRIMARY KEY, org_id int NOT NULL REFERENCES orgs, kind text NOT NULL,
    delta_usd numeric(20,10) NOT NULL, completion_id char(26) REFERENCES completions);
INSERT INTO orgs SELECT n, 5 FROM generate_series(1, 3) AS n;
INSERT INTO completions SELECT lpad(n::text, 26, '0'), 1 + n % 3,
    (ARRAY['streaming', 'completed', 'errored'])[1 + n % 3], 0.0031, now() FROM generate_series(1, 30) AS n;
INSERT INTO balance_events (org_id, kind, delta_usd, completion_id)
    SELECT org_id, 'reserve', -reserved_usd, id FROM completions;
INSERT INTO balance_events (org_id, kind, delta_usd, completion_id)
    SELECT org_id, 'release', reserved_usd, id FROM completions WHERE state = 'errored';
"""


def test_a_balance_that_no_session_leads_to_is_no_sum_of_the_ledger(server: Server, tmp_path: Path) -> None:
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
    assert "\"kind = 'release'\"   what was taken is let go" in text
    assert '"reserved_usd"   a price' in text


def test_numbers_without_a_sign_are_all_shown(server: Server, tmp_path: Path) -> None:
    """Minutes are the credits, and an amount is always above zero."""
    minutes = NUMBERS.replace("token_transactions", "minute_entries").replace("amount", "minutes")
    unsigned = "UPDATE minute_entries SET minutes = abs(minutes);"
    found, text = draft(server, tmp_path, minutes, unsigned)
    assert (found["ledger"]["table"], found["ledger"]["where"]) == ("minute_entries", "?")
    assert found["ledger"]["insert"]["minutes"] == "amount"
    assert '"type = 2"   10 of the newest rows, 10 of which name a session' in text


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
