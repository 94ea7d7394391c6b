"""Decides, when the database refuses a session that is tried alone, whether that session or the whole run is at fault.

A RAISE of the app is the session's fault. So is anything else, once a session of another account was paid after it:
then the run can pay. Until that is known the session is a suspect, and neither held nor paid.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sweeper.core.errors import FailedError
from sweeper.postgres.errors import Refusal, StatementError
from sweeper.sweep.account_room import AccountRoom

Problem = Refusal | StatementError
# the run ends after this many accounts in a row, all refused with one SQLSTATE before any session was paid
_IN_A_ROW = 3
_SAMPLES = 3


def refusal_of(problem: Problem) -> Refusal:
    """The refusal that a hold records."""
    return problem if isinstance(problem, Refusal) else problem.refusal


@dataclass
class PaidSince:
    """Accounts that were paid since a failure; two are enough to know of one that is not a given account."""

    accounts: set[str] = field(default_factory=set)

    def note(self, account_ids: Iterable[str]) -> None:
        for account_id in account_ids:
            if len(self.accounts) == 2:
                return
            self.accounts.add(account_id)

    def paid_another(self, account_id: str | None) -> bool:
        """Whether another account was paid; None is an unknown account."""
        return bool(self.accounts - {account_id})


class Suspect(NamedTuple):
    """A session that was refused alone; ``since`` is what was paid after the first failed batch that it was in."""

    session_id: str
    account_id: str | None
    problem: Problem
    since: PaidSince

    @property
    def is_proven(self) -> bool:
        """Whether the session is at fault and not the run."""
        return self.since.paid_another(self.account_id)


class Suspects:
    """The suspects of one run, at most ``most`` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[str, Suspect] = {}
        self._open: list[PaidSince] = []
        self._row: tuple[str, set[str]] = ("", set())
        self.room = AccountRoom(most)
        # left to the next run, in order, because of other sessions of their accounts
        self.aside = dict[str, None]()
        # those of them of which an expression fails whenever it is read: they need not be looked at once more
        self.unreadable = set[str]()
        # a row's own expression fails whenever it is read, so a payment before that proves as much as one after it
        self.in_this_run = self.since_now()

    def since_now(self) -> PaidSince:
        """The accounts that are paid from this moment on."""
        since = PaidSince()
        self._open.append(since)
        return since

    def paid(self, account_ids: Sequence[str]) -> None:
        """Record that a batch was committed that paid these."""
        for since in self._open:
            since.note(account_ids)
        self._open = [since for since in self._open if len(since.accounts) < 2]

    def leave_aside(self, session_ids: Sequence[str]) -> Collection[str]:
        """Leave these to the next run, and return them."""
        left = dict.fromkeys(session_ids)
        self.aside.update(left)
        return left.keys()

    def without(self, session_ids: Sequence[str], some: Sequence[str]) -> tuple[str, ...]:
        """Leave ``some`` of a batch to the next run, and return the others."""
        left = self.leave_aside(some)
        return tuple(session_id for session_id in session_ids if session_id not in left)

    def add(self, suspect: Suspect) -> None:
        """Add a suspect.

        Raises:
            FailedError: there are too many, and no account was paid.
        """
        self._waiting[suspect.session_id] = suspect
        if suspect.is_proven:
            return
        sqlstate, accounts = self._row
        if refusal_of(suspect.problem).sqlstate != sqlstate:
            accounts = set()
        # a session without a known account counts by itself
        accounts.add(suspect.session_id if suspect.account_id is None else f"of {suspect.account_id}")
        self._row = (refusal_of(suspect.problem).sqlstate, accounts)
        # finding comes first and locks nothing: a page that follows may well be paid
        only_read = suspect.since is self.in_this_run
        if not only_read and not self.in_this_run.accounts and len(accounts) == _IN_A_ROW:
            raise unproven(self._problems())
        if len(self._waiting) > self._most:
            raise FailedError(
                f"more than max_new_holds = {self._most} sessions were refused ({_shown(self._problems())}), and none "
                "was paid in the meantime: so many at once mean that the run, or the mapping, is at fault, not bad "
                "rows. None of them was put on hold",
                code="too_many_holds",
            )

    def take_proven(self) -> list[Suspect]:
        """Remove and return those that may be put on hold by now."""
        proven = [suspect for suspect in self._waiting.values() if suspect.is_proven]
        for suspect in proven:
            del self._waiting[suspect.session_id]
        return proven

    def leave(self) -> list[str]:
        """Remove and return the rest, which the next run will decide about."""
        rest = list(self._waiting)
        self._waiting.clear()
        return rest

    def take_the_rest(self, *, others_owed: bool) -> list[Suspect]:
        """The suspects at the end of the run that must be put on hold.

        Raises:
            FailedError: nothing proves that it is their fault, and one was not the only session owed.
        """
        if self._waiting and (others_owed or len(self._waiting) > 1):
            raise unproven(self._problems())
        rest = list(self._waiting.values())
        self._waiting.clear()
        return rest

    def _problems(self) -> dict[str, Problem]:
        return {session_id: suspect.problem for session_id, suspect in self._waiting.items()}


def unproven(problems: dict[str, Problem]) -> FailedError:
    """The error of a run in which these sessions were refused, and nothing shows that the run is not at fault."""
    for problem in problems.values():
        if isinstance(problem, StatementError):
            return problem
    number = "1 session" if len(problems) == 1 else f"{len(problems)} sessions"
    return FailedError(
        f"the database refused {number} ({_shown(problems)}), and no session of another account was paid after that: "
        "it may be the run's fault, so none was put on hold. `sweeper run --session ID` tries a single one",
        code="refused",
    )


def _shown(problems: dict[str, Problem]) -> str:
    """Why the first was refused, and a few of the sessions."""
    first = next(refusal_of(problem) for problem in problems.values())
    # the database's message may repeat the row; our own comparison has no SQLSTATE, and its message does not
    why = f"SQLSTATE {first.sqlstate}" if first.sqlstate else first.message
    constraint = f", constraint {first.constraint}" if first.constraint else ""
    return f"{why}{constraint}; {', '.join(list(problems)[:_SAMPLES])}"
