-- Drops the fence so that the app can change its table, and records that it was there.
{include remember_fence}
UPDATE {settings} SET fence = true;
DROP TRIGGER IF EXISTS {fence} ON {sessions};
