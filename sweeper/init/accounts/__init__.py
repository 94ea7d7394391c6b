"""The accounts: how a session names its account, and where the balance is."""
