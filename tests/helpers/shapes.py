"""Shapes of apps: tables and rows, and the app's own refund code, which runs beside the sweep.

Each is a folder in ``tests/apps/shapes``: ``tables.sql``, ``rows.sql`` (which fills them from the table ``planned``),
``sweeper.toml``, perhaps ``hook.sql``, and ``app.toml`` with the app's own statements:

- ``owed`` lists what the app would refund, and ``refund`` does it, one transaction for each; without ``owed`` there is
  one transaction for all. ``later`` is what another job of the app does afterwards.
- ``balances`` gives a name and what it has, ``shares`` the same names and what the sessions in ``planned`` took of
  them.
- ``broken`` are queries for whatever else must not be, a line of text for each fault.
- ``leaves`` are the columns that are not as they were once all refunds are taken back; ``table+`` is for new rows.
- ``held``: how many sessions are on hold in the end, and ``findings`` what an audit then says. ``more``: failed
  sessions of the app's own kinds. ``by_app`` and ``by_sweep``: which kinds either pays. ``key``: the id of one, over
  ``planned``.
- ``wrong`` are mappings that a careful person may write: what is edited in the right one, and which item of `check`
  must say so. There is no hook then.
"""

import time
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from tests.helpers.app_database import AppDatabase
from tests.helpers.paths import APPS
from tests.helpers.planned_sessions import BY_APP, BY_SWEEP, Planned, plan, write_plan
from tests.helpers.server import Server

SHAPES = APPS / "shapes"
NAMES = sorted(path.name for path in SHAPES.iterdir() if path.is_dir())
FRESH = 240  # seconds for which the rows of a template are as old as their kinds say


@dataclass(frozen=True)
class Shape:
    """What the folder of an app says."""

    name: str

    @property
    def folder(self) -> Path:
        return SHAPES / self.name

    def read(self, name: str) -> str:
        """One of its files; nothing when it is not there."""
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    @cached_property
    def app(self) -> dict[str, Any]:
        return tomllib.loads(self.read("app.toml"))

    @property
    def by_app(self) -> tuple[str, ...]:
        """The kinds of sessions that the app's own code pays."""
        return tuple(self.app.get("by_app", BY_APP))

    @property
    def by_sweep(self) -> tuple[str, ...]:
        """The kinds that a sweep pays."""
        return tuple(self.app.get("by_sweep", BY_SWEEP))

    @property
    def by_both(self) -> tuple[str, ...]:
        """The kinds that are paid once both a sweep and the app have been there."""
        return (*self.by_sweep, *self.by_app)

    def refund(self, connection: psycopg.Connection[Any]) -> list[str]:
        """Refund as the app does; the errors that it got."""
        errors = []
        owed = connection.execute(self.app["owed"]).fetchall() if "owed" in self.app else [(None,)]
        for (key,) in owed:
            try:
                with connection.transaction():
                    for statement in self.app["refund"]:
                        connection.execute(statement, {"id": key})
            except psycopg.Error as error:
                errors.append(str(error).splitlines()[0])
        if "later" in self.app:
            connection.execute(self.app["later"])
        return errors


@dataclass
class ShapedApp:
    """One app in a database of its own."""

    shape: Shape
    database: AppDatabase
    sessions: list[Planned]
    before: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = self.balances()

    def balances(self) -> dict[str, Decimal]:
        return {str(name): Decimal(amount) for name, amount in self.database.sql(self.shape.app["balances"])}

    def of(self, *kinds: str) -> list[Planned]:
        return [session for session in self.sessions if session.kind in kinds]

    def key(self, session: Planned) -> str:
        """The id of a session in the app."""
        return str(self._planned([session], f"SELECT {self.shape.app.get('key', 'id')} FROM planned")[0][0])

    def _planned(self, sessions: Iterable[Planned], query: str) -> list[tuple[Any, ...]]:
        with self.database.connection.transaction():
            write_plan(self.database.connection, sessions)
            return self.database.sql(query)

    def faults(self, paid: Iterable[Planned]) -> list[str]:
        """What is not as it must be, once these sessions have been paid, each once."""
        truth = dict(self.before)
        for name, amount in self._planned(paid, self.shape.app["shares"]):
            truth[str(name)] = truth.get(str(name), Decimal(0)) + Decimal(amount)
        now = self.balances()
        found = [
            f"{name} has {now.get(name)}, not {truth.get(name)}"
            for name in sorted(now.keys() | truth.keys())
            if now.get(name, Decimal(0)) != truth.get(name, Decimal(0))
        ]
        return found + [str(text) for query in self.shape.app.get("broken", []) for (text,) in self.database.sql(query)]

    def faults_of(self, *kinds: str) -> list[str]:
        return self.faults(self.of(*kinds))

    def refund(self) -> list[str]:
        """Refund as the app does; the errors that it got."""
        return self.shape.refund(self.database.connection)

    def rows(self) -> dict[str, dict[str, Any]]:
        """Every row of every table of the app, by table and primary key."""
        tables = self.database.sql(
            "SELECT i.indrelid::regclass::text, array_agg(quote_ident(a.attname) ORDER BY a.attnum) "
            "FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid AND NOT c.relispartition "
            "JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) "
            "WHERE i.indisprimary AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema|sweeper)' "
            "GROUP BY 1"
        )
        return {
            table: dict(self.database.sql(f"SELECT concat_ws('/', {', '.join(key)}), to_jsonb(t) FROM {table} AS t"))
            for table, key in tables
        }


def wrong_mappings() -> Iterator[tuple[str, str, list[list[str]]]]:
    """Each app, the item of `check` that must not be ok, and what is edited in its file: old text and new."""
    for name in NAMES:
        for wrong in Shape(name).app.get("wrong", []):
            yield name, wrong["check"], wrong.get("edits", [])


def differences(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> set[str]:
    """Columns whose values differ, ``table+`` where rows came, ``table-`` where rows went."""
    found = set()
    for table, old in before.items():
        new = after[table]
        found |= {f"{table}+"} if new.keys() - old.keys() else set()
        found |= {f"{table}-"} if old.keys() - new.keys() else set()
        for key in old.keys() & new.keys():
            found |= {f"{table}.{column}" for column, value in new[key].items() if value != old[key][column]}
    return found


_built: dict[str, tuple[float, list[Planned]]] = {}
_refused: dict[str, str] = {}  # by the template without sweeper: what the installation said


def _build(server: Server, shape: Shape) -> str:
    """A template database of the app without sweeper, its rows fresh; gives its name."""
    server.add_roles()
    name = server.templates.get(key := f"{shape.name}_bare")
    if name and time.monotonic() - _built[name][0] < FRESH:
        return name
    for old in (f"{shape.name}_bare", f"{shape.name}_swept"):
        if dropped := server.templates.pop(old, None):
            server.execute(f'DROP DATABASE "{dropped}" WITH (FORCE)')
    name = server.add_template(key)
    sessions = plan(datetime.now(UTC).replace(microsecond=0), shape.app.get("more", ()))
    with psycopg.connect(server.url_of(name), autocommit=True) as connection:
        connection.execute(shape.read("tables.sql"))  # type: ignore[call-overload]
        with connection.transaction():
            write_plan(connection, sessions)
            connection.execute(shape.read("rows.sql"))  # type: ignore[call-overload]
    _built[name] = (time.monotonic(), sessions)
    return name


def _install(server: Server, shape: Shape, bare: str) -> str:
    """The same with sweeper and the app's hooks; gives its name."""
    if (key := f"{shape.name}_swept") in server.templates:
        assert bare not in _refused, _refused[bare]
        return server.templates[key]
    name = server.add_template(key, bare)
    with psycopg.connect(server.url_of(name), autocommit=True) as connection:
        ran = AppDatabase(server.url_of(name), shape.folder / "sweeper.toml", connection).sweeper("install", now=None)
        if ran.exit_code != 0:
            _refused[bare] = ran.stderr
        assert ran.exit_code == 0, ran.stderr
        connection.execute(shape.read("hook.sql"))  # type: ignore[call-overload]
    return name


@contextmanager
def shaped(server: Server, name: str, folder: Path, *, installed: bool = True) -> Iterator[ShapedApp]:
    """An app of this shape in a database of its own, with sweeper and its hooks installed."""
    shape = Shape(name)
    bare = _build(server, shape)
    template = _install(server, shape, bare) if installed else bare
    with server.clone(template, folder, shape.read("sweeper.toml")) as database:
        yield ShapedApp(shape, database, _built[bare][1])
