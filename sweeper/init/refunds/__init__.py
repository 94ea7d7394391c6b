"""The refunds: what a failed session is owed, and how the app marks one that it refunded."""
