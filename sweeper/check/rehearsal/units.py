"""Whether two columns count in the same unit, going by their names."""

import re

_UNIT = re.compile(r"credit|token|coin|point|gem|minute|second|message|image|page|request|word|slot", re.IGNORECASE)
_MONEY = re.compile(r"cents?(?![a-z])|usd|eur|gbp|dollar|money|micro", re.IGNORECASE)


def is_in_unit(column: str, balance: str) -> bool:
    """Whether a column may count the same as the balance: both names may have a unit, such as tokens and cents."""
    units, others = ({unit.lower() for unit in _UNIT.findall(name)} for name in (column, balance))
    return not others or (is_money(column) == is_money(balance) and not (units and units.isdisjoint(others)))


def is_money(name: str) -> bool:
    """Whether a name says that the column counts money."""
    return bool(_MONEY.search(name))
