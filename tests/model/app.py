"""The app of the state machine: accounts, sessions, workers that come back, and layers that refund."""

from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from typing import Any

import psycopg
from freezegun import freeze_time
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.helpers.app_database import AppDatabase
from tests.helpers.command import WITHOUT_A_CLOCK
from tests.model.books import Books, Refund, Session, bonus_of

ACCOUNTS, CREDITS = ("a1", "a2", "a3"), 100
# the place of a session, from the latest on: few, so that a lot happens to one
any_session = st.integers(0, 3)
accounts = st.sampled_from(ACCOUNTS)
# with one that owes nothing, and one that is held
prices = st.sampled_from([3, 1, 2, 5, 7, 0, 8])
given = st.fixed_dictionaries(
    {
        "account": accounts,
        "price": prices,
        "minutes": st.sampled_from([60, 150, 15, 0, 59, 1300]),
        "failed": st.booleans(),
        "cancelled": st.sampled_from([False, False, False, True]),
    }
)


class App(RuleBasedStateMachine):
    """What the app does, to its tables and to the model."""

    def __init__(
        self, copy: AbstractContextManager[AppDatabase], *, fenced: bool, ledger: bool = True, wide: bool = False
    ) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.app = self.stack.enter_context(copy)
        self.books, self.has_ledger, self.is_wide = Books(fenced=fenced, payable_again=not ledger), ledger, wide
        self.started = 0
        # frozen once: to look for every clock there is takes longer than a run
        self.clock = self.stack.enter_context(freeze_time(self.books.now, ignore=WITHOUT_A_CLOCK))

    def teardown(self) -> None:
        self.stack.close()

    def sync(self, **_: Any) -> set[Any]:
        """Take over into the model what was written to the ledger; see the machine."""
        raise NotImplementedError

    def pick(self, number: int, *statuses: str) -> Session | None:
        """A session by its place, of those in one of these statuses."""
        fit = [session for session in self.books.sessions.values() if not statuses or session.status in statuses]
        return fit[-1 - number % len(fit)] if fit else None

    def update(self, session: Session, **columns: Any) -> None:
        """Set columns of a session's row, and the same in the model."""
        assignments = ", ".join(f"{name} = %s" for name in columns)
        self.app.sql(f"UPDATE sessions SET {assignments} WHERE id = %s", *columns.values(), session.id)
        for name, value in columns.items():
            assert hasattr(session, name)
            setattr(session, name, value)

    def revive(self, session: Session, **columns: Any) -> None:
        """A worker goes on with a session, or finishes it: the fence stops it where the model says so."""
        if self.books.may_go_on(session):
            self.update(session, **columns)
            return
        try:
            self.update(session, **columns)
        except psycopg.errors.RestrictViolation:
            return
        raise AssertionError(f"the fence let a refunded session pass: {session}")

    def take(self, session: Session, kind: str, price: int) -> None:
        """Take from the account what a session costs, or give it back: the app's own code, with its entry."""
        account = session.account
        if not self.is_wide:
            self.app.sql(
                "UPDATE accounts SET credits = credits - %s, spent = spent + %s WHERE id = %s", price, price, account
            )
        else:
            bonus = bonus_of(price)
            self.app.sql(
                "WITH taken AS (UPDATE accounts SET credits = credits - %s, bonus = bonus - %s, spent = spent + %s "
                "WHERE id = %s RETURNING credits + bonus AS balance_after) "
                "INSERT INTO entries (account_id, session_id, charge_id, kind, amount, balance_after) "
                "SELECT %s, %s, %s, %s, %s, balance_after FROM taken",
                price - bonus, bonus, price, account, account, session.id, session.charge_id, kind, -price,
            )  # fmt: skip
        self.books.move(account, -price)

    @initialize(given=st.lists(given, min_size=2, max_size=5))
    def begin(self, given: list[dict[str, Any]]) -> None:
        for account in ACCOUNTS:
            self.open_or_delete(account)
        for each in given:
            self.charge(each)

    @rule(account=accounts)
    def open_or_delete(self, account: str) -> None:
        """An account that was deleted may come back, and starts anew."""
        if account in self.books.accounts:
            self.app.sql("DELETE FROM accounts WHERE id = %s", account)
            del self.books.accounts[account]
            self.books.closed.discard(account)
            return
        self.app.sql(
            "INSERT INTO accounts (id, credits, bought, spent) VALUES (%s, %s, %s, 0)", account, CREDITS, CREDITS
        )
        self.books.accounts[account], self.books.bonus[account] = CREDITS, 0
        if self.is_wide:
            self.app.sql(
                "INSERT INTO entries (account_id, kind, amount, balance_after) VALUES (%s, 'opening', %s, %s)",
                account, CREDITS, CREDITS,
            )  # fmt: skip

    @precondition(lambda self: self.is_wide)
    @rule(account=accounts)
    def close_or_reopen(self, account: str) -> None:
        """An account that is closed keeps its row: it is not paid until it is open again."""
        if account not in self.books.accounts:
            return
        self.app.sql(
            "UPDATE accounts SET closed_at = CASE WHEN closed_at IS NULL THEN now() END WHERE id = %s", account
        )
        self.books.closed ^= {account}

    @rule(given=given)
    def charge(self, given: dict[str, Any]) -> None:
        """A session starts, or did some time ago and its transaction commits late."""
        account, at = given["account"], self.books.now - timedelta(minutes=given["minutes"])
        if account not in self.books.open_accounts:
            return
        self.started += 1
        session = Session(f"s{self.started}", account, given["price"], at, at, given["cancelled"])
        self.take(session, "charge", session.price)
        self.app.sql(
            "INSERT INTO sessions (id, account_id, charge_id, price, status, cancelled, started_at, beat_at) "
            "VALUES (%s, %s, 'c1', %s, 'running', %s, %s, %s)",
            session.id, account, session.price, session.cancelled, at, at,
        )  # fmt: skip
        self.charged(session)
        self.books.sessions[session.id] = session
        if given["failed"]:
            self.update(session, status="failed", failed_at=at)

    @rule(number=any_session, price=prices)
    def charge_again(self, number: int, price: int) -> None:
        """A paid retry: the same session, another charge."""
        session, at = self.pick(number, "failed"), self.books.now
        if session and session.account in self.books.open_accounts:
            charge = f"c{int(session.charge_id[1:]) + 1}"
            self.update(
                session, charge_id=charge, price=price, status="running", started_at=at, beat_at=at, failed_at=None
            )
            self.take(session, "charge", price)
            self.charged(session)

    def charged(self, session: Session) -> None:
        """What else the wide app writes on a session that it charges."""
        if self.is_wide:
            bonus = bonus_of(session.price)
            self.app.sql("UPDATE sessions SET bonus_used = %s, is_refunded = false WHERE id = %s", bonus, session.id)

    @rule(number=any_session)
    def retry(self, number: int) -> None:
        """The app sets a failed session running again, without a charge."""
        if session := self.pick(number, "failed"):
            self.revive(session, status="running", beat_at=self.books.now, failed_at=None)

    @rule(number=any_session)
    def fail(self, number: int) -> None:
        if session := self.pick(number, "running"):
            self.update(session, status="failed", failed_at=self.books.now)

    @rule(number=any_session)
    def beat(self, number: int) -> None:
        if session := self.pick(number, "running"):
            self.update(session, beat_at=self.books.now)

    @rule(number=any_session, looks=st.booleans())
    def finish(self, number: int, looks: bool) -> None:
        """A worker comes back, perhaps after long, and finishes its session; one that looks leaves a closed one be."""
        if session := self.pick(number, *(["running"] if looks else ["running", "failed"])):
            self.revive(session, status="finished")

    @rule(number=any_session)
    def delete(self, number: int) -> None:
        if session := self.pick(number):
            self.app.sql("DELETE FROM sessions WHERE id = %s", session.id)
            del self.books.sessions[session.id]

    @rule(number=any_session, commits=st.sampled_from([True, True, False]))
    def refund_by_layer(self, number: int, commits: bool) -> None:
        """A handler calls refund() in a transaction that commits, or rolls back."""
        if (session := self.pick(number)) is None:
            return
        owed = session.price if self.books.place(session, "layer") == "owed" else 0
        with self.app.connect() as handler:
            try:
                call = "SELECT sweeper.refund(%s, 'workflow_failure', 'late', 'worker')"
                assert handler.execute(call, [session.id]).fetchone() == (owed,)
            except psycopg.errors.InvalidParameterValue:
                assert session.status == "finished"
                handler.rollback()
            if not commits:
                handler.rollback()
        self.sync(whose="layer")

    @precondition(lambda self: self.has_ledger)
    @rule(number=any_session)
    def refund_by_app(self, number: int) -> None:
        """A handler that knows nothing of sweeper writes its own refund into the app's ledger."""
        if (session := self.pick(number)) is None:
            return
        key = self.books.key(session)
        refund = self.books.refunds.get(key)
        if session.account not in self.books.accounts or (refund and refund.layer == "adopted"):
            return
        is_new = key not in self.books.refunds and key not in self.books.by_app
        if not self.is_wide:
            written = self.app.sql(
                "INSERT INTO entries (account_id, session_id, charge_id, kind, amount) "
                "VALUES (%s, %s, %s, 'refund', %s) ON CONFLICT DO NOTHING RETURNING id",
                session.account, *key[:2], session.price,
            )  # fmt: skip
            assert bool(written) == is_new
        if is_new:
            self.take(session, "refund", -session.price)
            self.books.by_app[key] = Refund(session.account, session.price, "app")
            if self.is_wide:
                self.app.sql("UPDATE sessions SET is_refunded = true WHERE id = %s", session.id)

    @rule(minutes=st.sampled_from([1, 14, 15, 45, 59, 60, 720, 1440, 2880]))
    def wait(self, minutes: int) -> None:
        self.books.now += timedelta(minutes=minutes)
        self.clock.move_to(self.books.now)
