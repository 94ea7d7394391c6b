-- Casts the statuses of the file to the type of the status column, and returns them as the server writes them. Reads no
-- row.
SELECT {statuses}::text[] AS texts
