"""What `sweeper audit` prints: the JSON document, the table, the CSV, the exit codes and the errors."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.audits import FORGED, LATER, audit
from tests.helpers.command import NOW
from tests.helpers.exports import exported
from tests.helpers.first_app import a_bit_of_everything
from tests.helpers.golden import check_golden
from tests.helpers.roles import READER, role


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
            "by_pool": {},
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
        "lost": [],
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
        (["--since", "2026-12-01", "--until", "2026-11-01"], "the period is empty"),
        (["--since", "2026-11-01", "--until", "2026-11-01"], "the period is empty"),
        (["--format", "pdf"], "'--format': 'pdf' is not one of"),
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
    """As it stands in the golden file, which is there to be looked over; without color, markup and controls."""
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
        assert ("'.[report]'" in ran.stderr) == (format == "html")


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
