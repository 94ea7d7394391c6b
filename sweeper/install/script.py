"""An installation as SQL, for psql."""

from sweeper.install.plan import Steps
from sweeper.postgres.templates import Choices, Slots, fill_script


def printed(steps: Steps) -> str:
    """The script that does what ``steps`` would do, with the rights of each role in comments at its end."""
    made = (statement for index in steps.indexes.build for statement in index.statements)
    indexes = (*steps.indexes.drop_broken, *steps.indexes.drop_stale, *made)
    obsolete = (*steps.indexes.drop_obsolete, *steps.indexes.drop_functions)
    slots = {
        "surroundings": steps.surroundings,
        "make_function": steps.indexes.live_function,
        "make_mapping": steps.functions,
        "write_settings": steps.settings,
    }
    lists: Choices = {
        "tables": [{"script": script} for script in (*steps.own.scripts, *steps.own.additions)],
        "makes_function": bool(steps.indexes.live_function),
        "indexes": _statements(indexes),
        "obsolete": _statements(obsolete),
        "rights": [{"statements": _as_comment(text)} for text in steps.grants.values()],
    }
    return fill_script("install_script", slots, lists) + "\n"


def _statements(statements: tuple[str, ...]) -> list[Slots]:
    return [{"statement": statement} for statement in statements]


def _as_comment(text: str) -> str:
    return "\n".join(f"-- {line}" for line in text.splitlines())
