"""When a running session is stuck: by a deadline of its own, by its status, or never."""

from typing import Any

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.refund_function import refund

EARLY, LATE = "2026-11-23 11:59:59Z", "2026-11-23 12:00:01Z"  # a second before and after NOW


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """An app whose jobs have a deadline once they run."""
    app = App(bare)
    app.sql("DELETE FROM jobs; ALTER TABLE jobs ADD due timestamptz")
    app.map(stuck_at="due", running=["waiting", "running"])
    return app


def job(app: App, name: str, state: str, due: str | None, began: str = "2026-11-20 10:00Z") -> None:
    app.sql("INSERT INTO jobs (id, owner, state, price, began, due) VALUES (%s, 'w', %s, 3, %s, %s)",
            name, state, began, due)  # fmt: skip


def explain(app: App, name: str) -> dict[str, Any]:
    document: dict[str, Any] = app.database.sweeper("explain", name, "--json").document
    return document


def sentence(app: App, name: str) -> str:
    return " ".join(app.database.sweeper("explain", name).stdout.split())


def checked(app: App) -> dict[str, Any]:
    return {check["name"]: check for check in app.database.sweeper("check", "--json").document["checks"]}


def test_a_flag_that_would_have_no_effect_is_an_error(app: App) -> None:
    job(app, "late", "running", LATE)
    app.install()
    ran = app.database.run("--stuck-after", "1s")
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "usage")


def test_a_session_is_stuck_when_its_own_deadline_has_passed(app: App) -> None:
    job(app, "early", "running", EARLY)
    job(app, "now", "running", "2026-11-23 12:00Z")
    job(app, "late", "running", LATE)
    job(app, "never", "waiting", None)
    job(app, "infinite", "running", "infinity")
    assert app.sweep()["sessions"] == 2
    assert app.sql("SELECT id FROM jobs WHERE state = 'failed' ORDER BY 1") == [("early",), ("now",)]
    assert app.database.sweeper("audit").exit_code == 0


def test_a_deadline_replaces_the_sign_of_life_and_stuck_after(app: App) -> None:
    job(app, "late", "running", LATE)
    app.map(active_at="began - interval '1 year'")
    app.map("policy", stuck_after="1s")
    assert app.sweep()["sessions"] == 0


def test_a_failed_session_waits_for_grace_and_for_no_deadline(app: App) -> None:
    job(app, "failed", "failed", LATE)
    assert app.sweep()["sessions"] == 1


def test_a_layer_waits_for_no_deadline(app: App) -> None:
    for name, due in (("late", LATE), ("none", None)):
        job(app, name, "running", due)
    app.install()
    assert [refund(app.database, name) for name in ("late", "none", "none")] == [3, 3, 0]


def test_a_deadline_in_another_table_is_read(app: App) -> None:
    app.sql("CREATE TABLE plans (job text, until timestamp)")
    job(app, "early", "running", None)
    job(app, "none", "running", None)
    app.sql("INSERT INTO plans VALUES ('early', '2026-11-23 13:59:59')")
    app.map(stuck_at="(SELECT p.until FROM plans p WHERE p.job = s.id)", timezone="Africa/Cairo")
    assert app.sweep()["sessions"] == 1


def test_explain_shows_the_deadline_and_what_it_waits_for(app: App) -> None:
    job(app, "late", "running", LATE)
    job(app, "early", "running", EARLY)
    job(app, "none", "waiting", None)
    app.install()
    late, none = explain(app, "late"), explain(app, "none")
    assert (late["verdict"], late["deadline"]) == ("not_stuck_yet", "2026-11-23T12:00:01Z")
    assert "Its deadline is 2026-11-23T12:00:01Z" in sentence(app, "late")
    assert "Its deadline was 2026-11-23T11:59:59Z" in sentence(app, "early")
    assert (none["verdict"], none["deadline"], none["due_at"]) == ("not_stuck_yet", None, None)
    assert "It runs and has no deadline" in sentence(app, "none")


def test_check_takes_no_deadline_for_a_time_of_the_future(app: App) -> None:
    job(app, "late", "running", "2027-11-23Z")
    app.install()
    found = checked(app)
    assert [found[name]["status"] for name in ("future_times", "stuck_after", "fence")] == ["ok"] * 3
    assert "sessions.stuck_at" in found["stuck_after"]["message"]


def test_a_status_may_never_be_stuck(app: App) -> None:
    app.map(stuck_at=None)
    app.map("policy", stuck_after={"waiting": "never"})
    job(app, "asked", "waiting", None)
    job(app, "stuck", "running", None)
    assert app.sweep()["sessions"] == 1
    assert explain(app, "asked")["verdict"] == "not_stuck_yet"
    assert "It is waiting, which is never stuck" in sentence(app, "asked")
    assert "the default of 1 h for running; never stuck: waiting" in checked(app)["stuck_after"]["message"]
    assert refund(app.database, "asked") == 3


def test_a_flag_leaves_a_status_that_is_never_stuck(app: App) -> None:
    """What waits for the customer is not ended by a `--stuck-after` that is meant for work that hangs."""
    app.map(stuck_at=None, running=["waiting", "running", "queued"])
    app.map("policy", stuck_after={"waiting": "never", "queued": "9999h"})
    for state in ("waiting", "running", "queued"):
        job(app, state, state, None)
    app.install()
    assert app.database.run("--stuck-after", "30m").document["refunds"]["sessions"] == 2
    assert {row[0] for row in app.refunds()} == {"running", "queued"}
    assert app.database.run("--stuck-after", "soon").document["error"]["code"] == "config"


def test_what_is_never_stuck_is_owed_when_its_status_changes(app: App) -> None:
    """Also once the horizon has moved: it stays behind whatever may be owed later."""
    app.map(stuck_at=None)
    app.map("policy", stuck_after={"waiting": "never"})
    job(app, "asked", "waiting", None)
    assert app.sweep()["sessions"] == 0
    app.sql("UPDATE jobs SET state = 'running'")
    assert app.database.run().document["refunds"]["sessions"] == 1


@pytest.mark.parametrize("condition", ["price > 5", "NULLIF(price, 3) > 5", "s.price > 5"])
def test_what_is_none_of_our_business_is_excluded(app: App, condition: str) -> None:
    """Null is not true."""
    for name, state in (("f", "failed"), ("r", "running")):
        job(app, name, state, EARLY)
        job(app, f"{name}2", state, EARLY)
    app.sql("UPDATE jobs SET price = 9 WHERE id LIKE '_2'")
    app.map(never=condition)
    assert app.sweep()["sessions"] == 2
    assert {row[0] for row in app.refunds()} == {"f", "r"}
    assert explain(app, "f2")["verdict"] == explain(app, "r2")["verdict"] == "excluded"
    assert condition in sentence(app, "f2")
    assert refund(app.database, "r2") == 0
    assert app.database.value("SELECT state FROM jobs WHERE id = 'r2'") == "running"


def test_never_works_together_with_exclude(app: App) -> None:
    for name in ("a", "b", "c"):
        job(app, name, "failed", None)
    app.map(never="id = 'a'", exclude="id = 'b'")
    assert app.sweep()["sessions"] == 1
    assert "id = 'a'" in sentence(app, "a")
    assert "id = 'b'" in sentence(app, "b")
