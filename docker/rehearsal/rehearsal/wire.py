"""AWS's error envelopes: one per protocol, so that the real tools read code and message."""

import json
from uuid import uuid4
from xml.sax.saxutils import escape

QUERY = {"sts", "iam", "cloudformation", "elasticloadbalancing", "autoscaling", "sns"}
REST_JSON = {"eks"}


def protocol(service):
    """The protocol in which a service answers: ec2, s3, route53, query, rest-json or json."""
    if service in ("ec2", "s3", "route53"):
        return service
    if service in QUERY:
        return "query"
    return "rest-json" if service in REST_JSON else "json"


def xml_error(service, code, message):
    kind = protocol(service)
    code, message, request = escape(code), escape(message), uuid4()
    if kind == "ec2":
        return (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            f"<RequestID>{request}</RequestID></Response>"
        )
    if kind == "s3":
        return f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request}</RequestId></Error>"
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        f"<RequestId>{request}</RequestId></ErrorResponse>"
    )


def error(service, method, status, code, message):
    """One AWS error as ministack's (status, headers, body)."""
    if method == "HEAD":  # AWS sends no body here, so tools can only name the status
        return status, {"Content-Type": "application/xml"}, b""
    kind = protocol(service)
    if kind in ("json", "rest-json"):
        named = {"message": message} if kind == "rest-json" else {"__type": code, "message": message}
        content_type = "application/json" if kind == "rest-json" else "application/x-amz-json-1.1"
        return status, {"Content-Type": content_type, "x-amzn-errortype": code}, json.dumps(named).encode()
    body = '<?xml version="1.0" encoding="UTF-8"?>\n' + xml_error(service, code, message)
    return status, {"Content-Type": "text/xml"}, body.encode()


def answer(document, status=200, content_type="application/json"):
    return status, {"Content-Type": content_type}, json.dumps(document).encode()
