-- Lets runs that want to tell people the same take turns. Ends with the transaction.
SELECT true AS taken
FROM {locks} AS l
WHERE l.name = 'caps'
FOR NO KEY UPDATE
