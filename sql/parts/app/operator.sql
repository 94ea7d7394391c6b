-- An operator with its schema, so that no other operator of the same name is used.
OPERATOR({operator_schema}.{operator})
