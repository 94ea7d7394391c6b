"""``sweeper init``."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweeper.cli.options import Config, Json, config_path, has_terminal, open_database
from sweeper.core.errors import ConfigurationError
from sweeper.core.files import replaced
from sweeper.core.text import printable

if TYPE_CHECKING:
    from sweeper.init.answers import Candidate
    from sweeper.init.evidence import Evidence
    from sweeper.postgres.database import Database


_OPEN = "?"


class _Unattended:
    """Takes what the database proves, and leaves everything else open."""

    def pick(self, question: str, options: Sequence[str], *, certain: bool) -> int | None:  # noqa: ARG002
        return 0 if certain else None

    def answer(self, question: str, candidates: "Sequence[Candidate]") -> str | None:  # noqa: ARG002
        return None


class _Interactive:
    """Asks the user at the terminal."""

    def pick(self, question: str, options: Sequence[str], *, certain: bool) -> int | None:
        _ask(question, options)
        numbers = [str(number) for number in range(1, len(options) + 1)]
        while (said := _prompt("Number; ? leaves it open", "1" if certain else _OPEN)) not in (*numbers, _OPEN):
            print(f"Enter {_numbers(options)}, or {_OPEN}.")  # noqa: T201
        return None if said == _OPEN else numbers.index(said)

    def answer(self, question: str, candidates: "Sequence[Candidate]") -> str | None:
        from sweeper.init.answers import describe

        options = [f"{candidate.sql}   {candidate.meaning}".rstrip() for candidate in candidates]
        _ask(question, options, [describe(candidate) for candidate in candidates])
        numbers = [str(number) for number in range(1, len(candidates) + 1)]
        while (said := _prompt("Number, or SQL; ? leaves it open", _OPEN)).isdecimal() and said not in numbers:
            print(f"Enter {_numbers(candidates)}, SQL, or {_OPEN}.")  # noqa: T201
        if said in numbers:
            return candidates[numbers.index(said)].sql
        return None if said == _OPEN else said


def _prompt(text: str, default: str) -> str:
    return str(typer.prompt(text, default=default)).strip()


def _numbers(options: Sequence[object]) -> str:
    return "1" if len(options) == 1 else f"a number from 1 to {len(options)}"


def _ask(question: str, options: Sequence[str], examples: Sequence[Sequence[str]] = ()) -> None:
    print(f"\n{printable(question)}")  # noqa: T201
    for number, option in enumerate(options, 1):
        print(f"  {number}. {printable(option)}")  # noqa: T201
        for line in examples[number - 1] if examples else ():
            print(f"     {printable(line)}")  # noqa: T201


def init(
    config: Config = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: write what the database proves, leave the rest open.")
    ] = False,
    table: Annotated[
        str | None, typer.Option("--table", metavar="TABLE", help="The table of the paid sessions, when you know it.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    json: Json = False,
) -> int:
    """Look at the database and write a sweeper.toml to review."""
    path = config_path(config)
    if path.exists() and not force:
        raise ConfigurationError(f"{path} already exists: review it, or overwrite it with --force", code="file_exists")
    from sweeper.init.draft import make_draft
    from sweeper.init.file import write
    from sweeper.init.owners import strangers_note
    from sweeper.init.unproven import hidden_note
    from sweeper.postgres.retries import retrying
    from sweeper.render.json.init import init_document

    asking = not (yes or json) and has_terminal() and sys.stdout.isatty()
    chooser = _Interactive() if asking else _Unattended()
    with open_database("sweeper init") as database:
        evidence = retrying(lambda: _look(database, table), attempts=1)
        draft = retrying(lambda: make_draft(evidence, chooser, table), attempts=1)
    _write(path, write(draft))
    others = [row.as_sql for row in evidence.strange]
    if json:
        print(init_document(str(path), draft.open_questions, draft.hidden_tables, others))  # noqa: T201
        return 0
    print(f"Wrote {path}: a draft, to review line by line. It uses:")  # noqa: T201
    for name, what in draft.taken.items():
        print(f"  {name:<10} {printable(what)}")  # noqa: T201
    if draft.hidden_tables:
        print(printable(hidden_note(draft.hidden_tables)))  # noqa: T201
    if others:
        print(printable(strangers_note(evidence.strange)))  # noqa: T201
    for question in draft.open_questions:
        print(f"Open question: {printable(question)}")  # noqa: T201
    answer = f'answer each "?" in {path}, then ' if draft.open_questions else f"review {path}, then "
    print(f"Next: {answer}`sweeper install`, `sweeper check` and `sweeper run --dry-run`.")  # noqa: T201
    return 0


def _look(database: "Database", table: str | None) -> "Evidence":
    """Read the catalog, and check whose code the app's names in a draft may call, before any row is read."""
    from sweeper.app.search_path import require_no_planters
    from sweeper.init.evidence import Evidence
    from sweeper.install.surroundings import CATALOG_TIMEOUTS, read_surroundings

    evidence = Evidence(database, table)
    search_path = read_surroundings(database).search_path("")
    with database.transaction(timeouts=CATALOG_TIMEOUTS, read_only=True) as transaction:
        require_no_planters(transaction, [one.as_sql for one in evidence.tables], "", search_path)
    return evidence


def _write(path: Path, text: str) -> None:
    try:
        with replaced(path) as stream:
            stream.write(text)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {type(error).__name__}", code="config") from None
