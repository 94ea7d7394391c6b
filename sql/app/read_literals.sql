-- The statuses of the file in the type of the status, as the server writes them; reads no row.
SELECT {statuses}::text[] AS texts
