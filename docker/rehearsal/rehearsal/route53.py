"""Route 53's order and paging, which ministack has otherwise.

AWS sorts names by their labels from the right, and its marker is the first zone of the next page.
"""

from xml.etree.ElementTree import SubElement

from ministack.services import route53

MOST = 100


def parameter(query, name):
    value = query.get(name, "")
    return (value[0] if isinstance(value, list) else value) or ""


def list_zones(query):
    marker, most = parameter(query, "marker"), min(int(parameter(query, "maxitems") or MOST), MOST)
    with route53._lock:
        zones = sorted(route53._zones.values(), key=lambda zone: zone["id"])
    zones = [zone for zone in zones if not marker or zone["id"] >= marker]

    def build(root):
        listed = SubElement(root, "HostedZones")
        for zone in zones[:most]:
            route53._build_hosted_zone_el(listed, zone)
        if marker:
            SubElement(root, "Marker").text = marker
        SubElement(root, "IsTruncated").text = str(len(zones) > most).lower()
        if len(zones) > most:
            SubElement(root, "NextMarker").text = zones[most]["id"]
        SubElement(root, "MaxItems").text = str(most)

    return route53._xml_response("ListHostedZonesResponse", build)


def by_name_key(zone):
    return (route53._name_sort_key(zone["name"]), zone["id"])


def list_zones_by_name(query):
    name, zone_id = parameter(query, "dnsname"), parameter(query, "hostedzoneid")
    most = min(int(parameter(query, "maxitems") or MOST), MOST)
    with route53._lock:
        zones = sorted(route53._zones.values(), key=by_name_key)
    if name:
        start = (route53._name_sort_key(name), zone_id)
        zones = [zone for zone in zones if by_name_key(zone) >= start]

    def build(root):
        listed = SubElement(root, "HostedZones")
        for zone in zones[:most]:
            route53._build_hosted_zone_el(listed, zone)
        if name:
            SubElement(root, "DNSName").text = route53._normalise_name(name)
        if zone_id:
            SubElement(root, "HostedZoneId").text = zone_id
        SubElement(root, "IsTruncated").text = str(len(zones) > most).lower()
        if len(zones) > most:
            SubElement(root, "NextDNSName").text = zones[most]["name"]
            SubElement(root, "NextHostedZoneId").text = zones[most]["id"]
        SubElement(root, "MaxItems").text = str(most)

    return route53._xml_response("ListHostedZonesByNameResponse", build)


def install():
    route53._list_hosted_zones = list_zones
    route53._list_hosted_zones_by_name = list_zones_by_name
