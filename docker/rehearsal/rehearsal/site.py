"""What answers at the address of every load balancer: ports 80 and 443 of this container, by each one's listeners, rules and targets.

All of them share the address, so a caller's name tells which is meant: its own DNS name, a record's that is an alias to it, or one that a rule
of it is for. Certificate and key come by the variable REHEARSAL_SITE_TLS, for `rehearsal.test`, `*.rehearsal.test` and `*.k8.rehearsal.test`; they are shown only
where the listener's certificate in ACM covers the name that is asked for, else the registry's, which is for another name.
"""

import fnmatch
import os
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from ministack.core.responses import request_scope
from ministack.services import acm, alb, route53

from rehearsal import balancers
from rehearsal.clusters.ingress.model import covers, names_of

HTTP, HTTPS = 80, 443
OURS = ("rehearsal.test", "*.rehearsal.test", "*.k8.rehearsal.test")
SERVER = "awselb/2.0"
PAGES = {404: "Not Found", 502: "Bad Gateway", 503: "Service Temporarily Unavailable", 301: "Moved Permanently", 302: "Found"}


def balancer_for(host):
    """(account, region, load balancer) that answers for a name, or None."""
    host = (host or "").partition(":")[0].lower().rstrip(".")
    direct = balancers.by_dns_name(host)
    if direct:
        return direct
    for _, records in list(route53._records._data.items()):
        for record in records:
            name = record["Name"].replace("\\052", "*").lower().rstrip(".")
            if record.get("AliasTarget") and covers([name], host):
                found = balancers.by_dns_name(record["AliasTarget"]["DNSName"])
                if found:
                    return found
    return by_rule(host)


def by_rule(host):
    """The load balancer with a rule for the name: whose record is made elsewhere is asked at its own address all the same."""
    for found in balancers.everywhere():
        account, region, lb = found
        with request_scope(account, region):
            own = {one["ListenerArn"] for one in alb._listeners.values() if one["LoadBalancerArn"] == lb["LoadBalancerArn"]}
            rules = [one for one in alb._rules.values() if one["ListenerArn"] in own]
        conditions = [condition for one in rules for condition in one["Conditions"] if condition["Field"] == "host-header"]
        if any(host in condition["Values"] for condition in conditions):
            return found
    return None


def listener_of(found, port):
    account, region, lb = found
    with request_scope(account, region):
        return next((one for one in alb._listeners.values() if one["LoadBalancerArn"] == lb["LoadBalancerArn"] and one["Port"] == port), None)


def shows(host):
    """Whether a listener's certificate is for the name: None where nothing listens."""
    found = balancer_for(host)
    listener = listener_of(found, HTTPS) if found else None
    if listener is None or listener["Protocol"] != "HTTPS":
        return None
    with request_scope(*found[:2]):
        held = [acm._certificates.get(arn) for arn in [*listener.get("Certificates", []), *listener.get("_more", [])]]
    return any(covers(names_of(one), host) for one in held if one) and covers(OURS, host)


def matches(rule, host, path):
    for condition in rule["Conditions"]:
        asked = host if condition["Field"] == "host-header" else path if condition["Field"] == "path-pattern" else None
        if asked is not None and not any(fnmatch.fnmatchcase(asked, value) for value in condition["Values"]):
            return False
    return True


def answer(found, port, host, path):
    """Status, headers and text of one request."""
    listener = listener_of(found, port)
    with request_scope(*found[:2]):
        rules = [one for one in alb._rules.values() if one["ListenerArn"] == listener["ListenerArn"]]
        rules.sort(key=lambda one: (one["IsDefault"], int(one["Priority"]) if one["Priority"].isdigit() else 0))
        action = next(one for one in rules if one["IsDefault"] or matches(one, host, path))["Actions"][-1]
        if action["Type"] == "redirect":
            told = action["RedirectConfig"]
            place = "" if told["Port"] == "443" else f":{told['Port']}"
            return int(told["StatusCode"][-3:]), {"Location": f"https://{host}{place}{path}"}, ""
        if action["Type"] == "fixed-response":
            told = action["FixedResponseConfig"]
            return int(told["StatusCode"]), {"Content-Type": told["ContentType"]}, told.get("MessageBody", "")
        group = alb._tgs[action["TargetGroupArn"]]
        states = [balancers.health(group, one)[0] for one in alb._targets.get(group["TargetGroupArn"], [])]
    if "healthy" in states:
        return 200, {"Content-Type": "text/plain"}, f"rehearsal: {group['TargetGroupName'].split('-')[2]} answers\n"
    # None is registered, or those that are do not answer their checks.
    return 503, {"Content-Type": "text/html"}, ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server_version, sys_version = SERVER, ""

    def handle_any(self):
        host = self.headers.get("Host", "").partition(":")[0]
        port = self.server.server_address[1]
        found = balancer_for(host)
        if found is None or listener_of(found, port) is None:
            self.close_connection = True
            return
        status, headers, text = answer(found, port, host, urlsplit(self.path).path)
        if not text and status >= 300:
            page = f"{status} {PAGES.get(status, '')}".strip()
            text = f"<html>\n<head><title>{page}</title></head>\n<body>\n<center><h1>{page}</h1></center>\n</body>\n</html>\n"
            headers.setdefault("Content-Type", "text/html")
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(text.encode()))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode())

    do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = handle_any

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a caller that does not like the certificate hangs up


def choose(connection, name, _):
    """By the name asked for: the site's certificate, another name's, or none at all."""
    fitting = shows(name or "")
    if fitting is None:
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    connection.context = CONTEXTS["site" if fitting and "site" in CONTEXTS else "other"]
    return None


CONTEXTS = {}


def context(pem):
    """ssl takes certificate and key only from a file, which lives as long as that takes."""
    path = Path("/tmp/site.pem")
    path.touch(mode=0o600)
    path.write_text(pem)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(path)
    path.unlink()
    return made


def serve(port, secure):
    server = Server(("", port), Handler)
    if secure:
        server.socket = secure.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True, name=f"rehearsal-site {port}").start()


def start(other=""):
    """`other`: certificate and key of the registry. Where the engine keeps low ports from users, nothing answers, and the log says so."""
    for name, pem in (("site", os.environ.pop("REHEARSAL_SITE_TLS", "")), ("other", other)):
        if pem:
            CONTEXTS[name] = context(pem)
    try:
        serve(HTTP, None)
        if CONTEXTS:
            CONTEXTS.setdefault("other", CONTEXTS.get("site"))
            CONTEXTS["other"].sni_callback = choose
            serve(HTTPS, CONTEXTS["other"])
    except OSError as refused:
        print(f"rehearsal: no site at load balancers' addresses: {refused}", flush=True)
