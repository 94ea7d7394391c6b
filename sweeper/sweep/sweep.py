"""The sweep: finds what is owed, page by page, and pays it, batch by batch, until nothing is left in reach."""

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TypeVar, cast

from sweeper.app.mapping import Mapping
from sweeper.app.transactions import read
from sweeper.core.halving import RefusedAlone, in_halves
from sweeper.core.signals import Signals
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Busy, Refusal, StatementError, TooSlow
from sweeper.postgres.retries import retrying
from sweeper.postgres.transaction import Transaction
from sweeper.sweep.batch import BatchPayer, ChangesOthers
from sweeper.sweep.batches import BatchRunner
from sweeper.sweep.holds import Holds, TooManyOfOne
from sweeper.sweep.owed import OwedReader, Survey
from sweeper.sweep.owed_list import FailingRows, OwedList
from sweeper.sweep.owed_pages import OwedPage, PageFinder
from sweeper.sweep.progress import Observer
from sweeper.sweep.selection import Place, Selection
from sweeper.sweep.shards import ShardMap

T = TypeVar("T")

# how many sessions that somebody had locked are tried again at the end, and after which delays: transactions of an app
# are short, and so are the batches of another sweep. Sessions that are still locked then are counted and left to the
# next run
_TRIED_AGAIN, _TRIED_AFTER_SECONDS = 20_000, (0, 0.02, 0.1, 0.3)


class Sweep:
    def __init__(
        self,
        database: Database,
        mapping: Mapping,
        payer: BatchPayer,
        holds: Holds,
        *,
        batch_size: int,
        signals: Signals,
        observer: Observer,
    ) -> None:
        self._database = database
        self._mapping = mapping
        self._payer = payer
        self._holds = holds
        self._runner = BatchRunner(payer, holds, batch_size=batch_size, signals=signals, observer=observer)
        self._signals = signals
        self._observer = observer
        self._shard_map = ShardMap() if mapping.is_by_account else None
        self._pages = PageFinder(database, mapping, self._shard_map)
        self.tally = self._runner.tally

    def run(self, selection: Selection) -> Survey:
        """Pay everything that is owed in ``selection``, and count what is left.

        Raises:
            ConfigurationError, FailedError: the run cannot go on; what was committed stands.
            Interrupted: SIGINT or SIGTERM arrived; the current batch was finished.
        """
        self._observer.begun(
            self._payer.run_id,
            lambda: self.survey(selection, about=True).sessions,
            integer_amounts=self._mapping.integer_amounts,
        )
        if not selection.in_history:  # else the first page does it
            self._note_unripe(selection)
        if self._mapping.knows_charges:
            selection = replace(selection, first_charge=self._read(selection, OwedReader.find_first_charge))
        connections = self._database.connections_made
        self._pay_parts(selection)
        if self._database.connections_made > connections:
            # another server may have taken over without batches that were committed before
            self.tally.skipped = []
            self._pay_parts(selection)
        self._runner.refused.decide()
        selection = self._pages.knowing(selection)
        if self.tally.capped or self._payer.has_budget:
            return self.survey(selection, retrying(self._payer.budget), payable=True)
        unreadable = self._runner.refused.suspects.unreadable
        skipped = tuple(session_id for session_id in self.tally.skipped if session_id not in unreadable)
        left = self.survey(selection.only(skipped), payable=True) if skipped else Survey()
        return left + Survey(to_hold=len(unreadable))

    def survey(
        self,
        selection: Selection,
        budget: Decimal | None = None,
        *,
        payable: bool = False,
        about: bool = False,
        attempts: int | None = None,
    ) -> Survey:
        """Count what is owed; ``payable`` leaves out what is or will be on hold; ``about`` need not be exact."""
        # sessions that the database refuses are only noticed when they are tried
        settled = self._holds.refused if payable else ()

        def count(transaction: Transaction) -> Survey:
            lists = (OwedList(transaction, self._mapping, part, FailingRows(ends=about)) for part in selection.parts())
            return sum((owed.count(budget, payable=payable, settled=settled) for owed in lists), Survey())

        return read(self._database, self._mapping, count, attempts=attempts)

    def _pay_parts(self, selection: Selection) -> None:
        for part in selection.parts():
            self._pay_and_retry_skipped(part)

    def _pay_and_retry_skipped(self, selection: Selection) -> None:
        before = len(self.tally.skipped)
        self._pay_pages(selection)
        for seconds in _TRIED_AFTER_SECONDS:
            passed_over = dict.fromkeys(self.tally.skipped[before:])
            slow = tuple(session_id for session_id in passed_over if session_id in self._runner.slow)
            skipped = tuple(session_id for session_id in passed_over if session_id not in self._runner.slow)
            if not skipped or self.tally.capped:
                break
            time.sleep(seconds)
            self.tally.skipped[before:] = (*slow, *skipped[_TRIED_AGAIN:])
            self._pay_page(OwedPage(self._pages.knowing(selection), skipped[:_TRIED_AGAIN]))

    def _pay_pages(self, selection: Selection) -> None:
        """Find and pay, page by page."""
        more = True
        while more and not self.tally.capped:
            self._signals.check()
            try:
                found = self._find(selection)
            except (Refusal, StatementError):
                self._runner.tables.require_plan()
                if selection.in_history and selection.after is None:
                    self._note_unripe(selection)
                more, last = self._pay_around_refused(selection)
            else:
                stale = self._pay_page(found, may_find_again=True)
                more, last = (True, selection.after) if stale else (found.last is not None, found.last)
                if self._shard_map:
                    self._shard_map.keep(self.tally.skipped)
            selection = replace(selection, after=last)

    def _pay_page(self, found: OwedPage, *, may_find_again: bool = False) -> bool:
        """Pay a page, batch by batch; a session that fails its batch is held, suspected or skipped.

        Returns whether the rest is to be found again, where it may be, because another run has paid much of it.

        Raises:
            ConfigurationError, FailedError, Busy: the run cannot go on; what was committed stands.
            Interrupted: SIGINT or SIGTERM arrived; the current batch was finished.
        """
        runner, throttle = self._runner, self._runner.throttle
        runner.begin_page()
        begun = False
        while not self.tally.capped and (session_ids := self._take(found)):
            self._signals.check()
            try:
                batch = runner.run(partial(self._payer.pay, found.selection, session_ids))
            except TooSlow:
                runner.skip_slow(found, session_ids)
            except ChangesOthers:
                throttle.one_by_one()
                found.give_back(session_ids)
            except TooManyOfOne as problem:
                found.give_back(runner.refused.suspects.without(session_ids, problem.session_ids))
            except (Refusal, StatementError, Busy) as problem:
                runner.isolate(found, session_ids, problem)
            else:
                runner.refused.hold_proven()
                throttle.answered(len(batch.paid), batch.beside_id_bytes)
                found.give_back(session_ids[batch.tried :])
                if batch.already_refunded * 2 > batch.tried:  # another run is at work here
                    if may_find_again and begun:
                        return True
                    found.reverse()  # towards the other run, so that the two meet only once
                begun = True
                full = len(session_ids) == throttle.size
                if pause := throttle.held(batch.locked_seconds, batch.traffic, full=full):
                    time.sleep(pause)
        return False

    def _take(self, found: OwedPage) -> tuple[str, ...]:
        throttle = self._runner.throttle
        taken = found.take(throttle.size)
        fitting = throttle.fitting(taken)
        found.give_back(taken[fitting:])
        return taken[:fitting]

    def _pay_around_refused(self, selection: Selection) -> tuple[bool, Place | None]:
        """Continue with fewer sessions at a time, until past the row whose expression fails.

        Returns whether there may be more, and from what place on.
        """
        while not self.tally.capped and (candidates := self._read(selection, OwedReader.list_candidates)):
            refused = self._find_among(selection, tuple(dict.fromkeys(session_id for _, session_id in candidates)))
            selection = replace(selection, after=candidates[-1])
            # else the rest is read in the order of the ids, because a start cannot be
            if refused and selection.after and selection.after[0] is not None:
                return True, selection.after
        return False, selection.after

    def _note_unripe(self, selection: Selection) -> None:
        try:
            self.tally.note_unripe(self._read(selection, OwedReader.find_unripe))
        except (Refusal, StatementError):
            self.tally.unknown = True

    def _find(self, selection: Selection) -> OwedPage:
        budget = retrying(self._payer.budget)
        found = self._runner.tables.once_unlocked(lambda: self._pages.find(selection, budget))
        self.tally.note_unripe(found.unripe_from)
        return self._by_shard(found) if self._shard_map else found

    def _by_shard(self, found: OwedPage) -> OwedPage:
        """Sort a page so that batches are large, and a cap still ends a run at the same session as a dry run."""
        room = retrying(self._payer.room)
        if room.credits is None or self.survey(found.selection).credits <= room.credits:
            return found.by_shard(room.sessions)
        return found.by_shard(0)

    def _read(self, selection: Selection, ask: Callable[[OwedReader], T]) -> T:
        return self._runner.tables.once_unlocked(lambda: self._pages.read(selection, ask))

    def _find_among(self, selection: Selection, session_ids: tuple[str, ...]) -> bool:
        """Find and pay those of these that are owed; a session whose own expression fails is found by halving.

        Returns whether there was one.
        """

        def find(some: tuple[str, ...]) -> OwedPage:
            self._signals.check()
            return self._find(selection.only(some))

        refused = False
        for found in in_halves(session_ids, find, Refusal, StatementError):
            if isinstance(found, RefusedAlone):
                # an expression fails whenever it is read, so payments before this one prove as much as later ones
                problem = cast("Refusal | StatementError", found.error)
                came_before = partial(OwedReader.has_come_before, session_id=found.item)
                if selection.dates != "unknown" or not self._read(selection, came_before):
                    self._runner.refused.add(found.item, problem, self._runner.refused.suspects.in_this_run)
                refused = True
            else:
                self._pay_page(found)
            if self.tally.capped:
                break
        return refused
