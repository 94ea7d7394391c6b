-- What the mapping owes for some sessions once they are as [sessions.reversed] leaves them: as before the app's refund.
SELECT s.{key}::text AS session_id,
       ({amount})::numeric::text AS amount
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
