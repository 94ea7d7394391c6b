"""The checks as one JSON document."""

from sweeper.check.result import CheckResult
from sweeper.render.json.common import document
from sweeper.render.words import moment


def check_document(result: CheckResult) -> str:
    checks = [
        {"name": check.name, "status": check.status.value, "message": check.message, "fix": check.fix}
        for check in result.checks
    ]
    return document("check", as_of=moment(result.as_of), checks=checks)
