"""A database without an encoding: an id with a byte that is no UTF-8 is an id like any other."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.paths import APPS
from tests.helpers.server import Server

SESSION, ACCOUNT = (name.decode(errors="surrogateescape") for name in (b"caf\xe9", b"us\xe9r"))
# as the app writes them: é in Latin-1
ROWS = r"""
INSERT INTO users VALUES ('u1', 100, 100, 0), (E'us\xe9r', 100, 100, 0);
INSERT INTO prediction_sessions (id, user_id, status, selected_models, error, created_at) VALUES
    ('plain', 'u1', 'error', '{a,b,c}', 'Worker failed after 3 attempts', '2026-11-23 10:00'),
    (E'caf\xe9', E'us\xe9r', 'error', '{a,b,c}', E'd\xe9j\xe0 vu', '2026-11-23 10:00'),
    (E'utf\xc3\xa9', 'u1', 'generating', '{a,b,c}', NULL, '2026-11-23 10:00');
"""


@pytest.fixture
def ascii(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """The first app in a database of SQL_ASCII, with sweeper installed."""
    options = "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    with server.blank(tmp_path, (APPS / "first.sql").read_text() + ROWS, options=options) as app:
        app.config.write_text((APPS / "first.toml").read_text())
        assert app.sweeper("install").exit_code == 0
        yield app


def test_it_is_found_paid_and_shown(ascii: AppDatabase, tmp_path: Path) -> None:
    """JSON has the byte as an escape, tables have a question mark, CSV has it spelt out."""
    planned, ran = ascii.run("--dry-run"), ascii.run()
    assert planned.document["refunds"] == ran.document["refunds"] == {"sessions": 3, "credits": 9, "accounts": 2}
    assert sorted(event["session_id"] for event in ran.events) == [SESSION, "plain", "utfé"]
    paid = r"SELECT count(*) FROM users AS u JOIN sweeper.refunds AS r ON r.account_id = u.id WHERE u.id = E'us\xe9r'"
    assert ascii.value(f"{paid} AND u.credits = 103") == 1
    assert ascii.value(rf"{paid} AND r.detail = E'd\xe9j\xe0 vu'") == 1
    told = ascii.sweeper("explain", SESSION, "--json").document
    assert (told["session_id"], told["account_id"], told["verdict"]) == (SESSION, ACCOUNT, "refunded")
    assert "caf?" in ascii.sweeper("explain", SESSION).stdout
    assert "caf?" in ascii.sweeper("explain", "--account", ACCOUNT).stdout
    run_id = ran.document["run_id"]
    assert "caf?" in ascii.sweeper("history", run_id).stdout
    assert SESSION in {
        refund["session_id"] for refund in ascii.sweeper("history", run_id, "--json").document["refunds"]
    }
    target = tmp_path / "refunds.csv"
    assert ascii.sweeper("audit", "--format", "csv", "--output", str(target), now=None).exit_code == 0
    with target.open(encoding="utf-8", newline="") as stream:
        assert {row["session_id"] for row in csv.DictReader(stream)} == {r"caf\xe9", "plain", "utfé"}
    assert ascii.sweeper("audit", "--json", now=None).exit_code == 0
    assert ascii.sweeper("audit", now=None).exit_code == 0


def test_it_is_corrected_by_its_name(ascii: AppDatabase) -> None:
    assert ascii.run("--session", SESSION).document["refunds"]["sessions"] == 1
    assert ascii.sweeper("revert", "--session", SESSION, "--reason", "d\udce9j\udce0", "--yes").exit_code == 0
    assert ascii.value(r"SELECT credits FROM users WHERE id = E'us\xe9r'") == 100
    assert ascii.run("--session", SESSION).document["refunds"]["sessions"] == 1
    assert ascii.sweeper("adopt", "--session", "utfé", "--reason", "elsewhere", "--yes").exit_code == 0
    ascii.sql(r"UPDATE users SET id = E'gon\xe9' WHERE id = 'u1'")
    assert ascii.run().exit_code == 3
    assert ascii.sql("SELECT session_id FROM sweeper.holds") == [(b"plain",)]


def test_connecting_again_for_the_encoding_is_not_a_lost_connection(ascii: AppDatabase) -> None:
    """A run that lost one leaves the horizon to the next."""
    assert ascii.run().exit_code == 0
    assert ascii.value("SELECT horizon IS NOT NULL FROM sweeper.settings")
