"""``sweeper schema``."""

import json


def schema() -> int:
    """Print the JSON Schema of sweeper.toml, for editors."""
    from sweeper.config.schema import file_schema

    print(json.dumps(file_schema(), indent=2))  # noqa: T201
    return 0
