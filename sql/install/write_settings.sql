-- Records the mapping that is now installed. A changed mapping resets the horizon. The row that batches lock is updated
-- last, so that it is locked only for a moment.
UPDATE {settings}
SET schema_version = {schema_version},
    fingerprint = {fingerprint},
    search_path = {search_path},
    {if sharded}
    charge_key = {charge_key}::jsonb,
    {else}
    -- also which table the ledger is: where it is another for the same sessions, sweeper's tables were restored, as
    -- from a dump
    charge_key = {charge_key}::jsonb || pg_catalog.jsonb_build_object(
        'ledger_oid', {refunds_text}::regclass::oid::bigint,
        'put_back_at',
        CASE WHEN charge_key ->> 'table_oid'::text = {charge_key}::jsonb ->> 'table_oid'::text
              AND (charge_key ->> 'ledger_oid'::text)::bigint <> {refunds_text}::regclass::oid::bigint
            THEN pg_catalog.to_jsonb(pg_catalog.clock_timestamp())
            ELSE charge_key -> 'put_back_at'::text
        END
    ),
    {end}
    guard_index = {guard_index},
    live_index = {live_index},
    fence = {fence_wanted},
    status_labels = {status_labels}::jsonb,
    horizon = CASE WHEN fingerprint = {fingerprint} THEN horizon END,
    full_sweep_as_of = CASE WHEN fingerprint = {fingerprint} THEN full_sweep_as_of END;
UPDATE {locks}
SET fingerprint = {fingerprint}
WHERE name = 'installation';
