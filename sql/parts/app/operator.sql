-- An operator with its schema, so that no other operator of that name is used.
OPERATOR({operator_schema}.{operator})
