"""Apps of many shapes: with their own refund code before, after and beside a sweep, everything is paid exactly once."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sweeper.postgres.timeouts import LOCKING_TIMEOUTS
from sweeper.sweep import batch
from tests.helpers.server import Server
from tests.helpers.shapes import NAMES, Shape, ShapedApp, differences, shaped, wrong_mappings

HOOKED = [name for name in NAMES if "ON sweeper.refunds" in Shape(name).read("hook.sql")]
# two of three take their time
SOME = [pytest.param(name, marks=[pytest.mark.slow] if place % 3 else []) for place, name in enumerate(NAMES)]


@pytest.fixture
def app(server: Server, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ShapedApp]:
    """The app, with sweeper and its hooks installed."""
    with shaped(server, request.param, tmp_path) as played:
        yield played


def run(app: ShapedApp, *flags: str) -> dict[str, Any]:
    """A run, by the real clock, with a runner's rights."""
    ran = app.database.run(*flags, now=None)
    assert ran.exit_code in ((0, 3) if app.shape.app.get("held") else (0,)), ran.stdout + ran.stderr
    return ran.document


def idle(app: ShapedApp) -> None:
    """A run that must find nothing to do."""
    document = run(app)
    assert (document["refunds"]["sessions"], document["held"], document["skipped"]) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_app_alone(server: Server, name: str, tmp_path: Path) -> None:
    """Without sweeper: the app's own code pays what it knows of, once."""
    with shaped(server, name, tmp_path, installed=False) as app:
        assert app.faults_of() == []
        for _ in range(2):
            assert app.refund() == []
            assert app.faults_of(*app.shape.by_app) == []


@pytest.mark.parametrize("app", SOME, indirect=True)
def test_the_app_after_a_run(app: ShapedApp) -> None:
    """A dry run says what a run does; then neither the next run nor the app finds anything of it."""
    planned = run(app, "--dry-run")
    assert app.faults_of() == []
    ran = run(app)
    assert (planned["refunds"], planned["reasons"], planned["held"]) == (ran["refunds"], ran["reasons"], ran["held"])
    assert app.faults_of(*app.shape.by_sweep) == []
    idle(app)
    assert app.database.value("SELECT count(*) FROM sweeper.holds") == app.shape.app.get("held", 0)
    for _ in range(2):
        assert app.refund() == []
        assert app.faults_of(*app.shape.by_both) == []
    idle(app)


@pytest.mark.parametrize("app", SOME, indirect=True)
def test_check_and_audit(app: ShapedApp) -> None:
    """The file is right, so `check` calls nothing wrong; nor does an audit, after a run and after the app."""
    checked = app.database.sweeper("check", "--json", now=None)
    assert [item for item in checked.document["checks"] if item["status"] == "failure"] == []
    run(app)
    assert app.refund() == []
    audited = app.database.sweeper(
        "audit", "--format", "json", now=None, SWEEPER_DATABASE_URL=app.database.url_as("sweeper_auditor")
    )
    expected = app.shape.app.get("findings", ["held"] if app.shape.app.get("held") else [])
    assert [finding["code"] for finding in audited.document["findings"]] == expected, audited.stdout


@pytest.mark.slow
@pytest.mark.parametrize("app", NAMES, indirect=True)
def test_the_app_before_a_run(app: ShapedApp) -> None:
    assert app.refund() == []
    run(app)
    assert app.faults_of(*app.shape.by_both) == []


@pytest.mark.slow
@pytest.mark.parametrize("app", NAMES, indirect=True)
def test_the_app_not_committed_during_a_run(app: ShapedApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the app has in hand is left to it, and a later run pays the rest."""
    # the app keeps its locks for all of the run: to wait long for them changes nothing
    monkeypatch.setattr(batch, "_TOGETHER_TIMEOUTS", LOCKING_TIMEOUTS._replace(lock_ms=10))
    monkeypatch.setattr(batch, "LOCKING_TIMEOUTS", LOCKING_TIMEOUTS._replace(lock_ms=20))
    with app.database.connection.transaction():
        assert app.refund() == []
        ran = app.database.run(now=None)
        # a session whose expression fails is put on hold once another was paid after it, and all others may be locked
        assert ran.exit_code in ((0, 1, 3) if app.shape.app.get("held") else (0,)), ran.stdout + ran.stderr
    run(app)
    assert app.faults_of(*app.shape.by_both) == []


@pytest.mark.slow
@pytest.mark.parametrize("app", NAMES, indirect=True)
def test_a_layer_and_taking_all_back(app: ShapedApp) -> None:
    """refund() pays as a run does; `revert` brings every column back, but those that it leaves by design."""
    before = app.rows()
    by_layer = app.of(*app.shape.by_sweep)[::3]
    with psycopg.connect(app.database.url_as("sweeper_layer"), autocommit=True) as layer:
        for session in by_layer:
            layer.execute("SELECT sweeper.refund(%s, 'worker_failure', NULL, 'worker')", (app.key(session),))
    assert app.faults(by_layer) == []
    document = run(app)
    assert app.faults_of(*app.shape.by_sweep) == []
    back = [("--run", document["run_id"]), *(("--session", app.key(session)) for session in by_layer)]
    for flags in back:
        reverted = app.database.sweeper("revert", "--json", "--reason", "a mistake", "--yes", *flags, now=None)
        assert reverted.exit_code == 0, reverted.stdout + reverted.stderr
    assert app.faults_of() == []
    assert differences(before, app.rows()) == set(app.shape.app.get("leaves", []))
    idle(app)


@pytest.mark.slow
@pytest.mark.parametrize("app", HOOKED, indirect=True)
def test_adopting_writes_to_no_table_of_the_app(app: ShapedApp) -> None:
    """Nor do its hooks: what is adopted was paid elsewhere."""
    before = app.rows()
    flags = ("--where", "true", "--amount", "1", "--reason", "paid elsewhere", "--yes", "--json")
    adopted = app.database.sweeper("adopt", *flags, now=None)
    assert adopted.document["adopted"]["sessions"] > 0, adopted.stderr
    assert differences(before, app.rows()) == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "check", "edits"), [pytest.param(*wrong, id=f"{wrong[0]}-{wrong[1]}") for wrong in wrong_mappings()]
)
def test_a_wrong_mapping(server: Server, name: str, check: str, edits: list[list[str]], tmp_path: Path) -> None:
    """`check` calls wrong what would put credits in the wrong place while every command exits 0."""
    with shaped(server, name, tmp_path, installed=False) as app:
        for old, new in edits:
            app.database.configure(old, new)
        app.database.sweeper("install", now=None)
        checked = app.database.sweeper("check", "--json", now=None)
        items = {item["name"]: item["status"] for item in checked.document["checks"]}
        assert items.get(check, "not there") in ("warning", "failure"), checked.stdout


@pytest.mark.slow
@pytest.mark.parametrize("app", NAMES, indirect=True)
def test_the_app_beside_a_run(app: ShapedApp) -> None:
    """Both at the same time, then a run for what was skipped."""
    errors, done = [], threading.Event()

    def work() -> None:
        with psycopg.connect(app.database.url, autocommit=True) as connection:
            while not done.is_set():
                if connection.execute("SELECT FROM sweeper.runs").fetchone() is not None:  # it has begun
                    errors.extend(app.shape.refund(connection))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        run(app)
    finally:
        done.set()
        worker.join()
    assert errors == []
    run(app)
    assert app.faults_of(*app.shape.by_both) == []
