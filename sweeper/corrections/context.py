"""What revert and adopt share: the request, the size of batches, and the count of what was left."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sweeper.app.mapping import Mapping
from sweeper.config.model import Settings
from sweeper.core.errors import FailedError, Interrupted, SweeperError
from sweeper.core.halving import RefusedAlone, in_halves
from sweeper.core.results import Amount, Outcome
from sweeper.corrections.result import Left
from sweeper.postgres.binds import ANSWER_BYTES
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Busy, Refusal, TooSlow, failure_of
from sweeper.postgres.retries import retrying
from sweeper.postgres.transaction import Row
from sweeper.sweep.context import RunContext, RunRequest, prepare
from sweeper.sweep.shards import in_shards

_SAMPLES = 3


@dataclass(frozen=True)
class CorrectionRequest:
    """Who asks for a correction, when, and why.

    ``asked_at`` is ``time.monotonic()``, in seconds, at the moment ``as_of``.
    """

    as_of: datetime
    asked_at: float
    host: str
    reason: str


def prepare_correction(
    database: Database, settings: Settings, request: CorrectionRequest, *session_ids: str
) -> RunContext:
    """Check the server, the installation and the file, as a run does, and that these sessions exist.

    Raises:
        ConfigurationError, FailedError: as a run would.
    """
    as_a_run = RunRequest(as_of=request.as_of, asked_at=request.asked_at, host=request.host, session_ids=session_ids)
    return prepare(database, settings, as_a_run)


def take_in_pieces(
    database: Database,
    mapping: Mapping,
    rows: Sequence[Row],
    answer: Callable[[Row], int],
    take: Callable[[Sequence[Row]], None],
    set_aside: Callable[[Row, Exception], None],
) -> None:
    """Hand on these rows in pieces for one transaction each; one that is refused, or locked, alone is set aside.

    ``answer`` is how many bytes a row takes in the result of the statement that holds the locks.
    """
    for part in retrying(lambda: in_shards(database, mapping, rows)):
        for piece in _in_chunks(part, answer):
            for result in in_halves(piece, take, Busy, TooSlow, Refusal):
                if isinstance(result, RefusedAlone):
                    set_aside(result.item, result.error)


def _in_chunks(rows: Sequence[Row], answer: Callable[[Row], int]) -> Iterator[Sequence[Row]]:
    piece, room = list[Row](), ANSWER_BYTES
    for row in rows:
        needed = answer(row)
        if piece and needed > room:
            yield piece
            piece, room = [], ANSWER_BYTES
        piece.append(row)
        room -= needed
    if piece:
        yield piece


def why_left(problem: Exception) -> str:
    """The reason under which a refused row is counted: not the message, which may repeat the row."""
    return f"refused {problem.sqlstate}".strip() if isinstance(problem, Refusal) else "busy"


def add_left(
    left: dict[str, Left], why: str, session_id: str, amount: Amount, problem: Exception | None = None
) -> None:
    """Count one session that is left unchanged, and record a few as samples, and why we refused the first."""
    known = left.get(why, Left())
    samples = (*known.samples, session_id)[:_SAMPLES]
    total = known + amount
    message = known.message
    if isinstance(problem, Refusal) and _repeats_no_row(problem):
        message = message or problem.message
    left[why] = Left(total.sessions, total.credits, samples, message)


def _repeats_no_row(problem: Refusal) -> bool:
    """Whether its message can be shown: it is ours, or the server's about a constraint, which it calls by its name."""
    return not problem.sqlstate or (problem.sqlstate.startswith("23") and not problem.raised)


def outcome_of(left: dict[str, Left]) -> Outcome:
    return Outcome.PARTIAL if left else Outcome.COMPLETE


def finish(work: Callable[[], None], left: Callable[[], dict[str, Left]]) -> tuple[Outcome, SweeperError | None]:
    """Do all the work; returns how it ended. What was committed is kept, whatever stopped it."""
    try:
        work()
    except Interrupted:
        return Outcome.INTERRUPTED, None
    except (SweeperError, Refusal, Busy, TooSlow) as problem:
        return Outcome.FAILED, failure_of(problem)
    if not left():
        return Outcome.COMPLETE, None
    reasons = ", ".join(f"{one.sessions} {why}" for why, one in left().items())
    return Outcome.PARTIAL, FailedError(f"some were left as they are: {reasons}", code="left")
