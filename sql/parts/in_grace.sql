-- Whether a failed session is still left to the other layers.
v.status IN ({failed}) AND v.failed_at > %(failed_before)s::timestamptz
