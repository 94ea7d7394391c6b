"""What the tests of this folder ask for."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary directory of the test's own, so that all a server leaves behind is seen.

    Not tmp_path: as root that lies below a folder that the account of postgres may not enter.
    """
    folder = Path(tempfile.mkdtemp(prefix="test-demo-server-"))
    folder.chmod(0o711)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    shutil.rmtree(folder)
