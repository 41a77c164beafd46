"""What STS's AssumeRole calls demand here beyond ministack's word: a one-time code, a web identity that still holds.

`role/rehearsal-mfa` is to be had only with a code, and one code is right, always.
"""

from urllib.parse import parse_qs

from ministack import app
from ministack.core.router import extract_access_key_id

from rehearsal import ACCOUNT, faults
from rehearsal.wire import error

MFA_ROLE = f"arn:aws:iam::{ACCOUNT}:role/rehearsal-mfa"
MFA_CODE = "123456"
EXPIRED_TOKEN = "rehearsal-web-identity-expired"
FOREIGN_TOKEN = "rehearsal-web-identity-foreign"


def refused_role(asked, caller):
    code = asked.get("TokenCode")
    if code is not None and code != MFA_CODE:
        return 403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. "
    if asked.get("RoleArn") == MFA_ROLE and code is None:
        message = f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {MFA_ROLE}"
        return 403, "AccessDenied", message
    return None


def refused_identity(asked):
    token = asked.get("WebIdentityToken", "")
    if token == EXPIRED_TOKEN:
        message = "Token expired: current date/time 1798070400 must be before the expiration date/time 1798066800"
        return 400, "ExpiredTokenException", message
    if token == FOREIGN_TOKEN:
        return 400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://foreign.test"
    return None


def refusal(asked, headers, query):
    if asked.get("Action") == "AssumeRole":
        return refused_role(asked, faults.user(extract_access_key_id(headers, query)))
    if asked.get("Action") == "AssumeRoleWithWebIdentity":
        return refused_identity(asked)
    return None


def install():
    ours_not = app._dispatch_service_request

    async def dispatch(method, path, headers, body, query, request_id):
        if method == "POST" and path == "/" and body.startswith(b"Action=AssumeRole"):
            asked = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
            refused = refusal(asked, headers, query)
            if refused:
                return error("sts", method, *refused)
        return await ours_not(method, path, headers, body, query, request_id)

    app._dispatch_service_request = dispatch
