-- The sessions that were found, in order, and the last position of a full page, after which there may be more.
(SELECT coalesce(pg_catalog.array_agg(p.session_id::text ORDER BY p.started_at, p.session_id), '{}') FROM sweeper_page AS p)
           AS session_ids,
       {if by_account}
       (SELECT pg_catalog.array_agg(p.account_id::text ORDER BY p.started_at, p.session_id) FROM sweeper_page AS p) AS accounts,
       {end}
       {if bounded}
       (SELECT pg_catalog.array_agg(p.started_at::text ORDER BY p.started_at, p.session_id) FROM sweeper_page AS p) AS starts,
       {end}
       (
           SELECT ARRAY[place.started_at::text, place.session_id::text]
           FROM (SELECT * FROM sweeper_page OFFSET %(page_size)s::bigint - 1 LIMIT 1) AS place  -- it has its order
       ) AS last
