"""CloudFormation's EKS types that eksctl's stacks and ours may need and ministack lacks."""

import json

from ministack.services import eks
from ministack.services.cloudformation import provisioners


def made(response, field):
    """What an EKS call made, or the failure that CloudFormation reports."""
    document = json.loads(response[2])
    if response[0] >= 400:
        raise ValueError(f'Resource handler returned message: "{document.get("message")} (Service: Eks)"')
    return document[field]


def camel(value):
    """Property names as the API spells them: PolicyArn becomes policyArn."""
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: camel(item) for key, item in value.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value


def body_of(props):
    body = camel({key: item for key, item in props.items() if key not in ("Tags", "ClusterName", "AccessPolicies")})
    body["tags"] = {tag["Key"]: tag["Value"] for tag in props.get("Tags") or []}
    return body


def create_entry(logical_id, props, stack_name):
    cluster, principal = props["ClusterName"], props["PrincipalArn"]
    entry = made(eks._create_access_entry(cluster, body_of(props)), "accessEntry")
    for policy in props.get("AccessPolicies") or []:
        made(eks._associate_access_policy(cluster, principal, camel(policy)), "associatedAccessPolicy")
    return f"{principal}|{cluster}", {"AccessEntryArn": entry["accessEntryArn"]}


def delete_entry(physical_id, props):
    principal, _, cluster = physical_id.rpartition("|")
    eks._delete_access_entry(cluster, principal)


def create_association(logical_id, props, stack_name):
    association = made(eks._create_pod_identity_association(props["ClusterName"], body_of(props)), "association")
    arn, identity = association["associationArn"], association["associationId"]
    return arn, {"AssociationArn": arn, "AssociationId": identity}


def delete_association(physical_id, props):
    eks._delete_pod_identity_association(props["ClusterName"], physical_id.rpartition("/")[2])


def create_addon(logical_id, props, stack_name):
    addon = made(eks._create_addon(props["ClusterName"], body_of(props)), "addon")
    return f"{props['ClusterName']}|{addon['addonName']}", {"Arn": addon["addonArn"]}


def delete_addon(physical_id, props):
    eks._delete_addon(*physical_id.split("|"))


def install():
    """After eks_access.install, whose answers it gives on."""
    for kind, create, delete in (
        ("AccessEntry", create_entry, delete_entry),
        ("PodIdentityAssociation", create_association, delete_association),
        ("Addon", create_addon, delete_addon),
    ):
        provisioners._RESOURCE_HANDLERS[f"AWS::EKS::{kind}"] = {"create": create, "delete": delete}
        provisioners._STACK_TAG_PROPERTY[f"AWS::EKS::{kind}"] = ("Tags", "list")
