"""Whether a controller can do its work: it runs, and its pods were given a role that allows what it asks."""

from datetime import datetime

from ministack.core import iam_evaluator as policies
from ministack.services import eks, iam

AGENT = "eks-pod-identity-agent"
TRUSTED = "pods.eks.amazonaws.com"
SERVICES = {"elasticloadbalancing": "Elastic Load Balancing v2", "ec2": "EC2", "iam": "IAM", "eks": "EKS"}
NO_REQUEST = "00000000-0000-0000-0000-000000000000"


def deployment(cluster, name):
    """The Deployment of this `app.kubernetes.io/name` whose pods are available, or None."""
    for found in cluster.api.list("apps/v1", "Deployment", labels=f"app.kubernetes.io/name={name}"):
        if found["status"].get("availableReplicas", 0) > 0:
            return found
    return None


def born(thing):
    return datetime.fromisoformat(thing["metadata"]["creationTimestamp"]).timestamp()


def association(cluster, namespace, account):
    for one in list(eks._pod_identity_associations.values()):
        if (one["clusterName"], one["namespace"], one["serviceAccount"]) == (cluster.name, namespace, account):
            return one
    return None


def role_of(cluster, found):
    """The name of the role that a Deployment's pods act as: None where they got no credentials."""
    namespace, spec = found["metadata"]["namespace"], found["spec"]["template"]["spec"]
    given = association(cluster, namespace, spec.get("serviceAccountName", "default"))
    if given is None or AGENT not in cluster.addons():
        return None
    role = iam._roles.get(given["roleArn"].rpartition("/")[2])
    if role is None or TRUSTED not in str(role["AssumeRolePolicyDocument"]):
        return None
    # The agent's webhook looks only at pods that are being made: an association that came later changes nothing for them.
    labels = ",".join(f"{key}={value}" for key, value in found["spec"]["selector"]["matchLabels"].items())
    pods = cluster.api.list("v1", "Pod", namespace, labels)
    if not any(born(pod) + 1 > float(given["createdAt"]) for pod in pods):
        return None
    return role["RoleName"]


def allows(role, account, action):
    """By the statements' actions alone: which resources and under which conditions is not looked at."""
    matching = {
        statement.effect
        for document in policies._gather_role_policies(role, account) for statement in document
        if policies._action_matches(action, statement.actions, statement.not_actions)
        and (statement.effect == "Allow" or not statement.conditions)
    }
    return matching == {"Allow"}


def refusal(cluster, found, actions):
    """What the controller's SDK says of the first action that is not allowed, or None where all are."""
    role = role_of(cluster, found)
    for action in actions:
        service, _, verb = action.partition(":")
        if role and allows(role, cluster.account, action):
            continue
        asked = f"operation error {SERVICES.get(service, service)}: {verb}"
        if role is None:
            return (
                f"{asked}, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation "
                "error ec2imds: GetMetadata, canceled, context deadline exceeded"
            )
        code = "UnauthorizedOperation: You are not authorized to perform this operation." if service == "ec2" else "AccessDenied:"
        session = f"arn:aws:sts::{cluster.account}:assumed-role/{role}/eks-{cluster.name}-{found['metadata']['name'][:12]}"
        return (
            f"{asked}, https response error StatusCode: 403, RequestID: {NO_REQUEST}, api error {code} User: {session} is not "
            f"authorized to perform: {action} because no identity-based policy allows the {action} action"
        )
    return None
