-- Why a session is refunded: the first of the file's rules that matches the session's error.
CASE
    WHEN v.status {status_eq} ANY ({running}) THEN 'stuck'{each reasons ""}
    WHEN v.error LIKE {pattern} THEN {code}{end}
    ELSE 'workflow_failure'
END
