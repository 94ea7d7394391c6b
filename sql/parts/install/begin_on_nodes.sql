-- What refund() sets for itself, on the other nodes of Citus as well.
SET LOCAL row_security = off;
SET LOCAL TimeZone = {timezone};
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 1;
