"""What a run reports to others: metrics, pings, messages to users."""
