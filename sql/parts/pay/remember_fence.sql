-- Adds the column for whether the fence was asked for, where an older installation lacks it. (IF NOT EXISTS would raise
-- a notice.)
DO $fence$
BEGIN
    IF NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = {settings_text}::pg_catalog.regclass::pg_catalog.oid AND a.attname = 'fence'
    ) THEN
        ALTER TABLE {settings} ADD COLUMN fence boolean NOT NULL DEFAULT false;
    END IF;
END
$fence$;
