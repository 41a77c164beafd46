"""CloudFormation types that eksctl's stacks need and ministack lacks."""

import re
from urllib.parse import quote

from ministack.services import ec2, iam, sqs
from ministack.services.cloudformation import provisioners

from rehearsal import kube


def tag_parameters(props, kind):
    params = {"TagSpecification.1.ResourceType": [kind]}
    for number, tag in enumerate(props.get("Tags") or [], 1):
        params[f"TagSpecification.1.Tag.{number}.Key"] = [tag["Key"]]
        params[f"TagSpecification.1.Tag.{number}.Value"] = [tag["Value"]]
    return params


def value(response, tag):
    """One element of an EC2 answer, or the failure that CloudFormation reports."""
    status, _headers, body = response
    text = body.decode()
    if status >= 400:
        raise ValueError(re.search(r"<Message>(.*?)</Message>", text, re.S).group(1))
    return re.search(rf"<{tag}>(.*?)</{tag}>", text, re.S).group(1)


def create_eip(logical_id, props, stack_name):
    response = ec2._allocate_address({"Domain": ["vpc"], **tag_parameters(props, "elastic-ip")})
    address = value(response, "publicIp")
    return address, {"PublicIp": address, "AllocationId": value(response, "allocationId")}


def delete_eip(physical_id, props):
    for allocation, record in list(ec2._addresses.items()):
        if record["PublicIp"] == physical_id:
            ec2._release_address({"AllocationId": [allocation]})


def create_nat_gateway(logical_id, props, stack_name):
    params = {"SubnetId": [props.get("SubnetId", "")], "AllocationId": [props.get("AllocationId", "")]}
    params["ConnectivityType"] = [props.get("ConnectivityType", "public")]
    gateway = value(ec2._create_nat_gateway({**params, **tag_parameters(props, "natgateway")}), "natGatewayId")
    return gateway, {"NatGatewayId": gateway}


def delete_nat_gateway(physical_id, props):
    ec2._delete_nat_gateway({"NatGatewayId": [physical_id]})


def group_of(props):
    group = ec2._security_groups.get(props.get("GroupId", ""))
    if group is None:
        raise ValueError(f"The security group '{props.get('GroupId', '')}' does not exist")
    return group


def create_ingress(logical_id, props, stack_name):
    group_of(props)["IpPermissions"].extend(provisioners._ec2_sg_permissions([props]))
    rule = f"sgr-{quote(stack_name + '-' + logical_id, safe='')}"
    return rule, {"Id": rule}


def delete_ingress(physical_id, props):
    group = ec2._security_groups.get(props.get("GroupId", ""))
    for permission in provisioners._ec2_sg_permissions([props]):
        if group and permission in group["IpPermissions"]:
            group["IpPermissions"].remove(permission)


def install():
    sqs.DEFAULT_HOST = kube.address()  # a queue's URL, which is its Ref, leads to the queue
    handlers = provisioners._RESOURCE_HANDLERS
    handlers["AWS::EC2::EIP"] = {"create": create_eip, "delete": delete_eip}
    handlers["AWS::EC2::NatGateway"] = {"create": create_nat_gateway, "delete": delete_nat_gateway}
    handlers["AWS::EC2::SecurityGroupIngress"] = {"create": create_ingress, "delete": delete_ingress}

    for kind in ("AWS::EC2::EIP", "AWS::EC2::NatGateway"):
        provisioners._STACK_TAG_PROPERTY[kind] = ("Tags", "list")

    ministack_role = handlers["AWS::IAM::Role"]["create"]

    def create_role(logical_id, props, stack_name):
        name = props.get("RoleName")
        if name and name in iam._roles:  # ministack would take the role over, AWS does not
            raise ValueError(f"Resource of type 'AWS::IAM::Role' with identifier '{name}' already exists.")
        return ministack_role(logical_id, props, stack_name)

    handlers["AWS::IAM::Role"]["create"] = create_role
