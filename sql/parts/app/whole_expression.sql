-- An expression of the file as it is tried: without brackets and, as statements have it, in brackets.
CASE WHEN true THEN
{expression}
ELSE {include expression} END
