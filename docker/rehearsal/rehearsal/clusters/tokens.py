"""Who a token of `aws eks get-token` is: the answer to a cluster's API server (TokenReview), by the EKS access entries.

ministack's own way lets everybody in as `system:masters` and only knows tokens signed for AWS's hosts; those made here are signed
for the account's endpoint.
"""

import json
import secrets
from base64 import urlsafe_b64decode
from contextvars import ContextVar
from datetime import datetime, timezone
from urllib.parse import parse_qs, urlsplit

from ministack.core.iam_evaluator import CredentialResolutionError, resolve_credential
from ministack.core.sigv4 import build_canonical_request, build_string_to_sign, calculate_signature, signatures_match
from ministack.services import eks

from rehearsal import ACCOUNT, faults, permissions

PREFIX = "k8s-aws-v1."
LIFETIME = 15 * 60  # seconds, as aws-iam-authenticator has it
SECRET = "rehearsal-not-a-secret"  # of every seeded key (scripts/lib/rehearsal-config.sh)
NO_PAYLOAD = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MASTERS = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"

# The access key of the request that is being answered; a stack that it makes keeps it.
caller_key = ContextVar("caller_key", default="")


def key_identity(key, token=None):
    """The ARN and the secret of an access key, or None for one that nobody has."""
    if key in faults.FAULTS:
        return None
    found = resolve_credential(key, ACCOUNT, token) if token else resolve_credential(key, ACCOUNT)
    if not isinstance(found, CredentialResolutionError) and found.secret_access_key != "test":
        return found.principal_arn, found.secret_access_key
    return permissions.CALLERS.get(key, f"arn:aws:iam::{ACCOUNT}:root"), SECRET


def principal(arn):
    """The principal of an access entry: of an assumed role, the role."""
    return eks._role_arn_from_assumed_role(arn) or arn


def caller():
    """The principal that made the request being answered."""
    found = key_identity(caller_key.get()) if caller_key.get() else None
    return principal(found[0]) if found else f"arn:aws:iam::{ACCOUNT}:root"


def verified(token, cluster):
    """The ARN that signed this token for this cluster, or None."""
    try:
        encoded = token.removeprefix(PREFIX)
        url = urlsplit(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
        query = parse_qs(url.query, keep_blank_values=True)
        one = {name: values[0] for name, values in query.items()}
        key, day, region, service, _ = one["X-Amz-Credential"].split("/")
        signed = one["X-Amz-SignedHeaders"].lower()
        at = datetime.strptime(one["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        signature = one["X-Amz-Signature"]
    except (ValueError, KeyError):
        return None
    age = (datetime.now(timezone.utc) - at).total_seconds()
    if not token.startswith(PREFIX) or one.get("Action") != "GetCallerIdentity" or not -300 < age < LIFETIME:
        return None
    if service != "sts" or "x-k8s-aws-id" not in signed.split(";"):
        return None
    identity = key_identity(key, one.get("X-Amz-Security-Token"))
    if identity is None:
        return None
    headers = {"host": url.netloc, "x-k8s-aws-id": cluster}
    request = build_canonical_request("GET", url.path or "/", headers, query, signed, payload_hash=NO_PAYLOAD)
    text = build_string_to_sign(one["X-Amz-Date"], day, region, service, request)
    return identity[0] if signatures_match(calculate_signature(identity[1], day, region, service, text), signature) else None


def user_of(arn, cluster, account, region):
    """The Kubernetes user of a caller with an access entry, or None."""
    entry = eks._access_entry_for_principal(cluster, account, region, arn)
    if entry is None:
        return None
    groups = ["system:authenticated", *(entry.get("kubernetesGroups") or [])]
    for who, policy, _ in eks._access_policy_associations(cluster, account, region):
        if who == entry["principalArn"]:
            groups.append(eks._access_policy_group(cluster, who, policy))
    name = (entry.get("username") or arn).replace("{{SessionName}}", arn.rpartition("/")[2])
    return {"username": name, "uid": f"aws-iam-authenticator:{account}:{arn}", "groups": list(dict.fromkeys(groups))}


def review(cluster, account, region, asked, secret=""):
    """In place of ministack's `_authenticate_token_review`."""
    known = eks._clusters.get_scoped(account, region, cluster)
    token = (asked.get("spec") or {}).get("token") or ""
    user = None
    if known and secrets.compare_digest(secret, known.get("_auth_token") or "-"):
        arn = verified(token, cluster)
        user = user_of(arn, cluster, account, region) if arn else None
    status = {"authenticated": True, "user": user} if user else {"authenticated": False}
    answer = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}
    return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()


def install():
    eks._authenticate_token_review = review
