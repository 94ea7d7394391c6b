"""The file itself: missing, not TOML, or with numbers that no program can work with."""

from pathlib import Path

import pytest

from sweeper.config import parsing
from sweeper.core.errors import ConfigurationError, Exit
from tests.helpers.settings import FIRST, changed, content


def test_a_missing_file_is_named_with_the_command_that_drafts_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no .*nowhere\.toml.*sweeper init") as error:
        parsing.load(tmp_path / "nowhere.toml")
    assert error.value.exit_code == Exit.USAGE


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"[sessions\n", r"is not valid TOML: .*line 1"),
        (b"[sessions]\nid = 'a'\nid = 'b'\n", r"is not valid TOML"),
        (b"\xff\xfe", r"cannot be read: UnicodeDecodeError"),
    ],
)
def test_a_file_that_is_not_toml_is_one_clear_message(tmp_path: Path, written: bytes, expected: str) -> None:
    path = tmp_path / "sweeper.toml"
    path.write_bytes(written)
    with pytest.raises(ConfigurationError, match=expected):
        parsing.load(path)


def test_a_folder_in_place_of_the_file_is_one_clear_message(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: IsADirectoryError"):
        parsing.load(tmp_path)


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "sweeper.toml"
    path.write_bytes(b"\xef\xbb\xbf" + FIRST.read_bytes())
    assert parsing.load(path) == parsing.load(FIRST)


@pytest.mark.parametrize("key", ["max_credits", "max_amount"])
@pytest.mark.parametrize(
    "number", ["1e999999999", "1e-999999999", "0e999999999", "1e1000", "NaN", "9" * 2000, 10**1500, "-1"]
)
def test_a_number_without_an_exact_value_is_an_error_that_names_its_key(key: str, number: object) -> None:
    """At once, and not when the server or a sum takes all memory for its digits."""
    with pytest.raises(ConfigurationError, match=rf"policy\.{key}"):
        changed(policy={key: number})


def test_an_integer_of_thousands_of_digits_is_an_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sweeper.toml"
    path.write_text("[policy]\nmax_amount = " + "9" * 5000)
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        parsing.load(path)


def test_a_pattern_that_ends_with_a_bare_backslash_is_an_error_of_the_file() -> None:
    r"""LIKE fails for an error text that begins with it, so that all such sessions would be refused."""
    for error in ("C:\\", "%\\\\\\"):
        with pytest.raises(ConfigurationError, match="ends with a backslash"):
            parsing.parse({**content(), "reasons": [{"code": "disk", "error": error}]})
    parsing.parse({**content(), "reasons": [{"code": "disk", "error": "C:\\\\"}, {"code": "disk", "error": "\\%"}]})


def test_the_name_of_the_schema_is_limited_in_bytes() -> None:
    """As Postgres limits it: a longer one would be cut off without a word."""
    with pytest.raises(ConfigurationError, match="longer than 63 bytes"):
        changed(database={"schema": "ü" * 32})
