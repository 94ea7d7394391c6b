-- lock caps together: a place among the runs that are paying while the caps are far. Gives no row when one of them wants
-- to be alone. A row and no advisory lock: those are anybody's. Ends with the transaction.
SELECT true AS taken
FROM {locks} AS l
WHERE l.name = 'caps'
FOR SHARE SKIP LOCKED
