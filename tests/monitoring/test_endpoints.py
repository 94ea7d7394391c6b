"""Endpoints that get the report of a run, and do not affect it when they hang or refuse."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sweeper.monitoring.endpoints import TIMEOUT_SECONDS
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran
from tests.helpers.web_server import web_server


def test_pings_report_the_start_and_the_end_with_the_summary(first: AppDatabase) -> None:
    first.account()
    first.session("s1")
    first.session("s2", models=99)
    with web_server() as (url, told):
        first.append(f'[monitoring]\nping = "{url}/uuid"\n')
        ran = first.run("--max-amount", "9")
        assert ran.exit_code == 3
        down = first.sweeper("run", "--json", SWEEPER_DATABASE_URL=first.missing_url)
    assert [path for path, _ in told] == ["/uuid/start", "/uuid/3", "/uuid/start", "/uuid/1"]
    assert told[1][1] == ran.stdout.strip()
    assert told[3][1] == down.stdout.strip()


@contextmanager
def hanging() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/secret"


@pytest.mark.slow
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
    failed = [(event["endpoint"], event["why"]) for event in ran.events if event["event"] == "monitoring_failed"]
    assert failed == [("ping", "ConnectionRefusedError")]
    assert "secret" not in ran.stderr


def test_a_url_that_is_none_is_refused_without_repeating_it(first: AppDatabase) -> None:
    first.append('[monitoring]\nping = "file:///secret"\n')
    ran = first.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "config")
    assert "monitoring.ping" in ran.stderr
    assert "secret" not in ran.stderr + ran.stdout
