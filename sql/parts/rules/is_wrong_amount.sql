-- Whether the refund, r, of a session that is still failed is not what the mapping gives for it now.
v.status {status_eq} ANY ({failed})
  AND r.layer <> 'adopted'
  AND r.amount <> v.amount::numeric{if given_back_is_zero}
  -- zero: what the refund, or a hook, has set on the session says that it was refunded
  AND v.amount::numeric <> 0::numeric{end}
  AND NOT {include failed_again}
