"""A shop with a book of charges and refunds: jobs of every kind, many enough to compare a file with."""

import re
from typing import Any

from tests.helpers.any_app import ACCOUNTS, POLICY, SESSIONS, App
from tests.helpers.app_database import AppDatabase
from tests.helpers.checks import check, items

# 30 failed jobs of 2 to 7 credits, the first 20 given back by the shop itself, 10 that succeeded and 10 that run
SHOP = """
TRUNCATE jobs, wallets;
ALTER TABLE jobs ADD ended timestamptz, ADD beat timestamptz, ADD refunded_at timestamptz, ADD team text;
CREATE TABLE book (
    id bigserial PRIMARY KEY, wallet text NOT NULL, team text, job text, kind text NOT NULL, amount numeric NOT NULL,
    total numeric, added boolean NOT NULL DEFAULT false, made_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO wallets SELECT 'w' || n, 1000 FROM generate_series(0, 4) AS n;
INSERT INTO jobs (id, owner, state, price, began, ended, beat)
SELECT 'j' || n, 'w' || n % 5, CASE WHEN n <= 30 THEN 'failed' WHEN n <= 40 THEN 'done' ELSE 'running' END, 2 + n % 6,
       now() - interval '50 min' - n * interval '1 s', CASE WHEN n <= 40 THEN now() - interval '20 min' END,
       now() - interval '1 min'
FROM generate_series(1, 50) AS n;
INSERT INTO book (wallet, job, kind, amount) SELECT owner, id, 'charge', -price FROM jobs ORDER BY id;
INSERT INTO book (wallet, job, kind, amount)
SELECT owner, id, 'refund', price FROM jobs WHERE substr(id, 2)::int <= 20 ORDER BY id;
UPDATE book AS b SET total = chain.total
FROM (SELECT id, 1000 + sum(amount) OVER (PARTITION BY wallet ORDER BY id) AS total FROM book) AS chain
WHERE chain.id = b.id;
"""
SAID = [
    "statuses",
    "past_refunds",
    "charges",
    "marks",
    "ledger",
    "accounts",
    "balances",
    "active_at",
    "deadlines",
    "caps",
    "time_zone",
    "stuck_after",
    "fence",
]


def shop(database: AppDatabase) -> App:
    """The shop, with a file that is right and complete."""
    app = App(database)
    app.sql(SHOP)
    app.sections = {"sessions": dict(SESSIONS), "accounts": dict(ACCOUNTS), "policy": dict(POLICY)}
    app.map("policy", max_amount=100, max_credits=1000)
    app.map(active_at="beat", failed_at="ended", ended_at="ended")
    app.map("ledger", table="book", session="job", where="kind = 'refund'")
    app.map("ledger.insert", wallet="account_id", job="session_id", kind="'refund'", amount="amount")
    return app


def without_ledger(app: App) -> None:
    """Leave the book out of the file."""
    app.sections.pop("ledger")
    app.sections.pop("ledger.insert")


def marked_shop(database: AppDatabase) -> App:
    """The shop without a book: the sessions alone say what was refunded."""
    app = shop(database)
    app.sql("UPDATE jobs SET refunded_at = now() WHERE id IN (SELECT job FROM book WHERE kind = 'refund')")
    app.sql("DROP TABLE book")
    without_ledger(app)
    app.map(exclude="refunded_at IS NOT NULL")
    app.map("sessions.refunded", refunded_at="at")
    return app


def rehearsed(app: App) -> dict[str, dict[str, Any]]:
    """The items of the rehearsal that are not ok, by name; nothing need be installed."""
    app.write()
    found = items(check(app.database))
    assert found["mapping"]["status"] == "ok", found["mapping"]
    return {name: found[name] for name in SAID if found[name]["status"] != "ok"}


def refuses(app: App, item: str) -> str:
    """What the item says as a run ends because of it; nothing need be installed."""
    app.write()
    ran = app.database.run("--dry-run", now=None, role=None)
    assert (ran.exit_code, ran.document["error"]["code"]) == (2, "rehearsal_failed"), ran.stdout
    (message,) = re.findall(rf"^{item}: (.*)\n  to fix it: ", ran.document["error"]["message"], re.MULTILINE)
    return str(message)
