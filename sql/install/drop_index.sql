-- Drops an index that a broken or an older installation left behind.
DROP INDEX {if concurrently}CONCURRENTLY {end}IF EXISTS {index};
