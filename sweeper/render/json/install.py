"""An installation as one JSON document."""

import json

from sweeper.core.results import InstallResult
from sweeper.render.json.common import SCHEMA_VERSION


def install_document(result: InstallResult) -> str:
    """The document of ``sweeper install``."""
    said = {"actions": list(result.actions), "notes": list(result.notes)}
    return json.dumps({"schema_version": SCHEMA_VERSION, "command": "install", **said})
