"""The books as they must be, in plain Python: who owes what to whom, without a line of the product's SQL."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

# as in tests/apps/charged.toml; far ahead, so that what the database dates itself (a layer's refund) is always earlier
FLOOR = datetime(2100, 1, 1, tzinfo=UTC)
STUCK_AFTER, GRACE = timedelta(hours=1), timedelta(minutes=15)
MAX_AMOUNT = 7

Key = tuple[str, str, int]  # session, charge, how often it was paid before
Whose = Literal["run", "person", "layer"]


def bonus_of(price: int) -> int:
    """What the wide app takes of a price from the account's bonus, and gives back to it."""
    return price // 2 if price >= 0 else -(-price // 2)


@dataclass
class Session:
    """One session; ``charge_id`` distinguishes its charges."""

    id: str
    account: str
    price: int
    started_at: datetime
    beat_at: datetime
    cancelled: bool = False
    charge_id: str = "c1"
    status: Literal["running", "failed", "finished"] = "running"
    failed_at: datetime | None = None


@dataclass
class Refund:
    """One refund; an adopted one moved no credits here."""

    account: str
    amount: int
    layer: str
    run: str | None = None
    taken_back: bool = False


@dataclass
class Books:
    """Everything that is to be true of one app at one moment."""

    fenced: bool = False
    payable_again: bool = True  # the app's own ledger takes a charge once
    now: datetime = FLOOR + timedelta(hours=20)
    accounts: dict[str, int] = field(default_factory=dict)  # both pools of the wide app together
    bonus: dict[str, int] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    sessions: dict[str, Session] = field(default_factory=dict)
    refunds: dict[Key, Refund] = field(default_factory=dict)
    by_app: dict[Key, Refund] = field(default_factory=dict)
    holds: set[Key] = field(default_factory=set)

    def of_charge(self, session: Session) -> dict[Key, Refund]:
        """The refunds of a session's charge: one, and those that a user paid again after a reversal."""
        return {key: refund for key, refund in self.refunds.items() if key[:2] == (session.id, session.charge_id)}

    def is_refunded(self, session: Session) -> bool:
        """Whether a refund of its charge by which credits moved stands."""
        return any(refund.amount > 0 and not refund.taken_back for refund in self.of_charge(session).values())

    def is_given_back(self, session: Session) -> bool:
        """Whether what its charge took was given back, by whomever."""
        return self.is_refunded(session) or (session.id, session.charge_id, 0) in self.by_app

    def may_go_on(self, session: Session) -> bool:
        """Whether the fence lets a worker set it to running or to finished."""
        return not (self.fenced and self.is_refunded(session))

    def key(self, session: Session, whose: Whose = "run") -> Key:
        """What makes its next refund unique: a user may pay again what was taken back."""
        times = sum(refund.taken_back for refund in self.of_charge(session).values())
        return session.id, session.charge_id, times if whose == "person" and self.payable_again else 0

    def place(self, session: Session, whose: Whose = "run", *, look_again: bool = False) -> str:
        """The state of a session for a run, for a user who names it, or for a layer of the app."""
        key, now = self.key(session, whose), self.now
        if key in self.refunds or key in self.by_app:
            return "refunded"
        if session.status == "finished":
            return "succeeded"
        if self.key(session) in self.holds and not look_again:
            return "held"
        if session.failed_at and session.status == "failed" and whose == "run" and now - session.failed_at < GRACE:
            return "in_grace"
        if session.status == "running" and whose != "layer" and now - session.beat_at < STUCK_AFTER:
            return "not_stuck_yet"
        if session.cancelled:
            return "excluded"
        if session.price == 0:
            return "uncharged"
        if session.started_at < FLOOR and whose == "run":
            return "before_floor"
        return "held" if session.account not in self.open_accounts or session.price > MAX_AMOUNT else "owed"

    @property
    def open_accounts(self) -> set[str]:
        """Those that can be charged and paid."""
        return self.accounts.keys() - self.closed

    def move(self, account: str, credits: int) -> None:
        """Add so much to an account, in the parts in which the wide app takes it."""
        self.accounts[account] += credits
        self.bonus[account] += bonus_of(credits)

    def forgotten(self, *, look_again: bool) -> list[str]:
        """What a complete run should have refunded or put on hold."""
        return [
            session.id
            for session in self.sessions.values()
            if (place := self.place(session, look_again=look_again)) == "owed"
            or (place == "held" and self.key(session) not in self.holds)
        ]

    def pay(self, session: Session, key: Key, layer: str, run: str | None) -> None:
        """Refund a session and close it."""
        self.refunds[key] = Refund(session.account, session.price, layer, run)
        self.move(session.account, session.price)
        self.holds.discard(key)
        if session.status == "running":
            session.status = "failed"

    def take_back(self, refund: Refund) -> bool:
        """Take one refund back, unless it moved nothing, is taken back already, or its account is gone."""
        if refund.taken_back or refund.layer == "adopted" or refund.account not in self.accounts:
            return False
        refund.taken_back = True
        self.move(refund.account, -refund.amount)
        return True

    def explained(self, session: Session) -> str:
        """The verdict that ``sweeper explain`` gives."""
        place, own = self.place(session), self.of_charge(session)
        if place == "refunded" and own:
            standing = [refund for refund in own.values() if not refund.taken_back]
            return "reversed" if not standing else "adopted" if standing[0].layer == "adopted" else "refunded"
        if place in ("in_grace", "not_stuck_yet") and session.started_at < FLOOR:
            return "before_floor"
        return place

    def position(self) -> dict[str, tuple[int, int]]:
        """How many failed and stuck sessions stand in each place, and their credits."""
        places: dict[str, tuple[int, int]] = {}
        for session in self.sessions.values():
            if session.status != "finished" and (place := self.place(session)) != "not_stuck_yet":
                count, credits = places.get(place, (0, 0))
                places[place] = count + 1, credits + session.price
        return places

    def findings(self) -> dict[str, int]:
        """What an audit finds, and how often."""
        held = [session for session in self.sessions.values() if self.place(session) == "held"]
        both = [each for each in self.sessions.values() if each.status == "finished" and self.is_refunded(each)]
        counted = {"held": len(held), "refunded_then_succeeded": len(both)}
        return {code: count for code, count in counted.items() if count}
