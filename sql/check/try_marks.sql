-- Of which sessions `exclude` is not true once they are as a refund leaves them: the app's own job could pay these again.
SELECT s.{key}::text AS session_id
FROM (
    SELECT {each columns ",\n           "}{if value}(
               SELECT ({value})::{column_type}
               FROM {include rehearsed_refund} AS refund
           ){else}s.{column}{end} AS {column}{end}
    FROM {sessions} AS s
    CROSS JOIN LATERAL (
        {include mapped}
    ) AS v
    WHERE {include chosen}
) AS s
WHERE ({mark}) IS NOT TRUE
