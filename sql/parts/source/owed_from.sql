-- Since when a session may be owed: its last sign of life while it runs, else when it failed. Only the one that counts is
-- read: the other may fail, and is no reason to hold a refund.
CASE WHEN v.status {status_eq} ANY ({running}) THEN v.active_at ELSE v.failed_at END
