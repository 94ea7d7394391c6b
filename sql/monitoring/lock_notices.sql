-- Lets runs that may send messages take turns. Held until the transaction ends.
SELECT true AS taken
FROM {locks} AS l
WHERE l.name = 'caps'
FOR NO KEY UPDATE
