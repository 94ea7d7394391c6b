-- Whether a failed session is still within the grace, left to the other layers.
v.status {status_eq} ANY ({failed}) AND v.failed_at > %(failed_before)s::timestamptz
