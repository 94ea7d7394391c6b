"""The pictures of a terminal in the documentation show what the commands print: exported from the real thing."""

import html
import io
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from sweeper.demo import environment
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import NOW
from tests.helpers.paths import REPOSITORY
from tests.helpers.readme import EVERYTHING
from tests.helpers.server import Server

PICTURES = REPOSITORY / "docs" / "pictures"
COLUMNS = 80


@pytest.fixture
def demo_app(server: Server, tmp_path: Path) -> Iterator[AppDatabase]:
    """The day of the demo's app, ending at ``NOW``."""
    day = "".join((Path(environment.__file__).parent / f"{name}.sql").read_text() for name in ("app", "day"))
    with server.blank(tmp_path, day.replace("now()", f"timestamptz '{NOW.isoformat()}'")) as database:
        database.config.write_text(environment.MAPPING.read_text())
        database.configure("[policy]", '[policy]\nmax_clock_skew = "100y"')
        assert database.sweeper("install").exit_code == 0
        yield database


def picture(said: str, title: str) -> str:
    """What a terminal shows of it, as SVG; without the fonts that rich would fetch from elsewhere."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), legacy_windows=False)
    console.print(Text.from_ansi(said.rstrip("\n")))
    svg = console.export_svg(title=title, unique_id=re.sub(r"\W+", "-", title).strip("-"))
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def words(svg: str) -> list[str]:
    """What can be read in a picture."""
    return html.unescape(" ".join(re.findall(r"<text [^>]*>([^<]*)</text>", svg))).split()


def check_picture(name: str, said: str, title: str) -> None:
    """Compare a picture with what was printed; UPDATE_GOLDEN=1 draws it anew, to be looked at."""
    drawn, path = picture(said, title), PICTURES / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(drawn)
    kept = path.read_text()
    assert words(kept) == words(drawn)
    assert "http" not in kept.replace("http://www.w3.org/2000/svg", "").replace("https://www.textualize.io", "")
    assert f"pictures/{name})" in EVERYTHING


def test_the_pictures_show_what_the_commands_print(demo_app: AppDatabase) -> None:
    """The dry run, then, five minutes after the run, the audit: on the day that the demo plays."""
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    planned = demo_app.sweeper("run", "--dry-run", **terminal)
    check_picture("run_dry_run.svg", planned.stdout, "sweeper run --dry-run")
    assert demo_app.sweeper("run").exit_code == 0
    audited = demo_app.sweeper("audit", now=NOW + timedelta(minutes=5), **terminal)
    assert audited.exit_code == 0
    check_picture("audit.svg", audited.stdout, "sweeper audit")
