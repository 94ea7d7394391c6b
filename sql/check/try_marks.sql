-- Of which sessions `exclude` is not true once they are as a refund leaves them: the app's own job could pay these again.
SELECT s.{key}::text AS session_id
{include tried_rows}
WHERE ({mark}) IS NOT TRUE
