-- Which sessions an audit reads: every failed and running one, or only these.
{include is_live}
  AND (
      {include asked_for}
  )
