-- Reads what `install` wrote down.
SELECT schema_version, installed_at, fingerprint, search_path, guard_index, live_index
FROM {settings}
