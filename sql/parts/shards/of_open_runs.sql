-- Which refunds may be those of runs that have no end: by their moment, for the runs are on this server alone.
refund.created_at IN (SELECT open.as_of FROM {runs} AS open WHERE open.ended_at IS NULL)
