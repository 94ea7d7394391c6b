-- What the mapping gives for the charge of one session: who paid, what a refund would be, what would stop it.
SELECT v.account_id::text AS account_id,
       v.amount::text AS amount,
       {include reason} AS reason,
       {include hold_reason} AS hold_reason
{include reading}
WHERE v.session_id {session_eq} %(session_id)s::text::{session_type}
