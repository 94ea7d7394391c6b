"""A number for a time is refused with the expression that turns it into one."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase


@pytest.fixture
def app(bare: AppDatabase) -> App:
    app = App(bare)
    app.sql("ALTER TABLE jobs ADD at bigint")
    return app


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        ("1764000000", "to_timestamp(at), as it counts seconds (such as 1764000000)"),
        ("1764000000000", "to_timestamp(at / 1000.0), as it counts milliseconds (such as 1764000000000)"),
        ("1764000000000000", "to_timestamp(at / 1000000.0), as it counts microseconds"),
        ("NULL", "to_timestamp(at) where it counts seconds, to_timestamp(at / 1000.0) where it counts milliseconds"),
    ],
)
@pytest.mark.parametrize("key", ["started_at", "active_at", "failed_at", "ended_at"])
def test_a_column_of_epochs_comes_with_its_expression(app: App, key: str, value: str, expression: str) -> None:
    app.sql(f"UPDATE jobs SET at = {value}")
    app.map(**{key: "at"})
    app.refused(f"sessions.{key} = 'at': is a number, and must be a time: {expression}")


def test_with_the_expression_that_was_named_it_is_paid(app: App) -> None:
    app.sql("UPDATE jobs SET at = extract(epoch FROM began) * 1000")
    app.map(started_at="to_timestamp(at / 1000.0)")
    assert app.sweep()["sessions"] == 1
