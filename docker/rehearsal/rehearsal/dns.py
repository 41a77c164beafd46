"""A DNS server over the rehearsal's public zones: UDP and TCP, answers straight from Route 53's state."""

import socketserver
import struct
import threading

from dnslib import AAAA, CNAME, NS, QTYPE, RCODE, RR, SOA, TXT, A, DNSRecord

from ministack.services import route53

from rehearsal import ROOT_DOMAIN, UNDELEGATED, UNREGISTERED, balancers, kube

PORT = 5353
BROKEN = f"broken.{ROOT_DOMAIN}"  # and all below: SERVFAIL
SILENT = f"silent.{ROOT_DOMAIN}"  # and all below: no answer at all
ELSEWHERE = ["ns1.elsewhere.example.", "ns2.elsewhere.example."]  # whom the internet asks for UNDELEGATED
MOST_ALIASES = 8
BALANCERS = "elb.amazonaws.com."  # AWS's own zone: the load balancers' names, all at this container's address


def under(name, parent):
    return name == parent or name.endswith("." + parent)


def zone_for(name):
    """The public zone with the longest name that holds this one. Private zones answer nobody here."""
    zones = [z for z in route53._zones.values() if not z.get("private") and under(name, z["name"])]
    return max(zones, key=lambda zone: len(zone["name"]), default=None)


def rdata(kind, value):
    if kind == "A":
        return A(value)
    if kind == "AAAA":
        return AAAA(value)
    if kind == "CNAME":
        return CNAME(value)
    if kind == "NS":
        return NS(value)
    if kind == "TXT":
        return TXT(value.strip('"'))
    if kind == "SOA":
        server, mail, *times = value.split()
        return SOA(server, mail, [int(time) for time in times])
    return None


def balancer_rows(name, kind, owner):
    """A load balancer's address under its own name or an alias's. It has none but IPv4's."""
    known = kind == "A" and under(name, BALANCERS) and balancers.by_dns_name(name)
    return [RR(owner, QTYPE.A, ttl=60, rdata=A(kube.address()))] if known else []


def rows(records, name, kind):
    """The records of one name and type as answers, an alias followed as Route 53 follows it."""
    found = []
    for record in records:
        if record["Name"].lower() != name or record["Type"] != kind:
            continue
        for value in record.get("ResourceRecords", []):
            data = rdata(kind, value)
            if data is not None:
                found.append(RR(name, getattr(QTYPE, kind), ttl=int(record.get("TTL", 60)), rdata=data))
        if record.get("AliasTarget"):
            target = record["AliasTarget"]["DNSName"].lower().rstrip(".") + "."
            found += balancer_rows(target, kind, name)
            zone = zone_for(target)
            for row in rows(route53._records.get(zone["id"], []), target, kind) if zone else []:
                found.append(RR(name, row.rtype, ttl=60, rdata=row.rdata))
    return found


def wildcard(records, name):
    """The name whose records answer for this one: itself, or the nearest `*` where it does not exist."""
    names = {record["Name"].lower().replace("\\052", "*") for record in records}
    if any(under(known, name) for known in names):  # also when something lies below it
        return name, True
    parent = name
    while "." in parent.rstrip("."):
        parent = parent.partition(".")[2]
        if f"*.{parent}" in names:
            return f"*.{parent}", True
        if any(under(known, parent) for known in names):
            break
    return name, False


def resolve_outside(reply, name, kind):
    """The internet's answer for a zone that Route 53 holds and nobody asks."""
    reply.header.rcode = RCODE.NXDOMAIN
    if name == UNDELEGATED:
        reply.header.rcode = RCODE.NOERROR
        for server in ELSEWHERE if kind == "NS" else []:
            reply.add_answer(RR(name, QTYPE.NS, ttl=60, rdata=NS(server)))
    return reply


def resolve(request):
    """The reply to a question, or None for silence."""
    name = str(request.q.qname).lower().rstrip(".") + "."
    kind = QTYPE.get(request.q.qtype)
    if under(name, SILENT):
        return None
    reply = request.reply()  # claims recursion: it stands in for the machine's resolver
    zone = zone_for(name)
    if under(name, BROKEN):
        reply.header.rcode = RCODE.SERVFAIL
        return reply
    if under(name, UNDELEGATED) or under(name, UNREGISTERED):
        return resolve_outside(reply, name, kind)
    if under(name, BALANCERS):
        reply.header.rcode = RCODE.NOERROR if balancers.by_dns_name(name) else RCODE.NXDOMAIN
        for row in balancer_rows(name, kind, name):
            reply.add_answer(row)
        return reply
    if zone is None:
        reply.header.rcode = RCODE.REFUSED
        return reply
    reply.header.aa = 1
    records = [dict(r, Name=r["Name"].replace("\\052", "*")) for r in route53._records.get(zone["id"], [])]
    exists = False
    for _ in range(MOST_ALIASES):
        owner, exists = wildcard(records, name)
        answers = rows(records, owner, kind)
        aliases = rows(records, owner, "CNAME") if not answers and kind != "CNAME" else []
        for row in answers or aliases:
            reply.add_answer(RR(name, row.rtype, ttl=row.ttl, rdata=row.rdata))
        if not aliases:
            break
        name = str(aliases[0].rdata.label).lower()
        if not under(name, zone["name"]):
            for row in balancer_rows(name, kind, name):
                reply.add_answer(row)
            return reply
    if not answers:
        reply.header.rcode = RCODE.NOERROR if exists else RCODE.NXDOMAIN
        for row in rows(records, zone["name"], "SOA"):
            reply.add_auth(row)
    return reply


def reply_to(packet):
    request = DNSRecord.parse(packet)
    reply = resolve(request)
    return None if reply is None else reply.pack()


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        packet, sock = self.request
        reply = reply_to(packet)
        if reply is not None:
            sock.sendto(reply, self.client_address)


class Tcp(socketserver.StreamRequestHandler):
    timeout = 30

    def handle(self):
        while len(size := self.rfile.read(2)) == 2:
            reply = reply_to(self.rfile.read(struct.unpack("!H", size)[0]))
            if reply is not None:  # silence: the connection stays open until the caller gives up
                self.wfile.write(struct.pack("!H", len(reply)) + reply)


class UdpServer(socketserver.ThreadingUDPServer):
    allow_reuse_address = daemon_threads = True


class TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


def start():
    for server in (UdpServer(("", PORT), Udp), TcpServer(("", PORT), Tcp)):
        threading.Thread(target=server.serve_forever, daemon=True, name="rehearsal-dns").start()
