-- lock caps: runs that share a cap pay one at a time. Gives no row while another is paying. A row and no advisory lock:
-- those are anybody's. Ends with the transaction.
SELECT true AS taken
FROM {locks} AS l
WHERE l.name = 'caps'
FOR NO KEY UPDATE SKIP LOCKED
