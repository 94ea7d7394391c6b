"""Runs for several files, and repeated runs, for hosts without cron."""

import gc
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sweeper.cli.crash import internal_error
from sweeper.cli.single_run import RunFlags, show_error, sweep_file
from sweeper.core.errors import ConfigurationError, Exit, Interrupted, SweeperError
from sweeper.core.signals import Signals

# the exit code of several runs is the first of these that one of them had
WORST_FIRST = (Exit.SIGINT, Exit.SIGTERM, Exit.FAILED, Exit.USAGE, Exit.CAPPED, Exit.HELD, Exit.FOUND, Exit.DONE)

# a signal ends a sleep at once, unless other code has dropped its exception: then it is noticed after this long
_LONGEST_SLEEP_SECONDS = 1.0


def sweep_once(given: Sequence[Path], flags: RunFlags, signals: Signals) -> int:
    """Sweep each file; the worst exit code.

    Raises:
        SweeperError: there is one file, and its run could not begin.
    """
    return worst(_sweep_each(given, flags, signals))


def _sweep_each(given: Sequence[Path], flags: RunFlags, signals: Signals) -> list[int]:
    """The exit code of each file."""
    if len(given) == 1 and not given[0].is_dir():
        return [sweep_file(given[0], flags, signals)]
    if flags.sessions:
        raise ConfigurationError("--session works with one file: name it with --config", code="usage")
    return _sweep_all(expanded(given), flags, signals)


def _sweep_all(paths: Sequence[Path], flags: RunFlags, signals: Signals) -> list[int]:
    codes, patient = [], True
    for path in paths:
        # all files have one server: when one has waited for it in vain, the next does not wait again
        one, patient = replace(flags, patient=patient), True
        try:
            codes.append(sweep_file(path, one, signals, name=str(path)))
        except SweeperError as error:  # of this file alone
            codes.append(show_error(error, json=flags.json, name=str(path)))
            patient = error.code != "connection"
        except Exception as crash:
            codes.append(show_error(internal_error(crash), json=flags.json, name=str(path)))
        if signals.received:
            return [*codes, 128 + signals.received]
    return codes


def expanded(given: Sequence[Path]) -> list[Path]:
    """The files, and those in the folders, sorted by name; each once.

    Raises:
        ConfigurationError: a folder has no such file.
    """
    found: dict[Path, Path] = {}
    for path in given:
        inside = sorted(one for one in path.glob("*.toml") if not one.name.startswith(".")) if path.is_dir() else [path]
        if not inside:
            raise ConfigurationError(f"there is no *.toml in {path}", code="no_config")
        for one in inside:
            found.setdefault(one.resolve(), one)
    return list(found.values())


def worst(codes: Sequence[int]) -> int:
    """The exit code of several runs."""
    return next(int(code) for code in WORST_FIRST if code in codes)


def sweep_every(given: Sequence[Path], flags: RunFlags, signals: Signals, *, seconds: float) -> int:
    """Sweep every ``seconds`` seconds until a signal ends it, and read the files anew each time.

    A run that fails is reported, and the next one comes when it is due. Only the first run ends it: what is wrong with
    the set-up (exit 2), of each file, must be seen when it is started.

    Raises:
        SweeperError: the first run could not begin.
    """
    first, due = True, time.monotonic()
    while True:
        try:
            codes = _sweep_each(given, flags, signals)
        except SweeperError as error:
            if first:
                raise
            codes = [show_error(error, json=flags.json, name=", ".join(map(str, given)))]
        if first and not signals.received and {*codes} == {Exit.USAGE}:
            return Exit.USAGE
        first = False
        with signals.shielded():  # the garbage collector drops what a finalizer raises, also a signal's exception
            sys.stdout.flush()
            sys.stderr.flush()
            gc.collect()  # it would not run on its own: one run makes too little garbage
        due = max(due + seconds, time.monotonic())
        try:
            _wait_until(due, signals)
        except Interrupted as signal:
            return 128 + signal.signal_number


def _wait_until(due: float, signals: Signals) -> None:
    signals.check()
    while (left := due - time.monotonic()) > 0:
        time.sleep(min(left, _LONGEST_SLEEP_SECONDS))
        signals.check()
