"""Service Quotas, which ministack has not: the quotas that an installation of ours meets.

A quota without an applied value answers NoSuchResourceException, as AWS does, so that the
fall-back to the default value is rehearsed too.
"""

import json

from rehearsal import ACCOUNT
from rehearsal.wire import answer, error
from ministack.core.responses import get_region

NAMES = {
    "ec2": "Amazon Elastic Compute Cloud (Amazon EC2)",
    "vpc": "Amazon Virtual Private Cloud (Amazon VPC)",
    "eks": "Amazon Elastic Kubernetes Service (Amazon EKS)",
    "elasticloadbalancing": "Elastic Load Balancing (ELB)",
    "iam": "AWS Identity and Access Management (IAM)",
}
# service, code, name, default, applied (None: never asked for another value), global
QUOTAS = [
    ("ec2", "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 5.0, 256.0, False),
    ("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5.0, None, False),
    ("vpc", "L-F678F1CE", "VPCs per Region", 5.0, 5.0, False),
    ("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", 5.0, None, False),
    ("eks", "L-1194D53C", "Clusters", 100.0, 100.0, False),
    ("elasticloadbalancing", "L-53DA6B97", "Application Load Balancers per Region", 50.0, 50.0, False),
    ("iam", "L-FE177D64", "Roles per account", 1000.0, 1000.0, True),
]
# The access key of the profile rehearsal-quota-low, and what is less for it: room for one t3.large, where two are asked for.
LOW_KEY = "AKIA0REHEARSALQUOTA0"
LOW = {"L-1216C47A": 3.0}
USAGE = {
    "L-1216C47A": {
        "MetricNamespace": "AWS/Usage",
        "MetricName": "ResourceCount",
        "MetricDimensions": {"Class": "Standard/OnDemand", "Resource": "vCPU", "Service": "EC2", "Type": "Resource"},
        "MetricStatisticRecommendation": "Maximum",
    }
}
JSON = "application/x-amz-json-1.1"


def shape(quota, value):
    service, code, name, _default, _applied, everywhere = quota
    region, account = get_region(), ACCOUNT
    shaped = {
        "ServiceCode": service,
        "ServiceName": NAMES[service],
        "QuotaArn": f"arn:aws:servicequotas:{region}:{account}:{service}/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": value,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": everywhere,
    }
    if code in USAGE:
        shaped["UsageMetric"] = USAGE[code]
    return shaped


# Here Service Quotas names nothing at all, as AWS does where a region is new to it.
BARE_REGION = "ap-southeast-4"


def visible(service, key):
    """A service's quotas in this region: AWS keeps those of a global service in us-east-1."""
    if get_region() == BARE_REGION:
        return []
    found = [q for q in QUOTAS if q[0] == service and (not q[5] or get_region() == "us-east-1")]
    if key == LOW_KEY:
        found = [(*q[:4], LOW.get(q[1], q[4]), q[5]) for q in found]
    return found


def missing(what):
    return error(
        "servicequotas", "POST", 400, "NoSuchResourceException", f"The request failed because the specified {what} does not exist."
    )


def handle(headers, body, key=""):
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    wanted = json.loads(body or b"{}")
    service, code = wanted.get("ServiceCode", ""), wanted.get("QuotaCode", "")
    if action == "ListServices":
        return answer({"Services": [{"ServiceCode": c, "ServiceName": n} for c, n in NAMES.items()]}, 200, JSON)
    if service not in NAMES:
        return missing("service")
    found = visible(service, key)
    if action in ("ListServiceQuotas", "ListAWSDefaultServiceQuotas"):
        applied = action == "ListServiceQuotas"
        listed = [shape(q, q[4] if applied else q[3]) for q in found if not applied or q[4] is not None]
        return answer({"Quotas": listed}, 200, JSON)
    quota = next((q for q in found if q[1] == code), None)
    if action == "GetServiceQuota":
        return missing("quota") if quota is None or quota[4] is None else answer({"Quota": shape(quota, quota[4])}, 200, JSON)
    if action == "GetAWSDefaultServiceQuota":
        return missing("quota") if quota is None else answer({"Quota": shape(quota, quota[3])}, 200, JSON)
    return error("servicequotas", "POST", 400, "UnknownOperationException", f"Not rehearsed: {action}")
