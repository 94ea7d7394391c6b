"""Which statements there are: every file in ``sql/`` that is not a part of others."""

from sweeper.config.errors import nearest_of
from sweeper.core.errors import ConfigurationError
from sweeper.postgres import templates
from sweeper.statements.result import Statement

# in the order in which a new reader should see them
_GROUPS = ("run", "install", "audit", "explain", "corrections", "check", "init", "app", "monitoring")
_PARTS = "parts"


def list_statements() -> tuple[Statement, ...]:
    """All statements, by group and name. Reads only files."""
    folder = templates.folder()
    groups = {name: path.relative_to(folder).parts[0] for name, path in templates.files().items()}
    order = {group: number for number, group in enumerate(_GROUPS)}
    listed = [Statement(name, group, templates.heading(name)) for name, group in groups.items() if group != _PARTS]
    return tuple(sorted(listed, key=lambda one: (order.get(one.group, len(order)), one.group, one.name)))


def find_statement(name: str) -> Statement:
    """The statement of that name.

    Raises:
        ConfigurationError: there is no such statement; the message names the nearest.
    """
    known = {statement.name: statement for statement in list_statements()}
    if name in known:
        return known[name]
    near = nearest_of(name, list(known))
    hint = f"did you mean {near}?" if near else "`sweeper sql` lists them"
    raise ConfigurationError(f"there is no statement {name!r}; {hint}", code="usage")
