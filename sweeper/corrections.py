"""What revert and adopt have in common: who asks, and the outcome of what was done."""

from dataclasses import dataclass
from datetime import datetime

from sweeper.database import Database
from sweeper.errors import FailedError
from sweeper.installation import Surroundings
from sweeper.results import Left, Outcome
from sweeper.runs import Preparation, Request, prepare
from sweeper.settings import Settings

SAMPLES = 3


@dataclass(frozen=True)
class Asked:
    """Who asks for a correction, when, and why."""

    as_of: datetime
    asked_at: float
    host: str
    reason: str


def prepare_correction(database: Database, settings: Settings, asked: Asked) -> tuple[Preparation, Surroundings]:
    """Check the server, the installation and the file, as a run does.

    Raises:
        ConfigurationError, FailedError: as a run would.
    """
    return prepare(database, settings, Request(as_of=asked.as_of, asked_at=asked.asked_at, host=asked.host))


def require_primary(surroundings: Surroundings) -> None:
    """Check that this server can be written to.

    Raises:
        FailedError: it is a standby.
    """
    if surroundings.standby:
        raise FailedError("this server is a standby and cannot be written to: name the primary", code="standby")


def add_left(left: dict[str, Left], why: str, session_id: str, more: Left) -> None:
    """Count one session that is left as it is, and keep a few to show."""
    known = left.get(why, Left())
    samples = (*known.samples, session_id)[:SAMPLES]
    left[why] = Left(known.sessions + more.sessions, known.credits + more.credits, samples)


def outcome_of(left: dict[str, Left]) -> Outcome:
    """Whether everything was done that was asked for."""
    return Outcome.PARTIAL if left else Outcome.COMPLETE
