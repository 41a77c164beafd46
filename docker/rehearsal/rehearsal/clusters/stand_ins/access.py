"""EKS's own authorizer: access policies become RBAC roles and bindings of groups that only a token review gives."""

from ministack.services import eks

from rehearsal.clusters.api import path_for


def act(cluster):
    namespaces = []
    if eks._has_namespace_access_policy(cluster.name, cluster.account, cluster.region):
        namespaces = [one["metadata"]["name"] for one in cluster.api.list("v1", "Namespace")]
    wanted = {
        path_for(thing): thing
        for thing in eks._access_policy_rbac_objects(cluster.name, cluster.account, cluster.region, namespaces)
    }
    made = cluster.remembered("access", {})
    for path, thing in wanted.items():
        if made.get(path) != thing:
            cluster.api.apply(thing)
            made[path] = thing
    for path in [path for path in made if path not in wanted]:
        cluster.api.delete(made[path])
        del made[path]
