"""Pods that get no further, as their annotation asks: shown as the kubelet shows images that cannot be pulled, containers that crash, and
mounts that fail. kwok leaves these pods alone (stages.yaml)."""

from rehearsal.clusters import events
from rehearsal.clusters.events import now

PULL, CRASH, MOUNT = "rehearsal.test/image-pull", "rehearsal.test/crash-loop", "rehearsal.test/mount"
RESTARTS = 4


def pull_words(image, how):
    start = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}":'
    if how == "denied":
        return f"{start} failed to authorize: failed to fetch anonymous token: unexpected status: 403 Forbidden"
    if how == "timeout":
        return f"{start} failed to do request: Head: dial tcp: i/o timeout"
    return f"{start} {image}: not found"


def containers(pod, state, **more):
    return [
        {"name": one["name"], "image": one["image"], "imageID": "", "ready": False, "started": False, "restartCount": 0, "state": state(one)} | more
        for one in pod["spec"]["containers"]
    ]


def conditions(pod):
    """The kubelet's own beside what the scheduler said."""
    kept = [one for one in pod["status"].get("conditions") or [] if one["type"] == "PodScheduled"]
    names = ", ".join(one["name"] for one in pod["spec"]["containers"])
    late = {"status": "False", "reason": "ContainersNotReady", "message": f"containers with unready status: [{names}]"}
    made = [("PodReadyToStartContainers", {"status": "True"}), ("Initialized", {"status": "True"}), ("Ready", late), ("ContainersReady", late)]
    return kept + [{"type": kind, "lastTransitionTime": now(), **rest} for kind, rest in made]


def pulling(pod, how):
    def state(one):
        words = f'Back-off pulling image "{one["image"]}": ErrImagePull: {pull_words(one["image"], how)}'
        return {"waiting": {"reason": "ImagePullBackOff", "message": words}}

    said = []
    for one in pod["spec"]["containers"]:
        image = one["image"]
        said += [
            ("Normal", "Pulling", f'Pulling image "{image}"'),
            ("Warning", "Failed", f'Failed to pull image "{image}": {pull_words(image, how)}'),
            ("Warning", "Failed", "Error: ErrImagePull"), ("Normal", "BackOff", f'Back-off pulling image "{image}"'),
            ("Warning", "Failed", "Error: ImagePullBackOff"),
        ]
    return {"phase": "Pending", "containerStatuses": containers(pod, state)}, said


def crashing(pod, how):
    meta = pod["metadata"]
    code = int(how) if how.isdigit() else 1
    whole = f"{meta['name']}_{meta['namespace']}({meta['uid']})"

    def state(one):
        return {"waiting": {"reason": "CrashLoopBackOff", "message": f"back-off 1m20s restarting failed container={one['name']} pod={whole}"}}

    last = {"terminated": {"exitCode": code, "reason": "OOMKilled" if code == 137 else "Error", "startedAt": now(), "finishedAt": now()}}
    said = [("Warning", "BackOff", f"Back-off restarting failed container {one['name']} in pod {whole}") for one in pod["spec"]["containers"]]
    return {"phase": "Running", "containerStatuses": containers(pod, state, restartCount=RESTARTS, lastState=last)}, said


def mounting(pod, how):
    def state(_):
        return {"waiting": {"reason": "ContainerCreating"}}

    # The service account's token is the last of the volumes.
    volumes = [one["name"] for one in pod["spec"].get("volumes") or [] if "projected" not in one] or ["data"]
    words = how if how != "true" else f'MountVolume.SetUp failed for volume "{volumes[0]}" : rpc error: code = Internal desc = Could not mount'
    return {"phase": "Pending", "containerStatuses": containers(pod, state)}, [("Warning", "FailedMount", words)]


KINDS = {PULL: pulling, CRASH: crashing, MOUNT: mounting}


def act(cluster):
    shown = cluster.remembered("trouble", {})
    for pod in cluster.api.list("v1", "Pod", fields="spec.nodeName!="):
        notes, meta = pod["metadata"].get("annotations") or {}, pod["metadata"]
        kind = next((key for key in KINDS if key in notes), None)
        if kind is None or meta.get("deletionTimestamp"):
            continue
        status, said = KINDS[kind](pod, notes[kind])
        if shown.get(meta["uid"]) != notes[kind]:
            whole = {"startTime": meta["creationTimestamp"], "hostIP": "127.0.0.1", "conditions": conditions(pod)} | status
            cluster.api.patch(pod, {"status": whole}, "status")
            shown[meta["uid"]] = notes[kind]
        for one in said:
            events.say(cluster, pod, *one, "kubelet")
