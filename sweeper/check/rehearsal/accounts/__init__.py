"""The items `accounts` and `balances`: other accounts, balances and counters than the mapped ones."""
