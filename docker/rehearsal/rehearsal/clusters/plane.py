"""One cluster's processes: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok, and their folder."""

import itertools
import os
import shutil
import subprocess
import sys
import threading
import time
from base64 import b64encode
from pathlib import Path

from rehearsal.clusters import kubelet, pki
from rehearsal.clusters.api import Api

PROGRAMS = Path(os.environ.get("REHEARSAL_PROGRAMS", "/opt/rehearsal/programs"))
FOLDERS = Path(os.environ.get("REHEARSAL_CLUSTERS", "/clusters"))
STAGES = Path(__file__).with_name("stages.yaml")
FIRST_PORT, PORTS = 6450, 20
FIRST_ETCD_PORT, FIRST_KUBELET_PORT = 23790, 10250  # on loopback only; two and one for each cluster
READY_WITHIN = 90  # seconds
RESTARTS, WITHIN = 3, 60  # a program that dies more often than this within so many seconds has failed
LOG_LIMIT = 4 << 20  # bytes of one program's log

# Nothing attaches or grows disks, signs certificates or scales by metrics here.
WITHOUT = (
    "persistentvolume-attach-detach-controller", "persistentvolume-expander-controller", "node-ipam-controller",
    "horizontal-pod-autoscaler-controller", "certificatesigningrequest-signing-controller",
    "certificatesigningrequest-approving-controller", "certificatesigningrequest-cleaner-controller",
)


def say(text):
    print(f"cluster {text}", file=sys.stderr, flush=True)


_numbers = itertools.count(1)


class Failed(Exception):
    """The control plane cannot be brought up, or has died too often."""


class Stopped(Exception):
    """The cluster was deleted meanwhile."""


class Program:
    def __init__(self, name, arguments, folder, memory):
        self.name, self.arguments, self.memory = name, arguments, memory
        self.log = folder / f"{name}.log"
        self.process, self.deaths = None, []

    def start(self):
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.log.parent), "GOMEMLIMIT": f"{self.memory}MiB", "GOGC": "80"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAMS / self.name, *self.arguments], cwd=self.log.parent, env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )

    def last_words(self):
        lines = self.log.read_text(errors="replace").splitlines()
        return " | ".join(line[:300] for line in lines[-3:])


class Plane:
    """The processes of the cluster `name` on its `port`, in states: starting, up, failed, stopped."""

    def __init__(self, name, port, address, webhook, issuer):
        self.id = f"{name}-{next(_numbers)}"  # what ministack keeps where a container's id would be
        self.name, self.port, self.address, self.webhook, self.issuer = name, port, address, webhook, issuer
        self.folder = FOLDERS / self.id
        self.etcd_port = FIRST_ETCD_PORT + 2 * (port - FIRST_PORT)
        self.kubelet_port = FIRST_KUBELET_PORT + port - FIRST_PORT
        self.stopping, self.lock = threading.Event(), threading.Lock()
        self.programs, self.kubelet, self.authority = [], None, ""

    def api(self):
        return Api(self.folder, self.port)

    def etcd(self):
        client, peer = (f"http://127.0.0.1:{self.etcd_port + number}" for number in (0, 1))
        return Program("etcd", [
            "--name=it", f"--data-dir={self.folder}/etcd", f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=it={peer}",
            "--unsafe-no-fsync", "--snapshot-count=5000", "--max-wals=1", "--max-snapshots=1", "--auto-compaction-retention=5m",
            "--log-level=warn",
        ], self.folder, 96)

    def apiserver(self):
        at = self.folder
        return Program("kube-apiserver", [
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}", "--bind-address=0.0.0.0", f"--secure-port={self.port}",
            f"--advertise-address={self.address}", f"--tls-cert-file={at}/server.crt", f"--tls-private-key-file={at}/server.key",
            f"--client-ca-file={at}/ca.crt", "--service-cluster-ip-range=10.100.0.0/16", "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
            f"--authentication-token-webhook-config-file={at}/webhook.json", "--authentication-token-webhook-version=v1",
            "--authentication-token-webhook-cache-ttl=1s",
            f"--service-account-issuer={self.issuer}", f"--service-account-signing-key-file={at}/sa.key",
            f"--service-account-key-file={at}/sa.pub", "--api-audiences=https://kubernetes.default.svc",
            f"--kubelet-client-certificate={at}/admin.crt", f"--kubelet-client-key={at}/admin.key",
            # Nodes show the addresses of their subnets; where this container finds them they say by this type.
            "--kubelet-preferred-address-types=ExternalDNS", "--profiling=false", "--enable-priority-and-fairness=false",
        ], at, 420)

    def others(self):
        at, config = self.folder, f"--kubeconfig={self.folder}/admin.json"
        without = ",".join(f"-{name}" for name in WITHOUT)
        return [
            Program("kube-controller-manager", [
                config, f"--controllers=*,{without}", "--leader-elect=false", "--secure-port=0", f"--cluster-name={self.name}",
                f"--service-account-private-key-file={at}/sa.key", f"--root-ca-file={at}/ca.crt", "--kube-api-qps=100",
                "--kube-api-burst=200", "--profiling=false",
            ], at, 160),
            Program("kube-scheduler", [config, "--leader-elect=false", "--secure-port=0", "--profiling=false"], at, 96),
            Program("kwok", [
                config, f"--config={STAGES}", "--manage-all-nodes=false",
                "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake", "--node-lease-duration-seconds=40",
                "--cidr=10.1.0.0/16",
            ], at, 96),
        ]

    def begin(self, programs):
        with self.lock:
            if self.stopping.is_set():
                raise Stopped
            for program in programs:
                program.start()
                self.programs.append(program)

    def start(self):
        """Returns once the API server says that it is ready. Raises Failed or Stopped."""
        began = time.monotonic()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        pki.make(self.folder, self.address)
        pki.kubeconfig(self.folder, f"https://127.0.0.1:{self.port}")
        pki.write_config(self.folder / "webhook.json", {"server": self.webhook}, {})
        self.authority = b64encode((self.folder / "ca.crt").read_bytes()).decode()
        self.begin([self.etcd(), self.apiserver()])
        api = self.api()
        while (why := api.unready()) is not None:
            self.look_after()
            if time.monotonic() - began > READY_WITHIN:
                raise Failed(f"kube-apiserver was not ready within {READY_WITHIN} s: {why}: {self.programs[-1].last_words()}")
            if self.stopping.wait(0.1):
                raise Stopped
        api.close()
        self.begin(self.others())
        self.kubelet = kubelet.serve(self)
        say(f"{self.name}: control plane ready in {time.monotonic() - began:.1f} s at https://{self.address}:{self.port}")

    def look_after(self):
        """Starts again what has died. Raises Failed when that happens too often."""
        with self.lock:
            if self.stopping.is_set():
                raise Stopped
            for program in self.programs:
                code = program.process.poll()
                if code is None:
                    if program.log.stat().st_size > LOG_LIMIT:
                        os.truncate(program.log, 0)
                    continue
                now = time.monotonic()
                program.deaths = [at for at in program.deaths if now - at < WITHIN] + [now]
                say(f"{self.name}: {program.name} ended with {code}: {program.last_words()}")
                if len(program.deaths) > RESTARTS:
                    raise Failed(f"{program.name} ended {len(program.deaths)} times within {WITHIN} s")
                program.start()

    def stop(self):
        """Ends the processes and removes their data. Once it returns, port and folder are free."""
        self.stopping.set()
        with self.lock:
            if self.kubelet:
                self.kubelet.shutdown()
                self.kubelet.server_close()
                self.kubelet = None
            for program in reversed(self.programs):
                program.process.kill()
            for program in self.programs:
                program.process.wait()
            self.programs = []
            shutil.rmtree(self.folder, ignore_errors=True)
