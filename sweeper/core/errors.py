"""The errors that sweeper reports, each with its exit code and a stable ``code`` for programs."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes: a contract that cron jobs and Kubernetes policies read."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    HELD = 3
    CAPPED = 4
    FOUND = 5
    SIGINT = 130
    SIGTERM = 143


class SweeperError(Exception):
    """The command failed; ``message`` is for users, ``code`` for programs."""

    exit_code = Exit.FAILED
    may_have_paid = False
    """Whether refunds may have been committed before the error that no result shows."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class ConfigurationError(SweeperError):
    """A flag, the file, the connection settings or the installation is wrong: nothing was changed."""

    exit_code = Exit.USAGE


class FailedError(SweeperError):
    """The run could not go on; what was committed is kept, the rest did not happen."""


class Interrupted(BaseException):
    """SIGINT or SIGTERM arrived; ``signal_number`` is which."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number
