"""What the tests of this folder ask for."""

import pytest

from tests.helpers.app_database import AppDatabase


@pytest.fixture
def clean(first: AppDatabase) -> AppDatabase:
    """Books that a run has just put right: refunds by several reasons, and sessions that owe nothing."""
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
    return first
