-- Reads what the last `install` found in the app's past under this mapping, which other roles may not read, and the
-- current role.
SELECT pg_catalog.quote_ident(current_user) AS role_as_sql,
       (
           SELECT CASE WHEN kept.rehearsal ->> 'mapping'::text = %(mapping)s::text THEN kept.rehearsal END
           FROM (
               -- by way of JSON: a column that an older installation lacks is null
               SELECT pg_catalog.to_jsonb(s) -> 'rehearsal'::text AS rehearsal
               FROM {settings} AS s
           ) AS kept
       ) AS rehearsal
