-- Resets it, so that it does not affect the statements of the caller's transaction.
SET LOCAL row_security = DEFAULT;
SET LOCAL TimeZone = DEFAULT;
SET LOCAL DateStyle = DEFAULT;
SET LOCAL IntervalStyle = DEFAULT;
SET LOCAL extra_float_digits = DEFAULT;
