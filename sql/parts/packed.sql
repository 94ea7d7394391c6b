-- What was found, packed: one text for many sessions, because a run may find as many as memory is not meant for.
(SELECT count(*) FROM sweeper_page) AS found,
       (
           SELECT coalesce(array_agg(pack.session_ids ORDER BY pack.number), '{}')
           FROM (
               SELECT numbered.place / 250 AS number,
                      json_agg(numbered.session_id::text ORDER BY numbered.place)::text AS session_ids
               FROM (
                   SELECT p.session_id,
                          row_number() OVER (ORDER BY p.started_at, p.session_id) - 1 AS place
                   FROM sweeper_page AS p
               ) AS numbered
               GROUP BY numbered.place / 250
           ) AS pack
       ) AS packs,
       (
           SELECT ARRAY[p.started_at::text, p.session_id::text]
           FROM sweeper_page AS p
           OFFSET greatest(0, (SELECT count(*) FROM sweeper_page) - 1)  -- the page is in its order
           LIMIT 1
       ) AS last
