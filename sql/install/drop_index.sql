-- What a broken or an older installation left behind.
DROP INDEX {concurrently}IF EXISTS {index};
