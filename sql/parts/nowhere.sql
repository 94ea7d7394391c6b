-- For a mapping that has no such table.
false
