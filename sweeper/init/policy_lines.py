"""The draft's lines about the policy: ``stuck_after``, and what is left to the user."""

import re

from sweeper.init import words
from sweeper.init.answers import Line, Section, unknown
from sweeper.init.sessions.sessions import Session
from sweeper.init.sessions.times import Times

_POLICY = """\
# since     = 2026-01-01T00:00:00Z   # the floor; without it, the moment of `sweeper install`
# max_credits = 100000  # in any 24 hours, over all runs; unlimited unless set
# max_amount  = 1000    # per refund: above it the session is held; unlimited unless set

# [[reasons]]           # the first whose pattern (LIKE) fits the error text; else it is a workflow_failure
# code  = "queue_failure"
# error = "Failed to queue%"
"""


_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def logging_section(session: Session) -> Section:
    """``[logging]``: log events named after the app's sessions."""
    name = "_".join(words.spelled(session.table.name))
    line = Line("event_prefix", name, f"log events are {name}_credits_refunded and {name}_refund_failed")
    return Section("logging", (line,) if _PREFIX.fullmatch(name) else ())


def policy_section(session: Session, times: Times) -> Section:
    overdue = any(line.key == "stuck_at" and not line.is_open for line in times.active)
    stuck = [] if overdue else [Line("stuck_after", times.stuck_after[0], times.stuck_after[1])]
    waiting = [status for status in session.statuses["running"] if words.may_wait(status)]
    if stuck and (waiting or not session.statuses["running"]):
        question = "How long may a running session be without a sign of life?"
        if waiting:
            question += f" {', '.join(waiting)} may last until somebody acts."
        stuck = [
            unknown(
                "stuck_after",
                f'{question} Or by status, such as {{working = "{times.stuck_after[0]}", '
                f'{waiting[0] if waiting else "waiting_for_input"} = "never"}}.',
            )
        ]
    grace = Line("grace", "15m", "how long a failed session is left to the app's own refunds")
    return Section("policy", (*stuck, grace), tail=_POLICY)
