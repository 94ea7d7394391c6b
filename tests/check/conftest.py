"""What the tests of this folder ask for."""

import pytest

from tests.helpers.any_app import App
from tests.helpers.app_database import AppDatabase
from tests.helpers.shops import marked_shop, shop

GOOD = """
ALTER TABLE prediction_sessions ADD heartbeat timestamp, ADD failed_at timestamp;
INSERT INTO users SELECT 'u' || n, 100, 100, 0 FROM generate_series(1, 3) AS n;
INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at, completed_at, failed_at, heartbeat)
SELECT 's' || n, 'u1', (ARRAY['finished', 'error', 'generating'])[1 + n % 3]::session_status, ARRAY['m'],
       now() AT TIME ZONE 'UTC' - interval '20 minutes', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC',
       now() AT TIME ZONE 'UTC'
FROM generate_series(1, 30) AS n;
"""


@pytest.fixture
def good(bare: AppDatabase) -> AppDatabase:
    """The first app as a careful team would run it: a heartbeat, a time of failure, a mark, every cap."""
    bare.sql(GOOD)
    bare.configure('active_at  = "created_at"', 'active_at  = "heartbeat"')
    bare.configure('failed_at  = "created_at"', 'failed_at  = "failed_at"')
    bare.configure("[accounts]", "[sessions.refunded]\nstep = \"'All models failed - credits refunded'\"\n[accounts]")
    bare.configure('max_clock_skew = "100y"', "max_credits = 1000\nmax_amount = 50")
    assert bare.sweeper("install", now=None).exit_code == 0
    return bare


@pytest.fixture
def app(bare: AppDatabase) -> App:
    """A shop whose file is right, and whose book has no running balance."""
    app = shop(bare)
    app.sql("ALTER TABLE book DROP total")
    return app


@pytest.fixture
def marked(bare: AppDatabase) -> App:
    """A shop without a book: the sessions alone say what was refunded."""
    return marked_shop(bare)
