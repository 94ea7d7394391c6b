-- Whether this run looks at the row at all; the status in its own type.
v.status {status_eq} ANY ({live})
AND {include in_reach}
