"""Makes the account hold what a model wants: security groups, load balancer, target groups, listeners, rules; and takes it away."""

import json

from ministack.services import alb, ec2

from rehearsal import balancers
from rehearsal.balancers import call
from rehearsal.clusters.api import ApiError
from rehearsal.clusters.ingress.model import hashed, key_of, plain

CLUSTER, STACK, RESOURCE = "elbv2.k8s.aws/cluster", "ingress.k8s.aws/stack", "ingress.k8s.aws/resource"
SHARED = "elbv2.k8s.aws/targetGroupBinding=shared"
FINALIZER = "elbv2.k8s.aws/resources"  # of a TargetGroupBinding


def tags_of(arn):
    return {tag["Key"]: tag["Value"] for tag in alb._tags.get(arn, [])}


def of_stack(store, key, cluster, stack):
    """What carries a stack's tags, by its `ingress.k8s.aws/resource`."""
    found = {}
    for one in list(store.values()):
        tags = tags_of(one[key])
        if tags.get(CLUSTER) == cluster.name and tags.get(STACK) == stack:
            found[tags.get(RESOURCE)] = one
    return found


def balancer_of(cluster, stack):
    return of_stack(alb._lbs, "LoadBalancerArn", cluster, stack).get("LoadBalancer")


def security_group(cluster, name, vpc, description, tags):
    for one in ec2._security_groups.values():
        if one["GroupName"] == name and one["VpcId"] == vpc:
            return one
    params = {"GroupName": [name], "VpcId": [vpc], "GroupDescription": [description], "TagSpecification.1.ResourceType": ["security-group"]}
    for number, (key, value) in enumerate(tags.items(), 1):
        params[f"TagSpecification.1.Tag.{number}.Key"], params[f"TagSpecification.1.Tag.{number}.Value"] = [key], [value]
    answer = ec2._create_security_group(params)[2].decode()
    return ec2._security_groups[answer.partition("<groupId>")[2].partition("<")[0]]


def permission(first, last, ranges=(), groups=()):
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "IpRanges": list(ranges), "Ipv6Ranges": [], "PrefixListIds": [],
            "UserIdGroupPairs": list(groups)}


def node_group(cluster):
    """The security group of the cluster's nodes, which lets the shared one in."""
    return ec2._security_groups.get((cluster.record.get("resourcesVpcConfig") or {}).get("clusterSecurityGroupId"))


def groups_for(cluster, model, vpc):
    own = security_group(cluster, model.short(), vpc, "[k8s] Managed SecurityGroup for LoadBalancer", model.tags("ManagedLBSecurityGroup"))
    own["IpPermissions"] = [permission(port, port, [{"CidrIp": "0.0.0.0/0", "Description": ""}]) for port in model.ports]
    name = f"k8s-traffic-{plain(cluster.name)[:208]}-{hashed(cluster.name)}"
    tags = {CLUSTER: cluster.name, "elbv2.k8s.aws/resource": "backend-sg"}
    shared = security_group(cluster, name, vpc, "[k8s] Shared Backend SecurityGroup for LoadBalancer", tags)
    nodes = node_group(cluster)
    if nodes and not any(shared_in(one) for one in nodes["IpPermissions"]):
        pair = {"GroupId": shared["GroupId"], "UserId": cluster.account, "Description": SHARED}
        nodes["IpPermissions"].append(permission(0, 65535, groups=[pair]))
    return [own["GroupId"], shared["GroupId"]]


def shared_in(rule):
    return any(pair.get("Description") == SHARED for pair in rule.get("UserIdGroupPairs", []))


def ensure_balancer(cluster, model, vpc):
    found = balancer_of(cluster, model.stack)
    groups = groups_for(cluster, model, vpc)
    if found and (found["LoadBalancerName"] != model.name or found["Scheme"] != model.scheme):
        call("DeleteLoadBalancer", LoadBalancerArn=found["LoadBalancerArn"])  # neither can be changed: the controller makes another
        found = None
    if found is None:
        call("CreateLoadBalancer", Name=model.name, Scheme=model.scheme, Type="application", IpAddressType="ipv4", Subnets=model.subnets,
             SecurityGroups=groups, Tags=model.tags("LoadBalancer"))
        found = balancer_of(cluster, model.stack)
    found["SecurityGroups"], found["Subnets"] = groups, model.subnets
    alb._tags[found["LoadBalancerArn"]] = [{"Key": key, "Value": value} for key, value in model.tags("LoadBalancer").items()]
    return found


def ensure_groups(cluster, model, vpc):
    there = {one["TargetGroupName"]: one for one in of_stack(alb._tgs, "TargetGroupArn", cluster, model.stack).values()}
    arns = {}
    for name, group in model.groups.items():
        if name not in there:
            call("CreateTargetGroup", Name=name, Protocol=group["protocol"], Port=group["number"], VpcId=vpc, TargetType=group["target"],
                 Tags=model.tags(group["resource"]), **group["check"])
            there[name] = next(one for one in alb._tgs.values() if one["TargetGroupName"] == name)
        else:
            call("ModifyTargetGroup", TargetGroupArn=there[name]["TargetGroupArn"], **group["check"])
        arns[name] = there[name]["TargetGroupArn"]
        bind(cluster, model, name, group, arns[name])
    return arns


def bind(cluster, model, name, group, arn):
    cluster.api.apply({
        "apiVersion": "elbv2.k8s.aws/v1beta1", "kind": "TargetGroupBinding",
        "metadata": {"name": name, "namespace": group["service"]["metadata"]["namespace"], "finalizers": [FINALIZER],
                     "labels": {"ingress.k8s.aws/stack": model.stack} if model.explicit else {
                         "ingress.k8s.aws/stack-namespace": model.stack.partition("/")[0],
                         "ingress.k8s.aws/stack-name": model.stack.partition("/")[2]}},
        "spec": {"serviceRef": {"name": group["service"]["metadata"]["name"], "port": group["asked"]}, "targetGroupARN": arn,
                 "targetType": group["target"]},
    })


def sent(prefix, action, arns):
    """An action as ELBv2's parameters."""
    at = f"{prefix}.member.1."
    if "redirect" in action:
        given = {"Type": "redirect", "RedirectConfig.Port": action["redirect"], "RedirectConfig.Protocol": "HTTPS", "RedirectConfig.StatusCode": "HTTP_301"}
    elif "group" in action:
        given = {"Type": "forward", "TargetGroupArn": arns[action["group"]]}
    else:
        given = {"Type": "fixed-response", "FixedResponseConfig.StatusCode": action["fixed"], "FixedResponseConfig.ContentType": "text/plain"}
        if action["text"]:
            given["FixedResponseConfig.MessageBody"] = action["text"]
    return {at + key: value for key, value in given.items()}


def ensure_listeners(cluster, model, balancer, arns):
    arn = balancer["LoadBalancerArn"]
    there = {one["Port"]: one for one in alb._listeners.values() if one["LoadBalancerArn"] == arn}
    for port in [port for port in there if model.ports.get(port) != there[port]["Protocol"]]:
        call("DeleteListener", ListenerArn=there.pop(port)["ListenerArn"])
    for port, protocol in model.ports.items():
        redirected = protocol == "HTTP" and model.redirect
        action = sent("DefaultActions", {"redirect": model.redirect} if redirected else model.fallback, arns)
        secure = {}
        if protocol == "HTTPS":
            secure = {"SslPolicy": "ELBSecurityPolicy-2016-08", "Certificates.member.1.CertificateArn": model.certificates[0]}
        if port in there:
            call("ModifyListener", ListenerArn=there[port]["ListenerArn"], **action, **secure)
        else:
            call("CreateListener", LoadBalancerArn=arn, Port=port, Protocol=protocol, Tags=model.tags(str(port)), **action, **secure)
            there[port] = next(one for one in alb._listeners.values() if one["LoadBalancerArn"] == arn and one["Port"] == port)
        if protocol == "HTTPS":
            there[port]["_more"] = []
            for more in model.certificates[1:]:
                call("AddListenerCertificates", ListenerArn=there[port]["ListenerArn"], **{"Certificates.member.1.CertificateArn": more})
        ensure_rules(model, there[port], [] if redirected else model.rules, arns)


def ensure_rules(model, listener, rules, arns):
    """All anew when they differ: what the controller does rule by rule."""
    arn, port = listener["ListenerArn"], listener["Port"]
    wanted = json.dumps([rules, arns], sort_keys=True)
    own = [one for one in alb._rules.values() if one["ListenerArn"] == arn and not one["IsDefault"]]
    if listener.get("_rules") == wanted and len(own) == len(rules):
        return
    for one in own:
        call("DeleteRule", RuleArn=one["RuleArn"])
    for number, (hosts, paths, action) in enumerate(rules, 1):
        conditions, fields = {}, [("host-header", "HostHeaderConfig", hosts), ("path-pattern", "PathPatternConfig", paths)]
        for place, (field, config, values) in enumerate([one for one in fields if one[2]], 1):
            conditions[f"Conditions.member.{place}.Field"] = field
            conditions[f"Conditions.member.{place}.{config}.Values"] = values
        call("CreateRule", ListenerArn=arn, Priority=number, Tags=model.tags(f"{port}:{number}"), **conditions, **sent("Actions", action, arns))
    listener["_rules"] = wanted


def deploy(cluster, model, vpc):
    """The load balancer as it is to be. Raises balancers.Refused."""
    arns = ensure_groups(cluster, model, vpc)
    balancer = ensure_balancer(cluster, model, vpc)
    ensure_listeners(cluster, model, balancer, arns)
    drop_groups(cluster, model.stack, set(model.groups))
    return balancer


def drop_groups(cluster, stack, kept):
    for one in list(of_stack(alb._tgs, "TargetGroupArn", cluster, stack).values()):
        name, arn = one["TargetGroupName"], one["TargetGroupArn"]
        if name in kept:
            continue
        for binding in cluster.api.list_known("elbv2.k8s.aws/v1beta1", "TargetGroupBinding"):
            if binding["metadata"]["name"] == name:
                release(cluster, binding)
        balancers.relink()
        call("DeleteTargetGroup", TargetGroupArn=arn)


def release(cluster, binding):
    cluster.api.delete(binding)
    try:
        cluster.api.patch(binding, {"metadata": {"finalizers": None}})
    except ApiError as refused:
        if refused.code != 404:
            raise


def remove(cluster, stack):
    """Everything of a stack; the shared security group with the last one."""
    found = balancer_of(cluster, stack)
    if found:
        call("DeleteLoadBalancer", LoadBalancerArn=found["LoadBalancerArn"])
    drop_groups(cluster, stack, set())
    last = not any(tags_of(arn).get(CLUSTER) == cluster.name for arn in list(alb._lbs))
    nodes = node_group(cluster)
    for group in list(ec2._security_groups.values()):
        tags = {tag["Key"]: tag["Value"] for tag in ec2._tags.get(group["GroupId"], [])}
        if tags.get(CLUSTER) != cluster.name:
            continue
        own, shared = tags.get(STACK) == stack, tags.get("elbv2.k8s.aws/resource") == "backend-sg"
        if shared and last and nodes:
            nodes["IpPermissions"] = [rule for rule in nodes["IpPermissions"] if not shared_in(rule)]
        if own or (shared and last):
            ec2._delete_security_group({"GroupId": [group["GroupId"]]})
            ec2._tags.pop(group["GroupId"], None)


def targets(cluster, model, arns_by_name):
    """Who answers for each target group now: ready addresses, or nodes; and what the checks say of them."""
    for name, group in model.groups.items():
        arn = arns_by_name.get(name)
        if arn is None:
            continue
        wanted = {(ident, port): sick for ident, port, sick in answering(cluster, group)}
        there = alb._targets.setdefault(arn, [])
        alb._targets[arn] = there = [one for one in there if (one["Id"], one["Port"]) in wanted]
        new = [one for one in wanted if one not in {(this["Id"], this["Port"]) for this in there}]
        for ident, port in new:
            balancers.register({"TargetGroupArn": [arn], "Targets.member.1.Id": [ident], "Targets.member.1.Port": [str(port)]})
        for one in alb._targets[arn]:
            one["_sick"] = wanted[one["Id"], one["Port"]]


def answering(cluster, group):
    service, port = group["service"], group["port"]
    space, name = key_of(service).split("/")
    slices = cluster.api.list("discovery.k8s.io/v1", "EndpointSlice", space, f"kubernetes.io/service-name={name}")
    pods = {one["metadata"]["name"]: one for one in cluster.api.list("v1", "Pod", space)} if slices else {}
    found = []
    for piece in slices:
        number = next((one["port"] for one in piece.get("ports") or [] if one.get("name", "") == port.get("name", "")), None)
        for one in piece.get("endpoints") or []:
            if number and (one.get("conditions") or {}).get("ready"):
                pod = pods.get((one.get("targetRef") or {}).get("name"), {"metadata": {}})
                sick = (pod["metadata"].get("annotations") or {}).get("rehearsal.test/unhealthy", "")
                found.append((one["addresses"][0], number, "503" if sick == "true" else sick, one.get("nodeName")))
    if group["target"] == "ip":
        return [one[:3] for one in found]
    sick = "" if any(not one[2] for one in found) else "503"
    nodes = cluster.api.list("v1", "Node")
    return [(node["spec"]["providerID"].rpartition("/")[2], port["nodePort"], sick) for node in nodes if node["spec"].get("providerID")]
