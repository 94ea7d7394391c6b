-- Records that a run begins, before its first batch.
INSERT INTO {runs} (run_id, version, host, db_role, told, as_of, started_at)
VALUES (%(run_id)s, %(version)s, %(host)s, current_user, %(told)s::jsonb, %(as_of)s, pg_catalog.clock_timestamp())
-- in case the acknowledgement of an earlier commit was lost
ON CONFLICT (run_id) DO NOTHING
