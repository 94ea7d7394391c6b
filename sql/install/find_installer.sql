-- Reports whether the row exists that installations lock to take turns. Without a bind, as in lock_first_installer.
SELECT true AS found
FROM {locks} AS l
WHERE l.name = 'installer'
