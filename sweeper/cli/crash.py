"""The error message for an unexpected exception."""

import traceback
from pathlib import Path

from sweeper.core.errors import SweeperError
from sweeper.postgres.errors import Busy, Refusal, TooSlow, failure_of

_PACKAGE = Path(__file__).parent.parent


def internal_error(crash: Exception) -> SweeperError:
    """The error for a crash: where it happened, without its message, which may hold the URL, or a row of the app.

    No crash is what the database says of any statement, such as the first of a transaction.
    """
    if isinstance(crash, Busy | TooSlow | Refusal):
        return failure_of(crash)
    frames = traceback.extract_tb(crash.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)] or frames[-1:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(ours[-4:]))
    internal = SweeperError(
        f"internal error: {type(crash).__name__} at {places}; what was committed stands. Please report it",
        code="internal",
    )
    internal.may_have_paid = True
    return internal
