-- Whether there is the row that installations lock to take turns. Without a bind, as the lock of a first installation.
SELECT true AS found
FROM {locks} AS l
WHERE l.name = 'installer'
