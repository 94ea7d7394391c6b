-- Lets runs that are about to send messages to people take turns. Ends with the transaction.
SELECT true AS taken
FROM {locks} AS l
WHERE l.name = 'caps'
FOR NO KEY UPDATE
