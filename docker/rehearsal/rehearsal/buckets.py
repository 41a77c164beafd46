"""S3: whose bucket a call expects, policies and tags that AWS refuses, and the settings of new buckets."""

import json
import re

from ministack.services import s3

from rehearsal.wire import error

BLOCKED = "".join(
    f"<{name}>true</{name}>"
    for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
)
NEW_BUCKET = f'<PublicAccessBlockConfiguration xmlns="{s3.S3_NS}">{BLOCKED}</PublicAccessBlockConfiguration>'
FIELDS = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}


def unexpected_owner(method, path, headers):
    """The refusal of a call that expects the bucket to be somebody else's, or None."""
    expected = headers.get("x-amz-expected-bucket-owner")
    bucket = path.lstrip("/").partition("/")[0]
    owner = s3._bucket_owner_account(bucket) if bucket else None
    if expected is None or owner is None or owner == expected:
        return None
    return error("s3", method, 403, "AccessDenied", "Access Denied")


def as_list(value):
    return value if isinstance(value, list) else [value]


def fault_of(bucket, text):
    """Why S3 would call a bucket policy malformed, in its words, or None."""
    try:
        policy = json.loads(text)
    except ValueError:
        return "Policies must be valid JSON and the first byte must be '{'"
    if not isinstance(policy, dict):
        return "Policies must be valid JSON and the first byte must be '{'"
    if policy.get("Version") not in ("2012-10-17", "2008-10-17"):
        return "The policy must contain a valid version string"
    if not as_list(policy.get("Statement") or []):
        return "Missing required field Statement"
    for statement in as_list(policy["Statement"]):
        unknown = sorted(set(statement) - FIELDS)
        if unknown:
            return f"Unknown field {unknown[0]}"
        for field, other in (("Effect", ""), ("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")):
            if field not in statement and other not in statement:
                return f"Missing required field {field}"
        if statement["Effect"] not in ("Allow", "Deny"):
            return f"Invalid effect: {statement['Effect']}"
        arn = f"arn:aws:s3:::{bucket}"
        for resource in as_list(statement.get("Resource", [])) + as_list(statement.get("NotResource", [])):
            if resource != arn and not str(resource).startswith(f"{arn}/"):
                return "Policy has invalid resource"
    return None


def refuse_policies():
    ministack_way = s3._put_bucket_policy

    def put(name, body):
        fault = fault_of(name, body.decode("utf-8", "replace")) if name in s3._buckets else None
        return s3._error("MalformedPolicy", fault, 400, f"/{name}") if fault else ministack_way(name, body)

    s3._put_bucket_policy = put


def refuse_tags():
    ministack_way = s3._put_bucket_tagging

    def put(name, body):
        keys = re.findall(r"<Key>(.*?)</Key>", body.decode("utf-8", "replace"), re.S)
        if name in s3._buckets and len(keys) != len(set(keys)):
            return s3._error("InvalidTag", "Cannot provide multiple Tags with the same key", 400, f"/{name}")
        if name in s3._buckets and any(key.lower().startswith("aws:") for key in keys):
            return s3._error("InvalidTag", "System tags cannot be added/updated by requester", 400, f"/{name}")
        return ministack_way(name, body)

    s3._put_bucket_tagging = put


def policy_status(name):
    """ministack has no such answer."""
    policy = s3._bucket_policies.get(name)
    if policy is None:
        return s3._error("NoSuchBucketPolicy", "The bucket policy does not exist", 404, f"/{name}")
    public = str(bool(s3._policy_is_public(policy))).lower()
    body = f'<PolicyStatus xmlns="{s3.S3_NS}"><IsPublic>{public}</IsPublic></PolicyStatus>'
    return 200, {"Content-Type": "application/xml"}, body.encode()


def answer(method, path, headers, query):
    """What a call to S3 gets before ministack sees it, or None."""
    refused = unexpected_owner(method, path, headers)
    bucket = path.strip("/")
    if refused is None and method == "GET" and "policyStatus" in query and bucket in s3._buckets:
        return policy_status(bucket)
    return refused


def plant_settings():
    """The seed's buckets with settings of their own; those made before April 2023 have neither block nor ownership."""
    aged = s3._buckets["lakehouse-rehearsal-with-policy"]
    aged["_ownership_controls_deleted"] = True
    own = {
        "Version": "2012-10-17",
        "Id": "their-own",
        "Statement": [
            {
                "Sid": "Readers", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": ["arn:aws:s3:::lakehouse-rehearsal-with-policy", "arn:aws:s3:::lakehouse-rehearsal-with-policy/*"],
            },
        ],
    }
    s3._bucket_policies["lakehouse-rehearsal-with-policy"] = json.dumps(own, separators=(",", ":"))
    s3._bucket_versioning["lakehouse-rehearsal-suspended"] = "Suspended"
    s3._bucket_tags["lakehouse-rehearsal-suspended"] = {"team": "finance", "cost-center": "4711"}
    s3._buckets["lakehouse-rehearsal-suspended"]["_public_access_block"] = NEW_BUCKET


def install():
    s3._new_bucket_public_access_block = lambda: {"_public_access_block": NEW_BUCKET}
    refuse_policies()
    refuse_tags()
