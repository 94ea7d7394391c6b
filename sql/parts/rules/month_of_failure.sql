-- The UTC month in which a session failed or last showed a sign of life; if unknown, that in which it was started.
CASE WHEN pg_catalog.isfinite({include owed_from})
         THEN pg_catalog.to_char(({include owed_from}) AT TIME ZONE 'UTC', 'YYYY-MM')
     WHEN pg_catalog.isfinite(v.started_at::timestamptz)
         THEN pg_catalog.to_char(v.started_at::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM')
     ELSE 'unknown'
END
