"""The statements in ``sql/``: how they are filled, and what every one of them keeps to."""

import re
from typing import Any

import pytest

from sweeper.postgres.templates import Choices, fill, fill_part, fill_script, folder, quote_name, quote_text

FILES = sorted(folder().rglob("*.sql"))


WITH_LEDGER: Choices = {
    "ledger": True, "accounts": False, "fence": False, "zoned_starts": True,
    "closing": [], "reasons": [], "ledger_values": [],
}  # fmt: skip


class Nothing(dict[str, Any]):
    """Conditions that are not met, and lists without items."""

    def __missing__(self, name: str) -> tuple[()]:
        return ()


class Anything(dict[str, str]):
    """Fills every slot."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"


def test_a_percent_sign_of_the_app_is_not_read_as_a_bind() -> None:
    assert "error LIKE '100%%'" in fill("type_of_expression", Anything(expression="error LIKE '100%'"))


def test_a_percent_sign_in_a_script_stays_single() -> None:
    slots, choices = (
        Anything(predicate="x LIKE '100%'"),
        {"unique": False, "concurrently": True, "partial": True, "only": False},
    )
    assert fill_script("create_index", slots, choices).endswith("WHERE x LIKE '100%';")


def test_braces_of_the_app_are_not_read_as_slots() -> None:
    filled = fill("type_of_expression", Anything(expression="""meta @> '{"table": {alias}}'"""))
    assert """meta @> '{"table": {alias}}'""" in filled


def test_an_unfilled_slot_is_an_error() -> None:
    with pytest.raises(KeyError, match="table"):
        fill("type_of_expression", {"expression": "1"})


def test_a_condition_chooses_what_is_sent() -> None:
    filled = fill("pay", Anything(), Nothing(WITH_LEDGER))
    assert "INSERT INTO <ledger>" in filled
    assert "UPDATE <accounts>" not in filled
    assert not re.search(r"\{[a-z]", filled)


def test_an_undecided_condition_is_an_error() -> None:
    with pytest.raises(KeyError, match="shared_ids"):
        fill("pay", Anything(), WITH_LEDGER)


def test_a_repeated_text_has_its_own_slots() -> None:
    columns = [{"column": '"a"', "value": "1"}, {"column": '"b"', "value": "2"}]
    filled = fill("pay", Anything(), Nothing({**WITH_LEDGER, "ledger_values": columns}))
    assert 'INSERT INTO <ledger> AS l ("a", "b")\n    SELECT 1,\n           2\n' in filled


def test_a_condition_may_ask_for_a_slot_of_what_is_repeated() -> None:
    steps = [{"statement": "A;", "in_transaction": "yes"}, {"statement": "B;", "in_transaction": ""}]
    filled = fill_script("release_script", {}, {"steps": steps})
    assert filled.partition("\n")[2] == "\nBEGIN;\n\nA;\n\nCOMMIT;\n\nB;\n"


def test_a_part_is_filled_without_its_heading() -> None:
    assert fill_part("typed", {"value": "x % 2", "cast": "::text"}) == "(x % 2)::text"


@pytest.mark.parametrize(("name", "sql"), [("order", '"order"'), ('we"ird', '"we""ird"'), ("a b%s{x}", '"a b%s{x}"')])
def test_a_name_is_quoted_whatever_is_in_it(name: str, sql: str) -> None:
    assert quote_name(name) == sql


@pytest.mark.parametrize(
    ("text", "sql"), [("a", "'a'"), ("it's", "'it''s'"), ("100%", "'100%'"), (r"a\'b", r"E'a\\''b'"), ("", "''")]
)
def test_a_text_is_quoted_whatever_is_in_it(text: str, sql: str) -> None:
    assert quote_text(text) == sql


def having(pattern: str, flags: int = 0) -> list[str]:
    """The statements with something in their code that fits a pattern."""
    code = {path.stem: re.sub(r"--.*", "", path.read_text()) for path in FILES}
    return [name for name, text in code.items() if re.search(pattern, text, flags)]


def test_every_statement_leaves_eligibility_to_the_time_it_is_given() -> None:
    assert having(r"\b(now\(\)|current_timestamp|current_date|localtimestamp)", re.IGNORECASE) == []


def test_no_statement_leaves_anything_on_the_session() -> None:
    kept = r"(\A|;)\s*(SET(?! CONSTRAINTS| LOCAL)|LISTEN|PREPARE|DISCARD)\b|pg_(try_)?advisory_lock"
    assert having(kept) == []


def test_what_is_included_is_indented_like_the_line_that_includes_it() -> None:
    filled = fill("list_refunded", Anything(), Nothing(ledger=False))
    assert "\n  AND CASE\n      WHEN (\n          SELECT true\n" in filled
    assert "\n      ELSE 'owed'\n  END = 'refunded'" in filled


@pytest.mark.parametrize("ledger", [True, False])
@pytest.mark.parametrize("name", ["find_in_history", "pay", "look", "list_refunded"])
def test_no_condition_leaves_a_blank_line(name: str, ledger: bool) -> None:
    choices = Nothing({"ledger": ledger, "accounts": True})
    lines = fill(name, Anything(), choices).splitlines()
    assert "" not in [line.strip() for line in lines]
