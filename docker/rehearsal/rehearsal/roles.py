"""IAM: the service-linked role of spot instances, AWS's words for what is absent, and AWS's policies that ministack lacks."""

import json
import re

from ministack.services import iam

SERVICE_ROLES = {  # service: (role, description)
    "spot.amazonaws.com": ("AWSServiceRoleForEC2Spot", "Default EC2 Spot Service Linked Role"),
    "eks.amazonaws.com": ("AWSServiceRoleForAmazonEKS", ""),
    "eks-nodegroup.amazonaws.com": ("AWSServiceRoleForAmazonEKSNodegroup", ""),
    "autoscaling.amazonaws.com": ("AWSServiceRoleForAutoScaling", ""),
    "elasticloadbalancing.amazonaws.com": ("AWSServiceRoleForElasticLoadBalancing", ""),
}
# Their documents are AWS's business: nothing here depends on what they allow.
POLICIES = (
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEKSServicePolicy",
    "AmazonEKSVPCResourceController",
    "AmazonSSMManagedInstanceCore",
    "service-role/AmazonEBSCSIDriverEKSClusterScopedPolicy",
    "service-role/AmazonEBSCSIDriverPolicy",
    "service-role/AmazonEBSCSIDriverPolicyV2",
)


def create_service_linked_role(params):
    service = iam._p(params, "AWSServiceName")
    if service not in SERVICE_ROLES:
        return iam._error(400, "InvalidInput", f"{service} is not a valid service principal.", ns="iam")
    name, description = SERVICE_ROLES[service]
    if name in iam._roles:
        message = f"Service role name {name} has been taken in this account, please try a different suffix."
        return iam._error(400, "InvalidInput", message, ns="iam")
    path = f"/aws-service-role/{service}/"
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    role = {
        "RoleName": name, "Path": path, "Description": description,
        "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }
    made = iam._create_role({key: [value] for key, value in role.items()})
    if made[0] >= 400:
        return made
    return iam._xml(
        200,
        "CreateServiceLinkedRoleResponse",
        f"<CreateServiceLinkedRoleResult><Role>{iam._role_xml(name)}</Role></CreateServiceLinkedRoleResult>",
        ns="iam",
    )


def aws_words():
    ministack_error = iam._error

    def error(status, code, message, **more):
        if code == "NoSuchEntity":
            message = re.sub(r"^Role (\S+) not found\.$", r"The role with name \1 cannot be found.", message)
            message = re.sub(r"^Policy (arn:\S+) not found\.$", r"Policy \1 was not found.", message)
        return ministack_error(status, code, message, **more)

    iam._error = error


def plant():
    for name in POLICIES:
        arn = f"arn:aws:iam::aws:policy/{name}"
        if arn not in iam._aws_managed_policies:
            document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]}
            iam._aws_managed_policies[arn] = iam._make_aws_managed_record(name, json.dumps(document))


def install():
    iam._IAM_HANDLERS["CreateServiceLinkedRole"] = create_service_linked_role
    aws_words()
