"""A Kubernetes of one node, made of Debian's source package: version 1.20, the last that ran on Docker's engine.

`build` needs about 20 minutes of two cores once; its result is kept. Nothing is installed on the machine.
"""

import os
import secrets
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from tests.compose.engine import Engine, debian, unmount_below
from tests.support.stack import reserve_port
from tests.support.waiting import until

HOME = Path(os.environ.get("KUBERNETES_TESTS_HOME") or Path.home() / ".cache" / "kubernetes-tests")
SUITE = "bookworm"
PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl")
SOURCE = HOME / "go/src/k8s.io/kubernetes"
SERVICES = "10.97.0.0/16"  # the network of Services
NODE = "172.17.0.1"  # this machine's address on Docker's bridge, which all pods share
PAUSE = "compose-tests/pause"  # holds a pod's network


def build() -> None:
    """Download the source, a compiler and etcd from Debian, and build what is missing."""
    HOME.mkdir(parents=True, exist_ok=True)
    if not (HOME / "root/usr/bin/etcd").exists():
        run = debian(SUITE, HOME / "apt", "deb")
        for package in ("golang-1.19-go", "golang-1.19-src", "etcd-server"):
            run("download", "-qq", package, cwd=HOME)
            subprocess.run(["dpkg-deb", "-x", next(HOME.glob(f"{package}_*.deb")), HOME / "root"], check=True)
    if not SOURCE.exists():
        debian(SUITE, HOME / "apt", "deb-src")("source", "--download-only", "-qq", "kubernetes", cwd=HOME)
        SOURCE.parent.mkdir(parents=True, exist_ok=True)
        description = next(HOME.glob("kubernetes_*.dsc"))
        subprocess.run(["dpkg-source", "--no-check", "-x", description, SOURCE], check=True, capture_output=True)
    _leave_oom_scores()
    _generate_openapi()
    for name in PROGRAMS:
        if not (HOME / "bin" / name).exists():
            _go("build", "-trimpath", "-ldflags", f"-s -w {_version()}", "-o", HOME / "bin" / name, f"./cmd/{name}")


def _leave_oom_scores() -> None:
    """Let kubelet start pods where even root can't lower a process's OOM score, as in some virtual machines."""
    file = SOURCE / "pkg/kubelet/dockershim/docker_sandbox.go"
    before, after = "defaultSandboxOOMAdj int = -998", "defaultSandboxOOMAdj int = 0"
    text = file.read_text()
    if before in text:
        file.write_text(text.replace(before, after))


def _go(*arguments: str | Path) -> None:
    go = HOME / "root/usr/lib/go-1.19"
    own = {"GOROOT": go, "GOPATH": HOME / "go", "GOCACHE": HOME / "gocache", "HOME": HOME, "PWD": SOURCE}
    settings = {"GO111MODULE": "off", "GOPROXY": "off", "CGO_ENABLED": "0", "GOFLAGS": ""}
    environment = os.environ | {name: str(value) for name, value in own.items()} | settings
    subprocess.run(["nice", "-n", "19", go / "bin/go", *arguments], cwd=SOURCE, env=environment, check=True)


def _version() -> str:
    """Return the linker's options for the version, which Kubernetes' own build takes from Git."""
    names = ("component-base", "client-go/pkg")
    packages = [f"k8s.io/kubernetes/vendor/k8s.io/{name}/version" for name in names]
    values = {"gitVersion": "v1.20.2", "gitMajor": "1", "gitMinor": "20", "gitTreeState": "clean"}
    return " ".join(f"-X {package}.{name}={value}" for package in packages for name, value in values.items())


def _generate_openapi() -> None:
    """Generate the one file of code that the source package lacks (build/root/Makefile.generated_files)."""
    if (SOURCE / "pkg/generated/openapi/zz_generated.openapi.go").exists():
        return
    generator = HOME / "bin/openapi-gen"
    _go("build", "-o", generator, "./vendor/k8s.io/kube-openapi/cmd/openapi-gen")
    skipped = ("_test.go", "zz_generated", "/testdata/", "_examples", "sample-apiserver", "code-generator", "/gengo/")
    folders = set()
    for top in ("pkg", "staging/src/k8s.io", "plugin", "cmd"):
        for file in (SOURCE / top).rglob("*.go"):
            name = str(file.relative_to(SOURCE))
            if not any(each in name for each in skipped) and "// +k8s:openapi-gen=" in file.read_text():
                folders.add(str(Path(name).parent).replace("staging/src/", "vendor/", 1))
    inputs = ",".join(f"k8s.io/kubernetes/{each}" for each in sorted(folders))
    command: list[str | Path] = [generator, "-i", inputs, "-O", "zz_generated.openapi"]
    command += ["-p", "k8s.io/kubernetes/pkg/generated/openapi"]
    command += ["-h", SOURCE / "hack/boilerplate/boilerplate.generatego.txt", "-r", HOME / "violations.report"]
    go = f"{HOME}/root/usr/lib/go-1.19"
    environment = os.environ | {"GOPATH": f"{HOME}/go", "GO111MODULE": "off", "PWD": str(SOURCE), "GOROOT": go}
    environment["PATH"] = f"{go}/bin:/usr/bin:/bin"
    subprocess.run(command, cwd=SOURCE, env=environment, check=True)


class Cluster:
    """Context manager that runs the control plane and, on `engine`, one node. Its files are in `folder`."""

    def __init__(self, engine: Engine | None, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ports = [reserve_port() for _ in range(8)]
        self.port, self._etcd, self._peer, self._scheduler, self._manager, self._kubelet, self._health, self._proxy = (
            each.getsockname()[1] for each in self._ports
        )
        self.config = folder / "kubeconfig"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def kubectl(self, *arguments: str | Path, text: str = "") -> str:
        """Run kubectl, of version 1.20, and return its output; raise AssertionError with its errors."""
        command = [HOME / "bin/kubectl", "--kubeconfig", self.config, *arguments]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"kubectl {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def get(self, *arguments: str) -> Any:
        """Run `kubectl get` in the namespace. Return the objects."""
        return yaml.safe_load(self.kubectl("--namespace", "shop", "get", *arguments, "--output", "yaml"))

    def _start(self) -> None:
        token = secrets.token_hex(16)
        (self.folder / "tokens").write_text(f"{token},admin,admin,system:masters\n")
        key = f"{self.folder}/accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        server = {"server": f"https://127.0.0.1:{self.port}", "insecure-skip-tls-verify": True}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": server}],
            "users": [{"name": "admin", "user": {"token": token}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "admin"}}],
            "current-context": "here",
        }
        self.config.write_text(yaml.safe_dump(config))
        etcd, peer = f"http://127.0.0.1:{self._etcd}", f"http://127.0.0.1:{self._peer}"
        self._run(HOME / "root/usr/bin/etcd", data_dir=self.folder / "etcd", unsafe_no_fsync=True,
                  listen_client_urls=etcd, advertise_client_urls=etcd, listen_peer_urls=peer,
                  initial_advertise_peer_urls=peer, initial_cluster=f"default={peer}")  # fmt: skip
        self._run(HOME / "bin/kube-apiserver", etcd_servers=etcd, secure_port=self.port, bind_address="127.0.0.1",
                  cert_dir=self.folder / "certificates", token_auth_file=self.folder / "tokens",
                  authorization_mode="RBAC", service_cluster_ip_range=SERVICES, service_account_key_file=key,
                  service_account_signing_key_file=key, service_account_issuer="https://here",
                  feature_gates="TTLAfterFinished=true", allow_privileged=False,
                  kubelet_preferred_address_types="InternalIP")  # fmt: skip
        until(self._answers, "the API responds")
        known = {"kubeconfig": self.config, "leader_elect": False, "port": 0, "bind_address": "127.0.0.1"}
        self._run(HOME / "bin/kube-controller-manager", **known, secure_port=self._manager, cert_dir=self.folder,
                  service_account_private_key_file=key, feature_gates="TTLAfterFinished=true")  # fmt: skip
        self._run(HOME / "bin/kube-scheduler", **known, secure_port=self._scheduler, cert_dir=self.folder)
        if self.engine:
            self._start_node(self.engine)

    def _start_node(self, engine: Engine) -> None:
        self._run(HOME / "bin/kubelet", kubeconfig=self.config, container_runtime="docker",
                  docker_endpoint=f"unix://{engine.socket}", pod_infra_container_image=PAUSE, cgroup_driver="cgroupfs",
                  fail_swap_on=False, root_dir=self.folder / "kubelet", cert_dir=self.folder / "kubelet-certificates",
                  address=NODE, node_ip=NODE, port=self._kubelet, read_only_port=0, healthz_port=self._health,
                  hostname_override="node", volume_plugin_dir=self.folder / "plugins", cgroups_per_qos=False,
                  enforce_node_allocatable="", eviction_hard="", anonymous_auth=True,
                  authorization_mode="AlwaysAllow", image_gc_high_threshold=100)  # fmt: skip
        self._run(HOME / "bin/kube-proxy", kubeconfig=self.config, proxy_mode="iptables", hostname_override="node",
                  conntrack_max_per_core=0, conntrack_min=0, conntrack_tcp_timeout_established="0s",
                  conntrack_tcp_timeout_close_wait="0s", healthz_bind_address="", metrics_bind_address="",
                  cluster_cidr="172.17.0.0/16")  # fmt: skip
        ready = "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"
        until(lambda: self.kubectl("get", "nodes", "--output", ready) == "True", "the node is ready")

    def _run(self, program: Path, **options: object) -> None:
        text = {name: str(value).lower() if isinstance(value, bool) else value for name, value in options.items()}
        words = [f"--{name.replace('_', '-')}={value}" for name, value in text.items()]
        with (self.folder / f"{program.name}.log").open("w") as log:
            self._processes[program.name] = subprocess.Popen([program, *words], stdout=log, stderr=log)

    def _answers(self) -> bool:
        for name, process in self._processes.items():
            assert process.poll() is None, f"{name}:\n{(self.folder / f'{name}.log').read_text()[-3000:]}"
        with suppress(AssertionError):
            return self.kubectl("get", "--raw", "/readyz") == "ok"
        return False

    def _stop(self) -> None:
        for process in reversed(self._processes.values()):
            process.terminate()
        for process in self._processes.values():
            process.wait(60)
        if self.engine:
            for container in self.engine.api.containers.list(all=True, filters={"name": "k8s_"}, ignore_removed=True):
                container.remove(force=True, v=True)
            self._clean_up()
        for each in self._ports:
            each.close()

    def _clean_up(self) -> None:
        """Remove the pods' mounts, and the firewall rules of kubelet and kube-proxy."""
        unmount_below(self.folder)
        for tables in ("iptables", "ip6tables"):
            rules = subprocess.run([f"{tables}-save"], check=True, stdout=subprocess.PIPE, text=True).stdout
            others = "".join(line for line in rules.splitlines(keepends=True) if "KUBE-" not in line)
            subprocess.run([f"{tables}-restore"], input=others, text=True, check=True)
