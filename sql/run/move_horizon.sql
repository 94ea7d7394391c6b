-- Records where the next run may start, after a complete run over everything. Does nothing if a run with a later moment
-- ended in the meantime, unless this one has read all: the clock of the other may have been ahead.
UPDATE {settings}
SET horizon = %(horizon)s::timestamptz,
    horizon_as_of = %(as_of)s::timestamptz,
    horizon_policy = %(policy)s::text
WHERE fingerprint = %(fingerprint)s::text
  AND (
      horizon_as_of IS NULL
      OR horizon_as_of <= %(as_of)s::timestamptz
      OR horizon_policy <> %(policy)s::text
      OR %(full)s::boolean
  )
