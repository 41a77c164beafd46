"""Managed node groups: their nodes join, and a group is ACTIVE once as many as it desires are ready; they go with their group."""

import ipaddress
from datetime import datetime, timezone
from hashlib import sha256

from ministack.services import ec2, eks

from rehearsal.clusters.api import ApiError
from rehearsal.ec2 import ARM, SIZES

GROUP = "eks.amazonaws.com/nodegroup"
KUBELET = "v1.34.4-eks-113cf36"
EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}


def digest(*parts):
    return sha256("/".join(parts).encode()).hexdigest()


def place(cluster, group, number):
    """Zone and address of a group's nth node: the subnets in turn."""
    subnets = [ec2._subnets.get(name) for name in group.get("subnets") or []]
    subnets = [one for one in subnets if one] or [{"AvailabilityZone": f"{cluster.region}a", "CidrBlock": "10.0.0.0/19"}]
    subnet = subnets[number % len(subnets)]
    network = ipaddress.ip_network(subnet["CidrBlock"])
    seed = int(digest(cluster.name, group["nodegroupName"], str(number))[:8], 16)
    return subnet["AvailabilityZone"], str(network[10 + seed % max(1, network.num_addresses - 20)])


def allocatable(cpus, mebibytes, pods):
    """What EKS's AMI leaves of a machine, roughly."""
    return {
        "cpu": f"{cpus * 1000 - 70}m", "memory": f"{mebibytes - 255 - 11 * pods - 100}Mi", "pods": str(pods),
        "ephemeral-storage": "76224326324", "hugepages-1Gi": "0", "hugepages-2Mi": "0",
    }


def machine(cluster, kind, zone, address, labels, taints=(), disk=80):
    """A node as its kubelet would register it. For node groups, and for whatever else brings nodes."""
    name = f"ip-{address.replace('.', '-')}.{cluster.region}.compute.internal"
    cpus, mebibytes = SIZES.get(kind, (2, 8192))
    pods = {1: 11, 2: 35, 4: 58}.get(cpus, 110)
    arch = "arm64" if ARM.match(kind) else "amd64"
    instance = f"i-0{digest(cluster.name, name)[:16]}"
    own = {
        "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": arch,
        "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": arch,
        "node.kubernetes.io/instance-type": kind, "beta.kubernetes.io/instance-type": kind,
        "topology.kubernetes.io/region": cluster.region, "topology.kubernetes.io/zone": zone,
        "failure-domain.beta.kubernetes.io/region": cluster.region, "failure-domain.beta.kubernetes.io/zone": zone,
        "topology.k8s.aws/zone-id": ec2._az_id_for_zone_name(zone), "k8s.io/cloud-provider-aws": digest(cluster.name)[:32],
    }
    whole = {**allocatable(cpus, mebibytes, pods), "cpu": str(cpus), "memory": f"{mebibytes - 255}Mi", "ephemeral-storage": f"{disk}Gi"}
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": name, "labels": {**labels, **own},
            "annotations": {"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0", "alpha.kubernetes.io/provided-node-ip": address},
        },
        "spec": {"providerID": f"aws:///{zone}/{instance}", "taints": list(taints)},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": address}, {"type": "InternalDNS", "address": name}, {"type": "Hostname", "address": name},
                {"type": "ExternalDNS", "address": "localhost"},  # where the API server finds the logs
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": cluster.plane.kubelet_port}},
            "capacity": whole, "allocatable": allocatable(cpus, mebibytes, pods),
            "conditions": [
                {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "container runtime network not ready",
                 "lastHeartbeatTime": now, "lastTransitionTime": now},
            ],
            "nodeInfo": {
                "architecture": arch, "operatingSystem": "linux", "osImage": "Amazon Linux 2023.10.20260105",
                "kernelVersion": "6.12.58-82.121.amzn2023.x86_64", "containerRuntimeVersion": "containerd://2.1.5",
                "kubeletVersion": KUBELET, "kubeProxyVersion": "", "machineID": digest(instance)[:32],
                "systemUUID": digest(instance)[:32], "bootID": digest(instance, "boot")[:32],
            },
        },
    }


def wanted_nodes(cluster, group):
    name, kind = group["nodegroupName"], (group.get("instanceTypes") or ["t3.medium"])[0]
    labels = {
        **(group.get("labels") or {}),
        "alpha.eksctl.io/cluster-name": cluster.name, "alpha.eksctl.io/nodegroup-name": name,
        GROUP: name, "eks.amazonaws.com/capacityType": group.get("capacityType", "ON_DEMAND"),
        "eks.amazonaws.com/nodegroup-image": "ami-0a1b2c3d4e5f60718",
    }
    taints = [
        {"key": taint["key"], "value": taint.get("value", ""), "effect": EFFECTS.get(taint["effect"], taint["effect"])}
        for taint in group.get("taints") or []
    ]
    for number in range(int(group["scalingConfig"].get("desiredSize", 1))):
        zone, address = place(cluster, group, number)
        yield machine(cluster, kind, zone, address, labels, taints, group.get("diskSize") or 80)


def is_ready(node):
    return any(one["type"] == "Ready" and one["status"] == "True" for one in node["status"].get("conditions", []))


def act(cluster):
    there = {node["metadata"]["name"]: node for node in cluster.api.list("v1", "Node", labels=GROUP)}
    wanted = {}
    for group in cluster.node_groups():
        if group["status"] not in ("CREATING", "ACTIVE", "UPDATING"):
            continue
        own = {node["metadata"]["name"]: node for node in wanted_nodes(cluster, group)}
        wanted.update(own)
        if group["status"] == "CREATING" and all(name in there and is_ready(there[name]) for name in own):
            group["status"] = "ACTIVE"
            group["modifiedAt"] = eks._now()
    for name, node in wanted.items():
        if name not in there:
            try:
                cluster.api.create(node)
            except ApiError as refused:
                if refused.code != 409:
                    raise
    for name in there:
        if name not in wanted:
            cluster.api.delete(there[name])
