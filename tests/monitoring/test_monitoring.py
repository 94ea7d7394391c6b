"""Monitoring, against the real thing: a Pushgateway, promtool's opinion of the file, and endpoints that misbehave."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from sweeper.monitoring.endpoints import TIMEOUT_SECONDS
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW, Ran
from tests.helpers.paths import GOLDEN

ALERTS = Path(__file__).parents[2] / "alerts.example.yaml"
Numbers = dict[str, float]


def program(name: str) -> str:
    """The path of a Debian program; .ci/run installs it."""
    return shutil.which(name) or pytest.skip(f"{name} is not installed")


@pytest.fixture
def textfile(first: AppDatabase, tmp_path: Path) -> Path:
    """The first app, monitored by a text file."""
    first.account()
    path = tmp_path / "sweeper.prom"
    first.append(f'[monitoring]\ntextfile = "{path}"\n')
    return path


@pytest.fixture(scope="module")
def pushgateway() -> Iterator[str]:
    """A real Pushgateway on a port of its own."""
    executable = program("prometheus-pushgateway")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [executable, f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{url}/-/ready", timeout=1).close()  # noqa: S310
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the Pushgateway does not start")


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


def test_a_success_is_told(first: AppDatabase, textfile: Path) -> None:
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


def test_a_capped_run_tells_what_is_left(first: AppDatabase, textfile: Path) -> None:
    first.session("older", created="2026-11-23 09:00")
    first.session("newer", "generating", created="2026-11-23 10:00")
    assert first.run("--max-refunds", "1").exit_code == 4
    told = numbers(textfile.read_text())
    assert (told["last_run_exit_code"], told["owed_sessions"]) == (4, 1)
    assert told["oldest_owed_age_seconds"] == 7200
    assert "last_success_timestamp_seconds" not in told
    accepted(textfile)


def test_holds_are_told_and_are_no_failure(first: AppDatabase, textfile: Path) -> None:
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
    failed = first.sweeper("run", "--json", now=later, SWEEPER_DATABASE_URL=f"{first.url}_gone")
    assert failed.exit_code == 1
    told = numbers(textfile.read_text())
    assert told["last_run_exit_code"] == 1
    assert told["last_run_timestamp_seconds"] > before["last_run_timestamp_seconds"]
    assert told["last_success_timestamp_seconds"] == before["last_success_timestamp_seconds"]
    assert told["refunded_sessions:workflow_failure"] == 0, "that run refunded nothing"
    accepted(textfile)


@pytest.mark.parametrize("broken", ['amount = "?"', 'amounts = "1"', "policy = 3"])
def test_a_file_that_is_not_fit_for_a_run_is_told_as_exit_2(first: AppDatabase, textfile: Path, broken: str) -> None:
    first.configure('amount     = "cardinality(selected_models)"', broken)
    assert first.run().exit_code == 2
    assert numbers(textfile.read_text())["last_run_exit_code"] == 2
    accepted(textfile)


def test_an_interruption_is_told(first: AppDatabase, textfile: Path) -> None:
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


def test_nobody_is_told_of_dry_runs_and_of_single_sessions(first: AppDatabase, textfile: Path) -> None:
    first.session("s1")
    assert first.run("--dry-run").exit_code == 0
    assert first.run("--session", "s1").exit_code == 0
    assert not textfile.exists()


def test_the_file_is_replaced_as_a_whole_and_only_our_lines_are_kept(first: AppDatabase, textfile: Path) -> None:
    textfile.write_text("this is no such file {{{\n")
    assert first.run().exit_code == 0
    assert "{{{" not in textfile.read_text()
    assert [path.name for path in textfile.parent.glob("*.prom*")] == [textfile.name]


def test_several_apps_are_told_apart(first: AppDatabase, textfile: Path) -> None:
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
    failed = first.sweeper("run", SWEEPER_DATABASE_URL=f"{first.url}_gone", now=NOW.replace(hour=13))
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


class _Endpoint(BaseHTTPRequestHandler):
    """Writes down what it is told."""

    told: list[tuple[str, str]]

    def do_POST(self) -> None:
        self.told.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def endpoint() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    told: list[tuple[str, str]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Endpoint,), {"told": told}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_ping_tells_the_beginning_and_the_end_with_the_summary(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.session("s2", models=99)
    with endpoint() as (url, told):
        first.append(f'[monitoring]\nping = "{url}/uuid"\n')
        ran = first.run("--max-amount", "9")
        assert ran.exit_code == 3
        down = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=f"{first.url}_gone")
    assert [path for path, _ in told] == ["/uuid/start", "/uuid/3", "/uuid/start", "/uuid/1"]
    assert told[1][1] == ran.stdout.strip()
    assert told[3][1] == down.stdout.strip()


@contextmanager
def hanging() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/secret"


def test_endpoints_that_hang_do_not_hold_a_run_up(first: AppDatabase, tmp_path: Path) -> None:
    """All of them together take no longer than the one small timeout, and the refunds are long committed."""
    first.account()
    first.session("s1")
    with hanging() as url:
        first.append(f'[monitoring]\nping = "{url}"\npushgateway = "{url}"\ntextfile = "{tmp_path}/no/folder/x.prom"\n')
        began = time.monotonic()
        ran = first.run(now=None)
        took = time.monotonic() - began
    assert (ran.exit_code, first.refunds()) == (0, {"s1": 3})
    assert took < TIMEOUT_SECONDS + 2
    failed = {event["endpoint"]: event["why"] for event in ran.events if event["event"] == "monitoring_failed"}
    assert set(failed) == {"ping", "pushgateway", "textfile"}
    assert "secret" not in ran.stderr


def test_an_endpoint_that_refuses_changes_nothing(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.append('[monitoring]\nping = "http://127.0.0.1:1/secret"\n')
    ran: Ran = first.run()
    assert (ran.exit_code, ran.document["outcome"]) == (0, "complete")
    assert [event["endpoint"] for event in ran.events if event["event"] == "monitoring_failed"] == ["ping"]
    assert "secret" not in ran.stderr


def test_a_url_that_is_none_is_refused_without_repeating_it(first: AppDatabase) -> None:
    first.append('[monitoring]\nping = "file:///secret"\n')
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "config")
    assert "monitoring.ping" in ran.stderr
    assert "secret" not in ran.stderr + ran.stdout


def test_alert_rules_are_accepted_by_promtool() -> None:
    ran = subprocess.run([program("promtool"), "check", "rules", str(ALERTS)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "5 rules found" in ran.stdout


def test_alert_rules_fire_when_they_should(tmp_path: Path) -> None:
    """Given series in, alerts out: promtool's own rule tests."""
    ran = subprocess.run(
        [program("promtool"), "test", "rules", str(GOLDEN / "alerts.test.yaml")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
