-- Finds the accounts of sessions that the database refuses. Reads nothing else of them, because that may be what fails.
SELECT v.session_id::text AS session_id,
       v.account_id::text AS account_id
{include reading}
WHERE v.session_id {session_eq} ANY (%(in_hand)s::text[]::{session_type}[])
