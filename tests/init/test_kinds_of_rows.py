"""``sweeper init`` on an app whose ledger has the kind of a row as a number."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.helpers.server import Server

RAILS = """
CREATE TABLE users (id bigserial PRIMARY KEY, credits int NOT NULL DEFAULT 0);
CREATE TABLE generations (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users,
    status int NOT NULL DEFAULT 0, cost int NOT NULL,
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE credit_transactions (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users,
    generation_id bigint REFERENCES generations, amount int NOT NULL, kind int NOT NULL DEFAULT 0, description varchar);
INSERT INTO users (credits) SELECT 100 FROM generate_series(1, 4);
INSERT INTO generations (user_id, status, cost) SELECT 1 + n % 4, n % 4, 2 FROM generate_series(1, 60) AS n;
INSERT INTO credit_transactions (user_id, amount, kind) SELECT id, 100, 0 FROM users;
INSERT INTO credit_transactions (user_id, generation_id, amount, kind) SELECT user_id, id, -cost, 1 FROM generations;
"""
BY_WORD = (
    RAILS.replace("kind int NOT NULL DEFAULT 0", "kind text NOT NULL")
    .replace("SELECT id, 100, 0", "SELECT id, 100, 'purchase'")
    .replace("-cost, 1", "-cost, 'spend'")
)


@pytest.mark.parametrize(("more", "kind"), [(" WHERE status = 3", "2"), (" WHERE false", "?")])
def test_a_kind_that_is_a_number_is_what_the_refunds_have_or_asked(
    server: Server, tmp_path: Path, more: str, kind: str
) -> None:
    """Left out it would be the default, which is the kind of a purchase."""
    refunds = """INSERT INTO credit_transactions (user_id, generation_id, amount, kind, description)
        SELECT user_id, id, cost, 2, 'Refund' FROM generations"""
    with server.blank(tmp_path, RAILS + refunds + more) as database:
        assert database.sweeper("init", "--yes").exit_code == 0
        text = database.config.read_text()
    found = tomllib.loads(text)
    assert found["ledger"]["insert"]["kind"] == kind
    assert found["logging"]["event_prefix"] == "generation"
    reverse = text[text.index("[ledger.reverse]") :]
    assert re.search(r'kind += "\?"', reverse)
    assert ("detail" in reverse) == (kind == "2"), "what takes a refund back is not called one"


@pytest.mark.parametrize(("written", "drafted"), [("now()", "at"), ("NULL", None)])
def test_when_a_row_changed_is_written_where_the_apps_refunds_have_it(
    server: Server, tmp_path: Path, written: str, drafted: str | None
) -> None:
    """An ORM sets it with the row itself, although the column may be null."""
    refunds = f"""ALTER TABLE credit_transactions ADD updated_at timestamp(0);
        INSERT INTO credit_transactions (user_id, generation_id, amount, kind, updated_at)
        SELECT user_id, id, cost, 2, {written} FROM generations WHERE status = 3"""
    with server.blank(tmp_path, RAILS + refunds) as database:
        assert database.sweeper("init", "--yes").exit_code == 0
        found = tomllib.loads(database.config.read_text())
    assert found["ledger"]["insert"].get("updated_at") == drafted


@pytest.mark.parametrize(
    ("rows", "asked"),
    [
        ("cost, CASE WHEN id % 8 = 3 THEN 'expiry' ELSE 'refund' END FROM generations WHERE status = 3", True),
        ("cost, 'refund' FROM generations WHERE status = 3", False),
        ("cost - back, word FROM generations, (VALUES (1, 'settle'), (0, 'refund')) AS v(back, word) WHERE status = 3",
         False),
    ],
)  # fmt: skip
def test_another_kind_that_gives_credits_to_sessions_is_asked(
    server: Server, tmp_path: Path, rows: str, asked: bool
) -> None:
    """The app may refund under several names, each session under one: what `where` misses would be paid again."""
    refunds = f"INSERT INTO credit_transactions (user_id, generation_id, amount, kind) SELECT user_id, id, {rows}"
    with server.blank(tmp_path, BY_WORD + refunds) as database:
        assert database.sweeper("init", "--yes").exit_code == 0
        text = database.config.read_text()
    ledger = tomllib.loads(text)["ledger"]
    assert (ledger["where"], ledger["insert"]["kind"]) == (("?", "?") if asked else ("kind = 'refund'", "'refund'"))
    assert ("kind IN ('refund', 'expiry')" in text) == asked


@pytest.mark.parametrize(("statuses", "asked"), [("'finished'", False), ("'finished', 'failed'", True)])
def test_a_bonus_for_work_that_succeeded_is_no_refund(
    server: Server, tmp_path: Path, statuses: str, asked: bool
) -> None:
    rows = (
        "ALTER TABLE generations ALTER status DROP DEFAULT, ALTER status TYPE text "
        "USING (ARRAY['queued', 'running', 'finished', 'failed'])[status + 1];"
        "INSERT INTO credit_transactions (user_id, generation_id, amount, kind) SELECT user_id, id, 1, "
        "CASE WHEN status = 'failed' AND id % 8 = 3 THEN 'refund' ELSE 'bonus' END "
        f"FROM generations WHERE status IN ({statuses}) OR status = 'failed' AND id % 8 = 3"
    )
    with server.blank(tmp_path, BY_WORD + rows) as database:
        assert database.sweeper("init", "--yes").exit_code == 0
        ledger = tomllib.loads(database.config.read_text())["ledger"]
    assert ledger["where"] == ("?" if asked else "kind = 'refund'")
