-- The rows of some sessions, s, as they would be with the columns of a mark set. Nothing is written.
FROM (
    SELECT {each columns ",\n           "}{if computed}({computed})::{column_type}{else}s.{column}{end} AS {column}{end}
    FROM (
        SELECT {each columns ",\n               "}{if value}(
                   SELECT ({value})::{column_type}
                   FROM {include rehearsed_refund} AS refund
               ){else}s.{column}{end} AS {column}{end}
        {include mapped_sessions}
        WHERE {include chosen}
    ) AS s
) AS s
