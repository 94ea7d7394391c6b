"""The items `active_at`, `deadlines` and `time_zone`: times of the sessions."""
