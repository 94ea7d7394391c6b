-- Stands for the settings where nothing is installed yet, for a dry run.
(SELECT NULL::jsonb AS charge_key
 WHERE false)
