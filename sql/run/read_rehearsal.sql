-- Reads whether any run has paid under this mapping, and which items of its rehearsal were accepted. Runs of an older
-- version did not record their mapping: where the newest that paid is one of those, it counts as a run under this
-- mapping.
SELECT EXISTS (
           SELECT{if by_account} true{end}
           FROM {runs} AS r
           WHERE r.told ->> 'mapping'::text = %(mapping)s::text
             AND {include run_paid}
       ) OR coalesce((
           SELECT r.told ->> 'mapping'::text IS NULL
           FROM {runs} AS r
           WHERE {include run_paid}
           ORDER BY r.started_at DESC
           LIMIT 1
       ), false) AS has_paid,
       ARRAY(
           SELECT DISTINCT accepted.name
           FROM {runs} AS r
           CROSS JOIN LATERAL pg_catalog.jsonb_array_elements_text(r.told -> 'accepted'::text) AS accepted (name)
           WHERE r.told ->> 'mapping'::text = %(mapping)s::text
       ) AS accepted
