"""Where the repository is, and what the tests read from it."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
APPS = REPOSITORY / "tests" / "apps"
GOLDEN = REPOSITORY / "tests" / "golden"
