-- Whether a hold is on the attempt that the session is at; one whose attempt is null or cannot be read has a null there.
h.attempt IS NOT DISTINCT FROM (v.attempt)::text{if by_account}
{include hold_here}{end}
