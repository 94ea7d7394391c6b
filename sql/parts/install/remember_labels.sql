-- Adds the column for the statuses with which the index on live sessions was built, where an older installation lacks
-- it.
DO $labels$
BEGIN
    IF NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = {settings_text}::pg_catalog.regclass::pg_catalog.oid AND a.attname = 'status_labels'
    ) THEN
        ALTER TABLE {settings} ADD COLUMN status_labels jsonb;
    END IF;
END
$labels$;
