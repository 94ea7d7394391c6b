"""The items `active_at`, `deadlines` and `zone`: times of the sessions."""
