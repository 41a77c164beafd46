"""The EBS driver's provisioner: claims get volumes, and volumes that nobody claims any more go. Only while the add-on is installed and
its service account has a role."""

from ministack.services import ec2

from rehearsal.clusters.api import ApiError
from rehearsal.clusters.stand_ins.nodes import digest

DRIVER = "ebs.csi.aws.com"
ADDON = "aws-ebs-csi-driver"
FINALIZER = "external-provisioner.volume.kubernetes.io/finalizer"
UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "K": 10**3, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "": 1}


def works(cluster):
    return ADDON in cluster.addons() and cluster.pod_identity("kube-system", "ebs-csi-controller-sa") is not None


def gibibytes(quantity):
    digits = quantity.rstrip("KMGTik")
    return max(1, -(-int(float(digits) * UNITS[quantity[len(digits):]]) // 2**30))


def make_disk(cluster, claim, volume, storage, zone, size):
    """The disk in the account, tagged as the driver tags it; its id."""
    tags = {
        "Name": f"{cluster.name}-dynamic-{volume}", "CSIVolumeName": volume, "ebs.csi.aws.com/cluster": "true",
        f"kubernetes.io/cluster/{cluster.name}": "owned", "kubernetes.io/created-for/pv/name": volume,
        "kubernetes.io/created-for/pvc/name": claim["metadata"]["name"],
        "kubernetes.io/created-for/pvc/namespace": claim["metadata"]["namespace"],
    }
    asked = {key.lower(): value for key, value in (storage.get("parameters") or {}).items()}
    params = {
        "AvailabilityZone": [zone], "Size": [str(size)], "VolumeType": [asked.get("type", "gp3")],
        "Encrypted": [asked.get("encrypted", "false")], "TagSpecification.1.ResourceType": ["volume"],
    }
    for number, (key, value) in enumerate(tags.items(), 1):
        params[f"TagSpecification.1.Tag.{number}.Key"] = [key]
        params[f"TagSpecification.1.Tag.{number}.Value"] = [value]
    answer = ec2._create_volume(params)[2].decode()
    return answer.partition("<volumeId>")[2].partition("</volumeId>")[0]


def provision(cluster, claim, storage):
    meta, spec = claim["metadata"], claim["spec"]
    chosen = (meta.get("annotations") or {}).get("volume.kubernetes.io/selected-node")
    zone = f"{cluster.region}a"
    if storage.get("volumeBindingMode") == "WaitForFirstConsumer":
        node = cluster.api.get("v1", "Node", chosen) if chosen else None
        if node is None:
            return
        zone = node["metadata"]["labels"].get("topology.kubernetes.io/zone", zone)
    name = f"pvc-{meta['uid']}"
    if cluster.api.get("v1", "PersistentVolume", name):
        return
    size = gibibytes(spec["resources"]["requests"]["storage"])
    disk = make_disk(cluster, claim, name, storage, zone, size)
    in_zone = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}
    cluster.api.create({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": DRIVER}, "finalizers": [FINALIZER]},
        "spec": {
            "capacity": {"storage": f"{size}Gi"}, "accessModes": spec["accessModes"], "volumeMode": spec.get("volumeMode", "Filesystem"),
            "storageClassName": storage["metadata"]["name"], "mountOptions": storage.get("mountOptions") or [],
            "persistentVolumeReclaimPolicy": storage.get("reclaimPolicy", "Delete"),
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": meta["namespace"], "name": meta["name"],
                         "uid": meta["uid"], "resourceVersion": meta["resourceVersion"]},
            "csi": {"driver": DRIVER, "volumeHandle": disk, "fsType": "ext4",
                    "volumeAttributes": {"storage.kubernetes.io/csiProvisionerIdentity": f"{digest(cluster.name)[:13]}-{DRIVER}"}},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [in_zone]}]}},
        },
    })


def let_go(cluster, volume):
    """A released volume that is to be deleted: its disk goes first, then the volume."""
    ec2._volumes.pop(volume["spec"]["csi"]["volumeHandle"], None)
    cluster.api.delete(volume)
    kept = [one for one in volume["metadata"].get("finalizers", []) if one != FINALIZER]
    try:
        cluster.api.patch(volume, {"metadata": {"finalizers": kept}})
    except ApiError as refused:
        if refused.code != 404:
            raise


def act(cluster):
    if not works(cluster):
        return
    claims = [claim for claim in cluster.api.list("v1", "PersistentVolumeClaim") if not claim["spec"].get("volumeName")]
    classes = {}
    if claims:
        classes = {one["metadata"]["name"]: one for one in cluster.api.list("storage.k8s.io/v1", "StorageClass")}
    for claim in claims:
        storage = classes.get(claim["spec"].get("storageClassName", ""))
        if storage and storage["provisioner"] == DRIVER and not claim["metadata"].get("deletionTimestamp"):
            provision(cluster, claim, storage)
    for volume in cluster.api.list("v1", "PersistentVolume"):
        spec = volume["spec"]
        ours = (spec.get("csi") or {}).get("driver") == DRIVER and FINALIZER in volume["metadata"].get("finalizers", [])
        released = volume["status"].get("phase") == "Released" and spec["persistentVolumeReclaimPolicy"] == "Delete"
        if ours and (released or volume["metadata"].get("deletionTimestamp")):
            let_go(cluster, volume)
