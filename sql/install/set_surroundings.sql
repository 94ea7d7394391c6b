-- What the expressions of the mapping are read under, for this transaction.
SET LOCAL search_path = {path};
SET LOCAL TimeZone = {timezone};
SET LOCAL DateStyle = 'ISO, MDY';
