"""Keys and certificates of one cluster, made by openssl in its folder."""

import json
import subprocess

SERVICE_IP = "10.100.0.1"  # of `kubernetes.default`, the first of the service network
NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost")
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650")


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, stdin=subprocess.DEVNULL, capture_output=True)


def signed(folder, name, subject, usage, names=""):
    extra = ("-addext", f"subjectAltName={names}") if names else ()
    openssl(
        folder, "req", "-x509", *NEW_KEY, "-CA", "ca.crt", "-CAkey", "ca.key", "-keyout", f"{name}.key", "-out", f"{name}.crt",
        "-subj", subject, "-addext", "basicConstraints=critical,CA:FALSE", "-addext", f"extendedKeyUsage={usage}", *extra,
    )


def make(folder, address):
    """ca, server, admin (a client of system:masters), kubelet (server of the nodes) and the service accounts' key pair `sa`."""
    openssl(folder, "req", "-x509", *NEW_KEY, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=kubernetes",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature")
    addresses = ",".join([f"IP:{ip}" for ip in (address, "127.0.0.1", SERVICE_IP)] + [f"DNS:{name}" for name in NAMES])
    signed(folder, "server", "/CN=kube-apiserver", "serverAuth", addresses)
    signed(folder, "admin", "/O=system:masters/CN=rehearsal", "clientAuth")
    signed(folder, "kubelet", "/O=system:nodes/CN=system:node", "serverAuth", "DNS:localhost,IP:127.0.0.1")
    openssl(folder, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", "sa.key")
    openssl(folder, "pkey", "-in", "sa.key", "-pubout", "-out", "sa.pub")


def kubeconfig(folder, server):
    """`admin.json`: a kubeconfig of the control plane's own programs (JSON is YAML)."""
    cluster = {"server": server, "certificate-authority": f"{folder}/ca.crt"}
    user = {"client-certificate": f"{folder}/admin.crt", "client-key": f"{folder}/admin.key"}
    return write_config(folder / "admin.json", cluster, user)


def write_config(path, cluster, user):
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "it",
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": user}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
    }))
    return path
