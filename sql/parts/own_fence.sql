-- The fence, where it was asked for.
ALTER FUNCTION {schema}.fence() OWNER TO {role};
