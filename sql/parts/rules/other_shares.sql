-- Whether a refund, t, changed other columns of its account than the file names now.
ARRAY(
    SELECT moved.name COLLATE "C"
    FROM pg_catalog.jsonb_object_keys(coalesce(t.shares, '{}'::jsonb)) AS moved (name)
    ORDER BY 1
) OPERATOR(pg_catalog.<>) ARRAY[{each shares ", "}{label}{end}]::text[]
