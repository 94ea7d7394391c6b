-- Lists the rows of another table that name some sessions, such as the steps of a job.
SELECT l.{key}::text AS part,
       l.{link}::text AS session_id
FROM {table} AS l
WHERE l.{link} = ANY (%(session_ids)s::text[]::{session_type}[])
LIMIT 5000
