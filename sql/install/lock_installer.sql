-- One installation at a time: whoever does not get this waits. Ends with the transaction.
SELECT true AS taken
FROM {locks} AS l
WHERE l.name = 'installer'
FOR NO KEY UPDATE SKIP LOCKED
