"""Callers with policies of their own, and a policy simulation that answers as AWS's does.

ministack simulates one resource, and neither boundaries nor context. Their policies limit nothing but the
simulation: no call is refused by them (see docs/rehearsal.md).
"""

import json
from pathlib import Path
from xml.sax.saxutils import escape

from ministack.core import iam_evaluator as policies
from ministack.services import iam

from rehearsal import ACCOUNT, REGION

INSTALLER = "AKIA0REHEARSALINSTA0"
ONE_DENIED = "AKIA0REHEARSALONEDE0"
BOUNDED = "AKIA0REHEARSALBOUND0"
SESSION = "ASIA0REHEARSALSESSI0"

USERS = {INSTALLER: "rehearsal-installer", ONE_DENIED: "rehearsal-one-denied", BOUNDED: "rehearsal-bounded"}
ROLE = "rehearsal-session"
CALLERS = {key: f"arn:aws:iam::{ACCOUNT}:user/{name}" for key, name in USERS.items()}
CALLERS[SESSION] = f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/tester"

# What `lakehouse policy --for install` prints for this account; tests/permissions_list.rs holds it to that.
INSTALLER_POLICY = Path(__file__).with_name("installer-policy.json")
DENY = {"Sid": "NoClusters", "Effect": "Deny", "Action": "eks:CreateCluster", "Resource": "*"}
BOUNDARY = {"Sid": "NoQueues", "Effect": "Allow", "NotAction": "sqs:*", "Resource": "*"}
TRUST = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def plant():
    """The callers and their policies, into the account of the seed."""
    allowed = json.loads(INSTALLER_POLICY.read_text())["Statement"]
    boundary = iam._create_policy({"PolicyName": "rehearsal-boundary", "PolicyDocument": document(BOUNDARY)})
    assert boundary[0] == 200, boundary
    for name in USERS.values():
        made = {"UserName": name}
        if name == "rehearsal-bounded":
            made["PermissionsBoundary"] = f"arn:aws:iam::{ACCOUNT}:policy/rehearsal-boundary"
        own = [*allowed, DENY] if name == "rehearsal-one-denied" else allowed
        for answer in (
            iam._create_user(made),
            iam._put_user_policy({"UserName": name, "PolicyName": "own", "PolicyDocument": document(*own)}),
        ):
            assert answer[0] == 200, answer
    # A path, as IAM Identity Center's roles have: the session's ARN does not show it.
    role = {"RoleName": ROLE, "Path": "/teams/data/", "AssumeRolePolicyDocument": document(TRUST)}
    assert iam._create_role(role)[0] == 200
    own = {"RoleName": ROLE, "PolicyName": "own", "PolicyDocument": document(*allowed)}
    assert iam._IAM_HANDLERS["PutRolePolicy"](own)[0] == 200


def identity(key):
    """GetCallerIdentity for one of these callers."""
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Arn>{CALLERS[key]}</Arn><UserId>AIDA{key[4:]}</UserId><Account>{ACCOUNT}</Account>"
        "</GetCallerIdentityResult><ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId>"
        "</ResponseMetadata></GetCallerIdentityResponse>"
    )


def members(params, prefix):
    found = []
    while (value := iam._p(params, f"{prefix}.member.{len(found) + 1}")) not in (None, ""):
        found.append(value)
    return found


def context_of(params):
    found, number = {}, 1
    while name := iam._p(params, f"ContextEntries.member.{number}.ContextKeyName"):
        values = members(params, f"ContextEntries.member.{number}.ContextKeyValues")
        found[name.lower()] = values[0] if len(values) == 1 else values
        number += 1
    return found


def missing_context(context, layers):
    """The keys that the conditions of matching statements ask for and that nobody gave."""
    missing = set()
    for statement in (statement for layer in layers for document in layer for statement in document):
        applies = policies._action_matches(context.action, statement.actions, statement.not_actions)
        if applies and policies._resource_matches(context.resource_arn, statement.resources, statement.not_resources):
            keys = {key for values in statement.conditions.values() for key in values}
            missing |= {key for key in keys if policies._resolve_condition_key(key, context) is None}
    return sorted(missing)


WORDS = {"Allow": "allowed", "Deny": "explicitDeny", "ImplicitDeny": "implicitDeny"}


def judged(action, resource, principal, given, own, limits):
    context = policies.EvalContext(
        principal_arn=principal,
        principal_type="User",
        principal_account=ACCOUNT,
        action=action,
        resource_arn=resource,
        region=given.get("aws:requestedregion", REGION),
        source_ip="127.0.0.1",
        secure_transport=True,
        service_context=given,
    )
    decision = WORDS[policies.evaluate(context, own, *limits).decision]
    boundary = all(policies.evaluate(context, limit).decision == "Allow" for limit in limits)
    details = "".join(f"<member>{escape(key)}</member>" for key in missing_context(context, [own, *limits]))
    text = f"<MatchedStatements/><MissingContextValues>{details}</MissingContextValues>"
    if limits:
        word = str(boundary).lower()
        text += (
            "<PermissionsBoundaryDecisionDetail>"
            f"<AllowedByPermissionsBoundary>{word}</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>"
        )
    return decision, text


def simulate(params):
    arn = iam._p(params, "PolicySourceArn")
    kind, _, name = arn.split(":")[-1].partition("/")
    name = name.rpartition("/")[2]
    store = iam._users if kind == "user" else iam._roles
    if store.get(name) is None or store[name]["Arn"] != arn:
        return iam._error(404, "NoSuchEntity", f"The {kind} with name {name} cannot be found.", ns="iam")
    gather = policies._gather_user_policies if kind == "user" else policies._gather_role_policies
    own, limits = gather(name, ACCOUNT), policies._permissions_boundary(store, name, ACCOUNT)
    given, resources = context_of(params), members(params, "ResourceArns") or ["*"]
    results = ""
    for action in members(params, "ActionNames"):
        each = [(resource, *judged(action, resource, arn, given, own, limits)) for resource in resources]
        order = ["allowed", "implicitDeny", "explicitDeny"]
        worst = max((decision for _, decision, _ in each), key=order.index)
        results += f"<member><EvalActionName>{escape(action)}</EvalActionName><EvalDecision>{worst}</EvalDecision>"
        if resources == ["*"]:
            results += f"<EvalResourceName>*</EvalResourceName>{each[0][2]}"
        else:
            results += "<ResourceSpecificResults>"
            for resource, decision, details in each:
                results += f"<member><EvalResourceName>{escape(resource)}</EvalResourceName>"
                results += f"<EvalResourceDecision>{decision}</EvalResourceDecision>{details}</member>"
            results += "</ResourceSpecificResults>"
        results += "</member>"
    return iam._xml(
        200,
        "SimulatePrincipalPolicyResponse",
        f"<SimulatePrincipalPolicyResult><EvaluationResults>{results}</EvaluationResults>"
        "<IsTruncated>false</IsTruncated></SimulatePrincipalPolicyResult>",
        ns="iam",
    )


def install():
    """Before refusals.install, which stands in front of whatever simulates."""
    iam._simulate_principal_policy = simulate
