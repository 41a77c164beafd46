"""What the API server asks a node's kubelet: the logs of containers that never run.

A pod's annotation `rehearsal.test/log` is its log; else it says in a few lines what the rehearsal made of it.
"""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LOG = "rehearsal.test/log"
FAILS = "rehearsal.test/fails"
PULL, CRASH = "rehearsal.test/image-pull", "rehearsal.test/crash-loop"
NOT_RUN = "the rehearsal's nodes run no containers: there is nothing to enter or to connect to\n"


def lines_of(pod, container):
    notes = pod["metadata"].get("annotations") or {}
    if LOG in notes:
        return notes[LOG].splitlines()
    meta, phase = pod["metadata"], pod["status"].get("phase", "Pending")
    lines = [f"rehearsal: container {container} of pod {meta['namespace']}/{meta['name']} started"]
    if phase == "Failed" or notes.get(FAILS) == "true":
        lines.append("rehearsal: failed, as its annotation demands")
    elif phase == "Succeeded":
        lines.append("rehearsal: completed")
    return lines


def log_of(api, namespace, name, container, query):
    """The status code and text for one container's log."""
    pod = api.get("v1", "Pod", name, namespace)
    if pod is None:
        return 404, f'pod "{name}" not found in namespace "{namespace}"\n'
    spec = pod["spec"]
    if container not in [one["name"] for one in spec["containers"] + spec.get("initContainers", [])]:
        return 404, f'container "{container}" not found in pod "{name}"\n'
    notes = pod["metadata"].get("annotations") or {}
    if pod["status"].get("phase", "Pending") == "Pending":
        why = "trying and failing to pull image" if PULL in notes else "ContainerCreating"
        return 400, f'container "{container}" in pod "{name}" is waiting to start: {why}\n'
    if query.get("previous", ["false"])[0] == "true" and CRASH not in notes:
        return 400, f'previous terminated container "{container}" in pod "{name}" not found\n'
    lines = lines_of(pod, container)
    if query.get("timestamps", ["false"])[0] == "true":
        started = pod["status"].get("startTime", pod["metadata"]["creationTimestamp"])
        lines = [f"{started} {line}" for line in lines]
    if "tailLines" in query:
        wanted = int(query["tailLines"][0])
        lines = lines[-wanted:] if wanted else []
    return 200, "".join(f"{line}\n" for line in lines)


def handler(plane):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def do_GET(self):
            url = urlsplit(self.path)
            parts = url.path.strip("/").split("/")
            if parts[0] == "containerLogs" and len(parts) == 4:
                self.reply(*log_of(plane.api(), *parts[1:], parse_qs(url.query)))
            else:
                self.reply(501, NOT_RUN)

        def do_POST(self):
            self.close_connection = True
            self.reply(501, NOT_RUN)

        def reply(self, code, text):
            sent = text.encode()
            self.send_response(code)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *args):
            pass

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def get_request(self):
        connection, peer = super().get_request()
        connection.settimeout(60)
        return self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), peer

    def handle_error(self, request, client_address):
        pass  # a client that went away


def serve(plane):
    """One server for every node of a cluster, on loopback; only the API server's certificate opens it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(plane.folder / "kubelet.crt", plane.folder / "kubelet.key")
    context.load_verify_locations(plane.folder / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    server = Server(("127.0.0.1", plane.kubelet_port), handler(plane))
    server.tls = context
    threading.Thread(target=server.serve_forever, name=f"kubelet {plane.name}", daemon=True).start()
    return server
