-- lock caps alone: near a cap the runs pay one at a time. Gives no row while another is paying. Ends with the transaction.
SELECT true AS taken
FROM {locks} AS l
WHERE l.name = 'caps'
FOR NO KEY UPDATE SKIP LOCKED
