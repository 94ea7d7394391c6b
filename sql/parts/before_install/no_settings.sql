-- Takes the place of the settings in a dry run where nothing is installed yet.
(SELECT NULL::jsonb AS charge_key
 WHERE false)
