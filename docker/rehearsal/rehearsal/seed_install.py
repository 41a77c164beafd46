"""What an install may find: a network of somebody's own, clusters that are hard to adopt, stacks that did not end well."""

import json
from datetime import datetime, timezone
from hashlib import sha256
from uuid import UUID

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudformation as cfn
from ministack.services import ec2, eks
from ministack.services.cloudformation import provisioners

from rehearsal import SEEDED_AT, buckets, roles, seed_clusters
from rehearsal.stacks import free_addresses

BYO = "vpc-0b000000000000001"
CLUSTERS = "vpc-0c000000000000001"
PRIVATE, PUBLIC, ISOLATED = "rtb-0b000000000000001", "rtb-0b000000000000002", "rtb-0b000000000000003"
NAT, GATEWAY = "nat-0b000000000000001", "igw-0b000000000000001"
# id, name, zone letter, CIDR, route table, role tag, free addresses if not all
SUBNETS = [
    ("subnet-0b0000000000000a1", "byo-private-a", "a", "10.20.0.0/20", PRIVATE, "internal-elb", None),
    ("subnet-0b0000000000000b1", "byo-private-b", "b", "10.20.16.0/20", PRIVATE, "internal-elb", None),
    ("subnet-0b0000000000000a2", "byo-public-a", "a", "10.20.128.0/24", PUBLIC, "elb", None),
    ("subnet-0b0000000000000b2", "byo-public-b", "b", "10.20.129.0/24", PUBLIC, "elb", None),
    ("subnet-0b0000000000000a3", "byo-private-a-second", "a", "10.20.32.0/20", PRIVATE, "internal-elb", None),
    ("subnet-0b0000000000000c1", "byo-private-c-untagged", "c", "10.20.48.0/20", PRIVATE, None, None),
    ("subnet-0b0000000000000c2", "byo-public-c-untagged", "c", "10.20.130.0/24", PUBLIC, None, None),
    ("subnet-0b0000000000000c3", "byo-private-c-full", "c", "10.20.131.0/28", PRIVATE, "internal-elb", 3),
    ("subnet-0b0000000000000c4", "byo-isolated-c", "c", "10.20.64.0/20", ISOLATED, "internal-elb", None),
]


def seeded_iso():
    return datetime.fromtimestamp(SEEDED_AT, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def add_tags(resource, **tags):
    ec2._tags[resource] = [{"Key": key, "Value": value} for key, value in tags.items()]


def add_vpc(vpc, cidr, name):
    digest = sha256(vpc.encode()).hexdigest()
    table, group, acl = f"rtb-{digest[:17]}", f"sg-{digest[17:34]}", f"acl-{digest[34:51]}"
    owner = get_account_id()
    ec2._vpcs[vpc] = {
        "VpcId": vpc, "CidrBlock": cidr, "State": "available", "IsDefault": False, "DhcpOptionsId": "dopt-00000001",
        "InstanceTenancy": "default", "OwnerId": owner, "DefaultNetworkAclId": acl, "DefaultSecurityGroupId": group,
        "MainRouteTableId": table,
    }
    add_route_table(table, vpc, cidr, None, main=True)
    add_group(group, "default", "default VPC security group", vpc)
    rules = [
        {"RuleNumber": number, "Protocol": "-1", "RuleAction": action, "Egress": out, "CidrBlock": "0.0.0.0/0"}
        for out in (False, True) for number, action in ((100, "allow"), (32767, "deny"))
    ]
    ec2._network_acls[acl] = {
        "NetworkAclId": acl, "VpcId": vpc, "IsDefault": True, "Entries": rules, "Associations": [], "Tags": [],
        "OwnerId": owner,
    }
    add_tags(vpc, Name=name)


def add_group(group, name, description, vpc):
    out = {
        "IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [], "PrefixListIds": [],
        "UserIdGroupPairs": [],
    }
    ec2._security_groups[group] = {
        "GroupId": group, "GroupName": name, "Description": description, "VpcId": vpc, "OwnerId": get_account_id(),
        "IpPermissions": [], "IpPermissionsEgress": [out],
    }


def add_route_table(table, vpc, cidr, way_out, main=False):
    routes = [{"DestinationCidrBlock": cidr, "GatewayId": "local", "State": "active", "Origin": "CreateRouteTable"}]
    if way_out:
        kind = "NatGatewayId" if way_out.startswith("nat-") else "GatewayId"
        routes.append({"DestinationCidrBlock": "0.0.0.0/0", kind: way_out, "State": "active", "Origin": "CreateRoute"})
    ec2._route_tables[table] = {
        "RouteTableId": table, "VpcId": vpc, "OwnerId": get_account_id(), "Routes": routes, "Associations": [],
    }
    if main:
        join(table, None)


def join(table, subnet):
    made = sha256(f"{table} {subnet}".encode()).hexdigest()[:17]
    association = {
        "RouteTableAssociationId": f"rtbassoc-{made}", "RouteTableId": table, "Main": subnet is None,
        "AssociationState": {"State": "associated"},
    }
    if subnet:
        association["SubnetId"] = subnet
    ec2._route_tables[table]["Associations"].append(association)


def add_subnet(subnet, vpc, letter, cidr, free=None, public=False):
    zone = f"{get_region()}{letter}"
    ec2._subnets[subnet] = {
        "SubnetId": subnet, "VpcId": vpc, "CidrBlock": cidr, "AvailabilityZone": zone,
        "AvailabilityZoneId": ec2._az_id_for_zone_name(zone), "State": "available", "DefaultForAz": False,
        "AvailableIpAddressCount": free_addresses(cidr) if free is None else free,
        "MapPublicIpOnLaunch": public, "OwnerId": get_account_id(),
    }


def add_byo():
    cidr = "10.20.0.0/16"
    add_vpc(BYO, cidr, "byo")
    ec2._internet_gateways[GATEWAY] = {
        "InternetGatewayId": GATEWAY, "OwnerId": get_account_id(),
        "Attachments": [{"VpcId": BYO, "State": "available"}],
    }
    ec2._nat_gateways[NAT] = {
        "NatGatewayId": NAT, "SubnetId": "subnet-0b0000000000000a2", "VpcId": BYO, "State": "available",
        "ConnectivityType": "public", "CreateTime": seeded_iso(), "NatGatewayAddresses": [],
    }
    for table, name, way_out in ((PRIVATE, "byo-private", NAT), (PUBLIC, "byo-public", GATEWAY), (ISOLATED, "byo-isolated", None)):
        add_route_table(table, BYO, cidr, way_out)
        add_tags(table, Name=name)
    add_tags(GATEWAY, Name="byo")
    add_tags(NAT, Name="byo")
    for subnet, name, letter, block, table, role, free in SUBNETS:
        add_subnet(subnet, BYO, letter, block, free, public=table == PUBLIC)
        join(table, subnet)
        add_tags(subnet, Name=name, **({f"kubernetes.io/role/{role}": "1"} if role else {}))


def add_clusters():
    """Two more clusters, and the network behind all of them: subnets and security groups that can be tagged."""
    for name in ("configmap", "private"):
        seed_clusters.add_cluster(name, "1.34", "ACTIVE", None)
    eks._clusters["configmap"]["accessConfig"]["authenticationMode"] = "CONFIG_MAP"
    for store in (eks._access_entries, eks._access_policies):  # such a cluster has none
        for key in [key for key in store if key.startswith("configmap\x00")]:
            del store[key]
    eks._clusters["private"]["resourcesVpcConfig"].update(endpointPublicAccess=False, endpointPrivateAccess=True, publicAccessCidrs=[])
    add_vpc(CLUSTERS, "10.30.0.0/16", "clusters")
    for number, cluster in enumerate(eks._clusters.values()):
        network = cluster["resourcesVpcConfig"]
        network["vpcId"] = CLUSTERS
        for offset, (subnet, letter) in enumerate(zip(network["subnetIds"], "ab", strict=True)):
            add_subnet(subnet, CLUSTERS, letter, f"10.30.{4 * number + 2 * offset}.0/23")
            add_tags(subnet, Name=f"{cluster['name']}-private-{letter}", **{"kubernetes.io/role/internal-elb": "1"})
        group = network["clusterSecurityGroupId"]
        about = "EKS created security group applied to ENI that is attached to EKS Control Plane"
        add_group(group, f"eks-cluster-sg-{cluster['name']}-{group[3:13]}", about, CLUSTERS)
        add_tags(group, Name=f"eks-cluster-sg-{cluster['name']}-{group[3:13]}", **{f"kubernetes.io/cluster/{cluster['name']}": "owned"})
        add_group(network["securityGroupIds"][0], f"{cluster['name']}-control-plane", "Between control plane and nodes", CLUSTERS)


TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
LIMIT = (
    'Resource handler returned message: "Cannot exceed quota for RolesPerAccount: 1000 '
    '(Service: Iam, Status Code: 409)" (HandlerErrorCode: ServiceLimitExceeded)'
)
HELD = (
    'Resource handler returned message: "Cannot delete entity, must detach all policies first. '
    '(Service: Iam, Status Code: 409)" (HandlerErrorCode: InvalidRequest)'
)


def add_stack(name, logical, role, cluster, status):
    """A stack of one role, in a state that is no good: its events tell what became of the role."""
    digest = sha256(name.encode()).hexdigest()
    stack_id = f"arn:aws:cloudformation:{get_region()}:{get_account_id()}:stack/{name}/{UUID(digest[:32])}"
    props = {"RoleName": role, "AssumeRolePolicyDocument": TRUST}
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {logical: {"Type": "AWS::IAM::Role", "Properties": props}}}
    tags = {"lakehouse-rehearsal": "seeded"}
    if name.startswith("eksctl-"):
        tags = {"alpha.eksctl.io/cluster-name": cluster, "alpha.eksctl.io/eksctl-version": "0.230.0", **tags}
    failed = {"ROLLBACK_COMPLETE": f"The following resource(s) failed to create: [{logical}]. Rollback requested by user.",
              "DELETE_FAILED": f"The following resource(s) failed to delete: [{logical}]."}.get(status, "")
    resources = {}
    if status == "DELETE_FAILED":
        physical, attributes = provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]["create"](logical, props, name)
        # Attached by somebody after the stack was made: the stack can't delete the role until it is detached.
        provisioners._iam.attach_managed_policy(provisioners._iam._roles[role], "arn:aws:iam::aws:policy/ReadOnlyAccess")
        resources[logical] = {
            "PhysicalResourceId": physical, "ResourceType": "AWS::IAM::Role", "ResourceStatus": status,
            "ResourceStatusReason": HELD, "LogicalResourceId": logical, "Properties": props, "Attributes": attributes,
            "Timestamp": seeded_iso(),
        }
    cfn._stacks[name] = {
        "StackName": name, "StackId": stack_id, "StackStatus": status,
        "StackStatusReason": failed if status == "DELETE_FAILED" else "",
        "CreationTime": seeded_iso(), "LastUpdatedTime": seeded_iso(), "Description": "", "Parameters": [],
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM"], "Outputs": [], "DisableRollback": False,
        "EnableTerminationProtection": False, "_disable_validation": False, "_stack_policy": "", "_region": get_region(),
        "_resources": resources, "_template": template, "_template_body": json.dumps(template),
        "_resolved_params": {}, "_conditions": {},
    }
    whole, own = (name, "AWS::CloudFormation::Stack", stack_id), (logical, "AWS::IAM::Role", "")
    held = (logical, "AWS::IAM::Role", role)
    story = [(whole, "CREATE_IN_PROGRESS", "User Initiated"), (own, "CREATE_IN_PROGRESS", "")]
    story += {
        "ROLLBACK_COMPLETE": [
            (own, "CREATE_FAILED", LIMIT), (whole, "ROLLBACK_IN_PROGRESS", failed), (whole, "ROLLBACK_COMPLETE", ""),
        ],
        "DELETE_FAILED": [
            (held, "CREATE_COMPLETE", ""), (whole, "CREATE_COMPLETE", ""), (whole, "DELETE_IN_PROGRESS", "User Initiated"),
            (held, "DELETE_IN_PROGRESS", ""), (held, "DELETE_FAILED", HELD), (whole, "DELETE_FAILED", failed),
        ],
    }.get(status, [])
    cfn._stack_events[stack_id] = [
        {
            "StackId": stack_id, "StackName": name, "EventId": str(UUID(sha256(f"{name} {number}".encode()).hexdigest()[:32])),
            "LogicalResourceId": what[0], "PhysicalResourceId": what[2], "ResourceType": what[1],
            "ResourceStatus": state, "ResourceStatusReason": reason, "Timestamp": seeded_iso(),
        }
        for number, (what, state, reason) in enumerate(story)
    ]


def plant():
    """After the clusters of seed_clusters and the seed's buckets."""
    roles.plant()
    buckets.plant_settings()
    add_byo()
    add_clusters()
    for cluster, status in (("rolledback", "ROLLBACK_COMPLETE"), ("undeletable", "DELETE_FAILED"), ("unfinished", "CREATE_IN_PROGRESS")):
        add_stack(f"eksctl-{cluster}-cluster", "ServiceRole", f"eksctl-{cluster}-cluster-ServiceRole", cluster, status)
        add_stack(f"Karpenter-{cluster}", "KarpenterNodeRole", f"KarpenterNodeRole-{cluster}", cluster, status)
