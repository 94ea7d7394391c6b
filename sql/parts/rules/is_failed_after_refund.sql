-- Whether a session failed again after its refund, r, or was started again and is stuck.
v.status {status_eq} ANY ({failed}) AND {include failed_again}
      -- a refund closes its session: if it is running all the same, it was started later
      OR v.status {status_eq} ANY ({running}) AND r.layer <> 'adopted' AND NOT ({include not_stuck_yet})
