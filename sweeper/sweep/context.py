"""The checks before anything is paid or planned, and the app's tables as a run sees them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from sweeper.app.mapping import Mapping
from sweeper.app.transactions import read
from sweeper.config.model import Settings
from sweeper.core.errors import ConfigurationError
from sweeper.core.results import Amount
from sweeper.install.installed_mapping import open_file, open_mapping
from sweeper.install.state import Installation
from sweeper.install.surroundings import Surroundings, read_surroundings
from sweeper.postgres.clocks import check_clocks
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Refusal
from sweeper.postgres.retries import FIRST_ATTEMPTS, retrying
from sweeper.postgres.transaction import Transaction
from sweeper.sweep.app_changes import require_known_statuses, require_own_ids
from sweeper.sweep.caps import Limits
from sweeper.sweep.horizon import is_small, policy_digest, usable_horizon
from sweeper.sweep.owed import OwedReader
from sweeper.sweep.selection import Selection


@dataclass(frozen=True)
class RunRequest:
    """What the command line asked for; ``asked_at`` is ``time.monotonic()`` at the moment ``as_of``.

    ``by`` and ``reason`` are who decided about the named sessions, and why. ``first_attempts`` is how often a server
    that cannot be reached is tried at the start. By ``clock`` a run notices that its machine was stopped for long.
    """

    as_of: datetime
    asked_at: float
    host: str = ""
    session_ids: tuple[str, ...] = ()
    since: datetime | None = None
    full: bool = False
    caps_by_hand: frozenset[str] = field(default_factory=frozenset)
    accepted: frozenset[str] = field(default_factory=frozenset)
    by: str | None = None
    reason: str | None = None
    first_attempts: int = FIRST_ATTEMPTS
    clock: Callable[[], float] = time.monotonic


class RunContext(NamedTuple):
    """Everything that was checked before anything is paid or planned.

    ``whole`` is whether no flag narrows the selection, so that what a run leaves is settled; ``full``, whether it is a
    full sweep. ``before_floor`` is what lies there, where that is known: as an earlier run counted it.
    """

    surroundings: Surroundings
    mapping: Mapping
    selection: Selection
    floor: datetime
    limits: Limits
    digest: str
    whole: bool
    full: bool
    before_floor: Amount | None


def prepare(
    database: Database, settings: Settings, request: RunRequest, *, of_file: bool = False, paying: bool = False
) -> RunContext:
    """Check the server, the installation, the file and the flags; with ``paying`` also for another that pays here.

    With ``of_file``, for a dry run, the mapping is that of the file, whatever is installed.

    Raises:
        ConfigurationError: not installed, another mapping, no guard, a lower floor, an unknown session, a search path
            that somebody may create in.
        FailedError: the database cannot be reached, or its clock and ours differ.
    """
    surroundings = retrying(lambda: read_surroundings(database), attempts=request.first_attempts)
    check_clocks(
        surroundings.clock,
        request.as_of,
        request.asked_at,
        limit=settings.policy.max_clock_skew,
        otherwise="sessions would be refunded too early or too late",
    )
    mapping, installation = retrying(
        lambda: (
            open_file(database, settings, surroundings) if of_file else open_mapping(database, settings, paying=paying)
        )
    )
    floor = _floor(settings, request, installation)
    digest = policy_digest(settings.policy, floor)
    horizon = usable_horizon(installation, digest, request.as_of)
    whole = not request.session_ids and request.since is None
    full = whole and (request.full or horizon is None)
    selection = replace(
        Selection.of_run(settings, request.as_of, floor), all_started=bool(mapping.lists["all_started"])
    )
    before_floor = None
    if request.session_ids:
        before_floor = Amount()  # the floor does not apply to sessions that the operator names
        selection = selection.by_hand(tuple(dict.fromkeys(request.session_ids)), payable_again=settings.payable_again)
        read(database, mapping, lambda opened: _require_sessions(opened, mapping, request.session_ids))
    elif full:
        # over the nodes of Citus all of history cannot be read at once
        selection = replace(selection.full(), in_history=not mapping.is_by_account)
        known = paying or of_file
        read(database, mapping, lambda opened: _require_own_rows(opened, mapping, selection, known=known))
    elif whole and horizon is not None and not read(database, mapping, lambda opened: is_small(opened, mapping)):
        selection, before_floor = replace(selection, since=max(floor, horizon.start)), horizon.before_floor
    limits = Limits(
        settings.policy.max_refunds,
        settings.policy.max_credits,
        refunds_by_hand="max_refunds" in request.caps_by_hand,
        credits_by_hand="max_credits" in request.caps_by_hand,
    )
    return RunContext(surroundings, mapping, selection, floor, limits, digest, whole, full, before_floor)


def _floor(settings: Settings, request: RunRequest, installation: Installation | None) -> datetime:
    """The moment before which the run does not look; by default that of the installation, which may be later."""
    floor = installation.floor(settings.policy) if installation else settings.policy.since or request.as_of
    if request.since is None:
        return floor
    if request.since < floor:
        raise ConfigurationError(
            f"--since {request.since.isoformat()} is before the floor, {floor.isoformat()}: a flag may only "
            "raise it. To let older sessions in, set policy.since in the file",
            code="usage",
        )
    return request.since


def _require_own_rows(transaction: Transaction, mapping: Mapping, selection: Selection, *, known: bool) -> None:
    reader = OwedReader(transaction, mapping, selection)
    require_own_ids(reader)
    if known:
        require_known_statuses(reader)


def _require_sessions(transaction: Transaction, mapping: Mapping, session_ids: tuple[str, ...]) -> None:
    for session_id in session_ids:
        try:
            with transaction.savepoint():
                found = transaction.rows(mapping.statement("find_sessions"), {"session_id": session_id})
        except Refusal:  # such as a text that is not a uuid
            found = []
        if not found:
            raise ConfigurationError(f"--session {session_id}: there is no such session", code="unknown_session")
