"""Messages to users say what happened, how much and where to look: through Apprise, to a real server."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import apprise  # type: ignore[import-untyped, unused-ignore]
import pytest

from sweeper.monitoring.endpoints import TIMEOUT_SECONDS
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW, Ran
from tests.helpers.web_server import web_server

# all that it has is loaded before a test freezes the clock
assert apprise.Apprise.instantiate("json://localhost")
Inbox = list[dict[str, str]]


class People:
    """Who reads the messages of the first app."""

    def __init__(self, app: AppDatabase, url: str, received: list[tuple[str, str]], state: Path) -> None:
        self.app = app
        self.url = url
        self._received = received
        self._state = state

    @property
    def inbox(self) -> Inbox:
        return [json.loads(body) for _, body in self._received]

    def run(self, *flags: str, minutes: float = 0, **environment: str) -> Ran:
        return self.app.sweeper(
            "run",
            "--json",
            *flags,
            now=NOW + timedelta(minutes=minutes),
            XDG_STATE_HOME=str(self._state),
            **environment,
        )


@pytest.fixture
def people(first: AppDatabase, tmp_path: Path) -> Iterator[People]:
    first.account()
    with web_server() as (url, received):
        address = url.replace("http://", "json://")
        first.append(f'[monitoring]\napp = "studio"\n[notify]\nurls = ["{address}/hook"]\n')
        yield People(first, address, received, tmp_path / "state")


def test_a_run_without_news_sends_no_message(people: People) -> None:
    people.app.session("s1")
    assert people.run().exit_code == 0
    assert people.inbox == []


def test_holds_are_reported_once_an_hour(people: People) -> None:
    people.app.session("s1", models=20)
    assert people.run("--max-amount", "10").exit_code == 3
    (told,) = people.inbox
    assert told["title"] == "sweeper: 1 session of studio put on hold"
    assert "`sweeper run --dry-run`" in told["message"]
    people.app.session("s2", models=30)
    assert people.run("--max-amount", "10", minutes=30).document["held"] == 1
    assert len(people.inbox) == 1, "within the hour"
    people.app.session("s3", models=30)
    assert people.run("--max-amount", "10", minutes=61).document["held"] == 1
    assert len(people.inbox) == 2


def test_a_cap_is_reported_in_the_same_hour_as_holds(people: People) -> None:
    people.app.session("s1", models=20)
    people.run("--max-amount", "10")
    people.app.session("s2", created="2026-11-23 09:00")
    people.app.session("s3", created="2026-11-23 10:00")
    assert people.run("--max-refunds", "1", "--max-amount", "10", minutes=5).exit_code == 4
    assert [told["title"] for told in people.inbox][1:] == ["sweeper: a cap stopped a run of studio"]
    assert "1 session still owed" in people.inbox[1]["message"]


def test_a_run_that_cannot_reach_the_database_is_reported_once_an_hour(people: People) -> None:
    gone = {"SWEEPER_DATABASE_URL": people.app.missing_url}
    for minutes in (0, 5, 59, 61):
        assert people.run(minutes=minutes, **gone).exit_code == 1
    assert [told["title"] for told in people.inbox] == ["sweeper: a run of studio failed"] * 2
    assert "the database does not exist" in people.inbox[0]["message"]
    assert "`sweeper check`" in people.inbox[0]["message"]


def test_a_run_that_fails_while_it_pays_is_reported(people: People) -> None:
    for number in range(1, 4):
        people.app.session(f"s{number}", models=20)
    people.app.configure("[policy]", "[policy]\nmax_new_holds = 1")
    assert people.run("--max-amount", "10").exit_code == 1
    (told,) = people.inbox
    assert told["title"] == "sweeper: a run of studio failed"
    assert "`sweeper history" in told["message"]


def test_a_layer_that_broke_is_reported(people: People) -> None:
    people.app.sql("UPDATE sweeper.settings SET installed_at = %s", NOW - timedelta(days=20))
    for number in range(12):
        people.app.session(f"s{number}", error="Failed to queue: no connection")
    assert people.run().exit_code == 0
    (told,) = people.inbox
    assert told["title"] == "sweeper: a layer of studio broke"
    assert "12 sessions in the last day" in told["message"]
    assert "queue_failure" in told["message"]


def test_only_what_the_file_asks_for_is_reported(people: People) -> None:
    people.app.configure("[notify]", '[notify]\non = ["failed"]')
    people.app.session("s1", models=20)
    assert people.run("--max-amount", "10").exit_code == 3
    assert people.inbox == []


def test_dry_runs_and_single_sessions_are_not_reported(people: People) -> None:
    people.app.session("s1", models=20)
    people.run("--dry-run", "--max-amount", "10")
    people.run("--session", "s1", "--max-amount", "10")
    assert people.inbox == []


@contextmanager
def hanging() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield f"json://127.0.0.1:{listener.getsockname()[1]}/s3cret"


@pytest.mark.slow
def test_a_service_that_hangs_or_refuses_delays_nothing_and_its_url_is_not_shown(people: People) -> None:
    people.app.session("s1", models=20)
    with hanging() as url:
        people.app.configure('urls = ["', f'urls = ["{url}", "json://127.0.0.1:1/s3cret", "what://s3cret", "')
        began = time.monotonic()
        ran = people.run("--max-amount", "10")
        took = time.monotonic() - began
    assert (ran.exit_code, len(people.inbox)) == (3, 1)
    assert took < TIMEOUT_SECONDS + 6, "Apprise itself takes a moment to load"
    failed = {event["endpoint"]: event["why"] for event in ran.events if event["event"] == "monitoring_failed"}
    assert failed == {
        "notify.urls.0": "timeout", "notify.urls.1": "ConnectionError", "notify.urls.2": "ValueError",
    }  # fmt: skip
    assert "s3cret" not in ran.stdout + ran.stderr


def test_a_variable_of_the_environment_is_filled_in(people: People) -> None:
    people.app.configure(f"{people.url}/hook", "${HOOK_URL}/hook")
    people.app.session("s1", models=20)
    assert people.run("--max-amount", "10", HOOK_URL=people.url).exit_code == 3
    assert len(people.inbox) == 1


def test_a_missing_variable_is_named_and_nothing_is_paid(people: People) -> None:
    people.app.configure(f"{people.url}/hook", "json://u:s3cret@${HOOK_HOST}/${HOOK_TOKEN}")
    people.app.session("s1")
    ran = people.run(HOOK_TOKEN="t0ken")
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "config")
    assert "notify.urls.0: the environment has no HOOK_HOST" in ran.stderr
    assert "s3cret" not in ran.stderr + ran.stdout
    assert "t0ken" not in ran.stderr + ran.stdout
    assert people.app.refunds() == {}


def test_a_ping_may_come_from_the_environment(first: AppDatabase) -> None:
    first.append('[monitoring]\nping = "${PING_URL}"\n')
    with web_server() as (url, received):
        assert first.sweeper("run", PING_URL=f"{url}/uuid/").exit_code == 0
        assert [path for path, _ in received] == ["/uuid/start", "/uuid/0"]
    ran = first.sweeper("run", PING_URL="s3cret")
    assert ran.exit_code == 2
    assert "monitoring.ping: must begin with http" in ran.stderr
    assert "s3cret" not in ran.stderr
    assert first.sweeper("history").exit_code == 0, "who reports nothing needs no variable"


def test_check_sends_a_trial_when_asked(people: People) -> None:
    def items(*flags: str) -> dict[str, str]:
        checks = people.app.sweeper("check", "--json", *flags, now=None).document["checks"]
        return {item["name"]: item["status"] for item in checks}

    assert "notify" not in items()
    assert items("--notify")["notify"] == "ok"
    assert [told["title"] for told in people.inbox] == ["sweeper: a trial message for studio"]
    people.app.configure("json://", "jsons://")
    assert items("--notify")["notify"] == "failure"
    assert "did not answer in time" in people.app.sweeper("check", "--json", "--notify", now=None).stdout


def test_without_the_extra_the_run_says_what_to_install(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweeper.monitoring.notice_services.find_spec", lambda _: None)
    ran = people.run()
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "extra_missing")
    assert "pip install '.[notify]'" in ran.stderr
