-- Since when a session may be owed: since its last sign of life while it runs, else since it failed. Only the one that
-- applies is read, because an error in the other is no reason to put a refund on hold.
CASE WHEN v.status {status_eq} ANY ({running}) THEN v.active_at ELSE v.failed_at END
