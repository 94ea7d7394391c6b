-- Why a session is refunded: the first of the rules of the file that fits what the row says about its failure.
CASE
    WHEN v.status {status_eq} ANY ({running}) THEN 'stuck'{each reasons ""}
    WHEN v.error LIKE {pattern} THEN {code}{end}
    ELSE 'workflow_failure'
END
