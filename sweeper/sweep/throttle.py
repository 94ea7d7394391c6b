"""How fast a sweep goes: batches as large as the policy says, while nobody else is at work."""

from collections.abc import Sequence
from typing import NamedTuple

from sweeper.postgres.binds import ANSWER_BYTES, text_bytes

# Nobody should wait longer than a quarter of a second for a row. A batch aims at half of that or, while an app is at
# work, at the shortest time that is worth a commit.
_AIM_SECONDS, _AIM_BESIDE_SECONDS = 0.125, 0.04
# In a batch below the minimum size, the commit costs more than the rest. The first batch has that size, because it is
# not known yet how long a session takes; its result is trusted only up to a limit.
_LEAST, _GROWTH_AT_MOST = 50, 8
# Beside an app the sweep leaves it nearly all of the time: what happens in one percent of the time shows in its p99.
# This many quiet batches show that no app is at work.
_QUIET_BATCHES, _PAUSES, _PAUSE_AT_MOST_SECONDS = 10, 16, 0.5
# How full a result may be, estimated from earlier ones. How much a result has for a session besides its id, such as its
# account twice, is not known before the first.
_ANSWER_AIM, _BESIDE_ID_BYTES = int(0.9 * ANSWER_BYTES), 1000


class Traffic(NamedTuple):
    """Who else was active while a batch had its rows locked.

    ``transaction_number`` is the batch's own among all that write, 0 when it wrote nothing. ``sweeps`` are connected,
    this one too, and ``others``, of whom ``writers`` have just written something; ``housekeepers`` of the server itself
    vacuum. ``waited_for`` is whether somebody waited for a row of the batch.
    """

    transaction_number: int = 0
    sweeps: int = 1
    others: int = 0
    writers: int = 0
    housekeepers: int = 0
    waited_for: bool = False


class Throttle:
    """Adapts the size of batches to how long they hold their locks, and to what others do at the same time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = min(most, _LEAST)
        self._quiet_batches = _QUIET_BATCHES
        self._unexplained = 0
        self._last = Traffic()
        self._beside_id_bytes = _BESIDE_ID_BYTES

    def fitting(self, session_ids: Sequence[str]) -> int:
        """How many of these, from the first on, fit into the server's result; at least one."""
        if text_bytes(session_ids) + len(session_ids) * self._beside_id_bytes <= _ANSWER_AIM:
            return len(session_ids)
        answer = 0
        for number, session_id in enumerate(session_ids):
            answer += text_bytes((session_id,)) + self._beside_id_bytes
            if answer > _ANSWER_AIM:
                return max(1, number)
        return len(session_ids)

    def answered(self, paid: int, beside_id_bytes: int) -> None:
        """Record a committed batch that paid ``paid`` sessions; its result had ``beside_id_bytes`` besides the ids."""
        if paid:
            self._beside_id_bytes = beside_id_bytes // paid + 1

    def held(self, seconds: float, traffic: Traffic, *, full: bool = True) -> float:
        """Record that a batch had its rows locked for ``seconds``; returns how long to wait for others before the next.

        A batch that is not ``full``, the last of a page, does not show how large a batch may be.
        """
        at_work, was_beside = self._are_others_at_work(traffic), self._is_beside
        self._quiet_batches = 0 if at_work else self._quiet_batches + 1
        aim = _AIM_BESIDE_SECONDS if self._is_beside else _AIM_SECONDS
        if traffic.waited_for or (at_work and not was_beside):
            self.size = min(self.size, _LEAST)
        elif seconds > aim:
            self.size = max(min(self.size, _LEAST), int(self.size * max(aim / seconds, 0.25)))
        elif full and seconds < aim / 2:
            growth = min(_GROWTH_AT_MOST, 0.8 * aim / max(seconds, 0.001))
            self.size = min(self._most, int(self.size * growth))
        return min(_PAUSES * seconds, _PAUSE_AT_MOST_SECONDS) if self._is_beside else 0

    @property
    def _is_beside(self) -> bool:
        return self._quiet_batches < _QUIET_BATCHES

    def _are_others_at_work(self, traffic: Traffic) -> bool:
        before, self._last = self._last, traffic if traffic.transaction_number else self._last
        # neither another sweep nor the server's own housekeeping is an app, but their transactions have numbers, too
        alone = before.sweeps == traffic.sweeps == 1 and before.housekeepers == traffic.housekeepers == 0
        telling = alone and traffic.others > 0 and before.transaction_number > 0
        written = traffic.transaction_number - before.transaction_number - 1 if telling else 0
        # a vacuum between two batches looks like that once, an app at work again and again
        seen_before, self._unexplained = self._unexplained > 0, max(0, self._unexplained - 1)
        if written > 0:
            self._unexplained = _QUIET_BATCHES
        return traffic.waited_for or traffic.writers > 0 or (written > 0 and seen_before)

    def too_slow(self) -> None:
        """Record that a batch of this size ran into the statement timeout, and was rolled back."""
        self.size = max(1, self.size // 4)

    def one_by_one(self) -> None:
        """Use one session for each batch from now on."""
        self._most = self.size = 1
