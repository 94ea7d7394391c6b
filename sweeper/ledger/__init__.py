"""Compares what was written to the ledgers with the changes of the balances."""
