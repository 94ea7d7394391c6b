-- Whether a session failed again after its refund, r, or was started again and is stuck.
v.status {status_eq} ANY ({failed}) AND {include failed_again}
      -- a refund closes its session: one that is running all the same was set to it later
      OR v.status {status_eq} ANY ({running}) AND r.layer <> 'adopted' AND NOT ({include not_stuck_yet})
