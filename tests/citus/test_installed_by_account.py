"""Installing where Citus has the tables by account: as SQL, and beside a ledger of before."""

from pathlib import Path

import psycopg
import pytest

from tests.helpers.checks import check, not_ok
from tests.helpers.citus import Cluster
from tests.helpers.first_app import fill
from tests.helpers.paths import APPS, REPOSITORY
from tests.helpers.sharded import ACCOUNTS
from tests.helpers.shards import BY_ACCOUNT, assert_paid, by_account


def test_what_install_prints_installs(cluster: Cluster, tmp_path: Path) -> None:
    with by_account(cluster, tmp_path, installed=False) as app:
        printed = app.sweeper("install", "--print", now=None)
        assert printed.exit_code == 0, printed.stderr
        assert printed.stdout.count("create_distributed_table") == 3
        fill(app, accounts=ACCOUNTS, sessions=20)
        planned = app.run("--dry-run", now=None, role=None)
        assert planned.document["refunds"]["sessions"] == 20, planned.stderr
        assert app.sweeper("install", now=None).exit_code == 0
        again = app.sweeper("install", now=None)
        assert again.exit_code == 0, again.stderr
        assert app.run(now=None, role=None).document["refunds"]["sessions"] == 20
        assert_paid(app, 20)


def test_a_ledger_from_before_is_taken_along(cluster: Cluster, tmp_path: Path) -> None:
    """By the statements of docs/deploy.md; until then nothing is paid."""
    moves = (REPOSITORY / "docs" / "deploy.md").read_text().partition("```sql\nBEGIN;")[2].partition("```")[0]
    with cluster.blank(tmp_path, (APPS / "first.sql").read_text()) as app:
        app.config.write_text((APPS / "first.toml").read_text())
        assert app.sweeper("install", now=None).exit_code == 0
        fill(app, accounts=ACCOUNTS, sessions=20)
        app.session("gone", account="nobody")
        assert app.run(now=None, role=None).document["refunds"]["sessions"] == 20
        assert app.sweeper("revert", "--session", "s1", "--reason", "x", "--yes", now=None).exit_code == 0
        app.sql(BY_ACCOUNT)
        app.session("new", account="u1", created="2026-11-20 10:00")
        installed = app.sweeper("install", now=None)
        assert (installed.exit_code, "is not distributed with" in installed.stderr) == (2, True)
        assert app.run(now=None, role=None).document["error"]["code"] == "mapping_changed"
        app.sql(f"BEGIN; {moves}")
        assert app.run(now=None, role=None).exit_code == 2
        installed = app.sweeper("install", now=None)
        assert installed.exit_code == 0, installed.stderr
        assert app.run("--full", now=None, role=None).document["refunds"]["sessions"] == 1
        assert app.value("SELECT count(*) FROM sweeper.refunds") == 21
        assert app.value("SELECT sum(credits) FROM users") == ACCOUNTS * 1000 + 3 * 20
        assert "failure" not in not_ok(check(app)).values()
        with pytest.raises(psycopg.Error, match="is append-only"):
            app.sql("DELETE FROM sweeper.refunds WHERE account_id = 'u1'")
