"""`sweeper audit` as CSV: each refund a row, no cell a formula, a file whole or not at all."""

import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import LATER, audit
from tests.helpers.command import NOW
from tests.helpers.exports import exported

HEADER = [
    "refund_id", "session_id", "account_id", "attempt", "amount", "reason", "detail", "layer", "run_id", "failed_at",
    "created_at", "reversal_id", "reversed_amount", "reversed_at", "again",
]  # fmt: skip


@pytest.mark.every_version
def test_csv_is_one_refund_a_row(first: AppDatabase, tmp_path: Path) -> None:
    """With every column that one would join on, and what was taken back before the period's end."""
    first.account()
    first.session("s1", error='Failed to queue, "twice",\nin two lines')
    run_id = first.run().document["run_id"]
    first.sql(
        "INSERT INTO sweeper.reversals SELECT '00000000-0000-4000-8000-000000000000', refund_id, amount, 'r', 'm', %s "
        "FROM sweeper.refunds",
        NOW + timedelta(hours=1),
    )
    (row,) = exported(first)
    assert list(row) == HEADER
    assert row | {"refund_id": ""} == {
        "refund_id": "",
        "session_id": "s1",
        "account_id": "u1",
        "attempt": "0",
        "amount": "3",
        "reason": "queue_failure",
        "detail": 'Failed to queue, "twice",\nin two lines',
        "layer": "sweeper",
        "run_id": run_id,
        "failed_at": "2026-11-23 10:00:00+00",
        "created_at": "2026-11-23 12:00:00+00",
        "reversal_id": "00000000-0000-4000-8000-000000000000",
        "reversed_amount": "3",
        "reversed_at": "2026-11-23 13:00:00+00",
        "again": "0",
    }
    (then,) = exported(first, "--until", "2026-11-23T12:30Z")
    assert then == row | {"reversal_id": "", "reversed_amount": "", "reversed_at": ""}
    assert exported(first, "--until", "2026-11-23T12:00Z") == []


def test_no_cell_is_a_formula(first: AppDatabase) -> None:
    """In any column that comes from the app; also behind what a spreadsheet passes over, and in full width."""
    marks = ["\ufeff", "\u200b", "\u200e", "\u2060", "\u00ad", "\u00a0", "\u202e"]
    signs = [*"=+-@\t\r\n\v\f", "\x01", *marks, "\uff1d", "\uff0b", "\uff0d", "\uff20"]
    texts = [f"{sign}=SUM(1)" for sign in signs]
    first.sql("ALTER TABLE sweeper.refunds ALTER attempt DROP DEFAULT, ALTER attempt TYPE text")
    for text in texts:
        first.sql(
            "INSERT INTO sweeper.refunds VALUES (gen_random_uuid(), %s, %s, %s, 0, 3, %s, %s, %s, NULL, %s)",
            *[text] * 6, NOW,
        )  # fmt: skip
    rows = exported(first)
    for column in ("session_id", "account_id", "attempt", "reason", "detail", "layer"):
        assert sorted(row[column] for row in rows) == sorted(f"'{text}" for text in texts)
    assert {row["amount"] for row in rows} == {"3"}


def test_a_cell_that_is_not_a_formula_is_unchanged(first: AppDatabase) -> None:
    texts = ["", "plain", "1+1", " blank", "é=1", "名前", "ïa", "'quoted'"]
    for number, text in enumerate(texts):
        first.sql(
            "INSERT INTO sweeper.refunds VALUES (gen_random_uuid(), %s, 'u1', 0, 0, 3, 'x', %s, 'app', NULL, %s)",
            str(number), text, NOW,
        )  # fmt: skip
    assert {row["detail"] for row in exported(first)} == set(texts)


def test_decimals_and_numbers_as_ids_keep_their_digits_in_csv(ledger_only: AppDatabase) -> None:
    ledger_only.sql("INSERT INTO customers DEFAULT VALUES; INSERT INTO projects (owner_id) VALUES (1)")
    ledger_only.sql(
        "INSERT INTO renders (project_id, state, charge, started, ended) "
        "VALUES (1, 'failed', 12345678901.120, '2026-11-22Z', '2026-11-22Z')"
    )
    ledger_only.run()
    (row,) = exported(ledger_only)
    assert (row["session_id"], row["account_id"], row["amount"]) == ("1", "1", "12345678901.120")


def test_a_file_is_there_whole_or_not_at_all(first: AppDatabase, tmp_path: Path) -> None:
    """With the permissions and the place of any new file; what was there before stays when the audit fails."""
    target = tmp_path / "books.csv"
    target.write_text("last month")
    first.configure("[policy]", "[policy]\nmax_amount = 5")
    first.sql("ALTER TABLE sweeper.reversals RENAME TO gone")
    failed = first.sweeper("audit", "--format", "csv", "--output", str(target))
    assert failed.exit_code == 2
    assert target.read_text() == "last month"
    first.sql("ALTER TABLE sweeper.gone RENAME TO reversals")
    assert first.sweeper("audit", "--format", "csv", "--output", str(target)).exit_code == 0
    assert target.read_text() == ",".join(HEADER) + "\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["books.csv", "sweeper.toml"]


def test_more_refunds_take_no_more_memory(first: AppDatabase, tmp_path: Path) -> None:
    """The CSV goes through in small pieces, and the figures are made in the database."""
    audit(first)  # what is imported once is not counted
    exported(first)
    peaks = []
    for count in (100, 60_000):
        first.sql(
            "INSERT INTO sweeper.refunds (refund_id, session_id, account_id, amount, reason, layer, created_at) "
            "SELECT gen_random_uuid(), %s || ' ' || n, 'u' || n, 1, 'stuck', 'worker', %s "
            "FROM generate_series(1, %s) AS n",
            f"of {count}", NOW, count,
        )  # fmt: skip
        tracemalloc.start()
        written = first.sweeper("audit", "--format", "csv", "--output", str(tmp_path / "r.csv"), now=LATER)
        document = audit(first).document
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert written.exit_code == 0
    assert document["period"]["refunded"]["sessions"] == 60_100
    assert (tmp_path / "r.csv").stat().st_size > 5_000_000
    assert peaks[1] - peaks[0] < 500_000
