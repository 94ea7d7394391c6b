-- An operator with its schema: no other operator can stand in.
OPERATOR({operator_schema}.{operator})
