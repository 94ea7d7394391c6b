-- The sessions, s, each with what the mapping reads of its row, v.
FROM {sessions} AS s
CROSS JOIN LATERAL (
    {include mapped}
) AS v
