"""The item `ledger`: rows of the app's ledger that contradict `[ledger]`."""
