-- Lists sessions for which `exclude` is not true after a refund has set their columns: the app's own job could refund
-- these again.
SELECT s.{key}::text AS session_id
{include tried_rows}
WHERE ({mark}) IS NOT TRUE
