-- The mapping that is now installed. Any change of it drops the horizon. The row that batches hold comes last: it is
-- locked for a moment only.
{include remember_fence}
{include remember_labels}
UPDATE {settings}
SET schema_version = {schema_version},
    fingerprint = {fingerprint},
    search_path = {search_path},
    charge_key = {charge_key}::jsonb,
    guard_index = {guard_index},
    live_index = {live_index},
    fence = {fence_wanted},
    status_labels = {status_labels}::jsonb,
    horizon = CASE WHEN fingerprint = {fingerprint} THEN horizon END,
    full_sweep_as_of = CASE WHEN fingerprint = {fingerprint} THEN full_sweep_as_of END;
UPDATE {locks}
SET fingerprint = {fingerprint}
WHERE name = 'installation';
