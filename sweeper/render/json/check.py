"""The checks as one JSON document."""

import json

from sweeper.check.result import CheckResult
from sweeper.render.json.common import SCHEMA_VERSION
from sweeper.render.words import moment


def check_document(result: CheckResult) -> str:
    """The document of ``sweeper check``."""
    checks = [
        {"name": check.name, "status": check.status.value, "message": check.message, "fix": check.fix}
        for check in result.checks
    ]
    document = {"schema_version": SCHEMA_VERSION, "command": "check", "as_of": moment(result.as_of)}
    return json.dumps({**document, "checks": checks})
