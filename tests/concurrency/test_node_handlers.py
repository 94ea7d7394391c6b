"""Handlers in Node that refund inside their own transactions, and sweeps that race them."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.paths import REPOSITORY
from tests.helpers.readme import blocks, section

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("SWEEPER_TEST_SECONDS", "5"))
ACCOUNTS, SWEEPERS = 12, 3


@pytest.fixture(scope="session")
def node_postgres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where Node finds node-postgres."""
    folder = tmp_path_factory.mktemp("node")
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    flags = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
    installed = subprocess.run(["npm", "install", *flags, "--prefix", str(folder), "pg@8"], capture_output=True)
    if installed.returncode:
        pytest.skip("npm cannot install node-postgres")
    return folder


def node(folder: Path, script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a script beside its node_modules."""
    path = folder / f"script-{os.getpid()}.mjs"
    path.write_text(script)
    return subprocess.Popen(
        ["node", str(path), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )  # fmt: skip


class Race:
    """What goes on beside the handlers, until it is over."""

    def __init__(self, app: AppDatabase) -> None:
        self.app, self.over, self.sweeps = app, threading.Event(), list[int]()
        self.threads = [threading.Thread(target=work) for work in (self.charge, *[self.sweep] * SWEEPERS)]

    def charge(self) -> None:
        """More sessions that failed, or stick, all the time."""
        with self.app.connect(autocommit=True) as connection:
            number = 0
            while not self.over.is_set():
                connection.execute(
                    "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at) "
                    "SELECT 's' || n, 'u' || n %% %s, (ARRAY['generating', 'error'])[n %% 2 + 1]::session_status, "
                    "ARRAY['a', 'b', 'c'], (now() AT TIME ZONE 'UTC') - interval '1 day' "
                    "FROM generate_series(%s::int, %s::int) AS n",
                    [ACCOUNTS, number, number + 9],
                )
                number += 10
                time.sleep(0.05)

    def sweep(self) -> None:
        """One run after another."""
        environment = {**os.environ, **self.app.environment, "PYTHONPATH": str(REPOSITORY)}
        while not self.over.is_set():
            ran = subprocess.run(
                [sys.executable, "-m", "sweeper", "run", "--batch-size", "3"], env=environment, capture_output=True
            )
            self.sweeps.append(ran.returncode)


def test_handlers_in_node_and_sweeps_never_pay_twice_and_never_forget(first: AppDatabase, node_postgres: Path) -> None:
    """No handler is a deadlock's victim or waits long; one that rolled back has refunded nothing."""
    first.sql("INSERT INTO users SELECT 'u' || n, 1000, 2000, 1000 FROM generate_series(0, %s) AS n", ACCOUNTS - 1)
    first.sql("CREATE TABLE notices (session_id text REFERENCES prediction_sessions, amount int)")
    race = Race(first)
    for thread in race.threads:
        thread.start()
    handlers = node(node_postgres, (Path(__file__).parent / "handlers.mjs").read_text(), first.url, str(SECONDS))
    said, problems = handlers.communicate(timeout=SECONDS + 60)
    race.over.set()
    for thread in race.threads:
        thread.join(60)
    assert handlers.returncode == 0, problems
    told = json.loads(said)
    assert told["errors"] == []
    assert set(race.sweeps) == {0}
    assert told["rolledBack"]
    last = first.run(now=None)
    assert (last.exit_code, last.document["skipped"], last.document["remaining"]) == (0, 0, 0)

    rows = first.sql("SELECT session_id, amount, layer FROM sweeper.refunds")
    refunds = {key: (amount, layer) for key, amount, layer in rows}
    assert len(refunds) == len(rows)
    assert set(refunds) == {key for (key,) in first.sql("SELECT id FROM prediction_sessions")}
    by_handlers = {key: (amount, layer) for key, (amount, layer) in refunds.items() if layer != "sweeper"}
    assert by_handlers == {key: (amount, layer) for key, amount, layer in told["committed"]}
    assert {layer for _, layer in refunds.values()} == {"worker", "queue", "retry", "models", "sweeper"}
    assert first.sql(
        "SELECT u.id FROM users AS u WHERE credits - 1000 <> "
        "(SELECT coalesce(sum(amount), 0) FROM sweeper.refunds WHERE account_id = u.id)"
    ) == []  # fmt: skip
    assert first.value("SELECT count(*) FROM prediction_sessions WHERE status <> 'error'") == 0


def the_example(app: AppDatabase, folder: Path) -> str:
    """What is printed when the handler of docs/handlers.md, as it stands there, meets a worker that fails."""
    example, *_ = blocks(section("Rules for a handler", "docs/handlers.md"), "ts")
    script = (
        'import pg from "pg";\nconst pool = new pg.Pool({ connectionString: process.argv[2] });\n'
        'const session = { id: "s1" };\nasync function generate() { throw new Error("out of memory"); }\n'
        f"try {{\n{example}}} catch (error) {{ console.log(error.message); }}\nawait pool.end();\n"
    )
    printed, _ = node(folder, script, app.url).communicate(timeout=60)
    return printed


def test_the_example_for_node_postgres_refunds(first: AppDatabase, node_postgres: Path) -> None:
    """The amount is a number, the app's own error goes on, and its text stays on the session."""
    first.account()
    first.session("s1", "generating")
    assert the_example(first, node_postgres) == "3 credits given back\nout of memory\n"
    assert first.sql("SELECT session_id, amount, detail, layer FROM sweeper.refunds") == [
        ("s1", 3, "Error: out of memory", "worker")
    ]
    assert first.sql("SELECT status::text, step, error FROM prediction_sessions") == [
        ("error", None, "Error: out of memory")
    ]
    assert first.credits() == 103


def test_the_example_keeps_the_error_when_the_refund_fails(first: AppDatabase, node_postgres: Path) -> None:
    """The sweep refunds it later."""
    first.account()
    first.session("s1", "generating")
    (refund,) = first.sql("SELECT oid::regprocedure::text FROM pg_proc WHERE proname = 'refund'")[0]
    first.sql(f"ALTER FUNCTION {refund} RENAME TO away")
    assert the_example(first, node_postgres) == "out of memory\n"
    assert first.refunds() == {}
    assert first.run().document["refunds"]["sessions"] == 1
