-- Lists well-known time zones that are now a given number of seconds from UTC.
SELECT z.name
FROM pg_catalog.pg_timezone_names AS z
JOIN pg_catalog.unnest(ARRAY[
    'America/Los_Angeles', 'America/Denver', 'America/Chicago', 'America/Mexico_City', 'America/New_York', 'America/Bogota',
    'America/Toronto', 'America/Sao_Paulo', 'America/Argentina/Buenos_Aires', 'Europe/London', 'Europe/Lisbon',
    'Europe/Berlin', 'Europe/Paris', 'Europe/Madrid', 'Africa/Lagos', 'Africa/Cairo', 'Africa/Johannesburg', 'Europe/Kyiv',
    'Europe/Istanbul', 'Europe/Moscow', 'Africa/Nairobi', 'Asia/Dubai', 'Asia/Tehran', 'Asia/Karachi', 'Asia/Kolkata',
    'Asia/Kathmandu', 'Asia/Dhaka', 'Asia/Bangkok', 'Asia/Jakarta', 'Asia/Ho_Chi_Minh', 'Asia/Shanghai', 'Asia/Singapore',
    'Asia/Manila', 'Asia/Tokyo', 'Asia/Seoul', 'Australia/Adelaide', 'Australia/Sydney', 'Pacific/Auckland'
]) WITH ORDINALITY AS known (name, place) ON known.name = z.name
WHERE EXTRACT(epoch FROM z.utc_offset)::bigint = {offset}
ORDER BY known.place
LIMIT 4
