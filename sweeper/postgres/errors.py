"""The database's errors as ours: one row's fault, a lock, a timeout, or the end of the command."""

from sweeper.core.errors import ConfigurationError, FailedError, SweeperError

UNIQUE_VIOLATION, LOCK_NOT_AVAILABLE, QUERY_CANCELED = "23505", "55P03", "57014"


class Refusal(Exception):  # noqa: N818 - not an error of the run: one row's fault, to be isolated
    """The database refused a statement because of what is in the rows.

    ``message`` is the server's primary message, never its DETAIL, which repeats the row. ``raised`` is true when the
    app itself refused it, by a RAISE: then the row is certainly at fault. ``hold_reason`` is why the session is put on
    hold for it, and ``tries`` how often it is tried before.
    """

    def __init__(
        self,
        sqlstate: str,
        message: str,
        constraint: str = "",
        *,
        raised: bool = False,
        hold_reason: str | None = None,
        tries: int = 1,
    ) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate
        self.message = message
        self.constraint = constraint
        self.raised = raised
        self.hold_reason = hold_reason or "refused"
        self.tries = 2 if sqlstate == UNIQUE_VIOLATION else tries  # another layer may have been faster


class StatementError(FailedError):
    """The database refused a statement, and its SQLSTATE does not show whether because of one row or for all.

    It ends the command, as any other error, unless the caller tries the rows one by one: ``refusal`` is for such a
    caller.
    """

    def __init__(self, message: str, *, code: str, refusal: Refusal) -> None:
        super().__init__(message, code=code)
        self.refusal = refusal


class Busy(Exception):  # noqa: N818 - somebody else holds a lock: the sweep gives way
    """``lock_timeout`` passed."""


class TooSlow(Exception):  # noqa: N818 - the answer is a smaller batch
    """``statement_timeout`` or ``transaction_timeout`` passed."""


class GuardLost(ConfigurationError):  # noqa: N818
    """The unique index that stops a second refund is missing, invalid or deferrable."""

    def __init__(self) -> None:
        super().__init__(
            "the guard (the unique index that stops a second refund) is missing, not valid or deferrable: "
            "nothing was paid; run `sweeper install`",
            code="guard_missing",
        )


class WithoutTriggers(FailedError):  # noqa: N818
    """This connection fires only triggers that are enabled ALWAYS."""

    def __init__(self) -> None:
        super().__init__(
            "session_replication_role is replica on this connection: triggers of the app, hooks and the fence would "
            "not fire. Nothing was written. Reset it for this role, or where a pooler has left it from another client",
            code="without_triggers",
        )


# what stops a statement, and with it a command that cannot leave a row out
STOPPED = (SweeperError, Refusal, Busy, TooSlow)


def failure_of(problem: Busy | TooSlow | Refusal | SweeperError) -> SweeperError:
    """The error of a run that met ``problem`` where no single row could be left out."""
    if isinstance(problem, Busy):
        return FailedError(
            "the app's tables are locked as a whole (a migration?): nothing was forced, run it again later",
            code="locked",
        )
    if isinstance(problem, TooSlow):
        return FailedError(
            "a statement took longer than sweeper, or a statement_timeout of this role or database, allows",
            code="too_slow",
        )
    if isinstance(problem, Refusal):  # not its message, which may repeat the row
        return FailedError(
            f"the database refused a statement (SQLSTATE {problem.sqlstate}): an expression may fail for one of the "
            "rows, and `sweeper run --dry-run` names it",
            code="refused",
        )
    return problem
