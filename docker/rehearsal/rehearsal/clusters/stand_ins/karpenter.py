"""Karpenter: conditions of its node classes and pools, and nodes for pods that no node takes. Only while its controller runs, and with a
role that lets it."""

from rehearsal.clusters import identity
from rehearsal.clusters.karpenter import nodes, views

VERSION, CLASSES = "karpenter.sh/v1", "karpenter.k8s.aws/v1"
NEEDED = (
    "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeInstanceTypes", "ec2:RunInstances", "ec2:CreateFleet",
    "iam:PassRole", "iam:CreateInstanceProfile",
)


def act(cluster):
    classes = {one["metadata"]["name"]: one for one in cluster.api.list_known(CLASSES, "EC2NodeClass")}
    pools = {one["metadata"]["name"]: one for one in cluster.api.list_known(VERSION, "NodePool")}
    if not classes and not pools:
        return
    controller = identity.deployment(cluster, "karpenter")
    if controller is None or identity.refusal(cluster, controller, NEEDED):
        return
    claims = cluster.api.list_known(VERSION, "NodeClaim")
    for node_class in classes.values():
        views.look_at_class(cluster, node_class, claims)
    for pool in pools.values():
        views.look_at_pool(cluster, pool, classes, claims)
    nodes.look_after(cluster, claims, pools)
    nodes.provide(cluster, pools, classes, claims)
