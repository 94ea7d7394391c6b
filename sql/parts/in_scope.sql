-- Whether this run looks at the row at all; the status in its own type.
v.status IN ({live})
    AND {include in_reach}
