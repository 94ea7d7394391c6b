-- Keeps what `install` saw of the app's past: a runner may read what the mapping names, and no more.
UPDATE {settings} AS s
SET rehearsal = %(rehearsal)s::jsonb
WHERE s.rehearsal IS NULL
   OR (s.rehearsal - 'at'::text)::text <> (%(rehearsal)s::jsonb - 'at'::text)::text
RETURNING true AS kept
