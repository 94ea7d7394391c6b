-- Stores what `install` found in the app's past, because a runner may read only what the mapping names.
UPDATE {settings} AS s
SET rehearsal = %(rehearsal)s::jsonb
WHERE s.rehearsal IS NULL
   OR (s.rehearsal - 'at'::text)::text <> (%(rehearsal)s::jsonb - 'at'::text)::text
RETURNING true AS kept
