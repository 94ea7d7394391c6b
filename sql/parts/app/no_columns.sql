-- A row without columns, for an expression that reads none.
(SELECT)
