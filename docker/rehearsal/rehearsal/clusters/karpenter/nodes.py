"""The nodes that Karpenter brings: which pods want one, which machine holds them, and its node claim, node and instance."""

import ipaddress
import re
import time

from ministack.services import ec2

from rehearsal.clusters import events
from rehearsal.clusters.api import ApiError
from rehearsal.clusters.karpenter.views import is_ready, rows, set_finalizers
from rehearsal.clusters.stand_ins.nodes import digest, machine
from rehearsal.clusters.stand_ins.volumes import UNITS
from rehearsal.ec2 import ARM, SIZES, zones_of

FINALIZER = "karpenter.sh/termination"
POOL = "karpenter.sh/nodepool"
BATCH = 2  # seconds that a pod is pending before a node is made for it
EFFECTS = ("NoSchedule", "NoExecute")
PAUSE = re.compile(r"(\d+)([hms])")


def number(quantity):
    """A quantity of cores or bytes."""
    text = str(quantity)
    if text.endswith("m"):
        return float(text[:-1]) / 1000
    digits = text.rstrip("KMGTik")
    return float(digits) * UNITS[text[len(digits):]]


def needs(pod):
    """Cores and bytes that a pod asks for."""
    asked = [one.get("resources", {}).get("requests", {}) for one in pod["spec"]["containers"]]
    return sum(number(one.get("cpu", 0)) for one in asked), sum(number(one.get("memory", 0)) for one in asked)


def tolerated(taint, tolerations):
    for one in tolerations or []:
        if one.get("effect") not in (None, "", taint["effect"]) or one.get("key") not in (None, "", taint["key"]):
            continue
        if one.get("operator") == "Exists" or one.get("value", "") == taint.get("value", ""):
            return True
    return False


def meets(requirement, labels):
    """A node selector's or a node pool's requirement against labels; a label that is not there yet may be anything for Exists."""
    have, values, operator = labels.get(requirement["key"]), requirement.get("values") or [], requirement["operator"]
    return {
        "In": have in values, "NotIn": have not in values, "Exists": have is not None, "DoesNotExist": have is None,
        "Gt": have is not None and have.isdigit() and values and int(have) > int(values[0]),
        "Lt": have is not None and have.isdigit() and values and int(have) < int(values[0]),
    }[operator]


def wanted_by(pod, labels):
    spec = pod["spec"]
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    terms = required.get("nodeSelectorTerms") or []
    return not terms or any(all(meets(one, labels) for one in term.get("matchExpressions") or []) for term in terms)


def labels_for(pool, kind, zone, capacity):
    template, (cpus, mebibytes) = pool["spec"]["template"], SIZES[kind]
    family, _, size = kind.partition(".")
    return {
        **((template.get("metadata") or {}).get("labels") or {}),
        POOL: pool["metadata"]["name"], "karpenter.sh/capacity-type": capacity,
        "karpenter.k8s.aws/ec2nodeclass": template["spec"]["nodeClassRef"]["name"],
        "karpenter.k8s.aws/instance-family": family, "karpenter.k8s.aws/instance-size": size,
        "karpenter.k8s.aws/instance-category": re.match("[a-z]+", family)[0],
        "karpenter.k8s.aws/instance-generation": re.search(r"\d", family)[0],
        "karpenter.k8s.aws/instance-cpu": str(cpus), "karpenter.k8s.aws/instance-memory": str(mebibytes),
        "karpenter.k8s.aws/instance-hypervisor": "nitro",
        "kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64" if ARM.match(kind) else "amd64",
        "node.kubernetes.io/instance-type": kind, "topology.kubernetes.io/zone": zone,
    }


def machines(cluster, pool, node_class):
    """What the pool may make, the smallest first: type, subnet and labels."""
    requirements = pool["spec"]["template"]["spec"].get("requirements") or []
    for kind in sorted(SIZES, key=lambda one: (*SIZES[one], one)):
        if kind.startswith(("t2", "g", "p", "i")) or SIZES[kind][1] < 2048:  # old, or with accelerators or disks of their own
            continue
        for subnet in node_class["status"]["subnets"]:
            if subnet["zone"][-1] not in zones_of(kind):
                continue
            for capacity in ("spot", "on-demand"):
                labels = labels_for(pool, kind, subnet["zone"], capacity) | {"topology.kubernetes.io/region": cluster.region}
                if all(meets(one, labels) for one in requirements):
                    yield kind, subnet["id"], labels


def room(pool, claims):
    """What the pool's limits leave: cores and bytes."""
    own = [one["status"].get("capacity", {}) for one in claims if one["metadata"]["labels"].get(POOL) == pool["metadata"]["name"] and one.get("status")]
    limits = pool["spec"].get("limits") or {}
    return tuple(
        number(limits[name]) - sum(number(one.get(name, 0)) for one in own) if name in limits else float("inf") for name in ("cpu", "memory")
    )


def choose(cluster, pool, node_class, pod, claims):
    """(type, subnet, labels) for a pod, or the reason why this pool has none."""
    name = pool["metadata"]["name"]
    for taint in pool["spec"]["template"]["spec"].get("taints") or []:
        if taint["effect"] in EFFECTS and not tolerated(taint, pod["spec"].get("tolerations")):
            shown = f"{taint['key']}={taint['value']}:{taint['effect']}" if taint.get("value") else f"{taint['key']}:{taint['effect']}"
            return f'incompatible with nodepool "{name}", daemonset overhead={{}}, did not tolerate taint (taint={shown})'
    cores, memory = needs(pod)
    left, fitting, larger = room(pool, claims), False, False
    for kind, subnet, labels in machines(cluster, pool, node_class):
        if not wanted_by(pod, labels):
            continue
        fitting = True
        cpus, mebibytes = SIZES[kind]
        if cpus - 0.1 < cores or (mebibytes - 1000) * 2**20 < memory:
            continue
        larger = True
        if cpus <= left[0] and mebibytes * 2**20 <= left[1]:
            return kind, subnet, labels
    if larger:
        return f'all available instance types exceed limits for nodepool: "{name}"'
    asked = f'{{"cpu":"{cores:g}","memory":"{int(memory / 2**20)}Mi","pods":"1"}}'
    if fitting:
        return f'incompatible with nodepool "{name}", daemonset overhead={{}}, no instance type has enough resources, requirements, {asked}'
    return f'incompatible with nodepool "{name}", daemonset overhead={{}}, no instance type satisfied resources {asked} and requirements'


def make(cluster, pool, node_class, pod, choice):
    kind, subnet, labels = choice
    spec, pool_name = pool["spec"]["template"]["spec"], pool["metadata"]["name"]
    mark = digest(cluster.name, pod["metadata"]["uid"], str(time.monotonic()))
    network = ipaddress.ip_network(ec2._subnets[subnet]["CidrBlock"])
    address = str(network[10 + int(mark[:8], 16) % max(1, network.num_addresses - 20)])
    name = f"{pool_name}-{mark[:5]}"
    own = {"name": pool_name, "uid": pool["metadata"]["uid"], "apiVersion": pool["apiVersion"], "kind": "NodePool", "blockOwnerDeletion": True}
    claim = cluster.api.create({
        "apiVersion": "karpenter.sh/v1", "kind": "NodeClaim",
        "metadata": {"name": name, "labels": labels, "finalizers": [FINALIZER], "ownerReferences": [own]},
        "spec": {key: spec[key] for key in ("nodeClassRef", "requirements", "taints", "startupTaints", "expireAfter") if key in spec},
    })
    instance = launch(cluster, kind, subnet, address, {
        "Name": name, "karpenter.sh/nodeclaim": name, POOL: pool_name, "karpenter.k8s.aws/ec2nodeclass": node_class["metadata"]["name"],
        "eks:eks-cluster-name": cluster.name, f"kubernetes.io/cluster/{cluster.name}": "owned",
    })
    marks = labels | {"karpenter.sh/registered": "true", "karpenter.sh/initialized": "true"}
    node = machine(cluster, kind, labels["topology.kubernetes.io/zone"], address, marks, spec.get("taints") or [])
    node["metadata"]["finalizers"] = [FINALIZER]
    node["metadata"]["ownerReferences"] = [{"name": name, "uid": claim["metadata"]["uid"], "apiVersion": "karpenter.sh/v1", "kind": "NodeClaim",
                                            "blockOwnerDeletion": True}]
    node["spec"]["providerID"] = f"aws:///{labels['topology.kubernetes.io/zone']}/{instance}"
    cluster.api.create(node)
    events.say(cluster, pod, "Normal", "Nominated", f"Pod should schedule on: nodeclaim/{name}", "karpenter")
    show(cluster, claim | {"apiVersion": "karpenter.sh/v1", "kind": "NodeClaim"}, node, False)


def launch(cluster, kind, subnet, address, tags):
    params = {"ImageId": ["ami-0a1b2c3d4e5f60718"], "InstanceType": [kind], "SubnetId": [subnet], "PrivateIpAddress": [address],
              "MinCount": ["1"], "MaxCount": ["1"], "TagSpecification.1.ResourceType": ["instance"]}
    for place, (key, value) in enumerate(tags.items(), 1):
        params[f"TagSpecification.1.Tag.{place}.Key"], params[f"TagSpecification.1.Tag.{place}.Value"] = [key], [value]
    return re.search("<instanceId>(.*?)<", ec2._run_instances(params)[2].decode())[1]


def show(cluster, claim, node, up):
    done = ("True", "", "")
    later = done if up else ("Unknown", "NodeNotReady", "Node status is NotReady")
    status = claim.get("status") or {}
    shown = {
        "nodeName": node["metadata"]["name"], "providerID": node["spec"]["providerID"], "imageID": "ami-0a1b2c3d4e5f60718",
        "capacity": {key: node["status"]["capacity"][key] for key in ("cpu", "memory", "pods")},
        "allocatable": {key: node["status"]["allocatable"][key] for key in ("cpu", "memory", "pods")},
        "conditions": rows({"Launched": done, "Registered": done, "Initialized": later}, "Ready", claim["metadata"]["generation"],
                           status.get("conditions")),
    }
    if any(status.get(key) != value for key, value in shown.items()):
        cluster.api.patch(claim, {"status": shown}, "status")


def end(cluster, claim, node):
    """A claim that is going: its node and instance first."""
    name = (claim.get("status") or {}).get("providerID", "").rpartition("/")[2]
    if node:
        cluster.api.delete(node)
        set_finalizers(cluster, node, [one for one in node["metadata"].get("finalizers", []) if one != FINALIZER])
    if name in ec2._instances:
        ec2._terminate_instances({"InstanceId.1": [name]})
    set_finalizers(cluster, claim, [one for one in claim["metadata"].get("finalizers", []) if one != FINALIZER])


def seconds(text):
    if text == "Never":
        return float("inf")
    return sum(int(count) * {"h": 3600, "m": 60, "s": 1}[unit] for count, unit in PAUSE.findall(text or "0s"))


def empty_since(cluster, node):
    """When a node was first seen without pods that are not a DaemonSet's; None while it has some."""
    seen, name = cluster.remembered("empty", {}), node["metadata"]["name"]
    pods = cluster.api.list("v1", "Pod", fields=f"spec.nodeName={name}")
    own = [pod for pod in pods if not any(one["kind"] == "DaemonSet" for one in pod["metadata"].get("ownerReferences") or [])
           and pod["status"].get("phase") in ("Pending", "Running")]
    if own:
        seen.pop(name, None)
        return None
    return seen.setdefault(name, time.monotonic())


def look_after(cluster, claims, pools):
    nodes = {one["metadata"]["name"]: one for one in cluster.api.list("v1", "Node", labels=POOL)} if claims else {}
    for claim in claims:
        node = nodes.get((claim.get("status") or {}).get("nodeName"))
        if claim["metadata"].get("deletionTimestamp"):
            end(cluster, claim, node)
            continue
        if node is None or node["metadata"].get("deletionTimestamp"):
            cluster.api.delete(claim)
            continue
        show(cluster, claim, node, is_ready(node))
        pool = pools.get(claim["metadata"]["labels"].get(POOL))
        since = empty_since(cluster, node)
        if pool and since is not None and time.monotonic() - since > max(10, seconds(pool["spec"].get("disruption", {}).get("consolidateAfter"))):
            cluster.api.delete(claim)


def waiting(cluster):
    """Pods that the scheduler found no node for, and for how long that is so."""
    seen = cluster.remembered("waiting", {})
    found = []
    for pod in cluster.api.list("v1", "Pod", fields="status.phase=Pending,spec.nodeName="):
        state = next((one for one in pod["status"].get("conditions") or [] if one["type"] == "PodScheduled"), {})
        if state.get("reason") == "Unschedulable" and not pod["metadata"].get("deletionTimestamp"):
            if time.monotonic() - seen.setdefault(pod["metadata"]["uid"], time.monotonic()) >= BATCH:
                found.append(pod)
    return found


def provide(cluster, pools, classes, claims):
    """A node for pods that wait. One a pass for each pool: the next pass sees which pods are still without."""
    ready = [one for one in pools.values() if is_ready(one) and not one["metadata"].get("deletionTimestamp")]
    ready.sort(key=lambda one: (-one["spec"].get("weight", 0), one["metadata"]["name"]))
    coming = {claim["metadata"]["labels"].get(POOL) for claim in claims if not is_ready(claim)}
    for pod in waiting(cluster):
        why = []
        for pool in ready:
            name = pool["metadata"]["name"]
            node_class = classes[pool["spec"]["template"]["spec"]["nodeClassRef"]["name"]]
            choice = choose(cluster, pool, node_class, pod, claims)
            if isinstance(choice, str):
                why.append(choice)
                continue
            if name not in coming:
                try:
                    make(cluster, pool, node_class, pod, choice)
                except ApiError as refused:
                    if refused.code != 409:
                        raise
                coming.add(name)
            break
        else:
            words = "; ".join(why) if ready else "no nodepools found"
            events.say(cluster, pod, "Warning", "FailedScheduling", f"Failed to schedule pod, {words}", "karpenter")
