"""Programs that Debian has."""

import shutil

import pytest


def program(name: str) -> str:
    """The path of a Debian program; .ci/run installs it."""
    return shutil.which(name) or pytest.skip(f"{name} is not installed")
