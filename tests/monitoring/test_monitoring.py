"""Monitoring, against the real thing: a Pushgateway, promtool's opinion of the file, and endpoints that misbehave."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.paths import GOLDEN, REPOSITORY
from tests.helpers.programs import program

ALERTS = REPOSITORY / "deploy" / "prometheus" / "alerts.yaml"
Numbers = dict[str, float]


def numbers(text: str) -> Numbers:
    """Every sample of ours, with its reason behind a colon."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.startswith("sweeper_"):
                reason = sample.labels.get("reason")
                found[sample.name.removeprefix("sweeper_") + (f":{reason}" if reason else "")] = sample.value
    return found


def pushed(url: str, app: str) -> Numbers:
    with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:  # noqa: S310
        lines = answer.read().decode().splitlines(keepends=True)
    return numbers("".join(line for line in lines if line.startswith("#") or f'app="{app}"' in line))


def accepted(path: Path) -> None:
    """promtool neither refuses the file nor has anything to remark."""
    with path.open("rb") as file:
        ran = subprocess.run([program("promtool"), "check", "metrics"], stdin=file, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def test_a_success_is_reported(first: AppDatabase, textfile: Path) -> None:
    first.session("s1")
    first.session("s2", models=4, error="Failed to queue: no connection")
    assert first.run().exit_code == 0
    told = numbers(textfile.read_text())
    moment = told.pop("last_run_timestamp_seconds")
    assert abs(moment - NOW.timestamp()) < 60
    assert told.pop("last_success_timestamp_seconds") == moment
    assert told.pop("run_duration_seconds") < 60
    assert told == {
        "last_run_exit_code": 0,
        "owed_sessions": 0,
        "oldest_owed_age_seconds": 0,
        "held_sessions": 0,
        "refunded_sessions:workflow_failure": 1,
        "refunded_sessions:queue_failure": 1,
        "refunded_sessions:retries_exhausted": 0,
        "refunded_sessions:stuck": 0,
        "refunded_credits:workflow_failure": 3,
        "refunded_credits:queue_failure": 4,
        "refunded_credits:retries_exhausted": 0,
        "refunded_credits:stuck": 0,
    }
    accepted(textfile)


def test_a_capped_run_reports_what_is_left(first: AppDatabase, textfile: Path) -> None:
    first.session("older", created="2026-11-23 09:00")
    first.session("newer", "generating", created="2026-11-23 10:00")
    assert first.run("--max-refunds", "1").exit_code == 4
    told = numbers(textfile.read_text())
    assert (told["last_run_exit_code"], told["owed_sessions"]) == (4, 1)
    assert told["oldest_owed_age_seconds"] == 7200
    assert "last_success_timestamp_seconds" not in told
    accepted(textfile)


def test_holds_are_reported_and_are_no_failure(first: AppDatabase, textfile: Path) -> None:
    first.session("s1", models=5000)
    assert first.run("--max-amount", "10").exit_code == 3
    told = numbers(textfile.read_text())
    assert (told["last_run_exit_code"], told["held_sessions"], told["owed_sessions"]) == (3, 1, 0)
    assert "last_success_timestamp_seconds" in told
    accepted(textfile)


def test_a_failed_run_keeps_the_last_success(first: AppDatabase, textfile: Path) -> None:
    first.session("s1")
    first.run()
    before = numbers(textfile.read_text())
    later = NOW.replace(hour=13)
    failed = first.sweeper("run", "--json", now=later, SWEEPER_DATABASE_URL=first.missing_url)
    assert failed.exit_code == 1
    told = numbers(textfile.read_text())
    assert told["last_run_exit_code"] == 1
    assert told["last_run_timestamp_seconds"] > before["last_run_timestamp_seconds"]
    assert told["last_success_timestamp_seconds"] == before["last_success_timestamp_seconds"]
    assert told["refunded_sessions:workflow_failure"] == 0, "that run refunded nothing"
    accepted(textfile)


@pytest.mark.parametrize("broken", ['amount = "?"', 'amounts = "1"', "policy = 3"])
def test_a_file_that_is_not_fit_for_a_run_is_exit_2(first: AppDatabase, textfile: Path, broken: str) -> None:
    first.configure('amount     = "cardinality(selected_models)"', broken)
    assert first.run().exit_code == 2
    assert numbers(textfile.read_text())["last_run_exit_code"] == 2
    accepted(textfile)


def test_a_misspelt_key_beside_where_it_is_reported_is_exit_2(first: AppDatabase, textfile: Path) -> None:
    first.append('pings = "https://example.com"\n')
    assert first.run().exit_code == 2
    assert numbers(textfile.read_text())["last_run_exit_code"] == 2


def test_an_interruption_is_reported(first: AppDatabase, textfile: Path) -> None:
    """SIGTERM while the run waits for the table: exit 143, in the metrics too."""
    with psycopg.connect(first.url) as app:
        app.execute("LOCK TABLE sweeper.settings")
        process = subprocess.Popen(
            [sys.executable, "-m", "sweeper", "run"], env={**os.environ, **first.environment}, stderr=subprocess.DEVNULL
        )
        for _ in range(200):
            if first.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sweeper run'"):
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 143
    assert numbers(textfile.read_text())["last_run_exit_code"] == 143


def test_dry_runs_and_single_sessions_are_not_reported(first: AppDatabase, textfile: Path) -> None:
    first.session("s1")
    assert first.run("--dry-run").exit_code == 0
    assert first.run("--session", "s1").exit_code == 0
    assert not textfile.exists()


def test_the_file_is_replaced_as_a_whole_and_only_our_lines_are_kept(first: AppDatabase, textfile: Path) -> None:
    textfile.write_text("this is no such file {{{\n")
    assert first.run().exit_code == 0
    assert "{{{" not in textfile.read_text()
    assert [path.name for path in textfile.parent.glob("*.prom*")] == [textfile.name]


def test_several_apps_have_a_label_each(first: AppDatabase, textfile: Path) -> None:
    first.append('app = "studio"\n')
    first.session("s1")
    first.run()
    lines = [line for line in textfile.read_text().splitlines() if not line.startswith("#")]
    assert lines
    assert all('app="studio"' in line for line in lines)
    accepted(textfile)


def test_a_pushgateway_keeps_the_last_success_through_a_failure(first: AppDatabase, pushgateway: str) -> None:
    app = first.value("SELECT current_database()")
    first.account()
    first.append(f'[monitoring]\npushgateway = "{pushgateway}/"\napp = "{app}"\n')
    first.session("s1")
    assert first.run().exit_code == 0
    success = pushed(pushgateway, app)
    assert success["last_run_exit_code"] == 0
    assert success["refunded_credits:workflow_failure"] == 3
    failed = first.sweeper("run", SWEEPER_DATABASE_URL=first.missing_url, now=NOW.replace(hour=13))
    assert failed.exit_code == 1
    told = pushed(pushgateway, app)
    assert told["last_run_exit_code"] == 1
    assert told["last_success_timestamp_seconds"] == success["last_success_timestamp_seconds"]
    assert told["refunded_credits:workflow_failure"] == 0
    first.session("s2")
    first.session("s3", created="2026-11-23 11:00")
    assert first.run("--max-refunds", "1").exit_code == 4
    assert pushed(pushgateway, app)["owed_sessions"] == 1
    first.sql("UPDATE prediction_sessions SET selected_models = array_fill('m'::text, ARRAY[99])")
    assert first.run("--max-amount", "9").exit_code == 3
    assert pushed(pushgateway, app)["held_sessions"] == 1


def test_alert_rules_are_accepted_by_promtool() -> None:
    ran = subprocess.run([program("promtool"), "check", "rules", str(ALERTS)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "5 rules found" in ran.stdout


@pytest.mark.slow
def test_alert_rules_fire_when_they_should(tmp_path: Path) -> None:
    """Given series in, alerts out: promtool's own rule tests."""
    ran = subprocess.run(
        [program("promtool"), "test", "rules", str(GOLDEN / "alerts.test.yaml")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
