-- lock caps: runs that share a cap pay one at a time, in turns: waits while another is paying, for as long as the lock
-- timeout allows. It locks a row, because anyone may take an advisory lock. Held until the transaction ends.
SELECT true AS taken
FROM {locks} AS l
WHERE l.name = 'caps'
FOR NO KEY UPDATE
