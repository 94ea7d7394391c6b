-- Whether this run looks at the row at all. The status is compared in its own type.
v.status {status_eq} ANY ({live})
AND {include in_reach}
