"""EKS clusters as records. Behind some stands an API server (`kube`). `ingext-lakehouse` is not among them."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from ministack.core.responses import get_account_id, get_region
from ministack.services import eks

from rehearsal import SEEDED_AT, eks_catalog, kube
from rehearsal.eks import complete

# name, version, status, health issue
CLUSTERS = [
    ("standing", "1.34", "ACTIVE", None),
    ("creating", "1.34", "CREATING", None),
    ("failed", "1.34", "FAILED", ("Ec2SecurityGroupNotFound", "We couldn't find the security group for the cluster.")),
    ("deleting", "1.34", "DELETING", None),
    ("old", "1.29", "ACTIVE", None),
    ("lagging", "1.34", "ACTIVE", None),
    ("taken", "1.34", "ACTIVE", None),
    ("locked", "1.34", "ACTIVE", None),
    ("narrow", "1.34", "ACTIVE", None),
]
# A real certificate whose key nobody has, for clusters without an API server: the tools read it before they connect.
AUTHORITY = Path(__file__).with_name("authority.pem").read_bytes()
NODE_GROUP = "ingext-standing-workers"
UNREACHABLE = [{
    "code": "NodeCreationFailure", "message": "Instances failed to join the kubernetes cluster",
    "resourceIds": ["i-0a1b2c3d4e5f60718"],
}]
# cluster, name, version, status, health issues
NODE_GROUPS = [
    ("standing", NODE_GROUP, "1.34", "ACTIVE", []),
    ("lagging", "aged", "1.31", "ACTIVE", []),
    ("lagging", "ancient", "1.30", "DEGRADED", UNREACHABLE),
    ("lagging", "fresh", "1.34", "ACTIVE", []),
    ("taken", "taken-workers", "1.34", "ACTIVE", []),
]
ADDONS = ("vpc-cni", "coredns", "kube-proxy")


def hex_of(text):
    return sha256(text.encode()).hexdigest()


def role(name):
    return f"arn:aws:iam::{get_account_id()}:role/{name}"


def add_cluster(name, version, status, issue):
    digest = hex_of(f"cluster {name}")
    up = status in ("ACTIVE", "DELETING")
    region = get_region()
    cluster = {
        "name": name,
        "arn": eks._cluster_arn(name),
        "createdAt": SEEDED_AT,
        "version": version,
        "roleArn": role(f"eksctl-{name}-cluster-ServiceRole"),
        "resourcesVpcConfig": {
            "subnetIds": [f"subnet-{hex_of(f'{name} {zone}')[:17]}" for zone in "ab"],
            "securityGroupIds": [f"sg-{digest[:17]}"],
            "clusterSecurityGroupId": f"sg-{digest[17:34]}",
            "vpcId": f"vpc-{digest[34:51]}",
            "endpointPublicAccess": True,
            "endpointPrivateAccess": False,
            "publicAccessCidrs": ["0.0.0.0/0"],
        },
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.100.0.0/16", "ipFamily": "ipv4"},
        "logging": {"clusterLogging": [{"types": ["api", "audit", "authenticator", "controllerManager", "scheduler"], "enabled": False}]},
        "status": status,
        "certificateAuthority": {},
        "tags": {"lakehouse-rehearsal": "seeded"},
        "encryptionConfig": [],
        "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"},
        "health": {"issues": [{"code": issue[0], "message": issue[1], "resourceIds": []}] if issue else []},
        "_docker_id": None,
        "_port": None,
    }
    if up:  # AWS names endpoint, authority and issuer only once the control plane is there
        served = kube.endpoint(name)
        cluster["endpoint"] = served or f"https://{digest[:32].upper()}.gr7.{region}.eks.amazonaws.com"
        cluster["certificateAuthority"] = {"data": b64encode(kube.authority() if served else AUTHORITY).decode()}
        cluster["identity"] = {"oidc": {"issuer": f"https://oidc.eks.{region}.amazonaws.com/id/{digest[:32].upper()}"}}
    eks._clusters[name] = complete(cluster)
    eks._tags[cluster["arn"]] = dict(cluster["tags"])
    if up:
        eks._bootstrap_creator_access_entry(name, cluster, f"arn:aws:iam::{get_account_id()}:root")


def add_node_group(cluster, name, version, status, issues):
    digest = hex_of(f"node group {cluster} {name}")
    eks._nodegroups[f"{cluster}/{name}"] = {
        "nodegroupName": name,
        "nodegroupArn": f"{eks._cluster_arn(cluster).replace(':cluster/', ':nodegroup/')}/{name}/{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}",
        "clusterName": cluster,
        "version": version,
        "releaseVersion": f"{eks_catalog.VERSIONS[version][1]}-20260101",
        "createdAt": SEEDED_AT,
        "modifiedAt": SEEDED_AT,
        "status": status,
        "capacityType": "ON_DEMAND",
        "scalingConfig": {"minSize": 2, "maxSize": 2, "desiredSize": 2},
        "instanceTypes": ["t3.large"],
        "subnets": eks._clusters[cluster]["resourcesVpcConfig"]["subnetIds"],
        "amiType": "AL2023_x86_64_STANDARD",
        "nodeRole": role(f"eksctl-{cluster}-nodegroup-NodeInstanceRole"),
        "labels": {"alpha.eksctl.io/cluster-name": cluster, "alpha.eksctl.io/nodegroup-name": name},
        "taints": [],
        "diskSize": 80,
        "health": {"issues": issues},
        "resources": {"autoScalingGroups": [{"name": f"eks-{name}-{digest[:8]}"}]},
        "updateConfig": {"maxUnavailable": 1},
        "tags": {},
    }


def add_addon(cluster, name):
    digest = hex_of(f"addon {cluster} {name}")
    eks._addons[f"{cluster}/{name}"] = {
        "addonName": name,
        "clusterName": cluster,
        "status": "ACTIVE",
        "addonVersion": eks_catalog.ADDONS[name][1]["1.34"],
        "health": {"issues": []},
        "addonArn": f"{eks._cluster_arn(cluster).replace(':cluster/', ':addon/')}/{name}/{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}",
        "createdAt": SEEDED_AT,
        "modifiedAt": SEEDED_AT,
        "tags": {},
        "podIdentityAssociations": [],
        "publisher": "eks",
        "owner": "aws",
    }


def plant():
    for cluster in CLUSTERS:
        add_cluster(*cluster)
    for group in NODE_GROUPS:
        add_node_group(*group)
    for name in ADDONS:
        add_addon("standing", name)
