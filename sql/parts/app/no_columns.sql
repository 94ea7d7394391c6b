-- A row without columns, where an expression reads none.
(SELECT)
