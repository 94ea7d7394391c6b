"""An installation as one JSON document."""

from sweeper.core.results import InstallResult
from sweeper.render.json.common import document


def install_document(result: InstallResult) -> str:
    """The document of ``sweeper install``; what ``--print`` would do is in ``sql``."""
    printed = {"sql": result.sql} if result.sql else {}
    return document("install", actions=list(result.actions), notes=list(result.notes), **printed)
