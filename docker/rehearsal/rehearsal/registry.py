"""A chart registry: OCI over TLS, read-only, with the charts of `charts/` packed at start.

Certificate and key come by the variable REHEARSAL_TLS, made by the rehearsal's own authority (scripts/rehearse);
without it there is no registry. Beside `/ingext` stand repositories that refuse, each in another way.
"""

import gzip
import io
import json
import os
import re
import ssl
import tarfile
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

PORT = 5443
CHARTS = Path(__file__).parent.parent / "charts"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.cncf.helm.config.v1+json"
CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
JSON = "application/json"
# The first part of the path: what it answers instead of a chart.
REFUSING = {
    "private": (401, "UNAUTHORIZED", "authentication required"),
    "denied": (403, "DENIED", "requested access to the resource is denied"),
    "broken": (503, "UNAVAILABLE", "service unavailable"),
}
GARBAGE = "garbage"  # a proxy's page, with status 200
SILENT = "silent"  # no answer
SILENCE = 120  # seconds
# A mirror holds every chart in one place, `/ingext`. These stand beside it as in their own registry too.
ALSO = {"karpenter": ("karpenter",), "karpenter-crd": ("karpenter",)}

# Other versions that stand beside the locked ones: what a chart of `charts/` has otherwise in them, by file. The older
# ones are what an upgrade begins with; the newer one is taken by helm and refused by the API server.
OTHERS = {
    "ingext-aws-gp3": {
        "0.0.9": {"templates/storageclass.yaml": ("  annotations:\n", "  annotations:\n    edition: older\n")},
        "0.1.1": {"templates/storageclass.yaml": ("type: gp3", "type: gp2")},
    },
    "karpenter-crd": {"1.8.2": {}},
    "karpenter": {"1.8.2": {"values.yaml": ("logLevel: info", "logLevel: debug")}},
    "etcd-single": {
        "0.9.0": {"values.yaml": ("etcd:v3.5.21", "etcd:v3.5.20")},
        "1.0.1": {"templates/service.yaml": ("port: 2379", "port: 70000")},
    },
    "ingext-community-config": {"0.9.0": {"templates/configmap.yaml": ("data:\n", "data:\n  edition: older\n")}},
    "aws-load-balancer-controller": {"3.4.0": {"crds/crds.yaml": ("enum: [instance, ip]", "enum: [instance]")}},
}

MANIFESTS = {}  # (repository, tag or digest): (digest, bytes)
BLOBS = {}  # digest: bytes


def digest_of(data):
    return f"sha256:{sha256(data).hexdigest()}"


def content(folder, path, changes):
    """A file of the chart, with what another version has otherwise."""
    data = path.read_bytes()
    if before_after := changes.get(str(path.relative_to(folder))):
        before, after = (text.encode() for text in before_after)
        if before not in data:
            raise ValueError(f"{path}: {before_after[0]!r} is not there")
        data = data.replace(before, after, 1)
    return data


def packed(folder, changes):
    """The chart as `helm package` packs it, the same bytes for the same files."""
    packing = io.BytesIO()
    with tarfile.open(fileobj=packing, mode="w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = tarfile.TarInfo(f"{folder.name}/{path.relative_to(folder)}")
            data = content(folder, path, changes)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(packing.getvalue(), mtime=0)


def descriptor(kind, data):
    BLOBS[digest_of(data)] = data
    return {"mediaType": kind, "digest": digest_of(data), "size": len(data)}


def add_chart(folder, version=None, changes=None):
    about = yaml.safe_load((folder / "Chart.yaml").read_text())
    changes = dict(changes or {})
    if version:
        changes["Chart.yaml"] = (f"\nversion: {about['version']}\n", f"\nversion: {version}\n")
        about["version"] = version
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG, json.dumps(about, sort_keys=True).encode()),
        "layers": [descriptor(CONTENT, packed(folder, changes))],
        "annotations": {
            "org.opencontainers.image.title": about["name"],
            "org.opencontainers.image.version": about["version"],
        },
    }
    data = json.dumps(manifest, sort_keys=True).encode()
    for repository in ("ingext", *ALSO.get(about["name"], ())):
        for name in (about["version"], digest_of(data)):
            MANIFESTS[f"{repository}/{about['name']}", name] = (digest_of(data), data)


class Registry(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = SILENCE

    def log_message(self, *_):
        pass

    def reply(self, status, body, kind=JSON, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code, message):
        headers = {"WWW_Authenticate": 'Basic realm="rehearsal"'} if status == 401 else {}
        self.reply(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode(), **headers)

    def do_GET(self):
        path = self.path.partition("?")[0]
        found = re.fullmatch(r"/v2/([a-z0-9._/-]+)/(manifests|blobs|tags)/([A-Za-z0-9._:+-]+)", path)
        if path in ("/v2", "/v2/"):
            return self.reply(200, b"{}")
        if not found:
            return self.refuse(404, "NAME_UNKNOWN", "repository name not known to registry")
        repository, kind, name = found.groups()
        first = repository.partition("/")[0]
        if first in REFUSING:
            return self.refuse(*REFUSING[first])
        if first == GARBAGE:
            return self.reply(200, b"<html>Please accept the terms of this network.</html>", "text/html")
        if first == SILENT:
            time.sleep(SILENCE)
            self.close_connection = True
            return None
        known = sorted(tag for at, tag in MANIFESTS if at == repository and ":" not in tag)
        if not known:
            return self.refuse(404, "NAME_UNKNOWN", "repository name not known to registry")
        if kind == "tags" and name == "list":
            return self.reply(200, json.dumps({"name": repository, "tags": known}).encode())
        if kind == "manifests" and (repository, name) in MANIFESTS:
            digest, data = MANIFESTS[repository, name]
            return self.reply(200, data, MANIFEST, Docker_Content_Digest=digest)
        if kind == "blobs" and name in BLOBS:
            return self.reply(200, BLOBS[name], "application/octet-stream", Docker_Content_Digest=name)
        code = "BLOB_UNKNOWN" if kind == "blobs" else "MANIFEST_UNKNOWN"
        return self.refuse(404, code, f"{kind.removesuffix('s')} unknown")

    do_HEAD = do_GET


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a caller that does not trust the certificate hangs up: that is what it is for


def context(pem):
    """A TLS context of certificate and key; ssl takes them only from a file, which lives as long as that takes."""
    path = Path("/tmp/registry.pem")
    path.touch(mode=0o600)
    path.write_text(pem)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(path)
    path.unlink()
    return made


def start(port=PORT):
    pem = os.environ.pop("REHEARSAL_TLS", "")
    if not pem:
        print("rehearsal: no certificate, so no chart registry", flush=True)
        return
    for folder in sorted(CHARTS.iterdir()):
        add_chart(folder)
        for version, changes in OTHERS.get(folder.name, {}).items():
            add_chart(folder, version, changes)
    server = Server(("", port), Registry)
    # The handshake belongs to each caller's own thread: one that says nothing must not keep the others waiting.
    server.socket = context(pem).wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True, name="rehearsal-registry").start()
