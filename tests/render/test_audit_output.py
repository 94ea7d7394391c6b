"""What `sweeper audit` prints: the JSON document, the table, the CSV, the exit codes and the errors."""

import csv
import io
import os
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import FORGED, LATER, audit, findings
from tests.helpers.command import NOW
from tests.helpers.first_app import a_bit_of_everything
from tests.helpers.golden import check_golden
from tests.helpers.roles import READER, role

HEADER = [
    "refund_id", "session_id", "account_id", "attempt", "amount", "reason", "detail", "layer", "run_id", "failed_at",
    "created_at", "reversal_id", "reversed_amount", "reversed_at", "again",
]  # fmt: skip


def exported(database: AppDatabase, *flags: str) -> list[dict[str, str]]:
    """The CSV of an audit, by an auditor."""
    url = database.url_as("sweeper_auditor")
    ran = database.sweeper("audit", "--format", "csv", *flags, now=LATER, SWEEPER_DATABASE_URL=url)
    assert ran.exit_code == 0, ran.stderr
    return list(csv.DictReader(io.StringIO(ran.stdout, newline="")))


def test_the_document_has_its_keys_in_their_order(first: AppDatabase) -> None:
    first.account()
    first.session("failed")
    first.session("stuck", "generating", models=2)
    first.run()
    ran = audit(first)
    assert ran.exit_code == 0
    assert ran.document == {
        "schema_version": 1,
        "command": "audit",
        "as_of": "2026-11-24T12:00:00Z",
        "since": "2026-11-23T12:00:00Z",
        "until": "2026-11-24T12:00:00.000001Z",
        "period": {
            "refunded": {"sessions": 2, "credits": 5},
            "reversed": {"sessions": 0, "credits": 0},
            "adopted": {"sessions": 0, "credits": 0},
            "net_credits": 5,
            "by_reason": {
                "stuck": {"sessions": 1, "credits": 2},
                "workflow_failure": {"sessions": 1, "credits": 3},
            },
            "by_layer": {"sweeper": {"sessions": 2, "credits": 5}},
            "by_day": [{"day": "2026-11-23", "sessions": 2, "credits": 5}],
            "time_to_refund_seconds": {"p50": 7200, "p95": 7200, "max": 7200},
            "largest_accounts": [{"account_id": "u1", "sessions": 2, "credits": 5}],
        },
        "rate": {"last_day": 0, "usual_per_day": None, "layer_broke": False, "reason": None},
        "position": {
            "owed": {"sessions": 0, "credits": 0},
            "in_grace": {"sessions": 0, "credits": 0},
            "held": {"sessions": 0, "credits": 0},
            "excluded": {"sessions": 0, "credits": 0},
            "before_floor": {"sessions": 0, "credits": 0},
            "refunded": {"sessions": 2, "credits": 5},
            "uncharged": {"sessions": 0, "credits": 0},
        },
        "control": {"failed_and_stuck": {"sessions": 2, "credits": 5}},
        "oldest_owed_seconds": None,
        "findings": [],
    }
    assert list(ran.document)[:5] == ["schema_version", "command", "as_of", "since", "until"]


def test_a_finding_says_what_to_do(first: AppDatabase) -> None:
    first.session("ghost", account="gone")
    ran = first.sweeper("audit", "--json")
    (finding,) = ran.document["findings"]
    assert (ran.exit_code, list(finding)) == (5, ["code", "count", "samples", "hint"])
    assert "sweeper run --session ID" in finding["hint"]


def test_an_empty_ledger_is_a_document_too(first: AppDatabase) -> None:
    ran = audit(first, now=NOW)
    assert ran.exit_code == 0
    assert (ran.document["since"], ran.document["until"]) == ("2026-11-23T12:00:00Z", "2026-11-23T12:00:00.000001Z")
    assert ran.document["period"]["time_to_refund_seconds"] == {"p50": None, "p95": None, "max": None}


def test_a_fraction_in_a_ledger_of_whole_credits_is_not_lost(first: AppDatabase) -> None:
    first.sql(FORGED, "old", "2.5", "adopted", None, NOW)
    assert audit(first).document["period"]["adopted"] == {"sessions": 1, "credits": "2.5"}


def test_the_period_begins_with_since_and_ends_before_until(first: AppDatabase) -> None:
    """In UTC unless the flag names another zone; a day is a day in UTC."""
    for number, moment in enumerate(("2026-10-31 23:59:59.999999", "2026-11-01", "2026-11-30 23:30", "2026-12-01")):
        first.sql(FORGED, f"s{number}", 10**number, "worker", None, f"{moment}+00")
    document = audit(first, "--since", "2026-11-01", "--until", "2026-12-01").document
    assert (document["since"], document["until"]) == ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    assert document["period"]["refunded"] == {"sessions": 2, "credits": 110}
    assert [day["day"] for day in document["period"]["by_day"]] == ["2026-11-01", "2026-11-30"]
    berlin = audit(first, "--since", "2026-11-01T00:59:59+01:00", "--until", "2026-12-01T00:30+01:00").document
    assert berlin["period"]["refunded"] == {"sessions": 2, "credits": 11}
    assert audit(first).document["period"]["refunded"] == {"sessions": 4, "credits": 1111}


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--since", "yesterday"], "--since"),
        (["--until", "2026-13-01"], "--until"),
        (["--since", "2026-12-01", "--until", "2026-11-01"], "before it begins"),
        (["--format", "pdf"], "--format"),
        (["--output", "/nowhere/at/all.json"], "--output /nowhere/at/all.json"),
    ],
)
def test_usage_errors_are_documents_when_json_is_asked_for(first: AppDatabase, flags: list[str], named: str) -> None:
    ran = first.sweeper("audit", "--json", *flags)
    assert (ran.exit_code, ran.document["command"]) == (2, "audit")
    assert named in ran.document["error"]["message"]
    assert "error" in first.sweeper("audit", "--format", "json", "--since", "never").document
    assert "error" in first.sweeper("audit", "--format=json", "--since", "never").document


def test_one_format_at_a_time(first: AppDatabase) -> None:
    assert first.sweeper("audit", "--json", "--format", "csv").exit_code == 2


def test_nothing_is_installed(bare: AppDatabase) -> None:
    ran = bare.sweeper("audit", "--json")
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "not_installed")


def test_an_auditor_needs_no_more_than_to_read(first: AppDatabase) -> None:
    """A role that may only SELECT, in read-only transactions, gets the same books; and nothing is written."""
    a_bit_of_everything(first)
    first.run()
    whole = audit(first)
    with role(first, *READER) as url:
        seen = first.sweeper("audit", "--json", now=LATER, SWEEPER_DATABASE_URL=url)
        assert (seen.exit_code, seen.document) == (whole.exit_code, whole.document)
        rows = first.sweeper("audit", "--format", "csv", now=LATER, SWEEPER_DATABASE_URL=url)
        assert len(rows.stdout.splitlines()) == 1 + whole.document["period"]["refunded"]["sessions"]


def test_the_table_fits_80_columns(first: AppDatabase) -> None:
    """As it stands in the golden file, which is there to be looked over; without colour, markup and controls."""
    first.account("u1", credits=90, spent=10)
    first.account("u2")
    first.session("a", models=1234)
    first.session("b", "generating", models=2, created="2026-11-20 10:00", account="u2")
    first.session("c", error="Failed to queue")
    first.run()
    first.session("[red]d\x1b[31m" + "x" * 90, account="gone")
    first.session("e", "queued", created="2026-11-22")
    first.session("f", step="All models failed - credits refunded")
    first.sql(FORGED, "g", 7, "adopted", None, NOW - timedelta(days=3))
    first.sql("UPDATE users SET credits = 1 WHERE id = 'u2'")
    ran = first.sweeper("audit", now=NOW + timedelta(minutes=5))
    assert ran.exit_code == 5
    assert max(map(len, ran.stdout.splitlines())) <= 80
    check_golden("audit.txt", ran.stdout)


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


def test_a_cell_that_is_none_stays_as_it_is(first: AppDatabase) -> None:
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
    first.sql("ALTER TABLE sweeper.refunds RENAME TO gone")
    failed = first.sweeper("audit", "--format", "csv", "--output", str(target))
    assert failed.exit_code == 1
    assert target.read_text() == "last month"
    first.sql("ALTER TABLE sweeper.gone RENAME TO refunds")
    assert first.sweeper("audit", "--format", "csv", "--output", str(target)).exit_code == 0
    assert target.read_text() == ",".join(HEADER) + "\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["books.csv", "sweeper.toml"]


def test_without_the_extra_html_says_what_to_install(first: AppDatabase) -> None:
    """Before anything is read; every other format needs nothing more."""
    program = (
        "import sys; sys.modules['pygal'] = None\n"
        "from sweeper.cli import run_command\n"
        "sys.exit(run_command(sys.argv[1:]))"
    )
    for format, code in (("html", 2), ("table", 0)):
        ran = subprocess.run(
            [sys.executable, "-c", program, "audit", "--format", format],
            env={**os.environ, **first.environment}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode == code
        assert ("refund-sweeper[report]" in ran.stderr) == (format == "html")


def swept(database: AppDatabase, day: int, count: int, reason: str) -> None:
    """So many refunds by the sweeper, so many days before the end of ``LATER``'s day."""
    for number in range(count):
        database.sql(FORGED.replace("'forged'", f"'{reason}'"), f"{day} {reason} {number}", 1, "sweeper", None,
                     LATER - timedelta(days=day, hours=1))  # fmt: skip


def test_a_layer_broke(first: AppDatabase) -> None:
    """Far more in the last day than in the days before, and most of it for one reason."""
    for day in range(1, 11):
        swept(first, day, 1, "stuck")
    swept(first, 0, 9, "queue_failure")
    quiet = audit(first).document["rate"]
    assert quiet["layer_broke"] is False
    swept(first, 0, 2, "stuck")
    rate = audit(first).document["rate"]
    assert rate == {"last_day": 11, "usual_per_day": pytest.approx(1.1, abs=0.02), "layer_broke": True,
                    "reason": "queue_failure"}  # fmt: skip
    assert "A layer broke" in first.sweeper("audit", now=LATER).stdout.splitlines()[1]
    assert findings(audit(first)) == {}
    assert audit(first, "--until", "2026-11-23T12:00Z").document["rate"]["layer_broke"] is False


def test_other_layers_may_refund_as_much_as_they_do(first: AppDatabase) -> None:
    swept(first, 10, 1, "stuck")
    for number in range(50):
        first.sql(FORGED, f"by the worker {number}", 1, "worker", None, LATER - timedelta(hours=1))
    assert audit(first).document["rate"]["last_day"] == 0


def test_the_first_days_have_nothing_to_be_compared_with(first: AppDatabase) -> None:
    """The backlog of the first sweep is no broken layer."""
    swept(first, 0, 12, "stuck")
    assert audit(first).document["rate"] == {
        "last_day": 12,
        "usual_per_day": None,
        "layer_broke": False,
        "reason": None,
    }


def test_reasons_beyond_the_fiftieth_are_summed_up(first: AppDatabase) -> None:
    """A layer that gives its error texts for reasons does not make the report endless, and the sums stay whole."""
    for number in range(60):
        first.sql(FORGED.replace("'forged'", f"'reason {number:02}'"), f"s{number}", 2, "worker", None, NOW)
    first.sql(FORGED.replace("'forged'", "'reason 59'"), "again", 2, "worker", None, NOW)
    reasons = audit(first).document["period"]["by_reason"]
    assert len(reasons) == 51
    assert next(iter(reasons)) == "reason 59"
    assert reasons["(others)"] == {"sessions": 10, "credits": 20}
    assert sum(reason["credits"] for reason in reasons.values()) == 122


def test_days_are_days_of_utc_whatever_the_zone_of_the_app(first: AppDatabase) -> None:
    first.configure("exclude    =", 'timezone   = "Pacific/Auckland"\nexclude    =')
    assert first.sweeper("install").exit_code == 0
    first.sql(FORGED, "s", 1, "worker", None, datetime(2026, 11, 22, 23, 59, tzinfo=UTC))
    assert [day["day"] for day in audit(first).document["period"]["by_day"]] == ["2026-11-22"]
    assert exported(first)[0]["created_at"] == "2026-11-22 23:59:00+00"


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
