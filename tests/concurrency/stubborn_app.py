"""An app that cannot be changed, with the habits of several real ones, and its record of what it did."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg

from tests.helpers.app_database import AppDatabase

# child rows with foreign keys to both tables; a sign of life; and what distinguishes the charges of a session
TABLES = """
ALTER TABLE prediction_sessions ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE prediction_sessions ADD heartbeat_at timestamp, ADD charge_id text NOT NULL DEFAULT '';
CREATE TABLE results (session_id text NOT NULL REFERENCES prediction_sessions, user_id text NOT NULL REFERENCES users);
"""
NOW = "(now() AT TIME ZONE 'UTC')"
START, PRICE, RESET_TO, LOCK_TIMEOUT = 1000, 3, 100, "1s"
HABITS = 8  # that `Books.done` counts, and one more when charges are distinguished
WORKERS, ACCOUNTS_EACH, BACKLOG_EACH = 3, 2, 300
# what a night without sweeps has left: every other session failed, the rest are stuck
FILL = f"""
INSERT INTO users
SELECT format('u%s-%s', w, n), {START}, {2 * START}, {START}
FROM generate_series(0, {WORKERS - 1}) AS w, generate_series(0, {ACCOUNTS_EACH - 1}) AS n;
INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at, heartbeat_at, completed_at)
SELECT format('s%s-%s', w, n), format('u%s-%s', w, n % {ACCOUNTS_EACH}),
       (ARRAY['error', 'generating'])[n % 2 + 1]::session_status, ARRAY['a', 'b', 'c'], at, at,
       CASE WHEN n % 2 = 0 THEN at END
FROM generate_series(0, {WORKERS - 1}) AS w, generate_series(0, {BACKLOG_EACH - 1}) AS n,
     LATERAL (SELECT {NOW} - interval '8 hours' + n * interval '1 minute' AS at);
"""


class Write(NamedTuple):
    """The last status that the app wrote, and whether the session's charge had been refunded by then."""

    status: str
    over_refund: bool


@dataclass
class Books:
    """What the app did, written down once it was committed."""

    durations: list[float] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    writes: dict[str, Write] = field(default_factory=dict)
    moved: Counter[str] = field(default_factory=Counter)  # charges and purchases, by account
    drift: Counter[str] = field(default_factory=Counter)  # what resets of the balance took or gave
    stopped: list[str] = field(default_factory=list)  # by the fence
    victims: list[str] = field(default_factory=list)  # of a deadlock, or of a wait

    def over_refund(self, *statuses: str) -> set[str]:
        """The sessions that the app last gave one of these, when their charge had been refunded already."""
        return {name for name, last in self.writes.copy().items() if last.over_refund and last.status in statuses}

    def percentile(self, share: float) -> float:
        """So long, in seconds, took all transactions but this share."""
        return sorted(self.durations)[int(len(self.durations) * share)]


class Worker(threading.Thread):
    """One process of the app. Its accounts and sessions are its own: whoever makes it wait is a sweep.

    The first of its accounts has its balance reset now and then.
    """

    def __init__(self, app: AppDatabase, number: int, books: Books, over: threading.Event, *, attempts: bool) -> None:
        super().__init__()
        self._url, self._number, self._books, self._over, self._attempts = app.url, number, books, over, attempts
        self._chance = random.Random(number)
        self._accounts = [f"u{number}-{n}" for n in range(ACCOUNTS_EACH)]
        self._sessions = [(f"s{number}-{n}", self._accounts[n % ACCOUNTS_EACH]) for n in range(BACKLOG_EACH)]
        books.writes.update(
            {session: Write(("error", "generating")[n % 2], False) for n, (session, _) in enumerate(self._sessions)}
        )

    def run(self) -> None:
        habits = [self.start_work, self.start_again, self.start_again, self.save_result, self.finish]
        habits += [self.give_up, self.give_up_and_retry, self.buy]
        habits += [self.pay_again] if self._attempts else []
        with psycopg.connect(self._url, options=f"-c lock_timeout={LOCK_TIMEOUT}") as self._connection:
            while not self._over.is_set():
                if self._chance.random() < 0.1:
                    self.charge()
                elif self._chance.random() < 0.03:
                    self.reset_balance()
                else:
                    self._chance.choice(habits)(*self._chance.choice(self._sessions))
                time.sleep(0.002)

    @contextmanager
    def _transaction(self, habit: str) -> Iterator[None]:
        """One of the app's; what it did counts once it is committed."""
        self._moved, self._drift, self._written = Counter[str](), Counter[str](), dict[str, Write]()
        begun = time.monotonic()
        try:
            with self._connection.transaction():
                yield
        except psycopg.errors.RestrictViolation:
            self._books.stopped.append(habit)
        except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable) as error:
            self._books.victims.append(f"{habit}: {error}")
        else:
            self._books.moved.update(self._moved)
            self._books.drift.update(self._drift)
            self._books.writes.update(self._written)
            self._books.done[habit] += 1
        self._books.durations.append(time.monotonic() - begun)

    def _send(self, statement: str, *parameters: object) -> Any:
        return self._connection.execute(statement, parameters)  # type: ignore[call-overload]

    def _is_refunded(self, session: str) -> bool:
        attempt = "s.charge_id" if self._attempts else "0"
        return bool(
            self._send(
                "SELECT FROM prediction_sessions AS s JOIN sweeper.refunds AS r ON r.session_id = s.id "
                f"AND r.attempt = {attempt} WHERE s.id = %s",
                session,
            ).rowcount
        )

    def _write(self, session: str, status: str, also: str = f"heartbeat_at = {NOW}") -> None:
        """By id, and whatever the status was. Its row is locked from here on, so no sweep can refund it meanwhile."""
        self._send(f"UPDATE prediction_sessions SET status = %s, {also} WHERE id = %s", status, session)
        self._written[session] = Write(status, self._is_refunded(session))

    def _take(self, account: str) -> None:
        self._send(
            "UPDATE users SET credits = credits - %s, total_credits_spent = total_credits_spent + %s WHERE id = %s",
            PRICE, PRICE, account,
        )  # fmt: skip
        self._moved[account] -= PRICE

    def _add_result(self, session: str, account: str) -> None:
        self._send("INSERT INTO results VALUES (%s, %s)", session, account)

    def charge(self) -> None:
        account, session = self._chance.choice(self._accounts), f"s{self._number}-{len(self._sessions)}"
        with self._transaction("charge"):
            self._take(account)
            self._send(
                "INSERT INTO prediction_sessions (id, user_id, status, selected_models, created_at, heartbeat_at) "
                f"VALUES (%s, %s, 'queued', '{{a,b,c}}', {NOW}, {NOW})",
                session, account,
            )  # fmt: skip
            self._written[session] = Write("queued", over_refund=False)
        self._sessions.append((session, account))

    def start_work(self, session: str, account: str) -> None:
        """The account first, then the session."""
        with self._transaction("account, then session"):
            self._send("SELECT credits FROM users WHERE id = %s FOR UPDATE", account)
            time.sleep(0.005)
            self._send("SELECT status FROM prediction_sessions WHERE id = %s FOR UPDATE", session)
            self._write(session, "generating")
            self._add_result(session, account)

    def start_again(self, _session: str, _account: str) -> None:
        """A job that looks for stuck sessions: next to those that a sweep has in hand."""
        with self._connection.transaction():
            found = self._send(
                "SELECT id, user_id FROM prediction_sessions WHERE user_id = ANY (%s) "
                "AND status IN ('queued', 'generating') ORDER BY heartbeat_at LIMIT 10", self._accounts,
            ).fetchall()  # fmt: skip
        if found:
            self.start_work(*self._chance.choice(found))

    def save_result(self, session: str, account: str) -> None:
        """Only child rows."""
        with self._transaction("child row"):
            self._add_result(session, account)
            time.sleep(0.002)

    def finish(self, session: str, account: str) -> None:
        """The session first, then the account."""
        with self._transaction("session, then account"):
            self._write(session, "finished", f"completed_at = {NOW}")
            time.sleep(0.002)
            self._add_result(session, account)
            self._send(f"UPDATE users SET updated_at = {NOW} WHERE id = %s", account)

    def give_up(self, session: str, _account: str) -> None:
        """A catch block."""
        with self._transaction("catch"):
            self._write(session, "error", f"error = 'out of memory', completed_at = {NOW}")

    def give_up_and_retry(self, session: str, account: str) -> None:
        """The queue takes up what the catch block has just marked as failed, and charges nothing for it."""
        self.give_up(session, account)
        time.sleep(self._chance.choice([0, 0.01]))
        with self._transaction("retry"):
            self._write(session, "generating")

    def pay_again(self, session: str, account: str) -> None:
        """A customer who was given the credits back pays anew for the same session."""
        with self._transaction("pay again"):
            self._send("SELECT FROM prediction_sessions WHERE id = %s FOR UPDATE", session)
            if self._is_refunded(session):
                self._take(account)
                self._write(session, "queued", f"charge_id = gen_random_uuid()::text, heartbeat_at = {NOW}")

    def buy(self, _session: str, account: str) -> None:
        with self._transaction("buy"):
            self._send(
                "UPDATE users SET credits = credits + 10, total_credits_earned = total_credits_earned + 10 "
                "WHERE id = %s", account,
            )  # fmt: skip
            self._moved[account] += 10

    def reset_balance(self) -> None:
        """Whatever the balance was: its own column alone, and never the totals beside it."""
        account = self._accounts[0]
        with self._transaction("reset"):
            found = self._send("SELECT credits FROM users WHERE id = %s FOR UPDATE", account).fetchone()
            self._send("UPDATE users SET credits = %s WHERE id = %s", RESET_TO, account)
            self._drift[account] += RESET_TO - found[0]


class StubbornApp:
    """All its processes, from their start to their end."""

    def __init__(self, app: AppDatabase, *, attempts: bool = False) -> None:
        self.books, self._over = Books(), threading.Event()
        self._workers = [Worker(app, n, self.books, self._over, attempts=attempts) for n in range(WORKERS)]
        app.sql(FILL)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Until the end of the block."""
        for worker in self._workers:
            worker.start()
        try:
            yield
        finally:
            self._over.set()
            for worker in self._workers:
                worker.join(60)
