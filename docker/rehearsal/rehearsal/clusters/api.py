"""A small client of one cluster's API server: JSON over one kept connection, as the control plane's administrator."""

import http.client
import json
import ssl
from urllib.parse import quote, urlencode

MANAGER = "rehearsal"


class ApiError(Exception):
    """An answer of 400 or more. `code` is its HTTP status."""

    def __init__(self, code, message):
        super().__init__(f"{code} {message}")
        self.code = code


PLURALS = {
    "StorageClass": "storageclasses", "CSIDriver": "csidrivers", "Ingress": "ingresses", "NetworkPolicy": "networkpolicies",
    "IngressClass": "ingressclasses", "IngressClassParams": "ingressclassparams", "EC2NodeClass": "ec2nodeclasses",
}
CLUSTER_WIDE = {
    "Namespace", "Node", "PersistentVolume", "StorageClass", "CSIDriver", "CSINode", "ClusterRole", "ClusterRoleBinding",
    "PriorityClass", "CustomResourceDefinition", "IngressClass", "IngressClassParams", "NodePool", "NodeClaim", "EC2NodeClass",
}


def path_of(version, kind, namespace=None, name=None):
    plural = PLURALS.get(kind, f"{kind.lower()}s")
    parts = ["/api" if version == "v1" else "/apis", version]
    if namespace and kind not in CLUSTER_WIDE:
        parts += ["namespaces", namespace]
    parts.append(plural)
    if name:
        parts.append(quote(name, safe=""))
    return "/".join(parts)


def path_for(thing):
    meta = thing["metadata"]
    return path_of(thing["apiVersion"], thing["kind"], meta.get("namespace", "default"), meta["name"])


class Api:
    """Not for two threads at once."""

    def __init__(self, folder, port, timeout=10):
        self.context = ssl.create_default_context(cafile=folder / "ca.crt")
        self.context.load_cert_chain(folder / "admin.crt", folder / "admin.key")
        self.port, self.timeout, self.connection = port, timeout, None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def send(self, method, path, body=None, kind="application/json"):
        headers = {"Content-Type": kind, "Accept": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        try:
            if self.connection is None:
                self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=self.timeout, context=self.context)
            self.connection.request(method, path, sent, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def ask(self, method, path, body=None, kind="application/json"):
        try:
            code, text = self.send(method, path, body, kind)
        except (OSError, http.client.HTTPException):
            if method != "GET":
                raise
            code, text = self.send(method, path, body, kind)  # a kept connection that had ended
        if code >= 400:
            try:
                message = json.loads(text).get("message", "")
            except ValueError:
                message = text.decode(errors="replace")[:200]
            raise ApiError(code, message)
        return json.loads(text) if text else {}

    def unready(self):
        """Why the API server is not ready yet, or None once it is."""
        try:
            code, text = self.send("GET", "/readyz")
        except (OSError, http.client.HTTPException) as trouble:
            return f"{type(trouble).__name__}: {trouble}"
        return None if code == 200 else " ".join(line for line in text.decode(errors="replace").splitlines() if line.startswith("[-]"))

    def get(self, version, kind, name, namespace="default"):
        """The object, or None."""
        try:
            return self.ask("GET", path_of(version, kind, namespace, name))
        except ApiError as refused:
            if refused.code == 404:
                return None
            raise

    def list(self, version, kind, namespace=None, labels="", fields=""):
        asked = {key: value for key, value in (("labelSelector", labels), ("fieldSelector", fields)) if value}
        path = path_of(version, kind, namespace) + (f"?{urlencode(asked)}" if asked else "")
        named = {"apiVersion": version, "kind": kind}  # the items of a list leave it out
        return [named | one for one in self.ask("GET", path).get("items") or []]

    def list_known(self, version, kind):
        """The same of a kind that may not be there at all: then nothing."""
        try:
            return self.list(version, kind)
        except ApiError as refused:
            if refused.code == 404:
                return []
            raise

    def create(self, thing):
        path = path_for(thing).rpartition("/")[0]
        return self.ask("POST", path, thing)

    def apply(self, thing):
        """Server-side apply: what is there of others stays."""
        path = f"{path_for(thing)}?fieldManager={MANAGER}&force=true"
        return self.ask("PATCH", path, thing, "application/apply-patch+yaml")

    def patch(self, thing, change, subresource=""):
        path = path_for(thing) + (f"/{subresource}" if subresource else "")
        return self.ask("PATCH", path, change, "application/merge-patch+json")

    def delete(self, thing):
        """True if it was there."""
        try:
            self.ask("DELETE", path_for(thing))
        except ApiError as refused:
            if refused.code != 404:
                raise
            return False
        return True
