-- Whether a refund, r, has moved credits.
(r.layer <> 'adopted' AND r.amount > 0::numeric)
