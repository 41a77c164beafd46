"""A real cluster behind each EKS cluster that is created: its start, its end, and EKS's states along the way.

ministack would start a container of k3s by the engine; its questions to the engine are answered here instead, by processes of this
container (`clusters`). The seeded clusters keep their stand-ins (`kube`).
"""

import json
import threading
import time
from types import SimpleNamespace

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eks
from ministack.services.cloudformation import provisioners

from rehearsal import kube
from rehearsal.clusters import tokens
from rehearsal.clusters.loop import Loop
from rehearsal.clusters.plane import FIRST_PORT, PORTS, Failed, Plane, Stopped, say
from rehearsal.clusters.stand_ins import access

STACK_PATIENCE = 600  # seconds that a stack waits for a cluster or for nodes
PORT = 4566  # ours, where the API servers ask who a token is

_planes, _loops, _ports, _lock = {}, {}, set(), threading.Lock()


def free_port():
    with _lock:
        port = next((port for port in range(FIRST_PORT, FIRST_PORT + PORTS) if port not in _ports), None)
        if port is not None:
            _ports.add(port)
        return port


def here(name):
    return get_account_id(), get_region(), name


def fail(record, message):
    record["status"] = "FAILED"
    record["health"] = {"issues": [{"code": "InternalFailure", "message": message, "resourceIds": []}]}
    say(f"{record['name']}: FAILED: {message}")


def start(_engine, key, *_):
    """In ministack's thread, in place of starting a container. Ends the thread where the cluster is not to become ACTIVE."""
    if key in _planes:
        return _planes[key]
    account, region, name = key
    record = eks._clusters.get_scoped(account, region, name)
    if record is None:
        raise SystemExit
    webhook = f"http://127.0.0.1:{PORT}/_ministack/eks-auth/{account}/{region}/{name}/{record['_auth_token']}"
    plane = Plane(name, record["_port"], kube.address(), webhook, eks._issuer_url(eks._new_oidc_id()))
    _planes[key] = plane
    loop = None
    try:
        plane.start()
        loop = Loop(plane, record, account, region)
        with request_scope(account, region):
            access.act(loop.cluster)  # nobody is to meet an ACTIVE cluster that does not know its creator
    except Exception as trouble:
        gone = plane.stopping.is_set() or isinstance(trouble, Stopped)
        plane.stop()
        if not gone:
            fail(record, str(trouble) if isinstance(trouble, Failed) else f"{type(trouble).__name__}: {trouble}")
        raise SystemExit from trouble
    record["identity"] = {"oidc": {"issuer": plane.issuer}}
    record["certificateAuthority"] = {"data": plane.authority}
    _loops[key] = loop
    loop.start()
    return plane


def stop(key):
    plane = _planes.pop(key, None)
    _loops.pop(key, None)
    if plane:
        plane.stop()
        say(f"{plane.name}: stopped, its data removed")


def stop_all():
    for key in list(_planes):
        stop(key)
    with _lock:
        _ports.clear()


def wake(name, account=None, region=None):
    loop = _loops.get((account or get_account_id(), region or get_region(), name))
    if loop:
        loop.wake.set()


def install_in_place_of_the_engine():
    eks._get_docker = lambda: SimpleNamespace()
    eks._get_ministack_network = lambda client: None
    eks._k3s_run_kwargs = lambda name, region, account_id=None, **_: (account_id or get_account_id(), region, name)
    eks._k3s_registries_yaml = eks._k3s_auth_webhook_config = lambda *_: None
    eks._start_k3s_container = start
    eks._extract_ca_cert = lambda plane: plane.authority
    eks._stop_all_k3s = stop_all
    eks._next_port = free_port
    eks._cluster_endpoint = lambda port: f"https://{kube.address()}:{port}"
    eks._schedule_access_policy_reconcile = wake


def install_clusters():
    ours_create, ours_delete = eks._create_cluster, eks._delete_cluster

    def create(body, creator_arn=None):
        if len(_ports) >= PORTS and body.get("name") not in eks._clusters:
            return eks._error(400, "ResourceLimitExceededException", f"the rehearsal has room for {PORTS} clusters")
        response = ours_create(body, tokens.caller())
        if response[0] >= 400:
            return response
        record = eks._clusters[body["name"]]
        for field in ("endpoint", "identity"):  # AWS has them once the control plane is there
            record.pop(field, None)
        record["certificateAuthority"] = {}
        return eks._json_resp(200, {"cluster": eks._sanitize(record)})

    def delete(name):
        if any(key.startswith(f"{name}/") for key in eks._nodegroups):
            return eks._error(409, "ResourceInUseException", "Cluster has nodegroups attached")
        if name in eks._clusters:
            eks._clusters[name]["_docker_id"] = None
        stop(here(name))
        with _lock:
            _ports.discard(eks._clusters.get(name, {}).get("_port"))
        for key in [key for key in eks._addons if key.startswith(f"{name}/")]:
            addon = eks._addons.pop(key)
            eks._tags.pop(addon["addonArn"], None)
        return ours_delete(name)

    eks._create_cluster, eks._delete_cluster = create, delete


def install_node_groups():
    ministack_create, ministack_delete = eks._create_nodegroup, eks._delete_nodegroup

    def create(cluster, body):
        record = eks._clusters.get(cluster)
        if record and record["status"] != "ACTIVE":
            return eks._error(400, "InvalidRequestException", f"Cluster '{cluster}' is not in ACTIVE status")
        response = ministack_create(cluster, body)
        if response[0] >= 400 or here(cluster) not in _planes:
            return response
        group = eks._nodegroups[f"{cluster}/{body['nodegroupName']}"]
        group["status"] = "CREATING"  # the loop's nodes make it ACTIVE
        wake(cluster)
        return eks._json_resp(200, {"nodegroup": group})

    def delete(cluster, name):
        response = ministack_delete(cluster, name)
        wake(cluster)
        return response

    eks._create_nodegroup, eks._delete_nodegroup = create, delete


def install_addons():
    ours_create, ours_update = eks._create_addon, eks._update_addon

    def create(cluster, body):
        name = body.get("addonName", "")
        response = ours_create(cluster, body)
        if response[0] >= 400 or here(cluster) not in _planes:
            return response
        addon = eks._addons[f"{cluster}/{name}"]
        addon["status"] = "CREATING"
        wake(cluster)
        return eks._json_resp(200, {"addon": addon})

    def update(cluster, name, body):
        response = ours_update(cluster, name, body)
        if response[0] < 400 and here(cluster) in _planes:
            eks._addons[f"{cluster}/{name}"]["status"] = "UPDATING"
            wake(cluster)
        return response

    eks._create_addon, eks._update_addon = create, update


def settled(find, what):
    """Waits as a stack does; raises what the stack reports."""
    deadline = time.monotonic() + STACK_PATIENCE
    while time.monotonic() < deadline:
        record = find()
        if record is None:
            raise ValueError(f"{what} was deleted while it was being created")
        if record["status"] == "ACTIVE":
            return record
        if record["status"].endswith("FAILED"):
            issues = (record.get("health") or {}).get("issues") or [{}]
            raise ValueError(f"{what} is {record['status']}: {issues[0].get('message', '')}")
        time.sleep(0.1)
    raise ValueError(f"{what} did not become ACTIVE within {STACK_PATIENCE} s")


def install_stacks():
    """A stack's cluster or node group is there only once EKS says ACTIVE."""
    handlers = provisioners._RESOURCE_HANDLERS
    make_cluster, make_group = handlers["AWS::EKS::Cluster"]["create"], handlers["AWS::EKS::Nodegroup"]["create"]

    def cluster(logical_id, props, stack_name):
        name, _ = make_cluster(logical_id, props, stack_name)
        record = settled(lambda: eks._clusters.get(name), f"cluster {name}")
        return name, provisioners._eks_cluster_attrs(record)

    def group(logical_id, props, stack_name):
        name, attributes = make_group(logical_id, props, stack_name)
        settled(lambda: eks._nodegroups.get(f"{props.get('ClusterName', '')}/{name}"), f"node group {name}")
        return name, attributes

    def delete(physical_id, props):
        status, _, body = eks._delete_cluster(physical_id)
        if status >= 400 and status != 404:
            raise ValueError(json.loads(body)["message"])

    handlers["AWS::EKS::Cluster"]["create"] = cluster
    handlers["AWS::EKS::Cluster"]["delete"] = delete
    handlers["AWS::EKS::Nodegroup"]["create"] = group


def install():
    """After eks.install, whose ways it builds on."""
    tokens.install()
    install_in_place_of_the_engine()
    install_clusters()
    install_node_groups()
    install_addons()
    install_stacks()
