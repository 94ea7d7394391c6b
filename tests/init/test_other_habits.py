"""``sweeper init`` with states in a table of their own, ids of fixed length, references of modules, and odd times."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.drafted import draft
from tests.helpers.server import Server

APP = """
CREATE TABLE teams (id int PRIMARY KEY, credits int NOT NULL);
CREATE TABLE states (id smallint PRIMARY KEY, code text NOT NULL);
INSERT INTO states VALUES (1, 'queued'), (2, 'running'), (3, 'done'), (4, 'failed'), (5, 'cancelled');
CREATE TABLE renders (id char(26) PRIMARY KEY, team_id int NOT NULL REFERENCES teams, state_id smallint NOT NULL
    REFERENCES states, cost int NOT NULL, error text, created_at timestamp NOT NULL);
INSERT INTO teams SELECT n, 100 FROM generate_series(1, 4) AS n;
INSERT INTO renders SELECT 'id' || n, 1 + n % 4, 1 + n % 5, 2, NULL, now() AT TIME ZONE 'UTC' - n * interval '3 min'
    FROM generate_series(0, 59) AS n;
"""
LINES = """
CREATE TABLE credit_transactions (id bigserial PRIMARY KEY, team_id int NOT NULL REFERENCES teams, type text NOT NULL,
    reference_type text, reference_id text, amount int NOT NULL, created_at timestamp NOT NULL DEFAULT now());
INSERT INTO credit_transactions (team_id, type, reference_type, reference_id, amount)
SELECT team_id, 'usage', 'App\\Models\\Render', trim(id), -cost FROM renders
UNION ALL SELECT team_id, 'refund', 'App\\Models\\Render', trim(id), cost FROM renders WHERE state_id = 4
UNION ALL SELECT id, 'purchase', 'App\\Models\\Order', 'o' || id, 100 FROM teams;
"""


def test_states_that_are_rows_of_another_table(server: Server, tmp_path: Path) -> None:
    found, text = draft(server, tmp_path, APP)
    sessions = found["sessions"]
    assert (sessions["table"], sessions["id"], sessions["status"]) == ("renders", "id", "state_id")
    assert (sessions["failed"], sessions["succeeded"]) == ([4, "?"], [3, "?"])
    assert sorted(map(str, sessions["running"]))[:2] == ["1", "2"]
    assert "4 = failed; closing a stuck session" in text
    assert "Where does each of these belong: 5 = cancelled (12 rows)" in text


def test_a_reference_that_names_the_module_too(server: Server, tmp_path: Path) -> None:
    found, _ = draft(server, tmp_path, APP, LINES)
    ledger = found["ledger"]
    assert ledger["where"] == r"type = 'refund' AND reference_type = E'App\\Models\\Render'"
    assert ledger["insert"]["reference_type"] == r"E'App\\Models\\Render'"


CLIPS = LINES.replace("Models\\Render", "Models\\Clip")


def test_a_kind_of_reference_is_known_by_its_ids_where_nothing_is_called_so(server: Server, tmp_path: Path) -> None:
    found, _ = draft(server, tmp_path, APP, CLIPS)
    ledger = found["ledger"]
    assert ledger["where"] == r"type = 'refund' AND reference_type = E'App\\Models\\Clip'"
    assert (ledger["session"], ledger["insert"]["reference_id"]) == ("reference_id", "session_id::text")


def test_a_reference_to_things_that_nothing_here_is_called(server: Server, tmp_path: Path) -> None:
    """Some of the ids beside it are those of something else."""
    other = "INSERT INTO credit_transactions (team_id, type, reference_type, reference_id, amount) VALUES "
    found, text = draft(server, tmp_path, APP, CLIPS, other + r"(1, 'usage', 'App\Models\Clip', 'clip 1', -2);")
    assert found["ledger"]["where"] == "?"
    assert "is about several kinds of things, and which are sessions is not known" in text
    assert found["ledger"]["insert"]["reference_type"] == r"E'App\\Models\\Clip'", "all refunds have that"


@pytest.mark.parametrize(("unit", "factor"), [("seconds", 1), ("milliseconds", 1000)])
def test_times_that_are_numbers(server: Server, tmp_path: Path, unit: str, factor: int) -> None:
    numbers = f"""ALTER TABLE renders ADD started_at bigint, ADD heartbeat_at bigint;
        UPDATE renders SET started_at = extract(epoch FROM created_at) * {factor};
        UPDATE renders SET heartbeat_at = started_at;
        ALTER TABLE renders DROP created_at;"""
    found, text = draft(server, tmp_path, APP, numbers)
    assert (found["sessions"]["started_at"], found["sessions"]["active_at"]) == ("?", "?")
    by = "" if factor == 1 else " / 1000.0"
    assert f'"to_timestamp(started_at{by})"   started_at has {unit} since 1970' in text
    assert f'"to_timestamp(heartbeat_at{by})"' in text


@pytest.mark.parametrize(("moved", "zone"), [("- interval '7 hours'", None), ("- interval '1 hour 7 min'", "UTC")])
def test_times_behind_the_clock_by_whole_hours(server: Server, tmp_path: Path, moved: str, zone: str | None) -> None:
    """An app that begins work every three minutes, and began none for seven hours, or for an odd time."""
    found, text = draft(server, tmp_path, APP, f"UPDATE renders SET created_at = created_at {moved};")
    assert found["sessions"]["timezone"] == (zone or "?")
    assert ("is 420 minutes behind, read as UTC" in text) == (zone is None)


def test_refunds_in_a_table_of_their_own_with_a_number_of_any_name(server: Server, tmp_path: Path) -> None:
    refunds = """CREATE TABLE refunds (id bigserial PRIMARY KEY, render_id char(26) NOT NULL UNIQUE REFERENCES renders,
        team_id int NOT NULL REFERENCES teams, micros bigint NOT NULL, created_at timestamp NOT NULL DEFAULT now());
        INSERT INTO refunds (render_id, team_id, micros) SELECT id, team_id, cost FROM renders WHERE state_id = 4;"""
    found, text = draft(server, tmp_path, APP, refunds)
    ledger: dict[str, Any] = found["ledger"]
    assert (ledger["table"], ledger["session"], ledger["insert"]["micros"]) == ("refunds", "render_id", "amount")
    assert "[ledger.reverse]" not in text
    assert "No row can take a refund back there" in text


def test_books_that_name_a_session_in_a_text_are_named(server: Server, tmp_path: Path) -> None:
    books = """CREATE TABLE entries (id bigserial PRIMARY KEY, team_id int NOT NULL REFERENCES teams, type text,
        external text, amount int NOT NULL);
        INSERT INTO entries (team_id, type, external, amount)
        SELECT team_id, 'charge', 'render/' || id, -cost FROM renders;"""
    found, text = draft(server, tmp_path, APP, books)
    assert "ledger" not in found
    assert "entries may be where the app keeps its refunds" in text


DJANGO = """
CREATE TABLE django_content_type (id int PRIMARY KEY, app_label text NOT NULL, model text NOT NULL);
INSERT INTO django_content_type VALUES (3, 'media', 'render'), (5, 'media', 'export'), (7, 'shop', 'order');
ALTER TABLE renders ALTER id TYPE int USING substr(trim(id), 3)::int;
CREATE TABLE credit_transactions (id bigserial PRIMARY KEY, team_id int NOT NULL REFERENCES teams, kind text NOT NULL,
    content_type_id int REFERENCES django_content_type, object_id int, amount int NOT NULL);
INSERT INTO credit_transactions (team_id, kind, content_type_id, object_id, amount)
SELECT team_id, 'usage', 3, id, -cost FROM renders
UNION ALL SELECT team_id, 'refund', 3, id, cost FROM renders WHERE state_id = 4
UNION ALL SELECT 1, 'usage', 5, n, -1 FROM generate_series(1, 20) AS n
UNION ALL SELECT id, 'purchase', 7, id, 100 FROM teams;
"""


def test_a_content_type_says_which_rows_are_about_a_session(server: Server, tmp_path: Path) -> None:
    """Ids of exports are also those of renders."""
    found, text = draft(server, tmp_path, APP, DJANGO)
    ledger = found["ledger"]
    assert (ledger["session"], ledger["where"]) == ("object_id", "kind = 'refund' AND content_type_id = 3")
    assert ledger["insert"]["content_type_id"] == "3"
    assert "l.object_id = s.id AND content_type_id = 3" in text


def test_a_content_type_without_a_name_leaves_the_rows_open(server: Server, tmp_path: Path) -> None:
    unnamed = "ALTER TABLE credit_transactions DROP CONSTRAINT credit_transactions_content_type_id_fkey;"
    found, text = draft(server, tmp_path, APP, DJANGO, unnamed, "DROP TABLE django_content_type;")
    assert found["ledger"]["where"] == "?"
    assert "is about several kinds of things, and which are sessions is not known: " in text
    assert found["ledger"]["insert"]["content_type_id"] == "3", "all refunds have that"


def test_a_sign_of_life_that_no_running_session_shows_is_asked_about(server: Server, tmp_path: Path) -> None:
    seen = (
        "ALTER TABLE renders ADD last_seen_at timestamp; UPDATE renders SET last_seen_at = created_at + interval '{}'"
    )
    found, text = draft(server, tmp_path, APP, seen.format("2 s"))
    assert found["sessions"]["active_at"] == "?"
    assert '"last_seen_at"   by its name a sign of life; later than a minute after the start in 0 of 24' in text
    found, _ = draft(server, tmp_path, APP, seen.format("2 min"))
    assert found["sessions"]["active_at"] == "last_seen_at"


def test_work_that_begins_long_after_its_row_was_made(server: Server, tmp_path: Path) -> None:
    """Then the charge may have been taken at either time."""
    begun = "ALTER TABLE renders ADD started_at timestamp; UPDATE renders SET started_at = created_at + interval '{}'"
    found, text = draft(server, tmp_path, APP, begun.format("2 h"))
    assert found["sessions"]["started_at"] == "?"
    assert "When was the charge taken?" in text
    found, _ = draft(server, tmp_path, APP, begun.format("2 min"))
    assert found["sessions"]["started_at"] == "created_at"


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("seen_at", "CASE WHEN state_id = 3 THEN now() END", "active_at"),
        ("active_until", "now() + interval '2 days'", "stuck_at"),
        ("due_at", "now() + interval '2 days'", "stuck_at"),
    ],
)
def test_times_that_may_be_about_something_else(
    server: Server, tmp_path: Path, name: str, value: str, key: str
) -> None:
    """A user sees what is done; what is due may be due to a customer."""
    found, text = draft(
        server, tmp_path, APP, f"ALTER TABLE renders ADD {name} timestamp; UPDATE renders SET {name} = {value};"
    )
    assert found["sessions"][key] == "?"
    assert f'"{name}"' in text
    assert found["sessions"].get("active_at", "?") == "?"
