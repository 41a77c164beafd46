"""What the account holds, and who wrote: for tests that hold one install against another.

GET /_rehearsal/state[?region=R]: everything that an install may make. What AWS makes up (ids, times, endpoints) is left
out or named by its place, so equal installs give equal bytes. GET /_rehearsal/writes: the successful writing calls since
the last reset (or DELETE /_rehearsal/writes), each with action and a short key.
"""

import json
import re
from collections import Counter
from urllib.parse import parse_qs

from ministack import app
from ministack.core.responses import request_scope
from ministack.services import alb, ec2, eks, eventbridge, iam, route53, s3, sqs
from ministack.services import cloudformation as cfn

from rehearsal import ACCOUNT, REGION, front
from rehearsal.stacks import AGAIN
from rehearsal.wire import answer

TIMES = {
    "createdAt", "modifiedAt", "associatedAt", "CreateDate", "UpdateDate", "CreatedTimestamp", "LastModifiedTimestamp",
    "CreationTime", "LastUpdatedTime", "Timestamp", "CreatedTime",
}
MADE_UP = {
    "arn", "nodegroupArn", "addonArn", "associationArn", "accessEntryArn", "associationId", "endpoint", "identity",
    "certificateAuthority", "resources", "externalId", "RoleId", "PolicyId",
}
READS = re.compile(r"(Get|List|Describe|Head|Simulate|Lookup|Check|Validate|Assume|Search|Estimate|Preview|Receive|Detect)")
KEYS = (
    "StackName", "RoleName", "PolicyName", "PolicyArn", "InstanceProfileName", "AWSServiceName", "QueueName", "QueueUrl",
    "UserName", "LoadBalancerName", "Name", "Rule", "VpcId", "GroupId", "name", "nodegroupName", "addonName",
    "principalArn", "namespace", "serviceAccount", "DomainName",
)
IDS = re.compile(
    r"\b(subnet|sg|vpc|igw|rtb|nat|eipalloc|eipassoc|eni|acl|lt|i|vol|rtbassoc|vpce|a|sgr|fl|pcx)-([0-9a-z]*[0-9][0-9a-z]*)\b"
)
UUIDS = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
writes = []


def tags_of(items):
    """Tags in either of AWS's forms, as a map."""
    if isinstance(items, dict):
        return dict(items)
    return {tag.get("Key", tag.get("key")): tag.get("Value", tag.get("value")) for tag in items or []}


def read(text):
    """A policy or template as data, if it is JSON."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def plain(value):
    """A record without times and without what AWS makes up."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key not in TIMES | MADE_UP and not key.startswith("_")}
        return {key: plain(item) for key, item in kept.items() if item not in ("", None)}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def ordered(items):
    """A list in an order that does not depend on ids."""
    return sorted(items, key=lambda item: IDS.sub(r"<\1>", json.dumps(item, sort_keys=True, default=str)))


def settled(value, places):
    """Lists whose order says nothing (subnets, groups, references) by place: eksctl gives them as they come."""
    if isinstance(value, dict):
        return {key: settled(item, places) for key, item in value.items()}
    if isinstance(value, str) and "," in value and all(part in places for part in value.split(",")):
        return ",".join(sorted(value.split(","), key=places.get))
    if not isinstance(value, list):
        return value
    if value and all(isinstance(item, str) and item in places for item in value):
        return sorted(value, key=places.get)
    items = [settled(item, places) for item in value]
    return ordered(items) if items and all(isinstance(item, dict) and set(item) == {"Ref"} for item in items) else items


def ec2_tags(resource):
    return tags_of(ec2._tags.get(resource))


def network():
    vpcs = ordered({"id": v["VpcId"], "cidr": v["CidrBlock"], "tags": ec2_tags(v["VpcId"])} for v in ec2._vpcs.values())
    number = {vpc["id"]: place for place, vpc in enumerate(vpcs)}
    subnets = [
        {
            "id": s["SubnetId"], "vpc": s["VpcId"], "cidr": s["CidrBlock"], "zone": s["AvailabilityZone"],
            "public": s["MapPublicIpOnLaunch"], "tags": ec2_tags(s["SubnetId"]),
        }
        for s in ec2._subnets.values()
    ]
    groups = [
        {
            "id": g["GroupId"], "vpc": g["VpcId"], "name": g["GroupName"], "in": len(g["IpPermissions"]),
            "tags": ec2_tags(g["GroupId"]),
        }
        for g in ec2._security_groups.values()
    ]
    pieces = Counter()
    for kind, store in (
        ("address", ec2._addresses), ("instance", ec2._instances), ("internet-gateway", ec2._internet_gateways),
        ("launch-template", ec2._launch_templates), ("nat-gateway", ec2._nat_gateways), ("route-table", ec2._route_tables),
        ("volume", ec2._volumes), ("vpc-endpoint", ec2._vpc_endpoints), ("network-interface", ec2._network_interfaces),
    ):
        for resource, record in store.items():
            if str(record.get("State")) not in ("deleted", "terminated"):
                pieces[kind, json.dumps(ec2_tags(resource), sort_keys=True)] += 1
    return {
        "1-vpcs": vpcs,
        "2-subnets": sorted(subnets, key=lambda s: (number.get(s["vpc"], 0), s["cidr"])),
        "3-securityGroups": sorted(groups, key=lambda g: (number.get(g["vpc"], 0), tidy_names(g["name"]), json.dumps(g["tags"]))),
        "4-pieces": ordered({"type": kind, "tags": json.loads(tags), "count": n} for (kind, tags), n in pieces.items()),
    }


def bucket(name):
    record = s3._buckets[name]
    ownership = record.get("_ownership_controls")
    owned = re.search(r"<ObjectOwnership>(.*?)<", ownership if isinstance(ownership, str) else (ownership or b"").decode())
    default = "absent" if record.get("_ownership_controls_deleted") else "BucketOwnerEnforced"
    encryption, block = s3._bucket_encryption.get(name), record.get("_public_access_block")
    return {
        "region": record.get("region"),
        "policy": read(s3._bucket_policies.get(name)),
        "encryption": leaves(encryption) if encryption else "default",
        "publicAccessBlock": leaves(block) if block else "absent",
        "ownership": owned.group(1) if owned else default,
        "versioning": s3._bucket_versioning.get(name),
        "tags": dict(s3._bucket_tags.get(name) or {}),
        "objects": sorted(record.get("objects", {})),
    }


def leaves(document):
    """The innermost elements of an XML document."""
    text = document.decode() if isinstance(document, bytes) else str(document)
    return dict(re.findall(r"<(\w+)>([^<>]+)</\1>", text))


def stacks():
    return {
        name: {
            "status": stack["StackStatus"],
            "tags": tags_of(stack["Tags"]),
            "protected": stack["EnableTerminationProtection"],
            "parameters": {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]},
            "outputs": {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]},
            "template": read(stack["_template_body"]),
            "resources": {key: item["ResourceType"] for key, item in stack["_resources"].items()},
        }
        for name, stack in cfn._stacks.items() if stack["StackStatus"] != "DELETE_COMPLETE"
    }


def identities():
    roles = {
        name: {
            "path": role["Path"],
            "trust": read(role["AssumeRolePolicyDocument"]),
            "inline": {key: read(text) for key, text in role["InlinePolicies"].items()},
            "attached": sorted(role["AttachedPolicies"]),
            "boundary": role.get("PermissionsBoundary") or None,
            "tags": tags_of(role["Tags"]),
        }
        for name, role in iam._roles.items()
    }
    policies = {}
    for arn, policy in iam._policies.items():
        current = policy["Versions"][policy["DefaultVersionId"]]
        policies[arn] = {"document": read(current["Document"]), "tags": tags_of(policy.get("Tags"))}
    profiles = {name: sorted(profile.get("Roles", [])) for name, profile in iam._instance_profiles.items()}
    return {"roles": roles, "policies": policies, "instanceProfiles": profiles}


def clusters():
    found = {}
    for name, cluster in eks._clusters.items():
        def of(store, name=name):
            return [record for record in store.values() if record.get("clusterName") == name]

        policies = {}
        for key, record in eks._access_policies.items():
            if key.split("\x00")[0] == name:
                policies.setdefault(key.split("\x00")[1], []).append(plain(record))
        found[name] = {
            "config": {key: item for key, item in plain(cluster).items() if key != "tags"},
            "tags": {**cluster.get("tags", {}), **eks._tags.get(cluster["arn"], {})},
            "nodeGroups": {record["nodegroupName"]: plain(record) for record in of(eks._nodegroups)},
            "addons": {
                record["addonName"]: {k: v for k, v in plain(record).items() if k != "podIdentityAssociations"}
                for record in of(eks._addons)
            },
            "associations": {
                f"{record['namespace']}/{record['serviceAccount']}": {
                    **{k: v for k, v in plain(record).items() if k != "ownerArn"},
                    "owner": record.get("ownerArn", "").split("/")[2:3],
                }
                for record in of(eks._pod_identity_associations)
            },
            "accessEntries": {
                record["principalArn"]: {**plain(record), "policies": ordered(policies.get(record["principalArn"], []))}
                for record in of(eks._access_entries)
            },
        }
    return found


def queues():
    return {
        queue["name"]: {
            "attributes": {k: v for k, v in plain(queue["attributes"]).items() if k != "Policy"},
            "policy": read(queue["attributes"].get("Policy")),
            "tags": tags_of(queue.get("tags")),
        }
        for queue in sqs._queues.values()
    }


def rules():
    return {
        rule["Name"]: {
            "pattern": read(rule.get("EventPattern")), "schedule": rule.get("ScheduleExpression"), "state": rule["State"],
            "targets": ordered(eventbridge._targets.get(key, [])),
        }
        for key, rule in eventbridge._rules.items()
    }


def zones():
    return {
        f"{zone['name']} {'private' if zone['private'] else 'public'}": ordered(
            record for record in route53._records.get(key, []) if record["Type"] not in ("NS", "SOA")
        )
        for key, zone in route53._zones.items()
    }


def action(one):
    """An action with its target group's name in place of an ARN."""
    group = alb._tgs.get(one.get("TargetGroupArn"))
    return {key: item for key, item in one.items() if key != "TargetGroupArn"} | ({"targetGroup": group["TargetGroupName"]} if group else {})


def listener(one):
    rules = [rule for rule in alb._rules.values() if rule["ListenerArn"] == one["ListenerArn"] and not rule["IsDefault"]]
    return {
        "port": one["Port"], "protocol": one["Protocol"], "certificates": [*one.get("Certificates", []), *one.get("_more", [])],
        "default": [action(each) for each in one["DefaultActions"]], "tags": tags_of(alb._tags.get(one["ListenerArn"])),
        "rules": [
            {"conditions": rule["Conditions"], "actions": [action(each) for each in rule["Actions"]]}
            for rule in sorted(rules, key=lambda rule: int(rule["Priority"]))
        ],
    }


def load_balancers():
    return {
        lb["LoadBalancerName"]: {
            "scheme": lb.get("Scheme"), "type": lb.get("Type"), "tags": tags_of(alb._tags.get(arn)),
            "subnets": lb.get("Subnets", []), "securityGroups": sorted(lb.get("SecurityGroups", [])),
            "listeners": ordered(listener(one) for one in alb._listeners.values() if one["LoadBalancerArn"] == arn),
            "targetGroups": sorted(t["TargetGroupName"] for t in alb._tgs.values() if arn in t["LoadBalancerArns"]),
        }
        for arn, lb in alb._lbs.items()
    }


def target_groups():
    """How many targets there are, not which: their addresses come as pods come."""
    return ordered(
        {
            "name": one["TargetGroupName"], "protocol": one["Protocol"], "port": one["Port"], "type": one["TargetType"],
            "check": {key: item for key, item in one.items() if key.startswith("Health") or key == "Matcher"},
            "tags": tags_of(alb._tags.get(arn)), "targets": len(alb._targets.get(arn, [])),
        }
        for arn, one in alb._tgs.items()
    )


def tidy_names(text):
    """Names that CloudFormation makes up, by stack and logical id: eksctl-c-cluster-ServiceRole-<made>; those of load balancers' addresses,
    target groups and instance profiles."""
    text = re.sub(r"-\d{9,10}(\.[a-z0-9-]+\.elb\.amazonaws\.com)", r"-<made>\1", text)
    text = re.sub(r"\b(k8s-[A-Za-z0-9]{1,8}-[A-Za-z0-9]{1,8})-[0-9a-f]{10}\b", r"\1-<made>", text)
    text = re.sub(r"\b([A-Za-z0-9-]+)_\d{15,20}\b", r"\1_<made>", text)
    return re.sub(r"(-[A-Za-z][A-Za-z0-9]+)-[0-9A-F]{12,13}(?![0-9A-Za-z])", r"\1-<made>", text)


def placed(text):
    """Ids, each kind numbered by first appearance."""
    seen = {}

    def number(kind, value):
        group = seen.setdefault(kind, {})
        return f"<{kind} {group.setdefault(value, len(group) + 1)}>"

    text = UUIDS.sub(lambda found: number("uuid", found[0]), tidy_names(text))
    text = IDS.sub(lambda found: number("association" if found[1] == "a" else found[1], found[0]), text)
    return re.sub(r"https?://[0-9.]+:\d+", "<endpoint>", text)


def state(region):
    with request_scope(ACCOUNT, region):
        # The network first: its order depends on no id, so that all others take their numbers from it.
        sections = {
            "network": network(), "buckets": {name: bucket(name) for name in s3._buckets}, "stacks": stacks(),
            "iam": identities(), "clusters": clusters(), "queues": queues(), "rules": rules(), "zones": zones(),
            "loadBalancers": load_balancers(), "targetGroups": target_groups(),
        }
        members = [*sections["network"]["2-subnets"], *sections["network"]["3-securityGroups"]]
        places = {member["id"]: place for place, member in enumerate(members)}
        sections = settled(sections, places)
    text = ",\n".join(f"{json.dumps(key)}: {json.dumps(item, sort_keys=True, default=str)}" for key, item in sections.items())
    return placed(f"{{\n{text}\n}}\n")


def key_of(path, params, body):
    """What a call is about, shortly."""
    try:
        given = json.loads(body) if body[:1] == b"{" else {}
    except ValueError:
        given = {}
    given = given or {**params, **parse_qs(body.decode("utf-8", "replace") if body[:1] != b"<" else "")}
    first = {key: value[0] if isinstance(value, list) and value else value for key, value in given.items()}
    resources = [str(first[key]) for key in sorted(first) if key.startswith("ResourceId.") or key == "resourceArn"]
    named = resources or [str(first[key]) for key in KEYS if first.get(key)]
    return " ".join(part for part in [path if path != "/" else "", *named] if part)


def note(method, path, headers, body, query, response):
    """Remember a call that wrote."""
    from ministack.core.router import detect_service

    params = app._routing_params(method, path, headers, body, query)
    service = detect_service(method, path, headers, params)
    action = front.read_call(method, path, headers, body, query, service).action
    service, _, verb = action.partition(":")
    if response[0] < 300 and service != "sts" and not READS.match(verb) and AGAIN not in response[1]:
        writes.append({"service": service, "action": verb, "key": key_of(path, query, body)})


def told(method, path, query):
    """The answer of /_rehearsal/…, or None."""
    if path == "/_rehearsal/state" and method == "GET":
        region = query.get("region", [REGION])
        return 200, {"Content-Type": "application/json"}, state(region[0] if isinstance(region, list) else region).encode()
    if path == "/_rehearsal/writes" and method in ("GET", "DELETE"):
        if method == "DELETE":
            writes.clear()
        counts = Counter(f"{item['service']}:{item['action']}" for item in writes)
        return answer({"counts": dict(sorted(counts.items())), "writes": writes})
    return None


def forget():
    """Part of a reset, after the seed."""
    writes.clear()


def install():
    """After front.install: outermost, so that it sees what was answered."""
    inner = app._dispatch_service_request

    async def dispatch(method, path, headers, body, query, request_id):
        response = told(method, path, query)
        if response is None:
            response = await inner(method, path, headers, body, query, request_id)
            if front.signed_service(headers):
                note(method, path, headers, body, query, response)
        return response

    app._dispatch_service_request = dispatch
