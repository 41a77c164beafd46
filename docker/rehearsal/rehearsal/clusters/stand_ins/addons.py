"""EKS add-ons: what each brings into the cluster, its state by whether that runs, and its leaving."""

from ministack.services import eks

from rehearsal.clusters.stand_ins.nodes import GROUP, is_ready

SYSTEM = "kube-system"
REPOSITORY = "602401143452.dkr.ecr.us-east-2.amazonaws.com"


def labels(name, part):
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/component": part}


def account(name):
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": SYSTEM}}


def pods(name, marks, containers, version, service_account, extra):
    named = [{"name": one, "image": f"{REPOSITORY}/eks/{one}:{version}"} for one in containers]
    spec = {"serviceAccountName": service_account, "containers": named, "priorityClassName": "system-node-critical", **extra}
    return {"metadata": {"labels": marks}, "spec": {key: value for key, value in spec.items() if value is not None}}


def workload(kind, name, marks, containers, version, service_account, replicas=2, **extra):
    spec = {"selector": {"matchLabels": marks}, "template": pods(name, marks, containers, version, service_account, extra)}
    if kind == "Deployment":
        spec["replicas"] = replicas
    else:
        spec["template"]["spec"]["tolerations"] = [{"operator": "Exists"}]
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": SYSTEM, "labels": marks}, "spec": spec}


def driver(name, **spec):
    return {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": name}, "spec": spec}


def coredns(version):
    marks = {"k8s-app": "kube-dns", "eks.amazonaws.com/component": "coredns"}
    corefile = ".:53 {\n    errors\n    health\n    kubernetes cluster.local in-addr.arpa ip6.arpa\n    forward . /etc/resolv.conf\n    cache 30\n}\n"
    ports = [{"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53}, {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53}]
    return [
        account("coredns"),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "coredns", "namespace": SYSTEM}, "data": {"Corefile": corefile}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kube-dns", "namespace": SYSTEM, "labels": {"k8s-app": "kube-dns", "kubernetes.io/name": "CoreDNS"}},
         "spec": {"clusterIP": "10.100.0.10", "selector": {"k8s-app": "kube-dns"}, "ports": ports}},
        workload("Deployment", "coredns", marks, ["coredns"], version, "coredns",
                 tolerations=[{"key": "CriticalAddonsOnly", "operator": "Exists"}]),
    ]


def vpc_cni(version):
    marks = {"k8s-app": "aws-node", "app.kubernetes.io/name": "aws-node"}
    return [account("aws-node"), workload("DaemonSet", "aws-node", marks, ["aws-node", "aws-eks-nodeagent"], version, "aws-node", hostNetwork=True)]


def kube_proxy(version):
    return [account("kube-proxy"), workload("DaemonSet", "kube-proxy", {"k8s-app": "kube-proxy"}, ["kube-proxy"], version, "kube-proxy", hostNetwork=True)]


def pod_identity_agent(version):
    marks = {"app.kubernetes.io/name": "eks-pod-identity-agent", "app.kubernetes.io/instance": "eks-pod-identity-agent"}
    return [workload("DaemonSet", "eks-pod-identity-agent", marks, ["eks-pod-identity-agent"], version, None, hostNetwork=True)]


def ebs(version):
    return [
        account("ebs-csi-controller-sa"), account("ebs-csi-node-sa"),
        driver("ebs.csi.aws.com", attachRequired=True, podInfoOnMount=False),
        workload("Deployment", "ebs-csi-controller", labels("aws-ebs-csi-driver", "csi-driver") | {"app": "ebs-csi-controller"},
                 ["ebs-plugin", "csi-provisioner", "csi-attacher", "csi-resizer"], version, "ebs-csi-controller-sa",
                 tolerations=[{"key": "CriticalAddonsOnly", "operator": "Exists"}]),
        workload("DaemonSet", "ebs-csi-node", labels("aws-ebs-csi-driver", "csi-driver") | {"app": "ebs-csi-node"},
                 ["ebs-plugin", "node-driver-registrar", "liveness-probe"], version, "ebs-csi-node-sa"),
    ]


def s3(version):
    return [
        account("s3-csi-driver-sa"),
        driver("s3.csi.aws.com", attachRequired=False, podInfoOnMount=True, requiresRepublish=True),
        workload("DaemonSet", "s3-csi-node", labels("aws-mountpoint-s3-csi-driver", "csi-driver") | {"app": "s3-csi-node"},
                 ["s3-plugin", "node-driver-registrar", "liveness-probe"], version, "s3-csi-driver-sa"),
    ]


def metrics_server(version):
    marks = {"app.kubernetes.io/name": "metrics-server"}
    return [account("metrics-server"), workload("Deployment", "metrics-server", marks, ["metrics-server"], version, "metrics-server")]


BRINGS = {
    "coredns": coredns, "vpc-cni": vpc_cni, "kube-proxy": kube_proxy, "eks-pod-identity-agent": pod_identity_agent,
    "aws-ebs-csi-driver": ebs, "aws-mountpoint-s3-csi-driver": s3, "metrics-server": metrics_server,
}


def short_of(cluster, things):
    """The workloads that do not have all their pods."""
    found = []
    for thing in things:
        if thing["kind"] not in ("Deployment", "DaemonSet"):
            continue
        meta = thing["metadata"]
        now = cluster.api.get("apps/v1", thing["kind"], meta["name"], SYSTEM)
        state = (now or {}).get("status", {})
        seen = now is not None and state.get("observedGeneration", 0) >= now["metadata"]["generation"]
        if thing["kind"] == "Deployment":
            whole = state.get("availableReplicas", 0) >= now["spec"]["replicas"] if seen else False
        else:
            whole = seen and state.get("numberReady", 0) >= state.get("desiredNumberScheduled", 0)
        if not whole:
            found.append(f"{thing['kind'].lower()} {meta['name']}")
    return found


def judge(cluster, addon, things, nodes):
    short = short_of(cluster, things)
    if not short:
        status, issues = "ACTIVE", []
    elif addon["status"] == "CREATING" and nodes:
        return
    else:
        message = f"The add-on is unhealthy because it doesn't have the desired number of replicas: {', '.join(short)}."
        status, issues = "DEGRADED", [{"code": "InsufficientNumberOfReplicas", "message": message, "resourceIds": []}]
    if addon["status"] in ("CREATING", "UPDATING", "ACTIVE", "DEGRADED"):
        if addon["status"] != status:
            addon["modifiedAt"] = eks._now()
        addon["status"], addon["health"] = status, {"issues": issues}


def act(cluster):
    made = cluster.remembered("addons", {})  # add-on: its ARN and version, and what it brought
    settled = cluster.remembered("settled", {})
    addons = cluster.addons()
    nodes = None
    for name in [name for name in made if name not in addons or addons[name]["addonArn"] != made[name][0]]:
        for thing in reversed(made.pop(name)[2]):
            cluster.api.delete(thing)
        settled.pop(name, None)
    for name, addon in addons.items():
        things = BRINGS[name](addon["addonVersion"]) if name in BRINGS else []
        if made.get(name, ("", ""))[:2] != (addon["addonArn"], addon["addonVersion"]):
            for thing in things:
                cluster.api.apply(thing)
            made[name] = (addon["addonArn"], addon["addonVersion"], things)
        # A settled add-on is looked at only now and then: the loop is to cost little.
        settled[name] = settled.get(name, 0) + 1 if addon["status"] == "ACTIVE" else 0
        if settled[name] % 10 == 0:
            if nodes is None:
                nodes = any(is_ready(node) for node in cluster.api.list("v1", "Node", labels=GROUP))
            judge(cluster, addon, things, nodes)
