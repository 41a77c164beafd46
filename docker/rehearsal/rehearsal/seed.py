"""What the rehearsal account holds when it starts. Same names, ids and dates on every machine.

Beside everything that preflight must find stands a neighbour that it must not take for it.
"""

from base64 import b64encode
from hashlib import sha256

from ministack.core.responses import request_scope

from rehearsal import (
    ACCOUNT,
    OTHER_ACCOUNT,
    OTHER_REGION,
    REGION,
    ROOT_DOMAIN,
    UNDELEGATED,
    UNREGISTERED,
    permissions,
    seed_certificates,
    seed_clusters,
    seed_install,
)

SEEDED_ISO = "2026-01-01T00:00:00.000Z"
OTHER_ZONES = 120  # more than one page of list-hosted-zones

BUCKETS = [  # name, region, owner
    ("lakehouse-rehearsal-ours", REGION, ACCOUNT),
    ("lakehouse-rehearsal-with-policy", REGION, ACCOUNT),
    ("lakehouse-rehearsal-suspended", REGION, ACCOUNT),
    ("lakehouse-rehearsal-elsewhere", "eu-west-1", ACCOUNT),
    ("lakehouse-rehearsal-taken", REGION, OTHER_ACCOUNT),
]
RECORDS = [  # in the public zone of the root domain; lakehouse.k8 is absent
    ("present.k8", "A", ["192.0.2.10"]),
    ("present.k8", "AAAA", ["2001:db8::10"]),
    ("six.k8", "AAAA", ["2001:db8::6"]),
    ("two.k8", "A", ["192.0.2.21", "192.0.2.22"]),
    ("alias.k8", "CNAME", [f"present.k8.{ROOT_DOMAIN}"]),
    ("dangling.k8", "CNAME", [f"nowhere.k8.{ROOT_DOMAIN}"]),
]
ALIASES = [  # A records; the second load balancer has the name that install gives its own
    ("balancer.k8", f"present.k8.{ROOT_DOMAIN}"),
    ("theirs.k8", "dualstack.k8s-somebody-1234567890.us-east-2.elb.amazonaws.com."),
    ("ours.k8", "dualstack.albingextingext-lakehouseingress-1234567890.us-east-2.elb.amazonaws.com."),
]


def zone_id(name):
    """A zone id in AWS's form, from its name."""
    return "Z0" + b64encode(sha256(name.encode()).digest(), b"QZ").decode().upper()[:19]


def add_zone(name, private=False):
    from ministack.services import route53

    kind = "private" if private else "public"
    made = zone_id(f"{kind} {name}")
    vpcs = [{"VPCRegion": REGION, "VPCId": "vpc-00000001"}] if private else []
    route53._zones[made] = {
        "id": made,
        "name": name,
        "caller_reference": f"rehearsal-{kind}-{name}",
        "comment": f"rehearsal: {kind}",
        "private": private,
        "vpcs": vpcs,
    }
    route53._records[made] = route53._default_records(name)
    route53._caller_refs[f"rehearsal-{kind}-{name}"] = made
    return route53._records[made]


def add_zones():
    records = add_zone(ROOT_DOMAIN)
    for name, kind, values in RECORDS:
        records.append({"Name": f"{name}.{ROOT_DOMAIN}", "Type": kind, "TTL": "60", "ResourceRecords": values})
    for name, to in ALIASES:
        # us-east-2's load balancers have a zone of AWS's own.
        zone = zone_id(f"public {ROOT_DOMAIN}") if to.endswith(ROOT_DOMAIN) else "Z3AADJGX6KTTL2"
        target = {"HostedZoneId": zone, "DNSName": to, "EvaluateTargetHealth": False}
        records.append({"Name": f"{name}.{ROOT_DOMAIN}", "Type": "A", "AliasTarget": target})
    private = add_zone(ROOT_DOMAIN, private=True)  # the same name, and what must never be looked at
    private.append({"Name": f"lakehouse.k8.{ROOT_DOMAIN}", "Type": "A", "TTL": "60", "ResourceRecords": ["10.0.0.1"]})
    add_zone("private-only.test.", private=True)  # a root domain that has no public zone
    for name in ("evilrehearsal.test.", f"k8.{ROOT_DOMAIN}example.", "other.test.", UNDELEGATED, UNREGISTERED):
        add_zone(name)
    for number in range(1, OTHER_ZONES + 1):
        add_zone(f"zone-{number:03}.test.")


def add_buckets():
    from ministack.services import s3

    for name, region, owner in BUCKETS:
        with request_scope(owner, region):
            s3._buckets[name] = {"created": SEEDED_ISO, "objects": {}, "region": region}


def plant():
    """Put the seed into the emulator's state; whatever was there before it must have been reset."""
    add_buckets()
    with request_scope(ACCOUNT, REGION):
        add_zones()
        seed_certificates.plant()
        seed_clusters.plant()
        permissions.plant()
        seed_install.plant()
    with request_scope(ACCOUNT, OTHER_REGION):
        seed_certificates.plant_elsewhere()
