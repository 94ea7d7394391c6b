-- Resets what begin_on_nodes has set, so that it does not affect the rest of the caller's transaction.
SET LOCAL row_security = DEFAULT;
SET LOCAL TimeZone = DEFAULT;
SET LOCAL DateStyle = DEFAULT;
SET LOCAL IntervalStyle = DEFAULT;
SET LOCAL extra_float_digits = DEFAULT;
