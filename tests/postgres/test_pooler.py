"""Through a real PgBouncer, as hosted Postgres often stands behind one."""

from pathlib import Path

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import Ran
from tests.helpers.pooler import pooled


def check(database: AppDatabase, url: str) -> tuple[Ran, dict[str, dict[str, str]]]:
    ran = database.sweeper("check", "--json", now=None, SWEEPER_DATABASE_URL=url)
    return ran, {item["name"]: item for item in ran.document["checks"]}


def test_a_run_works_through_a_pooler_in_transaction_mode(first: AppDatabase, tmp_path: Path) -> None:
    first.account()
    for number in range(50):
        first.session(f"s{number}")
    with pooled(first, tmp_path, "transaction") as url:
        ran, items = check(first, url)
        assert ran.exit_code == 0, ran.stdout
        assert "there is a pooler in between" in items["pooler"]["message"]
        ran = first.sweeper("run", "--json", "--batch-size", "10", SWEEPER_DATABASE_URL=url)
    assert ran.exit_code == 0, ran.stderr
    assert ran.document["refunds"] == {"sessions": 50, "credits": 150, "accounts": 1}
    assert first.credits() == 250


def test_statement_mode_is_named_by_check_and_pays_nothing(first: AppDatabase, tmp_path: Path) -> None:
    first.account()
    first.session("s1")
    with pooled(first, tmp_path, "statement") as url:
        ran, items = check(first, url)
        assert ran.exit_code == 5
        assert "statement mode" in items["pooler"]["message"]
        assert first.sweeper("run", "--json", SWEEPER_DATABASE_URL=url).exit_code == 1
    assert first.refunds() == {}


def test_a_pooler_without_a_connection_for_an_install_says_so(first: AppDatabase, tmp_path: Path) -> None:
    with pooled(first, tmp_path, "transaction", size=1, wait=2) as url:
        installed = first.sweeper("install", SWEEPER_DATABASE_URL=url)
        assert installed.exit_code == 1
        assert "its pooler has no connection left, and sweeper may need two at once" in installed.stderr
