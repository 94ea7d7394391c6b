"""Wrong files for apps that keep their books in other ways: each stops the first run, or is reported."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import marked_shop, refuses, rehearsed, shop, without_ledger


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop whose file is right."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total")
    return app


def test_another_unit_that_does_not_divide_evenly(app: App) -> None:
    """A run calculates exactly, and a ratio such as 7/3 has no end: the run must be stopped as `check` says."""
    app.sql("UPDATE book SET amount = amount * 7")
    app.sql("ALTER TABLE jobs ADD api_cost int")
    app.sql("UPDATE jobs SET api_cost = price * 3")
    app.map(amount="api_cost")
    assert "is less than the app gave back for 20 of 20" in refuses(app, "past_refunds")
