"""A stand-in for the API servers of the seeded clusters, until the rehearsal has a real cluster.

It answers GET for what a preflight asks by the real kubectl and helm, over TLS by an authority made at the start:
version, discovery of the core group, namespaces, nodes, and the secrets in which Helm keeps its releases. It stores
nothing and knows nobody: any token of `aws eks get-token`'s form is the cluster's administrator, but where a cluster
says otherwise.
"""

import gzip
import json
import socket
import ssl
import subprocess
import tempfile
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SEEDED = "2026-01-01T00:00:00Z"
FINALIZER = "rehearsal.test/held"
STUCK = [
    {
        "type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain", "lastTransitionTime": SEEDED,
        "message": "Some resources are remaining: persistentvolumeclaims. has 2 resource instances",
    },
    {
        "type": "NamespaceFinalizersRemaining", "status": "True", "reason": "SomeFinalizersRemain", "lastTransitionTime": SEEDED,
        "message": f"Some content in the namespace has finalizers remaining: {FINALIZER} in 2 resource instances",
    },
]


def node(number, version, group="ingext-standing-workers", ready="True"):
    return {
        "metadata": {
            "name": f"ip-10-0-0-{number}.us-east-2.compute.internal",
            "labels": {"eks.amazonaws.com/nodegroup": group, "kubernetes.io/os": "linux"},
            "creationTimestamp": SEEDED,
        },
        "spec": {},
        "status": {
            "conditions": [{"type": "Ready", "status": ready, "reason": "KubeletReady" if ready == "True" else "NodeStatusUnknown"}],
            "nodeInfo": {"kubeletVersion": version},
        },
    }


def release(namespace, name, chart, version, status="deployed"):
    return (namespace, name, chart, version, status)


OURS = [
    release("kube-system", "ingext-aws-gp3", "ingext-aws-gp3", "0.1.0"),
    release("monitoring", "prometheus", "kube-prometheus-stack", "77.0.1"),
]
# Each has a port of its own; the order is that of the ports, from FIRST_PORT.
CLUSTERS = {
    "standing": {"version": "v1.34.4-eks-113cf36", "nodes": [node(n, "v1.34.4-eks-113cf36") for n in (11, 12)], "releases": OURS},
    "old": {"version": "v1.29.15-eks-473151a", "nodes": [], "releases": []},
    "lagging": {
        "version": "v1.34.4-eks-113cf36",
        "nodes": [node(11, "v1.30.14-eks-473151a", "ancient"), node(12, "v1.31.14-eks-473151a", "aged"), node(13, "v1.34.4-eks-113cf36", "fresh", "Unknown")],
        "releases": [],
    },
    "taken": {
        "version": "v1.34.4-eks-113cf36",
        "nodes": [node(n, "v1.34.4-eks-113cf36", "taken-workers") for n in (11, 12)],
        "terminating": ["ingext"],
        "releases": [
            release("kube-system", "karpenter", "karpenter", "1.8.3"),
            release("ops", "alb", "aws-load-balancer-controller", "1.14.1"),
            release("ingext", "ingext-lake", "lake-of-somebody", "0.3.0"),
            release("ingext", "ingext-community", "ingext-community", "1.1.0", "pending-install"),
            release("other", "ingext-s3-lake", "ingext-s3-lake", "1.0.0"),
        ],
    },
    "locked": {"version": "v1.34.4-eks-113cf36", "nodes": [], "releases": [], "refuses": 401},
    "narrow": {"version": "v1.34.4-eks-113cf36", "nodes": [], "releases": [], "refuses": 403},
}
FIRST_PORT = 6443
WHO = "arn:aws:iam::000000000000:root"
_authority = {}


def port(name):
    return FIRST_PORT + list(CLUSTERS).index(name)


def address():
    return socket.gethostbyname(socket.gethostname())


def endpoint(name):
    """Where the cluster's API server answers, or None for a cluster that has none."""
    return f"https://{address()}:{port(name)}" if name in CLUSTERS and _authority else None


def authority():
    """The certificate of the authority that signed the servers' certificate, PEM."""
    return _authority.get("pem")


def status(code, reason, message, details=None):
    shaped = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason, "code": code}
    return code, {**shaped, "details": details} if details else shaped


def forbidden(resource, where):
    message = f'{resource} is forbidden: User "{WHO}" cannot list resource "{resource.split(" ")[0]}" in API group "" {where}'
    return status(403, "Forbidden", message, {"kind": resource})


def release_secret(kept):
    """As Helm 3 stores it: JSON, gzip, base64, and base64 once more as every secret."""
    namespace, name, chart, version, state = kept
    body = {
        "name": name, "namespace": namespace, "version": 1, "manifest": "", "config": {},
        "info": {"first_deployed": SEEDED, "last_deployed": SEEDED, "deleted": "", "description": "rehearsal", "status": state},
        "chart": {"metadata": {"name": chart, "version": version, "appVersion": version, "apiVersion": "v2"}, "templates": [], "values": {}},
    }
    packed = b64encode(b64encode(gzip.compress(json.dumps(body).encode(), mtime=0))).decode()
    labels = {"owner": "helm", "name": name, "status": state, "version": "1", "modifiedAt": "1767225600"}
    meta = {"name": f"sh.helm.release.v1.{name}.v1", "namespace": namespace, "labels": labels, "creationTimestamp": SEEDED}
    return {"metadata": meta, "type": "helm.sh/release.v1", "data": {"release": packed}}


def namespaces(cluster):
    names = {"default", "kube-system", *(kept[0] for kept in cluster["releases"])}
    return {name: namespace(name, name in cluster.get("terminating", [])) for name in sorted(names)}


def namespace(name, terminating):
    meta = {"name": name, "creationTimestamp": SEEDED}
    spec, state = {"finalizers": ["kubernetes"]}, {"phase": "Active"}
    if terminating:
        meta["deletionTimestamp"] = SEEDED
        state = {"phase": "Terminating", "conditions": STUCK}
    return {"kind": "Namespace", "apiVersion": "v1", "metadata": meta, "spec": spec, "status": state}


def listed(kind, items):
    return 200, {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items}


RESOURCES = [("namespaces", "Namespace", False), ("nodes", "Node", False), ("secrets", "Secret", True)]
SHORT = {"namespaces": ["ns"], "nodes": ["no"]}


def discovery(path):
    if path == "/api":
        return 200, {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        return 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": []}
    if path == "/api/v1":
        resources = [
            {"name": name, "singularName": kind.lower(), "namespaced": spaced, "kind": kind, "verbs": ["get", "list"], "shortNames": SHORT.get(name, [])}
            for name, kind, spaced in RESOURCES
        ]
        return 200, {"kind": "APIResourceList", "groupVersion": "v1", "resources": resources}
    return None


def answer(cluster, target, token):
    """The status code and body for one GET."""
    url = urlsplit(target)
    path, query = url.path.rstrip("/"), parse_qs(url.query)
    refuses = cluster.get("refuses")
    if refuses == 401 or not token.startswith("Bearer k8s-aws-v1."):
        return status(401, "Unauthorized", "Unauthorized")
    if path == "/version":
        major, minor = cluster["version"].lstrip("v").split(".")[:2]
        return 200, {
            "major": major, "minor": minor, "gitVersion": cluster["version"], "gitCommit": "0" * 40, "gitTreeState": "clean",
            "buildDate": SEEDED, "goVersion": "go1.24.11", "compiler": "gc", "platform": "linux/amd64",
        }
    found = discovery(path)
    if found:
        return found
    if path == "/api/v1/nodes":
        return forbidden("nodes", "at the cluster scope") if refuses else listed("Node", cluster["nodes"])
    if path == "/api/v1/secrets":
        if refuses:
            return forbidden("secrets", "at the cluster scope")
        # Helm's own label is the only one that is asked for here.
        wanted = query.get("labelSelector", [""])[0]
        kept = [release_secret(one) for one in cluster["releases"]]
        return listed("Secret", kept if wanted in ("", "owner=helm") else [])
    if path.startswith("/api/v1/namespaces/") and path.count("/") == 4:
        name = path.rsplit("/", 1)[1]
        if refuses:
            message = f'namespaces "{name}" is forbidden: User "{WHO}" cannot get resource "namespaces" in API group "" in the namespace "{name}"'
            return status(403, "Forbidden", message, {"name": name, "kind": "namespaces"})
        there = namespaces(cluster).get(name)
        return (200, there) if there else status(404, "NotFound", f'namespaces "{name}" not found', {"name": name, "kind": "namespaces"})
    return status(404, "NotFound", "the server could not find the requested resource")


def handler(cluster):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def do_GET(self):
            code, body = answer(cluster, self.path, self.headers.get("Authorization", ""))
            self.reply(code, body)

        def refuse(self):
            code, body = status(405, "MethodNotAllowed", "the stand-in only answers GET")
            self.close_connection = True
            self.reply(code, body)

        do_POST = do_PUT = do_PATCH = do_DELETE = refuse

        def reply(self, code, body):
            sent = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *args):
            pass

    return Handler


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, stdin=subprocess.DEVNULL, capture_output=True)


def make_certificates(folder, host):
    """An authority, and a certificate for this address signed by it."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650")
    openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=rehearsal clusters")
    openssl(
        folder, "req", "-x509", *key, "-CA", "ca.crt", "-CAkey", "ca.key", "-keyout", "server.key", "-out", "server.crt",
        "-subj", "/CN=kubernetes", "-addext", f"subjectAltName=IP:{host}", "-addext", "basicConstraints=critical,CA:FALSE",
        "-addext", "extendedKeyUsage=serverAuth",
    )


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def get_request(self):
        # The handshake belongs to the connection's own thread: a client that says nothing must not stop the others.
        connection, peer = super().get_request()
        connection.settimeout(60)
        return self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), peer

    def handle_error(self, request, client_address):
        pass  # a client that went away, or does not trust us


def start(host=None):
    """Serve every cluster; gives the servers."""
    host = host or address()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as made:
        make_certificates(made, host)
        context.load_cert_chain(Path(made, "server.crt"), Path(made, "server.key"))
        _authority["pem"] = Path(made, "ca.crt").read_bytes()
    servers = []
    for name, cluster in CLUSTERS.items():
        server = Server((host, port(name)), handler(cluster))
        server.tls = context
        threading.Thread(target=server.serve_forever, name=f"kube {name}", daemon=True).start()
        servers.append(server)
    return servers
