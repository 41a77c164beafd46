"""EKS routes and ways of AWS that ministack lacks, as eksctl and preflight need them."""

import json
import re

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, eks

from rehearsal import eks_catalog
from rehearsal.stacks import AGAIN

EMPTY_LISTS = {  # kinds that the rehearsal never has, but eksctl asks for
    "fargate-profiles": "fargateProfileNames",
    "updates": "updateIds",
    "insights": "insights",
    "capabilities": "capabilities",
    "eks-anywhere-subscriptions": "subscriptions",
}


def refused(status, code, message):
    return eks._error(status, code, message)


def no_addon(cluster, name):
    if cluster not in eks._clusters:
        return refused(404, "ResourceNotFoundException", f"No cluster found for name: {cluster}.")
    return refused(404, "ResourceNotFoundException", f"No addon: {name} found in cluster: {cluster}")


def extra_route(method, path, query):
    """The answer of a route that ministack does not have, or None."""
    if method != "GET":
        return None
    if path == "/cluster-versions":
        return eks._json_resp(200, eks_catalog.cluster_versions(query))
    if path == "/addons/supported-versions":
        return eks._json_resp(200, eks_catalog.addon_versions(query))
    if path == "/addons/configuration-schemas":
        found = eks_catalog.addon_configuration(query)
        if found is None:
            return refused(404, "ResourceNotFoundException", "No configuration for this add-on version.")
        return eks._json_resp(200, found)
    if path == "/access-policies":
        names = ("AmazonEKSAdminPolicy", "AmazonEKSClusterAdminPolicy", "AmazonEKSEditPolicy", "AmazonEKSViewPolicy")
        policies = [{"name": n, "arn": f"arn:aws:eks::aws:cluster-access-policy/{n}"} for n in names]
        return eks._json_resp(200, {"accessPolicies": policies})
    kind = re.fullmatch(r"/clusters/([A-Za-z0-9_-]+)/([a-z-]+)", path)
    if kind and kind.group(2) in EMPTY_LISTS:
        if kind.group(1) not in eks._clusters:
            return refused(404, "ResourceNotFoundException", f"No cluster found for name: {kind.group(1)}.")
        return eks._json_resp(200, {EMPTY_LISTS[kind.group(2)]: []})
    return None


def complete(cluster):
    """The fields of AWS's cluster that ministack leaves out."""
    cluster.setdefault("health", {"issues": []})
    cluster.setdefault("upgradePolicy", {"supportType": "EXTENDED"})
    cluster.setdefault("deletionProtection", False)
    version = eks_catalog.VERSIONS.get(cluster["version"])
    if version:
        cluster["platformVersion"] = version[2]
    access = cluster.setdefault("accessConfig", {})
    access.setdefault("authenticationMode", "API_AND_CONFIG_MAP")
    return cluster


def into_vpc(cluster):
    """As AWS: the cluster knows its subnets' VPC, and its own security group exists there."""
    network = cluster["resourcesVpcConfig"]
    subnets = [ec2._subnets.get(subnet) for subnet in network["subnetIds"]]
    network["vpcId"] = next((subnet["VpcId"] for subnet in subnets if subnet), network["vpcId"])
    group = network["clusterSecurityGroupId"]
    ec2._security_groups[group] = {
        "GroupId": group,
        "GroupName": f"eks-cluster-sg-{cluster['name']}",
        "Description": "EKS created security group applied to ENI that is attached to EKS Control Plane",
        "VpcId": network["vpcId"],
        "OwnerId": get_account_id(),
        "IpPermissions": [],
        "IpPermissionsEgress": [],
    }


def install_routes():
    ministack_routes = eks._handle_request_sync

    def routes(method, path, headers, body, query):
        extra = extra_route(method, path, query)
        return extra if extra is not None else ministack_routes(method, path, headers, body, query)

    eks._handle_request_sync = routes


_answered = {}  # by account, region, route and token: a request with a clientRequestToken, and its answer


def forget():
    """Part of a reset."""
    _answered.clear()


def install_tokens():
    """A retry with its token is no second request: tools send one with each create, and say it again when an answer was lost.

    "A unique, case-sensitive identifier that you provide to ensure the idempotency of the request" (EKS API, CreateAddon).
    """
    first_way = eks._handle_request_sync

    def once(method, path, headers, body, query):
        token = token_of(body) if method == "POST" else None
        if not token:
            return first_way(method, path, headers, body, query)
        key = (get_account_id(), get_region(), path, token)
        asked, response = _answered.get(key, (None, None))
        if asked == body:
            status, response_headers, text = response
            return status, {**response_headers, AGAIN: "true"}, text
        response = first_way(method, path, headers, body, query)
        if response[0] < 300:
            _answered[key] = body, response
        return response

    eks._handle_request_sync = once


def token_of(body):
    try:
        given = json.loads(body)
    except ValueError:
        return None
    return given.get("clientRequestToken") if isinstance(given, dict) else None


def install_clusters():
    ministack_create, ministack_delete = eks._create_cluster, eks._delete_cluster

    def delete(name):
        network = eks._clusters.get(name, {}).get("resourcesVpcConfig", {})
        ec2._security_groups.pop(network.get("clusterSecurityGroupId", ""), None)
        return ministack_delete(name)

    def create(body, creator_arn=None):
        """A cluster that a stack made has its caller as admin, and is complete."""
        body.setdefault("version", eks_catalog.DEFAULT_VERSION)
        creator = creator_arn or f"arn:aws:iam::{get_account_id()}:root"
        response = ministack_create(body, creator)
        if response[0] >= 400:
            return response
        cluster = complete(eks._clusters[body["name"]])
        into_vpc(cluster)
        return eks._json_resp(200, {"cluster": eks._sanitize(cluster)})

    eks._create_cluster, eks._delete_cluster = create, delete
    # eksctl refuses an issuer that is not https, and AWS has no other.
    eks._issuer_url = lambda oidc_id: f"https://oidc.eks.{get_region()}.amazonaws.com/id/{oidc_id}"


def associate(cluster, name, wanted):
    """Make an add-on's pod identity associations; AWS answers their ARNs."""
    namespace = eks_catalog.NAMESPACES.get(name, "kube-system")
    made = []
    for item in wanted:
        eks._create_pod_identity_association(cluster, {"namespace": namespace, **item})
        for association in list(eks._pod_identity_associations.values()):
            if (association["clusterName"], association["namespace"], association["serviceAccount"]) == (
                cluster, namespace, item["serviceAccount"],
            ):
                association["roleArn"] = item["roleArn"]
                association["ownerArn"] = eks._addon_arn(cluster, name)
                made.append(association["associationArn"])
    return made


def install_addons():
    ministack_create, ministack_update = eks._create_addon, eks._update_addon

    def create(cluster, body):
        name = body.get("addonName", "")
        offered = eks_catalog.ADDONS.get(name)
        if offered is None:
            return refused(400, "InvalidParameterException", f"Addon {name} specified is not supported")
        version = eks._clusters[cluster]["version"] if cluster in eks._clusters else ""
        if not body.get("addonVersion") and version in offered[1]:
            body["addonVersion"] = offered[1][version]
        wanted = body.pop("podIdentityAssociations", [])
        response = ministack_create(cluster, body)
        if response[0] >= 400:
            return response
        addon = eks._addons[f"{cluster}/{name}"]
        addon["podIdentityAssociations"] = associate(cluster, name, wanted)
        return eks._json_resp(200, {"addon": addon})

    def update(cluster, name, body):
        wanted = body.pop("podIdentityAssociations", None)
        response = ministack_update(cluster, name, body)
        if wanted is not None and response[0] < 400:
            eks._addons[f"{cluster}/{name}"]["podIdentityAssociations"] = associate(cluster, name, wanted)
        return response

    def missing_says_so(ministack_way):
        return lambda cluster, name: (
            ministack_way(cluster, name) if f"{cluster}/{name}" in eks._addons else no_addon(cluster, name)
        )

    eks._create_addon, eks._update_addon = create, update
    eks._describe_addon = missing_says_so(eks._describe_addon)
    eks._delete_addon = missing_says_so(eks._delete_addon)


def install():
    install_routes()
    install_tokens()
    install_clusters()
    install_addons()
