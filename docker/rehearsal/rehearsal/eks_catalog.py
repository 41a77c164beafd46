"""What EKS offers: cluster versions and add-ons. Fixed, so that recorded answers stay true."""

from rehearsal import FAR_FUTURE, SEEDED_AT

DEFAULT_VERSION = "1.34"
DAY = 86400
# version: (versionStatus, patch, platform, released, end of standard, end of extended support)
VERSIONS = {
    "1.35": ("STANDARD_SUPPORT", "1.35.0", "eks.2", SEEDED_AT + 27 * DAY, FAR_FUTURE, FAR_FUTURE),
    "1.34": ("STANDARD_SUPPORT", "1.34.4", "eks.13", SEEDED_AT - 91 * DAY, FAR_FUTURE, FAR_FUTURE),
    "1.33": ("EXTENDED_SUPPORT", "1.33.8", "eks.27", SEEDED_AT - 217 * DAY, SEEDED_AT + 209 * DAY, FAR_FUTURE),
    "1.32": ("EXTENDED_SUPPORT", "1.32.12", "eks.34", SEEDED_AT - 343 * DAY, SEEDED_AT + 81 * DAY, FAR_FUTURE),
    "1.31": ("EXTENDED_SUPPORT", "1.31.14", "eks.50", SEEDED_AT - 462 * DAY, SEEDED_AT - 36 * DAY, FAR_FUTURE),
    "1.30": ("UNSUPPORTED", "1.30.14", "eks.58", SEEDED_AT - 588 * DAY, SEEDED_AT - 162 * DAY, SEEDED_AT + 203 * DAY),
    "1.29": ("UNSUPPORTED", "1.29.15", "eks.61", SEEDED_AT - 708 * DAY, SEEDED_AT - 284 * DAY, SEEDED_AT + 81 * DAY),
}
OLD_STATUS = {"STANDARD_SUPPORT": "standard-support", "EXTENDED_SUPPORT": "extended-support", "UNSUPPORTED": "unsupported"}

EVERY = [version for version, facts in VERSIONS.items() if facts[0] != "UNSUPPORTED"]
# name: type, the versions of Kubernetes to the add-on's version, service account with its managed policy
ADDONS = {
    "vpc-cni": ("networking", dict.fromkeys(EVERY, "v1.20.4-eksbuild.2"), ("aws-node", "AmazonEKS_CNI_Policy")),
    "coredns": ("networking", dict.fromkeys(EVERY, "v1.12.4-eksbuild.1"), None),
    "kube-proxy": ("networking", {v: f"v{VERSIONS[v][1]}-eksbuild.2" for v in EVERY}, None),
    "metrics-server": ("observability", dict.fromkeys(EVERY, "v0.8.0-eksbuild.6"), None),
    "eks-pod-identity-agent": ("security", dict.fromkeys(EVERY, "v1.3.10-eksbuild.2"), None),
    "aws-ebs-csi-driver": (
        "storage", dict.fromkeys(EVERY, "v1.55.0-eksbuild.2"),
        ("ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy"),
    ),
    "aws-mountpoint-s3-csi-driver": (
        "storage", dict.fromkeys(EVERY, "v2.2.2-eksbuild.1"), ("s3-csi-driver-sa", "AmazonS3ReadOnlyAccess"),
    ),
    "eks-node-monitoring-agent": ("observability", dict.fromkeys(EVERY, "v1.4.2-eksbuild.1"), None),
}
NAMESPACES = {}  # add-ons that do not live in kube-system


def cluster_version(version):
    status, patch, platform, released, standard, extended = VERSIONS[version]
    return {
        "clusterVersion": version,
        "clusterType": "eks",
        "defaultPlatformVersion": platform,
        "defaultVersion": version == DEFAULT_VERSION,
        "releaseDate": released,
        "endOfStandardSupportDate": standard,
        "endOfExtendedSupportDate": extended,
        "status": OLD_STATUS[status],
        "versionStatus": status,
        "kubernetesPatchVersion": patch,
    }


def cluster_versions(query):
    """DescribeClusterVersions: those without support only when they are asked for."""
    named = query.get("clusterVersions", [])
    status = (query.get("versionStatus") or [""])[0]
    old_status = (query.get("status") or [""])[0]
    every = bool(named or status or old_status) or (query.get("includeAll") or ["false"])[0].lower() == "true"
    default_only = (query.get("defaultOnly") or ["false"])[0].lower() == "true"
    found = []
    for version in VERSIONS:
        shaped = cluster_version(version)
        if (
            (every or shaped["versionStatus"] != "UNSUPPORTED")
            and (not named or version in named)
            and (not status or shaped["versionStatus"] == status)
            and (not old_status or shaped["status"] == old_status)
            and (not default_only or shaped["defaultVersion"])
        ):
            found.append(shaped)
    return {"clusterVersions": found}


def addon_versions(query):
    """DescribeAddonVersions, by add-on and by version of Kubernetes."""
    wanted, kubernetes = (query.get("addonName") or [""])[0], (query.get("kubernetesVersion") or [""])[0]
    found = []
    for name, (kind, versions, account) in ADDONS.items():
        fits = {k: v for k, v in versions.items() if not kubernetes or k == kubernetes}
        if (wanted and wanted != name) or not fits:
            continue
        offered = [
            {
                "addonVersion": version,
                "architecture": ["amd64", "arm64"],
                "computeTypes": ["ec2", "auto", "hybrid"],
                "compatibilities": [
                    {"clusterVersion": k, "platformVersions": ["*"], "defaultVersion": True}
                    for k, v in fits.items() if v == version
                ],
                "requiresConfiguration": False,
                "requiresIamPermissions": account is not None,
            }
            for version in sorted(set(fits.values()), reverse=True)
        ]
        found.append({"addonName": name, "type": kind, "addonVersions": offered, "publisher": "eks", "owner": "aws",
                      "defaultNamespace": NAMESPACES.get(name, "kube-system")})
    return {"addons": found}


def addon_configuration(query):
    """DescribeAddonConfiguration, or None for an add-on that EKS has not."""
    name, version = (query.get("addonName") or [""])[0], (query.get("addonVersion") or [""])[0]
    if name not in ADDONS or version not in ADDONS[name][1].values():
        return None
    account = ADDONS[name][2]
    identities = []
    if account:
        identities = [{"serviceAccount": account[0], "recommendedManagedPolicies": [f"arn:aws:iam::aws:policy/{account[1]}"]}]
    return {
        "addonName": name,
        "addonVersion": version,
        "configurationSchema": '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}',
        "podIdentityConfiguration": identities,
    }
