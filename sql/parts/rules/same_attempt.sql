-- Whether a hold is on the session's current attempt. The attempt of a hold is null where it is null or cannot be read.
h.attempt IS NOT DISTINCT FROM (v.attempt)::text{if by_account}
{include hold_here}{end}
