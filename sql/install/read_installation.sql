-- Reads what `install` recorded, and what complete runs did. A column that an older installation lacks is null.
SELECT s.schema_version, s.installed_at, s.fingerprint, s.search_path, s.guard_index, s.live_index,
       pg_catalog.to_jsonb(s) ->> 'charge_key'::text AS charge_key,
       coalesce((pg_catalog.to_jsonb(s) ->> 'fence'::text)::boolean, false) AS fence,
       pg_catalog.to_jsonb(s) ->> 'status_labels'::text AS status_labels,
       s.horizon, s.horizon_as_of, s.horizon_policy, s.full_sweep_as_of, s.before_floor_sessions, s.before_floor_credits
FROM {settings} AS s
