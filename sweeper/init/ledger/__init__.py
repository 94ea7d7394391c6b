"""The app's own ledger: which table it is, how its rows name a session, and what a refund writes there."""
