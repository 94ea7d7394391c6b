-- Which sessions a sweep reads that have no start: in a part of their own, in the order of the ids.
%(dates)s::text = 'unknown'
AND v.started_at IS NULL
AND ({include after_id})
