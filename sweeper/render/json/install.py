"""An installation as one JSON document."""

import json

from sweeper.core.results import InstallResult
from sweeper.render.json.common import SCHEMA_VERSION


def install_document(result: InstallResult) -> str:
    """The document of ``sweeper install``; what ``--print`` would do is in ``sql``."""
    said: dict[str, object] = {"actions": list(result.actions), "notes": list(result.notes)}
    if result.sql:
        said["sql"] = result.sql
    return json.dumps({"schema_version": SCHEMA_VERSION, "command": "install", **said})
