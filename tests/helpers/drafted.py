"""The draft that `sweeper init` makes of some tables."""

import re
import tomllib
from pathlib import Path
from typing import Any

from tests.helpers.server import Server


def draft(server: Server, folder: Path, *tables: str) -> tuple[dict[str, Any], str]:
    """The draft for these tables, read and as text."""
    with server.blank(folder, "".join(tables)) as database:
        ran = database.sweeper("init", "--yes", "--force")
        assert ran.exit_code == 0, ran.stderr
        text = database.config.read_text()
        return tomllib.loads(text), re.sub(r"\n# (?! )", " ", text)  # as if a long comment were one line
