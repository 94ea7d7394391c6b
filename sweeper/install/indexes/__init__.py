"""The indexes that sweeper adds to the app's tables."""
