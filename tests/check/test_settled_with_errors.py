"""Statuses in `succeeded` with errors and refunds that are in the right list."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.shops import rehearsed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("state", ["blocked", "canceled"])
def test_what_support_gave_back_of_a_status_that_owes_nothing(app: App, state: str) -> None:
    """Of what was canceled, the app may refund whatever had not begun."""
    kept = 2 if state == "blocked" else 4
    app.sql(f"UPDATE jobs SET error = 'no' WHERE state = 'failed'; UPDATE jobs SET state = '{state}' "
            "WHERE state = 'failed' AND substr(id, 2)::int % 3 = 0")  # fmt: skip
    app.sql(f"DELETE FROM book WHERE kind = 'refund' AND job IN (SELECT j.id FROM jobs AS j JOIN book AS b ON "
            f"b.job = j.id AND b.kind = 'refund' WHERE state = '{state}' ORDER BY j.id OFFSET {kept})")  # fmt: skip
    app.map(error="error", succeeded=["done", state])
    assert "statuses" not in rehearsed(app)


def test_a_status_of_which_the_app_has_refunded_all(app: App) -> None:
    """Such as its part of what was delivered in part: there are no others."""
    app.sql("UPDATE jobs SET error = 'no' WHERE state = 'failed'; UPDATE jobs SET state = 'partial' "
            "WHERE id IN (SELECT job FROM book WHERE kind = 'refund' ORDER BY job LIMIT 6)")  # fmt: skip
    app.map(error="error", succeeded=["done", "partial"])
    assert "statuses" not in rehearsed(app)
