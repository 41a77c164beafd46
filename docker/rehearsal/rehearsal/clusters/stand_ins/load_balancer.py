"""The AWS Load Balancer Controller: an Ingress of its class gets a load balancer, an address and events; it goes when the Ingress goes.
Only while the controller runs, and with a role that lets it."""

import json
import re

from ministack.services import alb

from rehearsal.balancers import Refused
from rehearsal.clusters import events, identity
from rehearsal.clusters.api import ApiError
from rehearsal.clusters.ingress import deploy, model
from rehearsal.clusters.ingress.model import Model, Wrong, key_of, note

NAME = "aws-load-balancer-controller"
CONTROLLER = "ingress.k8s.aws/alb"
ALONE, GROUP = "ingress.k8s.aws/resources", "group.ingress.k8s.aws/"
NEEDED = (
    "ec2:DescribeSubnets", "ec2:CreateSecurityGroup", "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:CreateLoadBalancer",
    "elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:CreateListener", "elasticloadbalancing:RegisterTargets",
)


def settings_of(cluster, controller):
    """What the controller was started with."""
    args = controller["spec"]["template"]["spec"]["containers"][0].get("args") or []
    given = dict(arg.removeprefix("--").partition("=")[::2] for arg in args)
    tags = dict(pair.partition("=")[::2] for pair in model.listed(given.get("default-tags")))
    return {
        "cluster": given.get("cluster-name"), "class": given.get("ingress-class", "alb"), "region": given.get("aws-region", cluster.region),
        "vpc": given.get("aws-vpc-id") or (cluster.record.get("resourcesVpcConfig") or {}).get("vpcId"),
        "target": given.get("default-target-type", "instance"), "tags": tags,
    }


def classes_of(cluster):
    """Ours among the classes: name and the spec of its IngressClassParams."""
    params = {one["metadata"]["name"]: one.get("spec") or {} for one in cluster.api.list_known("elbv2.k8s.aws/v1beta1", "IngressClassParams")}
    found = {}
    for one in cluster.api.list("networking.k8s.io/v1", "IngressClass"):
        if one["spec"].get("controller") == CONTROLLER:
            found[one["metadata"]["name"]] = params.get((one["spec"].get("parameters") or {}).get("name"), {})
    return found


def class_of(ingress, classes, settings):
    """The parameters of the class that makes an Ingress ours, or None."""
    old = (ingress["metadata"].get("annotations") or {}).get("kubernetes.io/ingress.class")
    if old is not None:
        return {} if old == settings["class"] else None
    return classes.get(ingress["spec"].get("ingressClassName"))


def stack_of(ingress, params):
    return (params.get("group") or {}).get("name") or note(ingress, "group.name") or key_of(ingress)


def finalizer_of(stack):
    return ALONE if "/" in stack else GROUP + stack


def held_stacks(ingress):
    """The stacks whose finalizer an Ingress carries."""
    found = []
    for one in ingress["metadata"].get("finalizers", []):
        if one == ALONE:
            found.append(key_of(ingress))
        elif one.startswith(GROUP):
            found.append(one.removeprefix(GROUP))
    return found


def set_finalizers(cluster, ingress, finalizers):
    try:
        cluster.api.patch(ingress, {"metadata": {"finalizers": finalizers}})
        ingress["metadata"]["finalizers"] = finalizers
    except ApiError as refused:
        if refused.code != 404:
            raise


def show_address(cluster, ingress, address):
    status = {"loadBalancer": {"ingress": [{"hostname": address}]}}
    shown = ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    if [one.get("hostname") for one in shown] != [address]:
        cluster.api.patch(ingress, {"status": status}, "status")


def tell(cluster, members, kind, reason, words):
    for one in members:
        events.say(cluster, one, kind, reason, words, "ingress")


def reconcile(cluster, settings, stack, members, params, refused):
    """One group. What was reconciled before in the same form only has its targets looked at."""
    done = cluster.remembered("stacks", {})
    for one in members:
        if finalizer_of(stack) not in one["metadata"].get("finalizers", []):
            set_finalizers(cluster, one, [*one["metadata"].get("finalizers", []), finalizer_of(stack)])
    if refused:
        done.pop(stack, None)  # the next success is told
        part = "build" if re.search("EC2: Describe|: DescribeLoad", refused) else "deploy"
        tell(cluster, members, "Warning", f"Failed{part.title()}Model", f"Failed {part} model due to {refused}")
        return False
    try:
        balancer = deploy.balancer_of(cluster, stack)
        wanted = Model(cluster, settings, stack, members, params, balancer)
    except Wrong as wrong:
        done.pop(stack, None)
        tell(cluster, members, "Warning", "FailedBuildModel", f"Failed build model due to {wrong}")
        return False
    form = json.dumps([wanted.name, wanted.scheme, wanted.ports, wanted.redirect, wanted.certificates, wanted.rules, wanted.fallback,
                       {name: group["check"] for name, group in wanted.groups.items()}, [key_of(one) for one in members],
                       wanted.tags("")], sort_keys=True)
    if done.get(stack) != form or balancer is None:
        try:
            balancer = deploy.deploy(cluster, wanted, settings["vpc"])
        except Refused as words:
            done.pop(stack, None)
            tell(cluster, members, "Warning", "FailedDeployModel", f"Failed deploy model due to {words}")
            return False
        done[stack] = form
        tell(cluster, members, "Normal", "SuccessfullyReconciled", "Successfully reconciled")
    for one in members:
        show_address(cluster, one, balancer["DNSName"])
    arns = {one["TargetGroupName"]: one["TargetGroupArn"] for one in list(alb._tgs.values())}
    deploy.targets(cluster, wanted, arns)
    return True


def let_go(cluster, leaving, groups, worked):
    """Ingresses that no longer belong: their stack goes with the last member, and then their finalizer."""
    for ingress in leaving:
        for stack in held_stacks(ingress):
            if stack in groups:
                if ingress in groups[stack] or not worked.get(stack):
                    continue  # the others' balancer must stand without it first
            else:
                deploy.remove(cluster, stack)
                cluster.remembered("stacks", {}).pop(stack, None)
            kept = [one for one in ingress["metadata"].get("finalizers", []) if one != finalizer_of(stack)]
            set_finalizers(cluster, ingress, kept)


def act(cluster):
    ingresses = cluster.api.list("networking.k8s.io/v1", "Ingress")
    if not ingresses:
        return
    controller = identity.deployment(cluster, NAME)
    if controller is None:
        return
    settings = settings_of(cluster, controller)
    if settings["cluster"] != cluster.name or settings["region"] != cluster.region:
        return  # it looks elsewhere
    refused = identity.refusal(cluster, controller, NEEDED)
    classes, groups, params, leaving = classes_of(cluster), {}, {}, []
    for ingress in ingresses:
        own = class_of(ingress, classes, settings)
        if own is None or ingress["metadata"].get("deletionTimestamp"):
            leaving.append(ingress)
            continue
        stack = stack_of(ingress, own)
        groups.setdefault(stack, []).append(ingress)
        params[stack] = own
        if set(held_stacks(ingress)) - {stack}:
            leaving.append(ingress)
    worked = {}
    for stack, members in groups.items():
        members.sort(key=lambda one: (int(note(one, "group.order", "0")), key_of(one)))
        worked[stack] = reconcile(cluster, settings, stack, members, params[stack], refused)
    if not refused:
        let_go(cluster, leaving, groups, worked)
