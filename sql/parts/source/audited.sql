-- Which sessions an audit reads: every failed and running one, or only these.
{include is_live}
  AND (
      %(session_ids)s::text[] IS NULL
      OR v.session_id {session_eq} ANY (%(session_ids)s::text[]::{session_type}[])
  )
