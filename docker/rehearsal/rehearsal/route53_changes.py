"""Route 53's changes: what a batch is refused for, in AWS's words, and how long a change takes to be everywhere."""

import time

from ministack.services import route53

from rehearsal import balancers

PENDING = 2  # seconds until a change is INSYNC


def objection(zone, records, action, wanted):
    """What AWS says against one change, or None."""
    name, kind = wanted["Name"], wanted["Type"]
    named = f"[name='{name}', type='{kind}']"
    if name != zone["name"] and not name.endswith("." + zone["name"]):
        return f"RRSet with DNS name {name} is not permitted in zone {zone['name']}"
    there = next((one for one in records if route53._rs_key(one) == route53._rs_key(wanted)), None)
    if action == "CREATE" and there:
        return f"Tried to create resource record set {named} but it already exists"
    if action == "DELETE":
        if there is None:
            return f"Tried to delete resource record set {named} but it was not found"
        if route53._rs_values(there) != route53._rs_values(wanted):
            return f"Tried to delete resource record set {named} but the values provided do not match the current values"
        return None
    others = {one["Type"] for one in records if one["Name"] == name and one["Type"] != kind}
    if (kind == "CNAME" and others) or (kind != "CNAME" and "CNAME" in others):
        return f"RRSet of type {kind} with DNS name {name} is not permitted as it conflicts with other records with the same DNS name in zone {zone['name']}"
    return alias_objection(zone, records, wanted)


def alias_objection(zone, records, wanted):
    alias = wanted.get("AliasTarget")
    if not alias:
        return None
    target, at = alias["DNSName"].lower().rstrip(".") + ".", alias["HostedZoneId"].rpartition("/")[2]
    tried = f"Tried to create an alias that targets {target}, type {wanted['Type']} in zone {at}, but"
    if target.endswith(".elb.amazonaws.com."):
        region = target.split(".")[-5] if len(target.split(".")) > 4 else ""
        if at != balancers.zone_of(region):
            return f"{tried} the alias target name does not lie within the target zone"
        return None if balancers.by_dns_name(target) else f"{tried} that target was not found"
    if at == zone["id"] and not any(one["Name"] == target and one["Type"] == wanted["Type"] for one in records):
        return f"{tried} that target was not found"
    return None


def changes_of(body):
    root = route53._parse_body(body)
    batch = None if root is None else route53._find(root, "ChangeBatch")
    changes = None if batch is None else route53._find(batch, "Changes")
    for change in [] if changes is None else route53._findall(changes, "Change"):
        found = route53._find(change, "ResourceRecordSet")
        if found is not None:
            yield route53._text(change, "Action"), route53._parse_record_set(found)


def change_records(zone_id, body):
    """All of a batch or nothing; every objection is told."""
    zone, against = route53._zones.get(zone_id), []
    if zone is None:
        return route53._error_response("NoSuchHostedZone", f"No hosted zone found with ID: {zone_id}", 404)
    records = list(route53._records[zone_id])
    for action, wanted in changes_of(body):
        if action in ("CREATE", "UPSERT", "DELETE") and wanted.get("Name") and wanted.get("Type"):
            words = objection(zone, records, action, wanted)
            if words:
                against.append(words)
                continue
            records = [one for one in records if route53._rs_key(one) != route53._rs_key(wanted)] + [wanted] * (action != "DELETE")
    if against:
        return route53._error_response("InvalidChangeBatch", f"[{', '.join(against)}]")
    return ministack_change(zone_id, body)


def new_change(comment=""):
    change = ministack_new_change(comment)
    change["_made"] = time.monotonic()
    return change


def get_change(change_id):
    change = route53._changes.get(change_id)
    if change is None:
        return route53._error_response("NoSuchChange", f"A change with the ID {change_id} does not exist.", 404)
    if time.monotonic() - change.get("_made", -PENDING) >= PENDING:
        change["status"] = "INSYNC"
    return route53._xml_response("GetChangeResponse", lambda root: route53._build_change_info_el(root, change))


ministack_change, ministack_new_change = route53._change_resource_record_sets, route53._new_change


def install():
    route53._change_resource_record_sets = change_records
    route53._new_change = new_change
    route53._get_change = get_change
