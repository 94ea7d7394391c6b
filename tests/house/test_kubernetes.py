"""The manifests: they fit Kubernetes, kustomize puts them together, and a pod may do no more than it needs."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

import sweeper
from sweeper.core.errors import Exit
from tests.helpers.paths import APPS, REPOSITORY
from tests.helpers.programs import program

FOLDER = REPOSITORY / "deploy" / "kubernetes"
WORKLOADS = ["cronjob", "deployment"]
Content = dict[str, Any]


def manifest(name: str) -> Content:
    content: Content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return content


def pod(content: Content) -> Content:
    """The specification of the pods of a CronJob or Deployment."""
    spec = content["spec"]
    found: Content = (spec["jobTemplate"]["spec"] if content["kind"] == "CronJob" else spec)["template"]["spec"]
    return found


@pytest.mark.parametrize("version", ["1.31", "latest"])
@pytest.mark.parametrize("name", WORKLOADS)
def test_the_manifests_are_ones_of_kubernetes(name: str, version: str) -> None:
    wanted = kubernetes_validate.latest_version() if version == "latest" else version
    kubernetes_validate.validate(manifest(name), wanted, strict=True)


def test_a_manifest_with_a_misspelt_key_would_be_refused() -> None:
    content = manifest("cronjob")
    content["spec"]["concurencyPolicy"] = "Forbid"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(content, kubernetes_validate.latest_version(), strict=True)


def test_no_exit_code_is_retried() -> None:
    content = manifest("cronjob")["spec"]
    job = content["jobTemplate"]["spec"]
    assert content["concurrencyPolicy"] == "Forbid"
    assert job["backoffLimit"] == 0
    assert job["activeDeadlineSeconds"] > 0
    (codes,) = [rule["onExitCodes"]["values"] for rule in job["podFailurePolicy"]["rules"] if "onExitCodes" in rule]
    assert set(codes) == {int(code) for code in Exit} - {Exit.DONE, Exit.FOUND}  # 5 is not an end of `run`


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_container_may_do_nothing_that_it_does_not_need(name: str) -> None:
    found = pod(manifest(name))
    (container,) = found["containers"]
    assert found["securityContext"]["runAsNonRoot"]
    assert not found["automountServiceAccountToken"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    (url,) = [entry for entry in container["env"] if entry["name"] == "SWEEPER_DATABASE_URL"]
    assert "secretKeyRef" in url["valueFrom"]


def test_both_differ_only_in_how_often_the_pod_starts() -> None:
    once, loop = pod(manifest("cronjob")), pod(manifest("deployment"))
    assert once["containers"][0].pop("args") == ["run"]
    assert loop["containers"][0].pop("args") == ["run", "--every", "5m"]
    assert once.pop("restartPolicy") == "Never"
    assert once == loop


def test_the_deployment_is_one_process_and_finds_its_pods() -> None:
    spec = manifest("deployment")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]


def built(folder: Path) -> dict[str, Content]:
    """What kustomize makes of a folder, by kind."""
    ran = subprocess.run([program("kubectl"), "kustomize", str(folder)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return {content["kind"]: content for content in yaml.safe_load_all(ran.stdout)}


@pytest.mark.parametrize("kind", ["CronJob", "Deployment"])
def test_kustomize_puts_them_together(tmp_path: Path, kind: str) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "kubernetes"))
    shutil.copy(APPS / "first.toml", folder / "sweeper.toml")
    if kind == "Deployment":
        kustomization = folder / "kustomization.yaml"
        text = kustomization.read_text().replace("  - cronjob.yaml", "  # - cronjob.yaml")
        kustomization.write_text(text.replace("  # - deployment.yaml", "  - deployment.yaml"))
    made = built(folder)
    assert set(made) == {"ConfigMap", kind}
    for content in made.values():
        kubernetes_validate.validate(content, kubernetes_validate.latest_version(), strict=True)
        assert content["metadata"]["namespace"] == "sweeper"
    assert made["ConfigMap"]["data"] == {"sweeper.toml": (APPS / "first.toml").read_text()}
    (volume,) = pod(made[kind])["volumes"]
    assert volume["configMap"]["name"] == made["ConfigMap"]["metadata"]["name"] != "sweeper"
    assert pod(made[kind])["containers"][0]["image"] == "registry.example.com/sweeper:0.1.0"
    assert "secretKeyRef" in json.dumps(made[kind])


def test_without_a_mapping_file_nothing_is_made() -> None:
    ran = subprocess.run([program("kubectl"), "kustomize", str(FOLDER)], capture_output=True, text=True)
    assert ran.returncode != 0
    assert "sweeper.toml" in ran.stderr


def test_the_image_has_the_version_of_the_program() -> None:
    (image,) = manifest("kustomization")["images"]
    assert image["newTag"] == sweeper.__version__
