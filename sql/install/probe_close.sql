-- Plans, and does not do, the closing of a stuck session: the server says which value does not fit its column.
EXPLAIN UPDATE {sessions} AS s
SET {status_column} = {first_failed}{each closing ""},
        {column} = {value}{end}
WHERE false
