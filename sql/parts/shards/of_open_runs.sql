-- Which refunds may be of runs without an end: compared by time, because the runs are on this server alone.
refund.created_at IN (SELECT open.as_of FROM {runs} AS open WHERE open.ended_at IS NULL)
