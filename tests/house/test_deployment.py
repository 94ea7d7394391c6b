"""What people copy to run it: the manifest fits Kubernetes, the image has all it needs, and cron runs the line."""

import getpass
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from sweeper.core.errors import Exit
from tests.helpers.app_database import AppDatabase
from tests.helpers.paths import REPOSITORY
from tests.helpers.server import Server

MANIFEST = REPOSITORY / "cronjob.example.yaml"
DEPLOY = (REPOSITORY / "docs" / "deploy.md").read_text()


def manifest() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(MANIFEST.read_text())
    return content


@pytest.mark.parametrize("version", ["1.31", "latest"])
def test_the_manifest_is_one_of_kubernetes(version: str) -> None:
    wanted = kubernetes_validate.latest_version() if version == "latest" else version
    kubernetes_validate.validate(manifest(), wanted, strict=True)


def test_a_manifest_with_a_misspelt_key_would_be_refused() -> None:
    content = manifest()
    content["spec"]["concurencyPolicy"] = "Forbid"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(content, kubernetes_validate.latest_version(), strict=True)


def test_no_exit_code_is_retried() -> None:
    job = manifest()["spec"]["jobTemplate"]["spec"]
    assert job["backoffLimit"] == 0
    (codes,) = [rule["onExitCodes"]["values"] for rule in job["podFailurePolicy"]["rules"] if "onExitCodes" in rule]
    assert set(codes) == {int(code) for code in Exit} - {Exit.DONE, Exit.FOUND}  # 5 is not an end of `run`


def test_the_container_may_do_nothing_that_it_does_not_need() -> None:
    pod = manifest()["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    (url,) = [entry for entry in container["env"] if entry["name"] == "SWEEPER_DATABASE_URL"]
    assert "secretKeyRef" in url["valueFrom"]


def test_what_the_image_copies_is_enough_to_install(tmp_path: Path) -> None:
    """And nothing of it is kept out by .dockerignore."""
    let_in = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    assert re.search(r"^USER [1-9]", dockerfile, re.MULTILINE)
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--from)(.*)", dockerfile, re.MULTILINE)]
    names = {name for line in copied for name in line}
    assert names == let_in
    for name in names:
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path / "out", tmp_path]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert list((tmp_path / "out").glob("*.whl"))


# its own view of the files: no crontab of this machine is read or changed
NAMESPACE = """
set -e
mount --bind "$1/crontabs" /var/spool/cron/crontabs
mount --bind "$1/empty" /etc/cron.d
mount --bind /dev/null /etc/crontab
mount -t tmpfs none /run
exec cron -f
"""


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


def _spool(database: AppDatabase, folder: Path) -> Path:
    """The example as cron wants it: in a folder of crontabs, named after the user, readable by nobody else."""
    variables = "".join(f"{name}={value}\n" for name, value in database.environment.items())
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
