"""The sign-on portal (`sso` GetRoleCredentials) and its token desk (`sso-oidc` CreateToken): ministack has neither.

Both are asked without a signature. A token that is not one of these, or has ended, is refused as AWS refuses it.
"""

import json
import time

from ministack import app

from rehearsal import ACCOUNT
from rehearsal.wire import answer

TOKENS = {"rehearsal-sso-token", "rehearsal-sso-token-renewed"}
REFRESH_TOKEN = "rehearsal-sso-refresh"
FORBIDDEN_ROLE = "Forbidden"
LIFETIME = 3600  # seconds, of a renewed token and of a role's keys

PORTAL = "/federation/credentials"
TOKEN_DESK = "/token"


def refused(status, code, **named):
    status, headers, body = answer(named, status)
    return status, {**headers, "x-amzn-errortype": code}, body


def first(query, name):
    value = query.get(name, "")
    return value[0] if isinstance(value, list) else value


def role_credentials(headers, query):
    from ministack.services import sts

    account, role = first(query, "account_id"), first(query, "role_name")
    if headers.get("x-amz-sso_bearer_token") not in TOKENS:
        return refused(401, "UnauthorizedException", message="Session token not found or invalid")
    if account != ACCOUNT or role == FORBIDDEN_ROLE:
        return refused(403, "ForbiddenException", message="No access")
    key, secret, token = sts._gen_session_access_key(), sts._gen_secret(), sts._gen_session_token()
    ends = time.time() + LIFETIME
    name = f"AWSReservedSSO_{role}_0123456789abcdef"
    session = {
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/rehearsal",
        "UserId": "AROA0REHEARSALSSO000:rehearsal",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": ends,
        "AccountId": ACCOUNT,
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(key, session)
    keys = {"accessKeyId": key, "secretAccessKey": secret, "sessionToken": token, "expiration": int(ends * 1000)}
    return answer({"roleCredentials": keys})


def create_token(body):
    asked = json.loads(body or b"{}")
    if asked.get("grantType") != "refresh_token" or asked.get("refreshToken") != REFRESH_TOKEN:
        return refused(400, "InvalidGrantException", error="invalid_grant", error_description="Invalid refresh token provided")
    renewed = {"accessToken": "rehearsal-sso-token-renewed", "tokenType": "Bearer", "expiresIn": LIFETIME}
    return answer({**renewed, "refreshToken": REFRESH_TOKEN})


def install():
    ours_not = app._dispatch_service_request

    async def dispatch(method, path, headers, body, query, request_id):
        if "authorization" not in headers:
            if method == "GET" and path == PORTAL:
                return role_credentials(headers, query)
            if method == "POST" and path == TOKEN_DESK:
                return create_token(body)
        return await ours_not(method, path, headers, body, query, request_id)

    app._dispatch_service_request = dispatch
