"""What sweeper does to the app of the state machine, and what must be true after each step."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.helpers.command import Ran
from tests.helpers.proxy import cutting
from tests.model.app import App, any_session
from tests.model.books import Key, Refund, Whose
from tests.model.interruptions import Died, before_batch, dying

ALL_TIME = ("--since", "2000-01-01", "--until", "2200-01-01")
IN_MIDDLE = ("charge_again", "retry", "fail", "beat", "finish", "delete", "refund_by_layer", "refund_by_app")
WHY = ("--reason", "a person decided", "--yes")
sizes = st.sampled_from(["50", "1", "2"])
fullness = st.sampled_from([(), ("--full",)])


class Machine(App):
    """Sweeps, their deaths, and what persons do; after each the ledger must be what the model allows."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ledger: dict[str, tuple[Any, ...]] = {}
        self.seen: set[str] = set()
        self.runs: list[str] = []

    def run(self, *flags: str, **options: Any) -> Ran:
        return self.app.sweeper("run", "--json", *flags, now=None, **options)

    def sync(self, *, whose: Whose = "run", look_again: bool = True) -> set[Key]:
        """Take over what was written: each new refund must have been owed, each new hold in doubt; the new holds."""
        rows = self.app.sql(
            "SELECT refund_id::text, session_id, attempt, again, account_id, amount, layer, run_id::text "
            "FROM sweeper.refunds"
        )
        for refund_id, session_id, attempt, again, account, amount, layer, run in rows:
            if refund_id in self.seen:
                continue
            self.seen.add(refund_id)
            session = self.books.sessions[session_id]
            key = self.books.key(session, whose)
            assert self.books.place(session, whose, look_again=look_again) == "owed", session
            assert (session_id, attempt, again, account, amount) == (*key, session.account, session.price)
            assert (layer, run is None) == ("worker", True) if whose == "layer" else ("sweeper", False)
            self.books.pay(session, key, layer, run)
        held = set(self.app.sql("SELECT session_id, attempt, 0 FROM sweeper.holds WHERE ended_at IS NULL"))
        new = held - self.books.holds
        for key in new:
            session = self.books.sessions[key[0]]
            assert key == self.books.key(session)
            assert self.books.place(session, whose) == "held", session
        self.books.holds |= new
        assert held == self.books.holds
        return new

    def settle(self, ran: Ran, *flags: str) -> None:
        """After a run over everything: nothing owed is left, and it says what it did."""
        holds = self.sync()
        told = ran.document
        self.runs.append(told["run_id"])
        assert ran.exit_code == (3 if holds else 0), ran
        assert self.books.forgotten(look_again="--full" in flags) == []
        assert (told["skipped"], told["remaining"]) == (0, 0)
        self.assert_told(told)

    def assert_told(self, told: dict[str, Any]) -> None:
        paid = [refund for refund in self.books.refunds.values() if refund.run == told["run_id"]]
        accounts = {refund.account for refund in paid}
        credits = sum(refund.amount for refund in paid)
        assert told["refunds"] == {"sessions": len(paid), "credits": credits, "accounts": len(accounts)}

    @rule(full=fullness, size=sizes)
    def sweep(self, full: tuple[str, ...], size: str) -> None:
        """A dry run, which writes nothing, and the run, which does the same."""
        flags = (*full, "--batch-size", size)
        planned = self.run(*flags, "--dry-run").document
        self.nothing_else_is_true()
        ran = self.run(*flags)
        same = ("refunds", "reasons", "outcome", "held", "remaining", "before_floor", "already_refunded")
        assert {key: planned[key] for key in same} == {key: ran.document[key] for key in same}
        self.settle(ran, *flags)

    @rule(number=st.integers(1, 12))
    def sweep_that_dies(self, number: int) -> None:
        try:
            with dying(number):
                ran = self.run("--full", "--batch-size", "2")
        except Died:
            self.sync()
        else:
            self.settle(ran, "--full")

    @rule(number=st.integers(1, 6), done=st.booleans())
    def sweep_whose_commit_is_lost(self, number: int, done: bool) -> None:
        """The server did it, or did not, and the connection broke: the run goes on by itself."""
        with cutting(self.app, number, done=done) as (_, url):
            ran = self.run("--full", "--batch-size", "2", SWEEPER_DATABASE_URL=url)
        self.settle(ran, "--full")

    @rule(batch=st.integers(1, 4), what=st.sampled_from(IN_MIDDLE), number=any_session, choice=st.booleans())
    def sweep_while_something_happens(self, batch: int, what: str, number: int, choice: bool) -> None:
        if what == "refund_by_app" and not self.has_ledger:
            return

        def happen() -> None:
            self.sync()
            given = {"finish": {"looks": choice}, "refund_by_layer": {"commits": choice}, "charge_again": {"price": 3}}
            getattr(self, what)(number, **given.get(what, {}))

        with before_batch(batch, happen):
            ran = self.run("--full", "--batch-size", "1")
        self.sync()
        assert ran.exit_code in (0, 3), ran
        assert self.books.forgotten(look_again=True) == []
        self.assert_told(ran.document)

    @rule(cap=st.integers(0, 2))
    def sweep_that_is_capped(self, cap: int) -> None:
        ran = self.run("--full", "--max-refunds", str(cap))
        self.sync()
        told = ran.document
        self.assert_told(told)
        assert told["refunds"]["sessions"] <= cap
        assert (ran.exit_code == 4) == (told["remaining"] > 0)
        if ran.exit_code == 4:
            assert told["refunds"]["sessions"] == cap
        else:
            assert self.books.forgotten(look_again=True) == []

    @rule(number=any_session)
    def pay_by_hand(self, number: int) -> None:
        """A user names a session: what was taken back is paid again, and a hold is looked at again."""
        if (session := self.pick(number)) is None:
            return
        owed = self.books.place(session, "person", look_again=True) == "owed"
        ran = self.run("--session", session.id)
        self.sync(whose="person")
        assert ran.document["refunds"]["sessions"] == owed

    @rule(number=any_session)
    def waive(self, number: int) -> None:
        if (session := self.pick(number)) is None:
            return
        key = self.books.key(session)
        fresh = key not in self.books.refunds and key not in self.books.by_app
        ran = self.app.sweeper("adopt", "--json", "--session", session.id, "--amount", "0", *WHY, now=None)
        assert ran.document["adopted"]["sessions"] == fresh
        if fresh:
            self.books.refunds[key] = Refund(session.account, 0, "adopted")
            self.books.holds.discard(key)

    def revert(self, refunds: list[Refund], *flags: str) -> None:
        ran = self.app.sweeper("revert", "--json", *flags, "--allow-negative", *WHY, now=None)
        if refunds and any(refund.layer != "adopted" for refund in refunds):
            assert ran.document["refunds"]["sessions"] == sum(map(self.books.take_back, refunds))

    @rule(number=any_session)
    def revert_session(self, number: int) -> None:
        """All refunds of a session, of each of its charges."""
        if session := self.pick(number):
            refunds = [refund for key, refund in self.books.refunds.items() if key[0] == session.id]
            self.revert(refunds, "--session", session.id)

    @precondition(lambda self: self.runs)
    @rule(number=any_session)
    def revert_run(self, number: int) -> None:
        run = self.runs[-1 - number % len(self.runs)]
        self.revert([refund for refund in self.books.refunds.values() if refund.run == run], "--run", run)

    @rule(number=any_session)
    def look_into_it(self, number: int) -> None:
        """What an audit finds is what the model knows of, and nothing is refunded twice, or with another amount."""
        if session := self.pick(number):
            ran = self.app.sweeper("explain", "--json", session.id, now=None)
            assert ran.document["verdict"] == self.books.explained(session)
        document = self.app.sweeper("audit", "--format", "json", *ALL_TIME, now=None).document
        found = {finding["code"]: finding["count"] for finding in document["findings"]}
        # a hold keeps the reason that it began with, also when its account goes later
        if missing := found.pop("no_account", 0):
            found["held"] = found.get("held", 0) + missing
        # whether a session failed after its refund depends on the database's own clock; what is overdue, on the runs
        found = {code: count for code, count in found.items() if code not in ("failed_after_refund", "owed_overdue")}
        assert found == self.books.findings(), (found, self.books.findings())
        position = {place: (each["sessions"], each["credits"]) for place, each in document["position"].items()}
        assert {place: each for place, each in position.items() if each[0]} == self.books.position()

    @invariant()
    def nothing_else_is_true(self) -> None:
        """Each row and each balance is the model's; the ledger only grows."""
        ledger = {row[0]: row for row in self.app.sql("SELECT refund_id::text, r.* FROM sweeper.refunds AS r")}
        assert self.ledger.items() <= ledger.items(), "a refund was changed or deleted"
        self.ledger = ledger
        self.seen.update(ledger)
        refunds = self.app.sql(
            "SELECT session_id, attempt, again, account_id, r.amount, layer, run_id::text, reversal_id IS NOT NULL "
            "FROM sweeper.refunds AS r LEFT JOIN sweeper.reversals USING (refund_id)"
        )
        assert len(refunds) == len(self.books.refunds)
        assert {row[:3]: Refund(*row[3:]) for row in refunds} == self.books.refunds
        balance = "credits + bonus" if self.is_wide else "credits"
        assert dict(self.app.sql(f"SELECT id, {balance} FROM accounts")) == self.books.accounts
        assert self.app.sql(f"SELECT FROM accounts WHERE {balance} <> bought - spent") == []
        sessions = self.app.sql("SELECT id, charge_id, status FROM sessions")
        assert sorted(sessions) == sorted((s.id, s.charge_id, s.status) for s in self.books.sessions.values())
        if self.has_ledger:
            self.ledgers_agree()
        if self.is_wide:
            self.pools_flags_and_chains_agree()

    def ledgers_agree(self) -> None:
        rows = self.app.sql("SELECT session_id, charge_id, kind, account_id, amount FROM entries")
        paid = {key: each for key, each in self.books.refunds.items() if each.layer != "adopted"}
        expected = [(*key[:2], "refund", each.account, each.amount) for key, each in (paid | self.books.by_app).items()]
        expected += [
            (*key[:2], "correction", each.account, -each.amount) for key, each in paid.items() if each.taken_back
        ]
        assert sorted(row for row in rows if row[2] in ("refund", "correction")) == sorted(expected)

    def pools_flags_and_chains_agree(self) -> None:
        """Each pool has its share, each flag says whether the charge is refunded, and each balance follows the last."""
        bonus = dict(self.app.sql("SELECT id, bonus FROM accounts"))
        assert bonus == {account: self.books.bonus[account] for account in self.books.accounts}
        flags = dict(self.app.sql("SELECT id, is_refunded FROM sessions"))
        assert flags == {each.id: self.books.is_given_back(each) for each in self.books.sessions.values()}
        rows = self.app.sql("SELECT account_id, kind, amount, balance_after FROM entries ORDER BY id")
        balances: dict[str, int] = {}
        for account, kind, amount, balance_after in rows:
            before = 0 if kind == "opening" else balances[account]
            assert balance_after == before + amount, (account, kind, amount, balance_after)
            balances[account] = balance_after
        assert balances.items() >= self.books.accounts.items()
