"""What users copy to run it: cron runs the line, systemd takes the units, and the workflows are what they say."""

import getpass
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

import sweeper
from tests.helpers.app_database import AppDatabase
from tests.helpers.command import neutral_environment
from tests.helpers.paths import REPOSITORY
from tests.helpers.programs import program
from tests.helpers.server import Server

ACTION = REPOSITORY / "deploy" / "action"
UNITS = REPOSITORY / "deploy" / "systemd"
DEPLOY = (REPOSITORY / "docs" / "deploy.md").read_text()


# its own view of the files: no crontab of this machine is read or changed
NAMESPACE = """
set -e
mount --bind "$1/crontabs" /var/spool/cron/crontabs
mount --bind "$1/empty" /etc/cron.d
mount --bind /dev/null /etc/crontab
mount -t tmpfs none /run
exec cron -f
"""


@pytest.mark.slow
def test_cron_runs_the_example(servers: dict[int, Server], tmp_path: Path) -> None:
    """A real cron, with the example as its crontab: only paths and the interval are changed."""
    if os.geteuid() != 0 or not shutil.which("cron") or subprocess.run(["unshare", "-m", "true"]).returncode:
        pytest.skip("needs root, cron and a mount namespace")
    with servers[18].app("first", tmp_path) as database:
        database.configure('max_clock_skew = "100y"', "")
        database.account()
        database.session("s1")
        spool = _spool(database, tmp_path)
        process = subprocess.Popen(["unshare", "-m", "sh", "-c", NAMESPACE, "sh", str(spool)])
        try:
            deadline = time.monotonic() + 100
            while not database.sql("SELECT run_id FROM sweeper.runs WHERE ended_at IS NOT NULL"):
                assert time.monotonic() < deadline, "cron has run nothing"
                time.sleep(0.2)
        finally:
            process.terminate()
            process.wait(timeout=10)
        assert database.refunds() == {"s1": 3}
    log = tmp_path / "run.log"
    deadline = time.monotonic() + 10
    while "prediction_session_credits_refunded" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "prediction_session_credits_refunded" in log.read_text()


def test_the_line_of_the_crontab_takes_a_url_with_more_than_one_parameter(first: AppDatabase, tmp_path: Path) -> None:
    """The shell reads the file of variables, and an & without quotes would end the line that sets the URL."""
    first.account()
    first.session("s1")
    example = (REPOSITORY / "crontab.example").read_text()
    (url,) = re.findall(r"SWEEPER_DATABASE_URL=('.*&.*')$", example, re.MULTILINE)
    written = url.replace(url.strip("'"), first.url_with("gssencmode=disable&connect_timeout=5"))
    (tmp_path / "sweeper.env").write_text(f"SWEEPER_DATABASE_URL={written}\nSWEEPER_CONFIG='{first.config}'\n")
    (line,) = re.findall(r"^\*/5 \* \* \* \*  (.*)$", example, re.MULTILINE)
    first.configure('max_clock_skew = "100y"', "")
    given = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "ETC": str(tmp_path), "LOG": f"{tmp_path}/log"}
    ran = subprocess.run(["sh", "-c", line], env=given, capture_output=True, text=True)
    assert first.refunds() == {"s1": 3}, ran.stdout + (tmp_path / "log").read_text()


def _spool(database: AppDatabase, folder: Path) -> Path:
    """The example as cron wants it: in a folder of crontabs, named after the user, readable by nobody else."""
    variables = "".join(f"{name}='{value}'\n" for name, value in database.environment.items())
    (folder / "sweeper.env").write_text(variables)
    line = (REPOSITORY / "crontab.example").read_text()
    for old, new in (
        ("MAILTO=oncall@example.com", 'MAILTO=""'),
        ("PATH=/opt/sweeper/bin", f"PATH={Path(sys.executable).parent}"),
        ("ETC=/etc/sweeper", f"ETC={folder}"),
        ("LOG=/var/log/sweeper/run.log", f"LOG={folder}/run.log"),
        ("*/5 * * * *", "* * * * *"),
    ):
        assert old in line
        line = line.replace(old, new)
    (folder / "crontabs").mkdir()
    (folder / "empty").mkdir()
    crontab = folder / "crontabs" / getpass.getuser()
    crontab.write_text(line)
    crontab.chmod(0o600)
    return folder


def test_workflow_of_the_docs_is_yaml_and_runs_one_at_a_time() -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", DEPLOY, re.MULTILINE | re.DOTALL)
    workflow = yaml.safe_load(block)
    assert workflow["concurrency"]["cancel-in-progress"] is False
    assert workflow[True]["schedule"], "YAML reads the key `on` as true"
    assert any("sweeper run" in step.get("run", "") for step in workflow["jobs"]["sweep"]["steps"])


@pytest.fixture
def units(tmp_path: Path) -> list[str]:
    """The units, with a program that is there: systemd looks for it."""
    for unit in UNITS.iterdir():
        text = unit.read_text().replace("/opt/sweeper/bin/sweeper", str(Path(sys.executable).with_name("sweeper")))
        (tmp_path / unit.name).write_text(text)
    return sorted(str(path) for path in tmp_path.glob("sweeper.*"))


def analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What systemd says of unit files; it runs nothing."""
    command = [program("systemd-analyze"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "SYSTEMD_COLORS": "0"})


def test_systemd_has_nothing_to_remark_on_the_units(units: list[str]) -> None:
    assert [Path(unit).name for unit in units] == ["sweeper.service", "sweeper.timer"]
    ran = analyzed("verify", "--man=no", *units)
    # some systems ship units of their own that are remarked on
    assert [line for line in ran.stderr.splitlines() if "sweeper" in line] == []
    assert ran.returncode == 0, ran.stderr


def test_a_misspelt_key_would_be_remarked_on(units: list[str]) -> None:
    service = Path(units[0])
    service.write_text(service.read_text().replace("ProtectHome=", "ProtectHomes="))
    assert "ProtectHomes" in analyzed("verify", "--man=no", *units).stderr


def test_the_service_is_closed_to_what_it_does_not_need(units: list[str]) -> None:
    ran = analyzed("security", "--offline=true", "--threshold=20", "--no-pager", units[0])
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_service_is_ended_as_softly_as_cron_does() -> None:
    service = (UNITS / "sweeper.service").read_text()
    assert re.search(r"^TimeoutStartSec=10min$", service, re.MULTILINE)
    assert re.search(r"^TimeoutStopSec=90$", service, re.MULTILINE)


def test_the_action_checks_the_file(first: AppDatabase, tmp_path: Path) -> None:
    """Its last step, as a runner would start it; what comes before has put sweeper where the step looks for it."""
    steps = yaml.safe_load((ACTION / "action.yml").read_text())["runs"]["steps"]
    (tmp_path / "sweeper").symlink_to(Path(sys.executable).parent.parent)
    assert '"$GITHUB_ACTION_PATH/../.."' in steps[1]["run"]
    assert (ACTION / ".." / ".." / "pyproject.toml").exists()
    assert steps[2]["env"] == {"CONFIG": "${{ inputs.config }}"}
    given = {"RUNNER_TEMP": str(tmp_path), "CONFIG": str(first.config), "SWEEPER_DATABASE_URL": first.url}

    def step() -> subprocess.CompletedProcess[str]:
        # what `shell: bash` means there
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", steps[2]["run"]]
        return subprocess.run(command, env={**neutral_environment(), **given}, capture_output=True, text=True)

    first.account()
    assert "guard" in step().stdout
    first.sql("DO $$ BEGIN EXECUTE 'DROP INDEX ' || (SELECT live_index FROM sweeper.settings); END $$")
    ran = step()
    assert ran.returncode == 5, ran.stdout + ran.stderr
    first.config.write_text("nonsense = 1\n")
    ran = step()
    assert ran.returncode == 5
    assert "nonsense" in ran.stdout


def test_no_input_is_pasted_into_a_script() -> None:
    """An expression in a script is text of a stranger that a shell runs; in an environment it is a value."""
    files = [ACTION / "action.yml", *(REPOSITORY / ".github" / "workflows").iterdir()]
    for path in files:
        content = yaml.safe_load(path.read_text())
        jobs = content["jobs"].values() if "jobs" in content else [content["runs"]]
        scripts = [step["run"] for job in jobs for step in job.get("steps", ()) if "run" in step]
        assert scripts
        assert [script for script in scripts if "${{" in script] == []


def test_the_release_publishes_what_was_tested_and_built() -> None:
    jobs = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    assert jobs["tests"]["uses"] == "./.github/workflows/ci.yml"
    assert "workflow_call" in yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text())[True]
    for name in ("packages", "image"):
        assert set(jobs[name]["needs"]) == {"tests", "build"}
    (image,) = [step["with"] for step in jobs["image"]["steps"] if "build-push" in step.get("uses", "")]
    assert (REPOSITORY / image["file"]).is_file()


def test_a_tag_that_is_not_the_version_is_not_released(tmp_path: Path) -> None:
    jobs = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    (script,) = [step["run"] for step in jobs["build"]["steps"] if step.get("id") == "version"]
    output = tmp_path / "output"
    for tag, code in (("v0.0.0", 1), (f"v{sweeper.__version__}", 0)):
        environment = {"PATH": os.environ["PATH"], "GITHUB_REF_NAME": tag, "GITHUB_OUTPUT": str(output)}
        ran = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=REPOSITORY, env=environment)
        assert ran.returncode == code
    assert output.read_text() == f"version={sweeper.__version__}\n"
