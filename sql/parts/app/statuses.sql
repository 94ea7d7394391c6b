-- Statuses from the file, cast to the type of the status column.
ARRAY[{each statuses ", "}{status}{end}]::{status_type}[]
