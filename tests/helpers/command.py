"""The command, run in this process."""

import io
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import typer.main
from freezegun import api, freeze_time

import sweeper.check.rehearsal.rehearse
import sweeper.cli
import sweeper.cli.progress
import sweeper.sweep.dry_run
import sweeper.sweep.run
from sweeper.cli import run_command

# libraries in whose many names freezegun need not look for a clock, which takes 6 ms for each command; none of them may
# be among the five callers of whoever reads it
WITHOUT_A_CLOCK = [
    "_pytest", "annotated_types", "apprise", "asyncio", "concurrent", "email", "encodings", "execnet", "http",
    "hypothesis", "importlib", "iniconfig", "jinja2", "markdown", "pluggy", "psycopg", "pydantic", "pygments",
    "requests", "rich", "sqlalchemy", "typing_inspection", "urllib", "xdist", "xml", "yaml",
]  # fmt: skip
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _state(module: object) -> tuple[int, int]:
    return id(module), len(getattr(module, "__dict__", ()))


# it looks again at a module whose names have changed: their number shows that, and hashing them takes 5 ms a command
api._get_module_attributes_hash = _state


class _ModulesWithAClock:
    """What freezegun takes for ``sys.modules``: to look through all of them, two thousand, takes 4 ms a command."""

    def __init__(self) -> None:
        self.keys, self.get = sys.modules.keys, sys.modules.get
        self._seen: dict[str, object] = {}
        self._without: dict[str, object] = {}

    def items(self) -> list[tuple[str, ModuleType]]:
        """Those that have a clock: a module is looked at when it is new."""
        for name, module in [*sys.modules.items()]:
            if self._seen.get(name) is not module:
                self._seen[name] = module
                if not any(
                    id(value) in api._real_time_object_ids for value in getattr(module, "__dict__", {}).values()
                ):
                    self._without[name] = module
        return [(name, module) for name, module in sys.modules.items() if self._without.get(name) is not module]


api.sys = SimpleNamespace(modules=_ModulesWithAClock())

# the commands are the same each time: to build them anew takes 10 ms
sweeper.cli._app = cache(sweeper.cli._app)
typer.main.get_command = cache(typer.main.get_command)


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document on stdout."""
        document: dict[str, Any] = json.loads(self.stdout)
        return document

    @property
    def events(self) -> list[dict[str, Any]]:
        """The log events on stderr."""
        return [json.loads(line) for line in self.stderr.splitlines() if line.startswith("{")]


def neutral_environment() -> dict[str, str]:
    """The environment without anything that names a database or a file of sweeper's."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PG", "SWEEPER_", "DATABASE_"))}


def command(*arguments: str, environment: Mapping[str, str], now: datetime | None = NOW) -> Ran:
    """Run the command line in this process, with its clock frozen at ``now``."""
    out, err = io.StringIO(), io.StringIO()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, {**neutral_environment(), **environment}, clear=True))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        if now is not None:
            stack.enter_context(freeze_time(now, ignore=WITHOUT_A_CLOCK))
        try:
            exit_code = run_command(arguments)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    return Ran(int(exit_code), out.getvalue(), err.getvalue())
