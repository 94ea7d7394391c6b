"""What several tests share: servers, databases, the command, and what happens beside it."""
