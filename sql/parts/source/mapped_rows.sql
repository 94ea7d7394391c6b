-- What the mapping reads of the sessions, v, that a rehearsal has chosen.
{if by_account}
FROM (
    {include mapped}
    FROM {sessions} AS s
    WHERE {include chosen}
) AS v
WHERE true
{else}
{include mapped_sessions}
WHERE {include chosen}
{end}
