"""Karpenter's conditions: what its node classes and node pools say of themselves, and the instance profile behind a node class."""

from ministack.services import ec2, iam

from rehearsal.clusters.api import ApiError
from rehearsal.clusters.events import now
from rehearsal.clusters.stand_ins.nodes import digest

FINALIZER = "karpenter.k8s.aws/termination"
AWAITING = ("Unknown", "AwaitingReconciliation", "object is awaiting reconciliation")
TRUE = "True"


def rows(wanted, root, generation, before):
    """Conditions as Karpenter keeps them: one for each part, and the whole by its parts."""
    bad = [(name, state[0]) for name, state in wanted.items() if state[0] != TRUE and name != "NodeRegistrationHealthy"]
    if not bad:
        wanted = wanted | {root: (TRUE, root, "")}
    else:
        status = "False" if any(state == "False" for _, state in bad) else "Unknown"
        wanted = wanted | {root: (status, "UnhealthyDependents", ", ".join(f"{name}={state}" for name, state in bad))}
    old = {one["type"]: one for one in before or []}
    made = []
    for name, (status, reason, message) in sorted(wanted.items()):
        same = old.get(name, {}).get("status") == status
        made.append({"type": name, "status": status, "reason": reason or name, "message": message, "observedGeneration": generation,
                     "lastTransitionTime": old[name]["lastTransitionTime"] if same else now()})
    return made


def state_of(conditions, name):
    return next((one for one in conditions or [] if one["type"] == name), None)


def put_status(cluster, thing, status):
    before = thing.get("status") or {}
    if any(before.get(key) != value for key, value in status.items()):
        cluster.api.patch(thing, {"status": status}, "status")
        thing["status"] = before | status


def fits_tags(tags, wanted):
    return all(key in tags and value in ("*", tags[key]) for key, value in (wanted or {}).items())


def tags_of(resource):
    return {tag["Key"]: tag["Value"] for tag in ec2._tags.get(resource, [])}


def chosen(terms, things, key, name=None):
    """What the selector terms of a node class find."""
    found = {}
    for term in terms or []:
        for one in things:
            if "id" in term:
                fits = one[key] == term["id"]
            elif "name" in term:
                fits = one.get(name) == term["name"]
            else:
                fits = fits_tags(tags_of(one[key]), term.get("tags"))
            if fits:
                found[one[key]] = one
    return [found[one] for one in sorted(found)]


def profile_of(cluster, node_class):
    """The instance profile's name, made for the node class's role; None while there is no such role."""
    spec, meta = node_class["spec"], node_class["metadata"]
    if spec.get("instanceProfile"):
        return spec["instanceProfile"]
    role = spec["role"].rpartition("/")[2]
    if role not in iam._roles:
        return None
    name = f"{cluster.name}_{int(digest(cluster.region, meta['name'], role, meta['uid'])[:15], 16)}"[:128]
    if name not in iam._instance_profiles:
        tags = {f"kubernetes.io/cluster/{cluster.name}": "owned", "eks:eks-cluster-name": cluster.name,
                "karpenter.k8s.aws/ec2nodeclass": meta["name"], "topology.kubernetes.io/region": cluster.region}
        params = {"InstanceProfileName": name, "Path": f"/karpenter/{cluster.region}/{cluster.name}/{meta['uid']}/"}
        for number, (key, value) in enumerate(tags.items(), 1):
            params[f"Tags.member.{number}.Key"], params[f"Tags.member.{number}.Value"] = key, value
        iam._create_instance_profile(params)
        iam._add_role_to_instance_profile({"InstanceProfileName": name, "RoleName": role})
    return name


def drop_profile(name):
    for role in list((iam._instance_profiles.get(name) or {}).get("Roles", [])):
        iam._remove_role_from_instance_profile({"InstanceProfileName": name, "RoleName": role})
    iam._delete_instance_profile({"InstanceProfileName": name})


def look_at_class(cluster, node_class, claims):
    meta, status = node_class["metadata"], node_class.get("status") or {}
    finalizers = meta.get("finalizers", [])
    if meta.get("deletionTimestamp"):
        used = any(claim["spec"]["nodeClassRef"]["name"] == meta["name"] for claim in claims)
        if FINALIZER in finalizers and not used:
            if status.get("instanceProfile") and not node_class["spec"].get("instanceProfile"):
                drop_profile(status["instanceProfile"])
            set_finalizers(cluster, node_class, [one for one in finalizers if one != FINALIZER])
        return
    if FINALIZER not in finalizers:
        set_finalizers(cluster, node_class, [*finalizers, FINALIZER])
    spec = node_class["spec"]
    subnets = chosen(spec.get("subnetSelectorTerms"), list(ec2._subnets.values()), "SubnetId")
    groups = chosen(spec.get("securityGroupSelectorTerms"), list(ec2._security_groups.values()), "GroupId", "GroupName")
    profile = profile_of(cluster, node_class)
    wanted = {
        "AMIsReady": (TRUE, "", ""),
        "SubnetsReady": (TRUE, "", "") if subnets else ("False", "SubnetsNotFound", "SubnetSelector did not match any Subnets"),
        "SecurityGroupsReady": (TRUE, "", "") if groups else
        ("False", "SecurityGroupsNotFound", "SecurityGroupSelector did not match any SecurityGroups"),
        "InstanceProfileReady": (TRUE, "", "") if profile else AWAITING,
        "ValidationSucceeded": (TRUE, "", ""),
    }
    if not (subnets and groups and profile):
        wanted["ValidationSucceeded"] = ("Unknown", "DependenciesNotReady", "Awaiting AMI, Instance Profile, Security Group, and Subnet resolution")
    put_status(cluster, node_class, {
        "instanceProfile": profile or "",
        "subnets": [
            {"id": one["SubnetId"], "zone": one["AvailabilityZone"], "zoneID": ec2._az_id_for_zone_name(one["AvailabilityZone"])}
            for one in subnets
        ],
        "securityGroups": [{"id": one["GroupId"], "name": one["GroupName"]} for one in groups],
        "conditions": rows(wanted, "Ready", meta["generation"], status.get("conditions")),
    })


def set_finalizers(cluster, thing, finalizers):
    try:
        cluster.api.patch(thing, {"metadata": {"finalizers": finalizers}})
        thing["metadata"]["finalizers"] = finalizers
    except ApiError as refused:
        if refused.code != 404:
            raise


def look_at_pool(cluster, pool, classes, claims):
    meta, status = pool["metadata"], pool.get("status") or {}
    node_class = classes.get(pool["spec"]["template"]["spec"]["nodeClassRef"]["name"])
    if node_class is None:
        ready = ("False", "NodeClassNotFound", "NodeClass not found on cluster")
    elif node_class["metadata"].get("deletionTimestamp"):
        ready = ("False", "NodeClassTerminating", "NodeClass is Terminating")
    else:
        whole = state_of((node_class.get("status") or {}).get("conditions"), "Ready")
        if whole is None or whole["status"] == "Unknown":
            ready = ("Unknown", "NodeClassReadinessUnknown", "Node Class Readiness Unknown")
        else:
            ready = (whole["status"], whole["reason"] if whole["status"] != TRUE else "", whole["message"])
    own = [claim for claim in claims if claim["metadata"].get("labels", {}).get("karpenter.sh/nodepool") == meta["name"]]
    healthy = (TRUE, "", "") if any((claim.get("status") or {}).get("nodeName") for claim in own) else AWAITING
    before = state_of(status.get("conditions"), "NodeRegistrationHealthy")
    if before and before["status"] == TRUE:
        healthy = (TRUE, "", "")
    cpus = sum(int((claim.get("status") or {}).get("capacity", {}).get("cpu", 0)) for claim in own)
    memory = sum(int((claim.get("status") or {}).get("capacity", {}).get("memory", "0Mi")[:-2]) for claim in own)
    put_status(cluster, pool, {
        "nodes": len(own), "resources": {"nodes": str(len(own)), "cpu": str(cpus), "memory": f"{memory}Mi"},
        "conditions": rows({"NodeClassReady": ready, "ValidationSucceeded": (TRUE, "", ""), "NodeRegistrationHealthy": healthy}, "Ready",
                           meta["generation"], status.get("conditions")),
    })


def is_ready(thing):
    whole = state_of((thing.get("status") or {}).get("conditions"), "Ready")
    return whole is not None and whole["status"] == TRUE
