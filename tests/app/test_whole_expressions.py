"""Values of the file that are SQL only inside the parentheses of a statement, such as ``a) OR (b``."""

import pytest

from tests.helpers.any_app import App, with_ledger

_VALUES = [
    ("sessions", "account", "owner) || ('"),
    ("sessions", "account", "owner) -- the payer"),
    ("sessions", "status", "state) || ('"),
    ("sessions", "started_at", "began) + ('1h'"),
    ("sessions", "active_at", "began) + ('1h'"),
    ("sessions", "stuck_at", "began) + ('1h'"),
    ("sessions", "failed_at", "began) + ('1h'"),
    ("sessions", "ended_at", "began) + ('1h'"),
    ("sessions", "error", "error) || ('x'"),
    ("sessions", "amount", "price) + (1"),
    ("sessions", "amount", "price) -- credits"),
    ("sessions", "amount", "price) /* credits */ --"),
    ("sessions", "amount", "price, price"),
    ("sessions", "amount", "SELECT price"),
    ("sessions", "amount", "VALUES (price)"),
    ("sessions", "amount", "price ELSE 1"),
    ("sessions", "amount", "price; SELECT 1"),
    ("sessions", "amount", "price); SELECT (1"),
    ("sessions", "amount", "price /* credits"),
    ("sessions", "amount", "length('a"),
    ("sessions", "amount", "length($a$b"),
    ("sessions", "charged", "price) + (1"),
    ("sessions", "attempt", "price) + (1"),
    ("sessions", "exclude", "price = 1) OR (price = 2"),
    ("sessions", "never", "price = 1) OR (price = 2"),
    ("sessions", "close", {"error": "'a') || ('b'"}),
    ("sessions", "close", {"error": "reason) || (detail"}),
    ("sessions", "refunded", {"error": "reason) -- why"}),
    ("sessions", "reversed", {"error": "'a') || ('b'"}),
    ("accounts", "active", "balance > 1) OR (balance < 5"),
    ("accounts", "invariant", "balance > 1) OR (balance < 5"),
    ("accounts", "add", {"balance": "amount) * (1"}),
    ("ledger", "session", "job) || ('"),
    ("ledger", "attempt", "charge) || ('"),
    ("ledger", "where", "kind = 'refund') OR (amount > 0"),
    ("ledger", "guard", "kind = 'refund') OR (amount > 0"),
    ("ledger", "insert", {"kind": "'refund') || ('"}),
    ("ledger", "reverse", {"kind": "'refund') || ('"}),
]  # fmt: skip


@pytest.mark.parametrize(("section", "key", "value"), _VALUES)
def test_a_value_that_is_no_expression_by_itself_is_refused(
    app: App, section: str, key: str, value: str | dict[str, str]
) -> None:
    if section == "ledger":
        with_ledger(app)
    if (section, key) == ("ledger", "attempt"):
        app.map(attempt="price")
    if isinstance(value, dict):
        app.map(f"{section}.{key}", **{**app.sections.get(f"{section}.{key}", {}), **value})
        ((column, text),) = value.items()
        app.refused(f"{section}.{key}.{column} = {text!r}: cannot be used")
    else:
        app.map(section, **{key: value})
        app.refused(f"{section}.{key} = {value!r}: cannot be used")


@pytest.mark.parametrize("text", ["price -- credits", "/* of */ price", "(price)", "price\n", "price + -- a\n0"])
def test_an_expression_may_have_comments_and_lines(app: App, text: str) -> None:
    app.map(amount=text)
    assert app.sweep()["credits"] == 3


def test_a_subquery_without_parentheses_is_refused_with_what_to_write(app: App) -> None:
    app.map(amount="SELECT max(j.price) FROM jobs AS j")
    app.refused("sessions.amount", "put a subquery in parentheses")
