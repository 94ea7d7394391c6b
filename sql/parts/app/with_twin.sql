-- The session's row joined with another one of the same table, so that a bare column name is ambiguous and s.name is
-- not. Citus joins only rows of one account, so there a row with all the columns takes the place of the table.
{if by_account}(SELECT (NULL::{sessions}).*) AS s CROSS JOIN (SELECT (NULL::{sessions}).*){else}{sessions} AS s CROSS JOIN {sessions}{end}
