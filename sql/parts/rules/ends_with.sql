-- Whether a refund, p, ends a hold, h: the hold is on the same attempt, or on one that could not be read.
coalesce(h.attempt = (p.attempt)::text, true)
