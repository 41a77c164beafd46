"""Events as a controller's recorder writes them: the same words again raise the count, ever more seldom."""

import time
from datetime import datetime, timezone

from rehearsal.clusters.api import ApiError
from rehearsal.clusters.stand_ins.nodes import digest

LONGEST = 60  # seconds between two counts of the same words
ROOM = 1024  # characters of a message, as the API takes them


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def say(cluster, thing, kind, reason, message, source):
    """`kind` is Normal or Warning, `source` the component's name."""
    said, meta, message = cluster.remembered("events", {}), thing["metadata"], message[:ROOM]
    key = (meta["uid"], reason, message)
    count, after, pause = said.get(key, (0, 0, 1))
    if time.monotonic() < after:
        return
    said[key] = (count + 1, time.monotonic() + pause, min(LONGEST, pause * 2))
    namespace, name = meta.get("namespace", "default"), f"{meta['name']}.{digest(*key)[:16]}"
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": namespace}}
    if count:
        try:
            cluster.api.patch(event, {"count": count + 1, "lastTimestamp": now()})
            return
        except ApiError as refused:
            if refused.code != 404:
                raise
    about = {"apiVersion": thing["apiVersion"], "kind": thing["kind"], "name": meta["name"], "uid": meta["uid"],
             "resourceVersion": meta.get("resourceVersion", "")}
    if meta.get("namespace"):
        about["namespace"] = meta["namespace"]
    try:
        cluster.api.create(event | {
            "involvedObject": about, "type": kind, "reason": reason, "message": message, "source": {"component": source},
            "reportingComponent": source, "firstTimestamp": now(), "lastTimestamp": now(), "count": count + 1,
        })
    except ApiError as refused:
        if refused.code not in (403, 404, 409):  # its namespace is going, or it stands already
            raise
