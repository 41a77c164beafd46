"""EKS access entries, pod identity associations and tags as AWS answers them."""

import re

from ministack.services import eks

MODES = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation."
NO_ENTRY = (
    "The specified principalArn could not be found. You can view your available access entries with "
    "'aws eks list-access-entries'."
)
POLICIES = (
    "AmazonEKSAdminPolicy", "AmazonEKSAdminViewPolicy", "AmazonEKSClusterAdminPolicy", "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
)
BLANK = ("serviceAccountRoleArn", "configurationValues", "podIdentityAssociations", "ownerArn", "externalId")


def refused(status, code, message):
    return eks._error(status, code, message)


def closed(cluster):
    """Why this cluster has no access entries, or None."""
    if cluster not in eks._clusters:
        return refused(404, "ResourceNotFoundException", f"No cluster found for name: {cluster}.")
    if eks._clusters[cluster]["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        return refused(400, "InvalidRequestException", MODES)
    return None


def username(principal):
    account, _, resource = principal.partition("arn:aws:iam::")[2].partition(":")
    kind, _, name = resource.partition("/")
    if kind == "role":
        return f"arn:aws:sts::{account}:assumed-role/{name.rpartition('/')[2]}/{{{{SessionName}}}}"
    return principal


def fill(entry, wanted):
    """Name and groups that AWS gives an entry that names none."""
    if entry["type"] == "EC2_LINUX":
        entry["username"], entry["kubernetesGroups"] = "system:node:{{EC2PrivateDNSName}}", ["system:nodes"]
    elif not wanted.get("username") and entry["type"] == "STANDARD":
        entry["username"] = username(entry["principalArn"])


def install_entries():
    make, drop, associate = eks._create_access_entry, eks._delete_access_entry, eks._associate_access_policy

    def create(cluster, body):
        principal = body.get("principalArn", "")
        refusal = closed(cluster)
        if refusal:
            return refusal
        if eks._ae_key(cluster, principal) in eks._access_entries:
            message = "The specified access entry resource is already in use on this cluster."
            return refused(409, "ResourceInUseException", message)
        if not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/\S+|arn:aws[a-z-]*:iam::\d{12}:root", principal):
            message = "The specified principalArn is invalid: invalid principal."
            return refused(400, "InvalidParameterException", message)
        response = make(cluster, body)
        if response[0] >= 400:
            return response
        entry = eks._access_entries[eks._ae_key(cluster, principal)]
        fill(entry, body)
        return eks._json_resp(200, {"accessEntry": entry})

    def known(ministack_way):
        def answer(cluster, principal, *more):
            refusal = closed(cluster)
            if refusal is None and eks._ae_key(cluster, principal) not in eks._access_entries:
                refusal = refused(404, "ResourceNotFoundException", NO_ENTRY)
            return refusal or ministack_way(cluster, principal, *more)

        return answer

    def associate_known(cluster, principal, body):
        policy = body.get("policyArn", "")
        if policy.rpartition("/")[2] not in POLICIES or not policy.startswith("arn:aws:eks::aws:cluster-access-policy/"):
            message = "The policyArn parameter format is not valid"
            return refused(400, "InvalidParameterException", message)
        return associate(cluster, principal, body)

    listed = eks._list_access_entries
    eks._create_access_entry = create
    eks._describe_access_entry = known(eks._describe_access_entry)
    eks._delete_access_entry = known(drop)
    eks._update_access_entry = known(eks._update_access_entry)
    eks._associate_access_policy = known(associate_known)
    eks._list_access_entries = lambda cluster, query: closed(cluster) or listed(cluster, query)


def association_of(cluster, body):
    for association in eks._pod_identity_associations.values():
        if all(association[key] == value for key, value in (
            ("clusterName", cluster), ("namespace", body.get("namespace")), ("serviceAccount", body.get("serviceAccount")),
        )):
            return association
    return None


def without_blanks(ministack_way):
    """AWS leaves out the fields that have no value."""
    def answer(*given):
        status, headers, body = ministack_way(*given)
        text = body.decode() if isinstance(body, bytes) else body
        for name in BLANK:
            text = re.sub(rf'"{name}":\s*(""|\[\]),\s*|,\s*"{name}":\s*(""|\[\])', "", text)
        return status, headers, text.encode()

    return answer


def install_associations():
    make, drop_addon = eks._create_pod_identity_association, eks._delete_addon

    def create(cluster, body):
        existing = association_of(cluster, body)
        if existing:
            message = f"Association already exists: {existing['associationId']}"
            return refused(409, "ResourceInUseException", message)
        return make(cluster, body)

    def delete_addon(cluster, name):
        """An add-on takes its associations with it."""
        for key, association in list(eks._pod_identity_associations.items()):
            owner = association.get("ownerArn", "")
            if association["clusterName"] == cluster and f"/{cluster}/{name}/" in owner:
                del eks._pod_identity_associations[key]
        return drop_addon(cluster, name)

    eks._create_pod_identity_association = without_blanks(create)
    eks._delete_addon = without_blanks(delete_addon)
    for name in (
        "_describe_pod_identity_association", "_update_pod_identity_association", "_list_pod_identity_associations",
        "_delete_pod_identity_association", "_create_addon", "_describe_addon",
    ):
        setattr(eks, name, without_blanks(getattr(eks, name)))


def holders():
    """Every record that shows tags of its own, by its ARN."""
    kinds = (
        (eks._clusters, "arn"), (eks._nodegroups, "nodegroupArn"), (eks._addons, "addonArn"),
        (eks._access_entries, "accessEntryArn"), (eks._pod_identity_associations, "associationArn"),
    )
    return {record[field]: record for store, field in kinds for record in store.values()}


def own_by_arn():
    """An association's owner is the add-on by its ARN, which ministack makes anew each time that it is asked."""
    make, change = eks._create_addon, eks._update_addon

    def named(cluster, name, response):
        addon = eks._addons.get(f"{cluster}/{name}")
        for association in eks._pod_identity_associations.values():
            if addon and association["associationArn"] in addon.get("podIdentityAssociations", []):
                association["ownerArn"] = addon["addonArn"]
        return response

    eks._create_addon = lambda cluster, body: named(cluster, body.get("addonName"), make(cluster, body))
    eks._update_addon = lambda cluster, name, body: named(cluster, name, change(cluster, name, body))


def install_tags():
    resolve = eks._resolve_tag_resource_arn

    def resolve_any(arn):
        return (arn, None) if arn in holders() else resolve(arn)

    def shown(ministack_way):
        """The record shows what the tags are, not what they were."""
        def answer(arn, *more):
            record = holders().get(arn)
            if record is not None:
                eks._tags[arn] = {**record.get("tags", {}), **eks._tags.get(arn, {})}
            response = ministack_way(arn, *more)
            if record is not None:
                record["tags"] = dict(eks._tags.get(arn, {}))
            return response

        return answer

    eks._resolve_tag_resource_arn = resolve_any
    eks._tag_resource, eks._untag_resource = shown(eks._tag_resource), shown(eks._untag_resource)


def install():
    """After eks.install, whose add-ons these answers complete."""
    install_entries()
    install_associations()
    own_by_arn()
    install_tags()
