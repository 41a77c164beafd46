"""ELBv2 as AWS has it where a load balancer controller and its installer look: names, zones, certificates, health, leftovers."""

import random
import re
import time
from xml.sax.saxutils import escape

from ministack.core.responses import get_region
from ministack.services import acm, alb, ec2

# The hosted zones of application load balancers' names, by region.
ZONES = {
    "us-east-1": "Z35SXDOTRQ7X7K", "us-east-2": "Z3AADJGX6KTTL2", "us-west-1": "Z368ELLRRE2KJ0", "us-west-2": "Z1H1FL5HABSF5",
    "ca-central-1": "ZQSVJUPU6J1EY", "sa-east-1": "Z2P70J7HTTTPLU", "eu-west-1": "Z32O12XQLNTSW2", "eu-west-2": "ZHURV8PSTC4K8",
    "eu-west-3": "Z3Q77PNBQS71R4", "eu-central-1": "Z215JYRZR1TBD5", "eu-north-1": "Z23TAZ6LKFMNIO",
    "ap-south-1": "ZP97RAFLXTNZK", "ap-southeast-1": "Z1LMS91P8CMLE5", "ap-southeast-2": "Z1GM3OXH4ZPM65",
    "ap-northeast-1": "Z14GRHDCWA56QT", "ap-northeast-2": "ZWKZPGTI48KDX",
}
PROVISIONING, REGISTERING = 2, 2  # seconds


def zone_of(region):
    return ZONES.get(region, "Z35SXDOTRQ7X7K")


def everywhere():
    """All load balancers of the account, each with its account and region."""
    return [(account, region, lb) for (account, region, _), lb in list(alb._lbs._data.items())]


def by_dns_name(name):
    """(account, region, load balancer) of a DNS name, with or without `dualstack.`; None where there is none."""
    name = name.lower().rstrip(".").removeprefix("dualstack.")
    return next((found for found in everywhere() if found[2]["DNSName"].lower() == name), None)


def bad_name(name):
    if len(name) > 32:
        return f"The load balancer name '{name}' cannot be longer than '32' characters"
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        return f"The load balancer name '{name}' can only contain characters that are alphanumeric characters and hyphens(-)"
    if name.startswith("-") or name.endswith("-"):
        return f"The load balancer name '{name}' cannot begin or end with a hyphen(-)"
    if name.startswith("internal-"):
        return f"The load balancer name '{name}' cannot begin with 'internal-'"
    return None


def subnets_of(params):
    found, number = alb._parse_member_list(params, "Subnets"), 1
    while one := alb._p(params, f"SubnetMappings.member.{number}.SubnetId"):
        found.append(one)
        number += 1
    return found


def create(params):
    name, scheme = alb._p(params, "Name"), alb._p(params, "Scheme") or "internet-facing"
    subnets = subnets_of(params)
    if name and (wrong := bad_name(name)):
        return alb._error("ValidationError", wrong)
    unknown = [one for one in subnets if one not in ec2._subnets]
    if unknown:
        return alb._error("SubnetNotFound", f"The subnet ID '{unknown[0]}' is not valid")
    zones = {ec2._subnets[one]["AvailabilityZone"] for one in subnets}
    if subnets and len(zones) < 2 and (alb._p(params, "Type") or "application") == "application":
        return alb._error("ValidationError", "At least two subnets in two different Availability Zones must be specified")
    for lb in alb._lbs.values():
        if lb["LoadBalancerName"] == name:
            if lb["Scheme"] == scheme and lb["Subnets"] == subnets and alb._tags.get(lb["LoadBalancerArn"]) == alb._parse_tags(params):
                return alb._xml(200, "CreateLoadBalancer", f"<LoadBalancers>{alb._lb_xml(lb)}</LoadBalancers>")
            return alb._error("DuplicateLoadBalancerName", f"A load balancer with the same name '{name}' exists, but with different settings")
    answer = ministack_create({**params, **{f"Subnets.member.{number}": [one] for number, one in enumerate(subnets, 1)}})
    if answer[0] != 200:
        return answer
    lb = next(lb for lb in alb._lbs.values() if lb["LoadBalancerName"] == name)
    prefix = "internal-" if scheme == "internal" else ""
    lb["DNSName"] = f"{prefix}{name}-{random.randrange(10**8, 2 * 10**9)}.{get_region()}.elb.amazonaws.com"
    lb["_made"] = time.monotonic()
    if subnets:
        lb["VpcId"] = ec2._subnets[subnets[0]]["VpcId"]
    return alb._xml(200, "CreateLoadBalancer", f"<LoadBalancers>{alb._lb_xml(lb)}</LoadBalancers>")


def lb_xml(lb):
    text = ministack_lb_xml(lb).replace("Z35SXDOTRQ7X7K", zone_of(get_region()))
    fresh = time.monotonic() - lb.get("_made", -PROVISIONING) < PROVISIONING
    text = text.replace("<State><Code>active", f"<State><Code>{'provisioning' if fresh else 'active'}")
    for subnet in lb.get("Subnets", []):
        zone = (ec2._subnets.get(subnet) or {}).get("AvailabilityZone", f"{get_region()}a")
        text = text.replace(f"<ZoneName>{get_region()}a</ZoneName><SubnetId>{subnet}<", f"<ZoneName>{zone}</ZoneName><SubnetId>{subnet}<")
    return text


def describe(params):
    for name in alb._parse_member_list(params, "Names"):
        if len(name) <= 32 and not any(lb["LoadBalancerName"] == name for lb in alb._lbs.values()):
            return alb._error("LoadBalancerNotFound", f"Load balancers '[{name}]' not found")
    for arn in alb._parse_member_list(params, "LoadBalancerArns"):
        if arn not in alb._lbs:
            return alb._error("LoadBalancerNotFound", f"Load balancers '[{arn}]' not found")
    return ministack_describe(params)


def delete(params):
    arn = alb._p(params, "LoadBalancerArn")
    protected = {"Key": "deletion_protection.enabled", "Value": "true"} in alb._lb_attrs.get(arn, [])
    if protected:
        return alb._error("OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled")
    for listener in [one["ListenerArn"] for one in alb._listeners.values() if one["LoadBalancerArn"] == arn]:
        alb._delete_listener({"ListenerArn": [listener]})
    for group in alb._tgs.values():
        group["LoadBalancerArns"] = [one for one in group["LoadBalancerArns"] if one != arn]
    return ministack_delete(params)


def delete_group(params):
    group = alb._tgs.get(alb._p(params, "TargetGroupArn"))
    if group and group["LoadBalancerArns"]:
        arn = group["TargetGroupArn"]
        return alb._error("ResourceInUse", f"Target group '{arn}' is currently in use by a listener or a rule")
    return ministack_delete_group(params)


def bad_certificate(params, needed):
    arns = alb._parse_certificate_arns(params)
    if needed and not arns:
        return alb._error("ValidationError", "A certificate must be specified for HTTPS listeners")
    for arn in arns:
        found = acm._certificates.get(arn)
        if found is None:
            return alb._error("CertificateNotFound", f"Certificate '{arn}' not found")
        if found["Status"] != "ISSUED":
            return alb._error("UnsupportedCertificate", f"The certificate '{arn}' must have a fully-qualified domain name, a supported "
                              "signature, and a supported key size.")
    return None


def create_listener(params):
    arn, port = alb._p(params, "LoadBalancerArn"), alb._p(params, "Port")
    if any(one["LoadBalancerArn"] == arn and str(one["Port"]) == port for one in alb._listeners.values()):
        return alb._error("DuplicateListener", f"A listener already exists on this port for this load balancer '{arn}'")
    return bad_certificate(params, alb._p(params, "Protocol") in ("HTTPS", "TLS")) or ministack_create_listener(params)


def modify_listener(params):
    return bad_certificate(params, False) or ministack_modify_listener(params)


def relink():
    """Which load balancers use which target groups: by default actions and rules alike."""
    used = {}
    for rule in alb._rules.values():
        listener = alb._listeners.get(rule["ListenerArn"])
        for action in rule["Actions"] if listener else []:
            used.setdefault(action.get("TargetGroupArn"), set()).add(listener["LoadBalancerArn"])
    for arn, group in alb._tgs.items():
        group["LoadBalancerArns"] = sorted(used.get(arn, ()))


def linking(act):
    def linked(params):
        answer = act(params)
        relink()
        return answer

    return linked


def certificates(params):
    """DescribeListenerCertificates: the default one and those added."""
    listener = alb._listeners.get(alb._p(params, "ListenerArn"))
    if listener is None:
        return alb._error("ListenerNotFound", "One or more listeners not found")
    items = [(arn, "true") for arn in listener.get("Certificates", [])] + [(arn, "false") for arn in listener.get("_more", [])]
    text = "".join(f"<member><CertificateArn>{escape(arn)}</CertificateArn><IsDefault>{own}</IsDefault></member>" for arn, own in items)
    return alb._xml(200, "DescribeListenerCertificates", f"<Certificates>{text}</Certificates>")


def change_certificates(verb):
    def change(params):
        listener = alb._listeners.get(alb._p(params, "ListenerArn"))
        if listener is None:
            return alb._error("ListenerNotFound", "One or more listeners not found")
        if verb == "Add" and (wrong := bad_certificate(params, True)):
            return wrong
        named, kept = alb._parse_certificate_arns(params), listener.get("_more", [])
        listener["_more"] = [one for one in kept if one not in named] + (named if verb == "Add" else [])
        return alb._empty(f"{verb}ListenerCertificates")

    return change


def register(params):
    """A target is its id and its port."""
    arn = alb._p(params, "TargetGroupArn")
    if arn not in alb._tgs:
        return alb._error("TargetGroupNotFound", f"Target groups '{arn}' not found")
    there = {(one["Id"], one.get("Port")) for one in alb._targets.setdefault(arn, [])}
    for one in alb._parse_targets_param(params):
        if (one["Id"], one.get("Port")) not in there:
            alb._targets[arn].append(one | {"_since": time.monotonic()})
    return alb._empty("RegisterTargets")


def health(group, target):
    """State, reason and words of one target; the stand-in of the controller says `_sick` of those that fail their checks."""
    if not group["LoadBalancerArns"]:
        return "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
    if time.monotonic() - target.get("_since", -REGISTERING) < REGISTERING:
        return "initial", "Elb.RegistrationInProgress", "Target registration is in progress"
    if target.get("_sick"):
        return "unhealthy", "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{target['_sick']}]"
    return "healthy", "", ""


def describe_health(params):
    arn = alb._p(params, "TargetGroupArn")
    group = alb._tgs.get(arn)
    if group is None:
        return alb._error("TargetGroupNotFound", f"Target groups '{arn}' not found")
    asked, text = {one["Id"] for one in alb._parse_targets_param(params)}, ""
    there = alb._targets.get(arn, [])
    rows = [(one, *health(group, one)) for one in there if not asked or one["Id"] in asked]
    missing = asked - {one["Id"] for one in there}
    rows += [({"Id": one}, "unused", "Target.NotRegistered", "Target is not registered to the target group") for one in sorted(missing)]
    for one, state, reason, words in rows:
        port = one.get("Port", group["Port"])
        why = f"<Reason>{reason}</Reason><Description>{escape(words)}</Description>" if reason else ""
        checked = port if group["HealthCheckPort"] == "traffic-port" else group["HealthCheckPort"]
        text += (
            f"<member><Target><Id>{one['Id']}</Id><Port>{port}</Port></Target><HealthCheckPort>{checked}</HealthCheckPort>"
            f"<TargetHealth><State>{state}</State>{why}</TargetHealth></member>"
        )
    return alb._xml(200, "DescribeTargetHealth", f"<TargetHealthDescriptions>{text}</TargetHealthDescriptions>")


def delete_security_group(params):
    """Not while a load balancer holds it."""
    name = ec2._p(params, "GroupId")
    if any(name in lb.get("SecurityGroups", []) for lb in alb._lbs.values()):
        return ec2._error("DependencyViolation", f"resource {name} has a dependent object", 400)
    return ministack_delete_security_group(params)


def call(action, **given):
    """One call as the controller makes it; raises what its SDK would say. The keys are ELBv2's parameters, lists and tags as such."""
    params = {}
    for key, value in given.items():
        key = key.replace("__", ".")
        if isinstance(value, list):
            params.update({f"{key}.member.{number}": [str(one)] for number, one in enumerate(value, 1)})
        elif isinstance(value, dict):
            for number, (name, text) in enumerate(value.items(), 1):
                params[f"{key}.member.{number}.Key"], params[f"{key}.member.{number}.Value"] = [name], [text]
        else:
            params[key] = [str(value)]
    status, _, body = alb._ACTION_MAP[action](params)
    text = body.decode()
    if status >= 400:
        code, message = (re.search(f"<{tag}>(.*?)</{tag}>", text, re.S) for tag in ("Code", "Message"))
        raise Refused(
            # One id for all, so that the same refusal is the same event.
            f"operation error Elastic Load Balancing v2: {action}, https response error StatusCode: {status}, RequestID: "
            f"00000000-0000-0000-0000-000000000000, {code.group(1)}: {message.group(1)}"
        )
    return text


class Refused(Exception):
    """What the SDK says of a call that was refused."""


ministack_create, ministack_lb_xml, ministack_describe = alb._create_lb, alb._lb_xml, alb._describe_lbs
ministack_delete, ministack_delete_group = alb._delete_lb, alb._delete_tg
ministack_create_listener, ministack_modify_listener = alb._create_listener, alb._modify_listener
ministack_delete_security_group = ec2._ACTION_MAP["DeleteSecurityGroup"]


def install():
    alb._lb_xml = lb_xml
    ours = {
        "CreateLoadBalancer": create, "DescribeLoadBalancers": describe, "DeleteLoadBalancer": delete,
        "DeleteTargetGroup": delete_group, "RegisterTargets": register, "DescribeTargetHealth": describe_health,
        "DescribeListenerCertificates": certificates, "AddListenerCertificates": change_certificates("Add"),
        "RemoveListenerCertificates": change_certificates("Remove"),
        "CreateListener": linking(create_listener), "ModifyListener": linking(modify_listener),
    }
    for action in ("CreateRule", "ModifyRule", "DeleteRule", "DeleteListener"):
        ours[action] = linking(alb._ACTION_MAP[action])
    alb._ACTION_MAP.update(ours)
    ec2._ACTION_MAP["DeleteSecurityGroup"] = delete_security_group
