-- The session's row and another one like it: a bare name of a column of theirs is ambiguous, and s.name is not. Citus joins
-- no rows but those of one account: there it is a row that has all columns and is in no table.
{if by_account}(SELECT (NULL::{sessions}).*) AS s CROSS JOIN (SELECT (NULL::{sessions}).*){else}{sessions} AS s CROSS JOIN {sessions}{end}
