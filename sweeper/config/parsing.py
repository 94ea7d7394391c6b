"""Reading ``sweeper.toml``: TOML, then the models; and flags on top of it."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from sweeper.config.errors import describe_all
from sweeper.config.model import MonitoringSection, NotifySection, Section, Settings, known_keys
from sweeper.config.values import NEVER
from sweeper.core.errors import ConfigurationError

S = TypeVar("S", bound=Section)

# what `sweeper init` writes where the user has to answer; on its own it is never SQL
OPEN_QUESTION = "?"


def load(path: Path) -> Settings:
    """Read a ``sweeper.toml``.

    Raises:
        ConfigurationError: the file is missing, is not TOML, or says something that cannot be.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors write a byte order mark
    except FileNotFoundError:
        raise ConfigurationError(
            f"there is no {path}: `sweeper init` drafts one from the database, "
            "or name it with --config or SWEEPER_CONFIG",
            code="no_config",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {type(error).__name__}", code="config") from None
    except ValueError as error:  # Python's, for an integer of thousands of digits, included
        raise ConfigurationError(f"{path} is not valid TOML: {error}", code="config") from None
    return parse(content, str(path))


def load_reporting(path: Path) -> tuple[MonitoringSection, NotifySection]:
    """Where runs are reported, also when something else of the file is not valid; nowhere when it does not say."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return MonitoringSection(), NotifySection()
    return _section(content, "monitoring", MonitoringSection), _section(content, "notify", NotifySection)


def _section(content: Mapping[str, Any], name: str, model: type[S]) -> S:
    """The valid keys of a section: a misspelt one must not silence the report that it is misspelt."""
    given = content.get(name, {})
    try:
        return model.model_validate(given)
    except ValidationError as error:
        wrong = {problem["loc"][0] for problem in error.errors() if problem["loc"]}
        return model(**{key: value for key, value in given.items() if key not in wrong} if wrong else {})


def parse(content: Mapping[str, Any], origin: str = "sweeper.toml") -> Settings:
    """Validate the content of a ``sweeper.toml``.

    Raises:
        ConfigurationError: naming each key that is wrong, its value and the nearest right one, or each open question.
    """
    questions = list(_open_questions(content))
    if questions:
        listed = "\n".join(f"  {key}" for key in questions)
        raise ConfigurationError(
            f'{origin} has open questions, marked with "?", that you have to answer:\n{listed}',
            code="open_questions",
        )
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        problems = "\n".join(f"  {line}" for line in describe_all(error, content, known_keys))
        raise ConfigurationError(f"{origin}:\n{problems}", code="config") from None


def _open_questions(content: object, key: str = "") -> Iterator[str]:
    if isinstance(content, str) and content.strip() == OPEN_QUESTION:
        yield key
    elif isinstance(content, Mapping):
        for name, value in content.items():
            yield from _open_questions(value, f"{key}.{name}" if key else str(name))
    elif isinstance(content, list):
        for value in content:
            yield from _open_questions(value, key)


def apply_overrides(settings: Settings, overrides: Mapping[str, object]) -> Settings:
    """Settings with some keys of ``[policy]`` replaced by flags of the command line.

    A status that is never stuck stays so: a flag that is meant for work that hangs must not end what waits for people.

    Raises:
        ConfigurationError: a value is not valid, or has no effect.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    in_file = settings.policy.stuck_after
    if "stuck_after" in given and settings.sessions.stuck_at is not None:
        raise ConfigurationError(
            "--stuck-after has no effect: sessions.stuck_at decides when a session is stuck", code="usage"
        )
    if "stuck_after" in given and isinstance(in_file, dict):
        never = {status: NEVER for status, limit in in_file.items() if limit is None}
        given["stuck_after"] = {**dict.fromkeys(settings.sessions.running, given["stuck_after"]), **never}
    content = settings.model_dump(by_alias=True, exclude_unset=True)
    content["policy"] = {**content.get("policy", {}), **given}
    return parse(content, "the flags")
