"""One pass a second over a cluster: what only a cloud does, done by the stand-ins, each in a file of its own."""

import threading
import time

from ministack.core.responses import request_scope
from ministack.services import eks

from rehearsal.clusters import stand_ins
from rehearsal.clusters.plane import Failed, Stopped, say

PASS = 1.0  # seconds
REPEAT = 60  # seconds until the same trouble of a stand-in is said again


class Cluster:
    """What a stand-in gets: the API, the EKS records, and a memory of its own."""

    def __init__(self, plane, record, account, region):
        self.name, self.plane, self.record, self.account, self.region = plane.name, plane, record, account, region
        self.api, self.memory = plane.api(), {}

    def remembered(self, name, fresh):
        return self.memory.setdefault(name, fresh)

    def node_groups(self):
        return [group for key, group in list(eks._nodegroups.items()) if key.startswith(f"{self.name}/")]

    def addons(self):
        found = [addon for key, addon in list(eks._addons.items()) if key.startswith(f"{self.name}/")]
        return {addon["addonName"]: addon for addon in found}

    def pod_identity(self, namespace, account):
        """The role that pods of a service account get, or None."""
        for association in list(eks._pod_identity_associations.values()):
            if (association["clusterName"], association["namespace"], association["serviceAccount"]) == (self.name, namespace, account):
                return association["roleArn"]
        return None


class Loop:
    def __init__(self, plane, record, account, region):
        self.cluster = Cluster(plane, record, account, region)
        self.wake, self.said = threading.Event(), {}

    def one_pass(self):
        for stand_in in stand_ins.ALL:
            try:
                stand_in.act(self.cluster)
            except Exception as trouble:  # one stand-in's trouble is not the others'
                text = f"{stand_in.__name__.rpartition('.')[2]}: {type(trouble).__name__}: {trouble}"
                if time.monotonic() - self.said.get(text, -REPEAT) >= REPEAT:
                    self.said[text] = time.monotonic()
                    say(f"{self.cluster.name}: {text}")

    def run(self):
        cluster = self.cluster
        while not cluster.plane.stopping.is_set():
            try:
                cluster.plane.look_after()
            except Stopped:
                return
            except Failed as failed:
                cluster.record["status"] = "FAILED"
                cluster.record["health"] = {"issues": [{"code": "InternalFailure", "message": str(failed), "resourceIds": []}]}
                say(f"{cluster.name}: FAILED: {failed}")
                cluster.plane.stop()
                return
            with request_scope(cluster.account, cluster.region):
                self.one_pass()
            self.wake.wait(PASS)
            self.wake.clear()

    def start(self):
        threading.Thread(target=self.run, name=f"loop {self.cluster.name}", daemon=True).start()
