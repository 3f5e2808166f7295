"""deploy/kubernetes: rendered by kubectl as docs/scaling.md says, and valid for the current version of Kubernetes."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.config.env import Environment
from tests.support.stack import ROOT
from tests.system.docs.steps import blocks

VARIANTS = ["base", "postgres"]
# Pod Security Standards, "Restricted": the volumes that are allowed.
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def tool(name: str) -> Path:
    """Return a program that requirements-dev.txt installs."""
    return Path(sys.executable).parent / name


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Type the commands of docs/scaling.md that write the secrets, and render both variants."""
    folder = tmp_path_factory.mktemp("kubernetes")
    shutil.copytree(ROOT / "deploy/kubernetes", folder / "deploy/kubernetes")
    secrets, *_ = blocks(ROOT / "docs/scaling.md", "Kubernetes", "sh")
    subprocess.run(["sh", "-ec", secrets], cwd=folder, check=True, capture_output=True)
    found = {}
    for name in VARIANTS:
        command: list[str | Path] = [tool("kubectl"), "kustomize", folder / "deploy/kubernetes" / name]
        found[name] = folder / f"{name}.yaml"
        found[name].write_text(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def objects(file: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return a file's objects by kind and name, without the hash that Kustomize appends."""
    return {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(file.read_text())}


def pods(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the specification of every pod, with its owner's name."""
    for (_, name), each in objects(file).items():
        if template := each.get("spec", {}).get("template"):
            yield name, template["spec"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_manifests_are_valid(rendered: dict[str, Path], variant: str) -> None:
    check = subprocess.run([tool("kubernetes-validate"), "--strict", rendered[variant]], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr
    assert f"passed for resource deployment/app against version {kubectl_version()}" in check.stdout + check.stderr


def kubectl_version() -> str:
    """Return the minor version of the kubectl that rendered, like 1.37."""
    shown = subprocess.run([tool("kubectl"), "version", "--client", "-o", "yaml"], capture_output=True, check=True)
    version = yaml.safe_load(shown.stdout)["clientVersion"]
    return f"{version['major']}.{version['minor']}"


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_pod_is_restricted(rendered: dict[str, Path], variant: str) -> None:
    """Kubernetes: "Pod Security Standards", Restricted, and what compose sets too."""
    found = dict(pods(rendered[variant]))
    assert {"app", "worker", "migrate"} <= found.keys()
    for name, pod in found.items():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert not pod["automountServiceAccountToken"]
        for volume in pod.get("volumes", []):
            assert volume.keys() - {"name"} <= VOLUMES
        for container in pod["containers"]:
            assert not {"privileged", "runAsUser"} & container["securityContext"].keys()
            assert not container["securityContext"]["allowPrivilegeEscalation"]
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            assert all("hostPort" not in port for port in container.get("ports", []))


def test_the_app_is_checked_and_drained(rendered: dict[str, Path]) -> None:
    everything = objects(rendered["base"])
    [app] = everything["Deployment", "app"]["spec"]["template"]["spec"]["containers"]
    assert {app[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "readiness")} == {"/readyz"}
    assert app["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert app["lifecycle"]["preStop"]
    for kind in ("PodDisruptionBudget", "HorizontalPodAutoscaler", "Service", "Ingress"):
        assert (kind, "app") in everything
    assert everything["Ingress", "app"]["spec"]["tls"]
    assert any(kind == "NetworkPolicy" and each["spec"]["podSelector"] == {} for (kind, _), each in everything.items())


def test_the_settings_are_known_and_hold_no_secret(rendered: dict[str, Path], tmp_path: Path) -> None:
    everything = objects(rendered["base"])
    [settings] = [each["data"] for (kind, _), each in everything.items() if kind == "ConfigMap"]
    known = (ROOT / ".env.example").read_text()
    for name in settings:
        assert f"\n{name.removesuffix('_FILE')}=" in known, name
    assert not {"SECRET_KEY", "DATABASE_URL", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"} & settings.keys()
    # Each file that a setting names is a key of a secret that the pod mounts there.
    mounted = mounted_files(everything)
    assert {value for name, value in settings.items() if name.endswith("_FILE")} <= mounted
    assert Environment(settings).boolean("STRIPE_ALLOW_LIVE")


def mounted_files(everything: dict[tuple[str, str], dict[str, Any]]) -> set[str]:
    """Return the paths of the secrets in the app's container."""
    pod = everything["Deployment", "app"]["spec"]["template"]["spec"]
    names = {each["name"]: each["secret"]["secretName"] for each in pod["volumes"] if "secret" in each}
    return {
        f"{mount['mountPath']}/{key}"
        for mount in pod["containers"][0]["volumeMounts"]
        if mount["name"] in names
        for key in everything["Secret", names[mount["name"]]]["data"]
    }
