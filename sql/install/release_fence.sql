-- Drops the fence so that the app can change its table, and records that it was there, for which an older installation
-- lacks the column. (ADD COLUMN IF NOT EXISTS would raise a notice.)
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
UPDATE {settings} SET fence = true;
DROP TRIGGER IF EXISTS {fence} ON {sessions};
