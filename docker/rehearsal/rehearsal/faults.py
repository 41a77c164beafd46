"""Access keys that make every call fail as AWS fails it.

The keys stand in the rehearsal's credentials file as profiles (scripts/lib/rehearsal-config.sh).
None is twelve digits long, so all of them act in the rehearsal's one account. They hold a 0, 1
or 8 and so can never be real: AWS's key ids are base32.
"""

from datetime import datetime, timedelta

from rehearsal import ACCOUNT
from rehearsal.wire import error, protocol

WRONG_KEYS = "AKIA0REHEARSALWRONG0"
WRONG_SECRET = "AKIA0REHEARSALSECRE0"
EXPIRED = "ASIA0REHEARSALEXPIR0"
DENIED = "AKIA0REHEARSALDENIE0"
IDENTITY_DENIED = "AKIA0REHEARSALNOIDE0"
THROTTLED = "AKIA0REHEARSALTHROT0"
SKEWED = "AKIA0REHEARSALSKEWE0"

STAMP = "%Y%m%dT%H%M%SZ"


def user(key):
    name = {DENIED: "rehearsal-denied", IDENTITY_DENIED: "rehearsal-identity-denied"}.get(key, "rehearsal")
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def wrong_keys(service, call):
    message = "The security token included in the request is invalid."
    return {
        "ec2": (401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
        "s3": (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
        "json": (400, "UnrecognizedClientException", message),
        "rest-json": (403, "UnrecognizedClientException", message),
    }.get(protocol(service), (403, "InvalidClientTokenId", message))


def wrong_secret(service, call):
    message = (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
        "Access Key and signing method. Consult the service documentation for details."
    )
    return {
        "ec2": (401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
        "json": (400, "InvalidSignatureException", message),
        "rest-json": (403, "InvalidSignatureException", message),
    }.get(protocol(service), (403, "SignatureDoesNotMatch", message))


def expired(service, call):
    message = "The security token included in the request is expired"
    return {
        "ec2": (400, "RequestExpired", "Request has expired."),
        "s3": (400, "ExpiredToken", "The provided token has expired."),
        "json": (400, "ExpiredTokenException", message),
        "rest-json": (403, "ExpiredTokenException", message),
    }.get(protocol(service), (403, "ExpiredToken", message))


def denied(service, call):
    if service == "sts" and call.action == "sts:GetCallerIdentity" and call.key != IDENTITY_DENIED:
        return None  # AWS asks no permission for it
    why = f"because no identity-based policy allows the {call.action} action"
    if call.action == "sts:GetCallerIdentity":  # only an endpoint's policy can deny this one
        why = f"because no VPC endpoint policy allows the {call.action} action"
    message = f"User: {user(call.key)} is not authorized to perform: {call.action} {why}"
    if service in ("eks", "sts"):  # these name the resource
        message = f"User: {user(call.key)} is not authorized to perform: {call.action} on resource: {call.resource} {why}"
    return {
        "ec2": (403, "UnauthorizedOperation", f"You are not authorized to perform this operation. {message}"),
        "json": (400, "AccessDeniedException", message),
        "rest-json": (403, "AccessDeniedException", message),
    }.get(protocol(service), (403, "AccessDenied", message))


def throttled(service, call):
    return {
        "ec2": (503, "RequestLimitExceeded", "Request limit exceeded."),
        "s3": (503, "SlowDown", "Please reduce your request rate."),
        "json": (400, "ThrottlingException", "Rate exceeded"),
        "rest-json": (429, "ThrottlingException", "Rate exceeded"),
    }.get(protocol(service), (400, "Throttling", "Rate exceeded"))


def skewed(service, call):
    """As if the caller's clock were an hour slow."""
    sent = datetime.strptime(call.sent, STAMP) if call.sent else datetime(2026, 1, 1)
    ours = sent + timedelta(hours=1)
    least = (ours - timedelta(minutes=5)).strftime(STAMP)
    message = f"Signature expired: {sent:{STAMP}} is now earlier than {least} ({ours:{STAMP}} - 5 min.)"
    return {
        "ec2": (400, "RequestExpired", "Request has expired."),
        "s3": (403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
        "json": (400, "InvalidSignatureException", message),
        "rest-json": (403, "InvalidSignatureException", message),
    }.get(protocol(service), (403, "SignatureDoesNotMatch", message))


FAULTS = {
    WRONG_KEYS: wrong_keys,
    WRONG_SECRET: wrong_secret,
    EXPIRED: expired,
    DENIED: denied,
    IDENTITY_DENIED: denied,
    THROTTLED: throttled,
    SKEWED: skewed,
}


def identity(key):
    """GetCallerIdentity for the one fault key that has an identity."""
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Arn>{user(key)}</Arn><UserId>AIDA0REHEARSALDENIE0</UserId><Account>{ACCOUNT}</Account>"
        "</GetCallerIdentityResult><ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId>"
        "</ResponseMetadata></GetCallerIdentityResponse>"
    )


def answer_for(service, call):
    """The answer that this call's key earns, or None if its key has no fault."""
    fault = FAULTS.get(call.key)
    if fault is None:
        return None
    failure = fault(service, call)
    if failure is None:
        return 200, {"Content-Type": "text/xml"}, identity(call.key).encode()
    return error(service, call.method, *failure)
