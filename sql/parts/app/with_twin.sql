-- The session's row and another one like it: a bare name of a column of theirs is ambiguous, and s.name is not.
{sessions} AS s CROSS JOIN {sessions}
