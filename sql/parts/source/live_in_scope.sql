-- Which sessions this run looks at, by the expression of the index on live sessions, so that it is used and gives the
-- status. Only for finding sessions: the statement that pays compares the status itself.
{include is_live}
  AND {include in_reach}
