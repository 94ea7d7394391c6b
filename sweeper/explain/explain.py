"""Why a session was, was not, or will be refunded: by the same rules, in the same SQL, as a run."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from sweeper.app.transactions import read
from sweeper.config.model import Settings
from sweeper.core.decimals import exactly
from sweeper.explain.result import AccountExplanation, Explanation
from sweeper.explain.sessions import SessionExplainer
from sweeper.postgres.database import Database
from sweeper.postgres.errors import Refusal
from sweeper.postgres.sqlstate import reported
from sweeper.postgres.transaction import Transaction
from sweeper.sweep.context import RunRequest, prepare
from sweeper.sweep.owed import OwedReader

_SESSIONS = 100


class Explainer:
    """Explains sessions as of one moment."""

    def __init__(self, database: Database, settings: Settings, request: RunRequest) -> None:
        """Check the installation and the file.

        Raises:
            ConfigurationError, FailedError: as a run would.
        """
        self._database, self._settings = database, settings
        with exactly(), reported():
            context = prepare(database, settings, request)
            self._mapping, self._floor = context.mapping, context.floor
            # a hold counts even if the next run would look at it again, and no session is too old to explain
            selection = replace(context.selection, since=self._floor, look_again=False)
            reader = partial(OwedReader, mapping=self._mapping, selection=selection)
            missing = read(database, self._mapping, lambda opened: reader(opened).find_missing())
            self._selection = replace(selection, missing_until=missing)

    def session(self, session_id: str) -> Explanation:
        """Explain one session, even if its row is gone, or it never existed."""
        with exactly(), reported():
            (found,) = read(self._database, self._mapping, lambda opened: self._explain(opened, [session_id]))
            return found

    def account(self, account_id: str) -> AccountExplanation:

        def ask(transaction: Transaction) -> AccountExplanation:
            found = self._sessions_of(transaction, account_id)
            sessions = self._explain(transaction, found[:_SESSIONS])
            return AccountExplanation(account_id, self._selection.as_of, sessions, more=len(found) > _SESSIONS)

        with exactly(), reported():
            return read(self._database, self._mapping, ask)

    def _sessions_of(self, transaction: Transaction, account_id: str) -> list[str]:
        binds = {**self._selection.binds, "account_id": account_id, "page_size": _SESSIONS + 1}
        statement = self._mapping.statement("list_sessions_of_account")

        def ask(*, around_refused: bool) -> list[str]:
            with transaction.savepoint():
                rows = transaction.rows(statement, {**binds, "around_refused": around_refused})
            return [row.session_id for row in rows]

        with suppress(Refusal):
            return ask(around_refused=False)
        try:
            return ask(around_refused=True)
        except Refusal as refusal:
            if refusal.sqlstate == "22P02":  # not an id of this app
                return []
            raise

    def _explain(self, transaction: Transaction, session_ids: Sequence[str]) -> tuple[Explanation, ...]:
        explainer = SessionExplainer(transaction, self._mapping, self._settings, self._selection, self._floor)
        return explainer.explain(session_ids)
