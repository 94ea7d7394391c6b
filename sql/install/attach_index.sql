-- Makes the index of a partition part of that of the whole table, which is valid when the last is attached.
ALTER INDEX {parent_index} ATTACH PARTITION {index};
