-- Whether the refund, r, of a session that is still failed is not what the mapping gives for it now.
v.status {status_eq} ANY ({failed})
  AND r.layer <> 'adopted'
  AND r.amount <> v.amount::numeric{if given_back_is_zero}
  -- what the refund has set on the session, or a hook has written, says that it was given back
  AND v.amount::numeric <> 0::numeric{end}
  AND NOT {include failed_again}
