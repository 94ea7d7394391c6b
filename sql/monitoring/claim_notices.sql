-- Records which messages a run sends to users: those for a cause that no other run has reported within the hour.
UPDATE {runs} AS run
SET told = run.told || pg_catalog.jsonb_build_object('notified', fresh.causes)
FROM (
    SELECT pg_catalog.jsonb_agg(asked.cause) AS causes
    FROM pg_catalog.unnest(%(causes)s::text[]) AS asked (cause)
    WHERE NOT EXISTS (
        SELECT
        FROM {runs} AS other
        WHERE other.run_id <> %(run_id)s::uuid
          AND other.as_of > %(as_of)s::timestamptz - interval '1 hour'
          AND pg_catalog.jsonb_exists(other.told -> 'notified'::text, asked.cause)
    )
) AS fresh
WHERE run.run_id = %(run_id)s::uuid AND fresh.causes IS NOT NULL
RETURNING fresh.causes::text AS causes
