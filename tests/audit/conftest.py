"""What the tests of this folder ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.app_database import AppDatabase
from tests.helpers.server import Server


@pytest.fixture
def clean(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """Books that a run has just put right: refunds by several reasons, and sessions that owe nothing."""

    @contextmanager
    def put_right() -> Iterator[AppDatabase]:
        with server.app("first", tmp_path) as first:
            first.account("u1", credits=90, spent=10)
            first.account("u2", credits=50, spent=5)
            first.session("failed", models=3)
            first.session("exhausted", account="u2", error="Worker failed after 3 attempts")
            first.session("stuck", "generating", models=2)
            first.session("done", "finished")
            first.session("uncharged", models=0)
            first.session("app-refunded", models=5, step="All models failed - credits refunded")
            first.session("old", created="2019-06-01", models=8)
            assert first.run().exit_code == 0
            yield first

    with server.prepared("first_put_right", tmp_path, put_right) as database:
        yield database
