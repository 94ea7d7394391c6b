-- Reads what `install` wrote down, and what complete runs did.
SELECT schema_version, installed_at, fingerprint, search_path, guard_index, live_index,
       -- tables of an earlier state have no such column
       coalesce((pg_catalog.to_jsonb(s) ->> 'fence')::boolean, false) AS fence,
       horizon, horizon_as_of, horizon_policy, full_sweep_as_of, before_floor_sessions, before_floor_credits
FROM {settings} AS s
