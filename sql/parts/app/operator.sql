-- An operator with its schema, so that no other operator of that name is meant.
OPERATOR({operator_schema}.{operator})
