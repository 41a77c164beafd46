"""From a group of Ingresses to the load balancer that is wanted: names, listeners, rules and target groups as the controller has them."""

import json
import re
from hashlib import sha256

from ministack.services import acm, ec2

PREFIX = "alb.ingress.kubernetes.io/"
FREE_ADDRESSES = 8  # a subnet with fewer is passed over


class Wrong(Exception):
    """Why the model cannot be built, in the controller's words."""


def note(ingress, name, default=None):
    return (ingress["metadata"].get("annotations") or {}).get(PREFIX + name, default)


def key_of(thing):
    return f"{thing['metadata']['namespace']}/{thing['metadata']['name']}"


def plain(text):
    return re.sub(r"[^A-Za-z0-9]", "", text)


def hashed(*parts):
    return sha256("".join(parts).encode()).hexdigest()[:10]


def one_of(members, name, what, default):
    """What all members of a group agree on."""
    said = sorted({note(one, name) for one in members} - {None})
    if len(said) > 1:
        raise Wrong(f"conflicting {what}: {said[0]} | {said[1]}" if what != "load balancer name" else f"conflicting {what}: map[{' '.join(one + ':{}' for one in said)}]")
    return said[0] if said else default


def listed(text):
    return [part.strip() for part in (text or "").split(",") if part.strip()]


class Model:
    """`members` are the Ingresses of the group `stack`, in order; `params` their class's IngressClassParams' spec; `there` the load
    balancer that it has already."""

    def __init__(self, cluster, settings, stack, members, params, there=None):
        self.cluster, self.settings, self.stack, self.members, self.params = cluster, settings, stack, members, params
        self.scheme = params.get("scheme") or one_of(members, "scheme", "scheme", "internal")
        if self.scheme not in ("internal", "internet-facing"):
            raise Wrong(f"unknown scheme: {self.scheme}")
        self.name = self.named()
        self.ports = self.listen_ports()
        same = there is not None and there["Scheme"] == self.scheme and not note(members[0], "subnets")
        self.subnets = there["Subnets"] if same else self.find_subnets()  # chosen once
        redirect = one_of(members, "ssl-redirect", "sslRedirect port", None)
        self.redirect = int(redirect) if redirect else None
        if self.redirect and self.ports.get(self.redirect) != "HTTPS":
            raise Wrong(f"listener does not exist for SSL Redirect port: {self.redirect}")
        self.services, self.groups = {}, {}
        self.certificates = self.find_certificates() if "HTTPS" in self.ports.values() else []
        self.rules = self.find_rules()

    @property
    def explicit(self):
        return "/" not in self.stack

    def short(self, *more):
        if self.explicit:
            return f"k8s-{plain(self.stack)[:17]}-{hashed(self.cluster.name, self.stack, *more)}"
        namespace, _, name = self.stack.partition("/")
        return f"k8s-{plain(namespace)[:8]}-{plain(name)[:8]}-{hashed(self.cluster.name, self.stack, *more)}"

    def named(self):
        name = one_of(self.members, "load-balancer-name", "load balancer name", None)
        if name and len(name) > 32:
            raise Wrong("load balancer name cannot be longer than 32 characters")
        return name or self.short(self.scheme)

    def listen_ports(self):
        found = {}
        for member in self.members:
            secure = note(member, "certificate-arn") is not None
            text = note(member, "listen-ports", '[{"HTTPS": 443}]' if secure else '[{"HTTP": 80}]')
            try:
                pairs = [pair for entry in json.loads(text) for pair in entry.items()]
            except (ValueError, AttributeError) as trouble:
                raise Wrong(f"ingress: {key_of(member)}: failed to parse listen-ports configuration: `{text}`: {trouble}") from trouble
            for protocol, port in pairs:
                if protocol not in ("HTTP", "HTTPS"):
                    raise Wrong(f"ingress: {key_of(member)}: listen protocol must be HTTP or HTTPS: {protocol}")
                if found.setdefault(int(port), protocol) != protocol:
                    raise Wrong(f"conflicting protocol, {found[int(port)]} | {protocol}")
        return dict(sorted(found.items()))

    def find_subnets(self):
        named = listed(one_of(self.members, "subnets", "subnets", None))
        if named:
            unknown = [one for one in named if one not in ec2._subnets]
            if unknown:
                raise Wrong(f"couldn't find all subnets, nameOrIDs: {named}, found: {len(named) - len(unknown)}")
            return sorted(named)
        vpc = self.settings["vpc"]
        role = "kubernetes.io/role/internal-elb" if self.scheme == "internal" else "kubernetes.io/role/elb"
        by_zone, seen, foreign, full = {}, 0, 0, 0
        for subnet in sorted(ec2._subnets.values(), key=lambda one: one["SubnetId"]):
            tags = {tag["Key"]: tag["Value"] for tag in ec2._tags.get(subnet["SubnetId"], [])}
            if subnet["VpcId"] != vpc or tags.get(role) not in ("", "1"):
                continue
            seen += 1
            claimed = [key for key in tags if key.startswith("kubernetes.io/cluster/")]
            if claimed and f"kubernetes.io/cluster/{self.cluster.name}" not in claimed:
                foreign += 1
            elif int(subnet.get("AvailableIpAddressCount", 251)) < FREE_ADDRESSES:
                full += 1
            else:
                by_zone.setdefault(subnet["AvailabilityZone"], subnet["SubnetId"])
        if not by_zone:
            raise Wrong(
                f"couldn't auto-discover subnets: unable to resolve at least one subnet. Evaluated {seen} subnets: {foreign} are tagged "
                f"for other clusters, and {full} have insufficient available IP addresses"
            )
        if len(by_zone) < 2:
            raise Wrong("couldn't auto-discover subnets: subnets count less than minimal required count: 1 < 2")
        return sorted(by_zone.values())

    def find_certificates(self):
        given = [arn for member in self.members for arn in listed(note(member, "certificate-arn"))]
        if given:
            return list(dict.fromkeys(given))
        found = []
        for host in sorted({rule["host"] for member in self.members for rule in member["spec"].get("rules") or [] if rule.get("host")}):
            fitting = [arn for arn, one in acm._certificates.items() if one["Status"] == "ISSUED" and covers(names_of(one), host)]
            if not fitting:
                raise Wrong(f"no certificate found for host: {host}")
            found.append(sorted(fitting)[0])
        return list(dict.fromkeys(found))

    def service(self, namespace, name):
        key = (namespace, name)
        if key not in self.services:
            self.services[key] = self.cluster.api.get("v1", "Service", name, namespace)
        return self.services[key]

    def action_of(self, ingress, backend):
        """What a backend gets: its target group, or 503 where the Service is not there."""
        given = backend.get("service") or {}
        namespace = ingress["metadata"]["namespace"]
        service = self.service(namespace, given.get("name", ""))
        if service is None:
            return {"fixed": "503", "text": "Backend service does not exist"}
        port = next((one for one in service["spec"].get("ports", [])
                     if given["port"].get("number") == one["port"] or given["port"].get("name", "") == one.get("name", "-")), None)
        wanted = given["port"].get("number") or given["port"].get("name")
        if port is None:
            raise Wrong(f"ingress: {key_of(ingress)}: unable to find port {wanted} on service {key_of(service)}")
        merged = {**(service["metadata"].get("annotations") or {}), **(ingress["metadata"].get("annotations") or {})}

        def said(name, default):
            return merged.get(PREFIX + name, default)

        target = self.params.get("targetType") or said("target-type", self.settings["target"])
        if target not in ("ip", "instance"):
            raise Wrong(f"unknown targetType: {target}")
        if target == "instance" and not port.get("nodePort"):
            raise Wrong("TargetGroup port is empty. When using Instance targets, your service must be of type 'NodePort' or 'LoadBalancer'")
        number = port["nodePort"] if target == "instance" else port.get("targetPort", port["port"])
        number = number if isinstance(number, int) else 1
        protocol = said("backend-protocol", "HTTP")
        mark = hashed(self.cluster.name, self.stack, *key_of(ingress).split("/"), service["metadata"]["uid"], str(wanted), str(number),
                      target, protocol, "HTTP1")
        name = f"k8s-{plain(namespace)[:8]}-{plain(given['name'])[:8]}-{mark}"
        self.groups[name] = {
            "service": service, "port": port, "asked": wanted, "target": target, "number": number, "protocol": protocol,
            "resource": f"{key_of(ingress)}-{given['name']}:{wanted}",
            "check": {
                "HealthCheckPath": said("healthcheck-path", "/"), "HealthCheckPort": said("healthcheck-port", "traffic-port"),
                "HealthCheckProtocol": said("healthcheck-protocol", protocol),
                "HealthCheckIntervalSeconds": said("healthcheck-interval-seconds", "15"),
                "HealthCheckTimeoutSeconds": said("healthcheck-timeout-seconds", "5"),
                "HealthyThresholdCount": said("healthy-threshold-count", "2"),
                "UnhealthyThresholdCount": said("unhealthy-threshold-count", "2"),
                "Matcher__HttpCode": said("success-codes", "200"),
            },
        }
        return {"group": name}

    def find_rules(self):
        """Exact paths first, then prefixes, the longest first; each as (hosts, paths, action)."""
        found = []
        for member in self.members:
            own = []
            for rule in member["spec"].get("rules") or []:
                for path in (rule.get("http") or {}).get("paths", []):
                    exact, text = path.get("pathType") == "Exact", path.get("path") or "/"
                    if path.get("pathType") == "Prefix":
                        bare = text.rstrip("/")
                        patterns = [bare, f"{bare}/*"] if bare else ["/*"]
                    else:
                        patterns = [text]
                    hosts = [rule["host"]] if rule.get("host") else []
                    own.append(((not exact, -len(text)), hosts, patterns, self.action_of(member, path["backend"])))
            found += [rest for _, *rest in sorted(own, key=lambda one: one[0])]
        for member in self.members:
            if member["spec"].get("defaultBackend"):
                self.fallback = self.action_of(member, member["spec"]["defaultBackend"])
        return found

    fallback = {"fixed": "404", "text": ""}

    def tags(self, resource):
        marks = {"elbv2.k8s.aws/cluster": self.cluster.name, "ingress.k8s.aws/resource": resource, "ingress.k8s.aws/stack": self.stack}
        own = dict(self.settings["tags"])
        for member in self.members:
            own |= dict(pair.partition("=")[::2] for pair in listed(note(member, "tags")))
        return own | marks


def names_of(certificate):
    return list(dict.fromkeys([certificate["DomainName"], *certificate.get("SubjectAlternativeNames", [])]))


def covers(names, host):
    """Whether one of a certificate's names is the host's, a `*` standing for one label."""
    host = host.lower().rstrip(".")
    return any(host == name.lower() or (name.startswith("*.") and host.partition(".")[2] == name[2:].lower()) for name in names)
