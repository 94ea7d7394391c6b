"""The app that is measured, with two mappings: the first of the README, and one that asks other tables."""

from benchmarks.lab import APPS

# the caps are for a day; a benchmark owes more than that at once
FIRST = (APPS / "first.toml").read_text().replace("[policy]", "[policy]\nmax_refunds = 100000000")

# what each session was charged, and what the app refunded itself, in tables of their own
PARTS_SCHEMA = """
CREATE TABLE charges (id bigserial PRIMARY KEY, session_id text NOT NULL, price int NOT NULL);
CREATE INDEX ON charges (session_id);
CREATE TABLE app_refunds (session_id text PRIMARY KEY);
"""
PARTS = FIRST.replace(
    'amount     = "cardinality(selected_models)"',
    'amount     = "(SELECT sum(c.price) FROM charges AS c WHERE c.session_id = s.id)"',
).replace(
    """exclude    = "step = 'All models failed - credits refunded'\"""",
    'exclude    = "EXISTS (SELECT FROM app_refunds AS r WHERE r.session_id = s.id)"',
)


def accounts(number: int) -> str:
    """A statement that adds accounts: user-1 and so on."""
    return f"""
INSERT INTO users (id, credits, total_credits_earned, total_credits_spent)
SELECT 'user-' || n, 1000, 2000, 1000 FROM generate_series(1, {number}) AS n"""


def sessions(number: int, *, failed: str, name: str = "session", began: str = "timestamp '2026-01-02'") -> str:
    """A statement that adds sessions, a second apart, of accounts in no order; ``failed`` is a condition on n."""
    return f"""
INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at)
SELECT '{name}-' || n,
       'user-' || ((hashint8(n) & 2147483647) % (SELECT count(*) FROM users) + 1),
       (CASE WHEN {failed} THEN 'error' ELSE 'finished' END)::session_status,
       ARRAY['a', 'b', 'c'],
       {began} + n * interval '1 second'
FROM generate_series(1, {number}) AS n"""


REFUND_ALL = """
INSERT INTO sweeper.refunds (refund_id, session_id, account_id, amount, reason, layer, created_at)
SELECT gen_random_uuid(), id, user_id, 3, 'workflow_failure', 'worker', created_at + interval '1 hour'
FROM prediction_sessions
WHERE status = 'error'"""
