"""Golden files."""

import os

from tests.helpers.paths import GOLDEN


def check_golden(name: str, text: str) -> None:
    """Compare a table with its golden file; UPDATE_GOLDEN=1 writes it anew, to be looked over in the diff."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()
