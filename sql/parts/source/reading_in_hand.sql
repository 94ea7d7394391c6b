-- The session rows, s, and what the mapping reads of each, v.
FROM {sessions} AS s
{include read_of_each}
