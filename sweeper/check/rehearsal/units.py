"""Whether two columns count in the same unit, going by their names."""

import re

_UNIT = re.compile(r"credit|token|coin|point|gem|minute|second|message|image|page|request|word|slot", re.IGNORECASE)
_MONEY = re.compile(r"cents?(?![a-z])|usd|eur|dollar", re.IGNORECASE)


def is_in_unit(column: str, balance: str) -> bool:
    """Whether a column may count the same as the balance: both names may have a unit, such as tokens and cents."""
    units, others = ({unit.lower() for unit in _UNIT.findall(name)} for name in (column, balance))
    is_money = [bool(_MONEY.search(name)) for name in (column, balance)]
    return not others or (is_money[0] == is_money[1] and not (units and units.isdisjoint(others)))
