-- Attaches a partition's index to that of the whole table, which becomes valid with the last one.
ALTER INDEX {parent_index} ATTACH PARTITION {index};
