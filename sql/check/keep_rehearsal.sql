-- Keeps what `install` saw of the app's past: a runner may read what the mapping names, and no more.
UPDATE {settings}
SET rehearsal = %(rehearsal)s::jsonb
RETURNING true AS kept
