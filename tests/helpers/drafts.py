"""Apps of many habits, and what `sweeper init` should find in them."""

from typing import Any

# what init must find, as the file has it; what is not named here is not checked
EXPECTED: dict[str, dict[str, dict[str, Any]]] = {
    "first": {
        "sessions": {
            "table": "prediction_sessions", "id": "id", "account": "user_id", "status": "status", "failed": ["error"],
            "running": ["initializing", "queued", "researching", "generating"], "succeeded": ["finished"],
            "started_at": "created_at", "ended_at": "completed_at", "error": "error",
        },
        "accounts": {
            "table": "users", "id": "id", "balance": "credits", "spent": "total_credits_spent",
            "updated_at": "updated_at", "invariant": "credits = total_credits_earned - total_credits_spent",
        },
    },
    "prisma": {
        "sessions": {
            "table": 'app."Job"', "id": "id", "account": '"userId"', "status": "status", "failed": ["FAILED", "?"],
            "running": ["PENDING", "RUNNING"], "succeeded": ["DONE", "?"], "started_at": '"createdAt"',
            "active_at": '"heartbeatAt"', "error": '"errorMessage"',
        },
        "accounts": {"table": 'app."User"', "id": "id", "balance": '"creditBalance"', "updated_at": '"updatedAt"'},
        "ledger": {
            "table": 'app."CreditTransaction"', "session": '"jobId"', "where": "type = 'REFUND'",
            "insert": {
                "id": "refund_id::text", '"userId"': "account_id", '"jobId"': "session_id::text",
                "type": "'REFUND'", "amount": "amount", "note": "reason", '"createdAt"': "at",
            },
        },
    },
    "rails": {
        "sessions": {
            "table": "video_renders", "account": "user_id", "failed": ["failed", "?"], "succeeded": ["completed", "?"],
            "error": "error_message", "started_at": "created_at", "active_at": "?", "timezone": "UTC",
        },
        "accounts": {"table": "users", "balance": "credits"},
    },
    "django": {
        "sessions": {
            "table": "studio_generation", "account": "user_id", "status": "state", "failed": ["failed", "timed_out"],
            "running": ["queued", "generating"], "active_at": "last_heartbeat", "exclude": "refunded",
        },
        "accounts": {"table": "billing_wallet", "id": "user_id", "balance": "balance", "spent": "?"},
        "ledger": {
            "table": "billing_wallettransaction", "session": "generation_id", "where": "kind = 'refund'",
            "insert": {
                "amount": "amount", "balance_after": "?", "kind": "'refund'", "created": "at",
                "wallet_id": "(SELECT a.id FROM billing_wallet AS a WHERE a.user_id = refund.account_id)",
                "generation_id": "session_id",
            },
        },
    },
    "supabase": {
        "sessions": {"table": "generations", "account": "user_id", "running": ["starting", "processing"]},
        "accounts": {"table": "profiles", "id": "id", "balance": "credits_remaining", "spent": "?"},
        "ledger": {"table": "credit_transactions", "session": "generation_id", "where": "type = 'refund'"},
    },
    "workspaces": {
        "sessions": {
            "table": '"App"."ExportTask"', "status": '"taskState"', "failed": ["ERRORED"], "succeeded": ["DONE"],
            "account": '(SELECT p."workspaceId" FROM "App"."Project" AS p WHERE p.id = s."projectId")',
            "exclude": "step = 'Gave up, tokens refunded'",
        },
        "accounts": {"table": '"App"."Workspace"', "id": '"workspaceId"', "balance": '"tokenBalance"'},
    },
    "drizzle": {
        "sessions": {
            "table": "video_jobs", "id": "id", "status": "status", "failed": ["failed", "?"],
            "running": ["queued", "running"], "succeeded": ["completed", "?"], "started_at": "queued_at",
            "active_at": "heartbeat_at", "ended_at": "completed_at", "error": "failure_message",
        },
        "accounts": {"table": "users", "id": "id", "balance": "credit_balance"},
        "ledger": {
            "table": "credit_ledger", "session": "job_id", "where": "entry_type = 'refund'",
            "insert": {
                "id": "refund_id", "user_id": "account_id", "job_id": "session_id", "entry_type": "'refund'",
                "delta": "amount", "balance_after": "?", "idempotency_key": "?", "created_at": "at",
            },
        },
    },
    "nextauth": {
        "sessions": {
            "table": '"Generation"', "account": '"userId"', "failed": ["FAILED"], "running": ["PENDING", "PROCESSING"],
            "succeeded": ["COMPLETED"], "error": '"errorMessage"',
        },
        "accounts": {"table": '"User"', "id": "id", "balance": "credits"},
        "ledger": {"table": '"Transaction"', "session": '"generationId"', "where": "type = 'REFUND'"},
    },
    "polymorphic": {
        "sessions": {
            "table": "transcriptions", "account": "account_id", "status": "aasm_state", "failed": ["errored"],
            "running": ["pending", "transcribing"], "succeeded": ["finished"], "started_at": "created_at",
        },
        "accounts": {"table": "accounts", "id": "id", "balance": "credits_balance"},
        "ledger": {
            "table": "credit_transactions", "session": "source_id",
            "where": "kind = 'refund' AND source_type = 'Transcription'",
            "insert": {
                "account_id": "account_id", "source_type": "'Transcription'", "source_id": "session_id",
                "kind": "'refund'", "amount": "amount", "created_at": "at", "updated_at": "at",
            },
        },
    },
    "entries": {
        "sessions": {
            "table": "render_jobs", "status": "state", "failed": ["crashed"], "running": ["waiting", "rendering"],
            "succeeded": ["rendered"], "started_at": "submitted_at", "active_at": "last_heartbeat_at",
            "account": "(SELECT p.organization_id FROM projects AS p WHERE p.id = s.project_id)",
        },
        "ledger": {"table": "ledger_entries", "session": "render_job_id", "where": "entry_kind = 'refund'"},
    },
    "signs": {
        "sessions": {"table": "predictions", "account": "user_id", "started_at": "created_at"},
        "accounts": {"table": "users", "balance": "tokens"},
        "ledger": {
            "table": "token_history", "session": "prediction_id", "where": "change > 0",
            "insert": {"user_id": "account_id", "prediction_id": "session_id", "change": "amount"},
        },
    },
    "organisations": {
        "sessions": {
            "table": "export_request", "id": "export_request_id", "account": "organisation_id",
            "status": "export_state", "failed": ["Failed"], "running": ["Exporting", "Requested"],
            "succeeded": ["Exported"], "started_at": "requested_at", "exclude": "credits_refunded_at IS NOT NULL",
        },
        "accounts": {
            "table": "organisation_credits", "id": "organisation_id", "balance": "available_credits",
            "spent": "consumed_credits", "invariant": "available_credits = granted_credits - consumed_credits",
        },
    },
    "clerk": {
        "sessions": {"table": "app_generations", "account": "user_id", "failed": ["failed"], "succeeded": ["success"]},
        "accounts": {"table": "app_users", "id": "clerk_id", "balance": "credits"},
        "ledger": {
            "table": "app_credit_history", "session": "task_id", "where": "action = 'refund_failed_generation'",
            "insert": {
                "id": "refund_id", "user_id": "account_id", "task_id": "session_id",
                "action": "'refund_failed_generation'", "amount": "amount", "created_at": "at",
            },
        },
    },
    "parts": {
        "sessions": {
            "table": "prediction_sessions", "id": "id", "account": "user_id", "failed": ["error"],
            "running": ["initializing", "queued", "researching", "generating"], "succeeded": ["finished"],
            "exclude": "step = 'All models failed - credits refunded'",
        },
        "accounts": {"table": '"user"', "id": "id", "balance": "credits", "spent": "total_credits_spent"},
    },
    "minutes": {
        "sessions": {
            "table": "call_analyses", "account": "tenant_id", "status": "state", "failed": ["failed"],
            "running": ["analysing", "queued"], "succeeded": ["analysed"], "error": "exception",
        },
        "accounts": {"table": "tenants", "balance": "minutes_left"},
    },
    "ledger_only": {
        "sessions": {
            "table": "renders", "status": "state", "failed": ["?"],
            "account": "(SELECT p.owner_id FROM projects AS p WHERE p.id = s.project_id)",
        },
        "ledger": {"table": "credit_entries", "session": "render_id", "where": "?"},
    },
}  # fmt: skip
