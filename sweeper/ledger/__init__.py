"""The two ledgers: what was written against the balances, the app's earlier refunds, and the usual rate."""
