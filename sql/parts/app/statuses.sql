-- Statuses of the file, in the type of the status column.
ARRAY[{each statuses ", "}{status}{end}]::{status_type}[]
