"""Two schemas over rows that both have: the one over a table, the other over a part of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.jobs import add_jobs, install, jobs, refused, sweep, uninstall
from tests.helpers.server import Server

ASIDE = '[database]\nschema = "aside"\n'
PARENT = """
ALTER TABLE jobs ALTER public_id DROP IDENTITY;
ALTER TABLE jobs RENAME TO jobs_2026;
CREATE TABLE jobs (LIKE jobs_2026, UNIQUE (id, started_at)) PARTITION BY RANGE (started_at);
"""
ATTACH = "ALTER TABLE jobs ATTACH PARTITION jobs_2026 FOR VALUES FROM ('2000-01-01') TO (MAXVALUE)"


@pytest.fixture
def parted(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """Twenty jobs in a part of the table of jobs; nothing is installed."""
    for database in jobs(server, tmp_path):
        database.sql("DROP SCHEMA sweeper CASCADE; INSERT INTO users VALUES ('u', 0)")
        add_jobs(database, 20)
        database.sql(PARENT)
        yield database


def of_part(database: AppDatabase) -> str:
    """The file for the part alone, in a schema of its own."""
    return ASIDE + database.config.read_text().replace('"jobs"', '"jobs_2026"')


@pytest.mark.parametrize("first", ["whole", "part"])
def test_a_table_and_a_part_of_it_are_not_paid_from_two_schemas(parted: AppDatabase, first: str) -> None:
    parted.sql(ATTACH)
    files = [parted.config.read_text(), of_part(parted)]
    one, other = files if first == "whole" else reversed(files)
    parted.config.write_text(one)
    assert install(parted) == 0
    parted.config.write_text(other)
    assert "both would pay every session" in refused(parted, "install")
    parted.config.write_text(one)
    assert (install(parted), sweep(parted)) == (0, 20)
    parted.config.write_text(other)
    refused(parted, "install")


def test_a_table_that_becomes_a_part_of_another_later_stops_both(parted: AppDatabase) -> None:
    files = parted.config.read_text(), of_part(parted)
    for text in files:
        parted.config.write_text(text)
        assert install(parted) == 0
    parted.sql(ATTACH)
    for text in files:
        parted.config.write_text(text)
        assert "both would pay every session" in refused(parted, "run")


def test_a_ledger_that_was_kept_counts_for_the_whole_table(parted: AppDatabase) -> None:
    parted.sql(ATTACH)
    parted.config.write_text(parted.config.read_text().replace('"jobs"', '"jobs_2026"'))
    assert (install(parted), sweep(parted)) == (0, 20)
    uninstall(parted)
    parted.config.write_text(ASIDE + parted.config.read_text().replace('"jobs_2026"', '"jobs"'))
    assert "has refunds of 20 sessions" in refused(parted, "install")
