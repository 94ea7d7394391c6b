-- What was found, packed: one text for many sessions, because a run may find as many as memory is not meant for. And the
-- last place of a full page: there may be more behind it.
(
           SELECT coalesce(pg_catalog.array_agg(pack.session_ids ORDER BY pack.number), '{}')
           FROM (
               SELECT numbered.place / 250 AS number,
                      pg_catalog.json_agg(numbered.session_id::text ORDER BY numbered.place)::text AS session_ids
               FROM (
                   SELECT p.session_id,
                          pg_catalog.row_number() OVER (ORDER BY p.started_at, p.session_id) - 1 AS place
                   FROM sweeper_page AS p
               ) AS numbered
               GROUP BY numbered.place / 250
           ) AS pack
       ) AS packs,
       (
           SELECT ARRAY[place.started_at::text, place.session_id::text]
           FROM (SELECT * FROM sweeper_page OFFSET %(page_size)s::bigint - 1 LIMIT 1) AS place  -- it is in its order
       ) AS last
