"""Tables of known job queues: their rows are not the paid work, and have no charge."""

from sweeper.init import words
from sweeper.init.evidence import Table

# the end of the table's name, and columns that only that queue's table has
_QUEUES: tuple[tuple[str, tuple[str, ...], frozenset[str]], ...] = (
    ("pg-boss", ("job", "archive", "job_common"), frozenset({"retry_limit", "start_after"})),
    ("pg-boss", ("job", "archive", "job_common"), frozenset({"retrylimit", "startafter"})),
    ("Oban", ("oban_jobs",), frozenset({"worker", "args"})),
    ("Graphile Worker", ("jobs", "_private_jobs"), frozenset({"max_attempts", "run_at", "payload"})),
    ("Graphile Worker", ("_private_jobs",), frozenset({"task_id", "run_at"})),
    ("GoodJob", ("good_jobs", "good_job_executions"), frozenset({"serialized_params"})),
    ("Solid Queue", ("solid_queue_jobs",), frozenset({"class_name", "arguments"})),
    ("River", ("river_job",), frozenset({"args", "kind"})),
    ("Delayed Job", ("delayed_jobs",), frozenset({"handler", "run_at"})),
    ("Que", ("que_jobs",), frozenset({"job_class", "run_at"})),
    ("Procrastinate", ("procrastinate_jobs",), frozenset({"task_name", "queue_name"})),
    ("Celery", ("celery_taskmeta", "django_celery_results_taskresult"), frozenset({"task_id", "status"})),
    ("Django Q", ("django_q_task", "django_q_ormq"), frozenset({"id"})),
    ("Laravel's queue", ("jobs",), frozenset({"queue", "payload", "available_at"})),
    ("Laravel's queue", ("failed_jobs",), frozenset({"queue", "payload", "exception"})),
    ("Hangfire", ("job",), frozenset({"statename", "invocationdata"})),
    ("Quartz", ("qrtz_triggers", "qrtz_fired_triggers"), frozenset({"sched_name"})),
    ("db-scheduler", ("scheduled_tasks",), frozenset({"task_name", "picked", "execution_time"})),
    ("Inngest or Trigger.dev", ("taskrun", "function_runs"), frozenset({"run_id", "function_id"})),
    ("Hatchet", ("v1_task", "v1_tasks_olap"), frozenset({"step_id"})),
    ("dramatiq-pg", ("queue",), frozenset({"message_id", "queue_name", "message"})),
    ("SAQ", ("saq_jobs",), frozenset({"key", "job"})),
)
_PGMQ = frozenset({"msg_id", "read_ct", "vt"})


def queue_of(table: Table) -> str | None:
    """The name of the job queue that the table belongs to; None if it is not known."""
    name, columns = table.name.lower(), {column.name.lower() for column in table.columns}
    if columns >= _PGMQ:
        return "PGMQ"
    if any(c.is_number and words.speaks_of_price(c.words) > 0 for c in table.columns):
        return None  # job queues have no prices: it is a table of the app's own that looks like a queue
    return next((queue for queue, names, own in _QUEUES if name in names and columns >= own), None)
