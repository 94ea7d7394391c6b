"""``sweeper schema``."""

import json
from typing import Annotated

import typer

from sweeper.core.errors import ConfigurationError


def schema(
    document: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="The schema of the document that this command prints with --json."),
    ] = None,
) -> int:
    """Print the JSON Schema of sweeper.toml, for editors."""
    if document is None:
        from sweeper.config.schema import file_schema

        print(json.dumps(file_schema(), indent=2))  # noqa: T201
        return 0
    from sweeper.render.json.schemas import document_schemas

    schemas = document_schemas()
    if document not in schemas:
        raise ConfigurationError(f"--document is one of {', '.join(schemas)}", code="usage")
    print(json.dumps(schemas[document], indent=2))  # noqa: T201
    return 0
