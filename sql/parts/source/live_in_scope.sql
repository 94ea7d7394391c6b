-- The same in the words of the index on live sessions, so that it can be used and answers for the status. Only for
-- finding: what pays compares the status itself.
{include is_live}
  AND {include in_reach}
