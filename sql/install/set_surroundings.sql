-- Sets what the meaning of the mapping's expressions depends on, for this transaction.
SET LOCAL search_path = {path};
SET LOCAL TimeZone = {timezone};
SET LOCAL DateStyle = 'ISO, MDY';
