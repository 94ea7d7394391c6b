"""Compares what was written to the ledgers with what the balances have become."""
