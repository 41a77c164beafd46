"""In front of ministack's own dispatch: fault keys first, then the services that it lacks."""

from dataclasses import dataclass

from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import detect_service, extract_access_key_id

from rehearsal import buckets, faults, permissions, quotas
from rehearsal.clusters import tokens


@dataclass(frozen=True)
class Call:
    key: str
    method: str
    action: str
    resource: str
    sent: str  # the caller's clock, as X-Amz-Date has it


def signed_service(headers):
    """The service in the signature's scope: right even for services that ministack does not know."""
    scope = headers.get("authorization", "").partition("Credential=")[2].partition(",")[0].split("/")
    return scope[3] if len(scope) == 5 else ""


def read_call(method, path, headers, body, query, service):
    params = app._routing_params(method, path, headers, body, query)
    known = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(service)
    action = iam_actions.extract_iam_action(service, method, path, headers, body, params) if known else None
    resource = "*"
    if known:
        resource = iam_actions.extract_resource_arn(
            service, method, path, headers, body, params, get_region(), get_account_id()
        )
    target = headers.get("x-amz-target", "").rpartition(".")[2]
    return Call(
        key=extract_access_key_id(headers, query),
        method=method,
        action=action or f"{service.replace('-', '')}:{target or 'Unknown'}",
        resource=resource or "*",
        sent=headers.get("x-amz-date", ""),
    )


def install():
    ministack_dispatch = app._dispatch_service_request

    async def dispatch(method, path, headers, body, query, request_id):
        service = signed_service(headers)
        key = extract_access_key_id(headers, query)
        tokens.caller_key.set(key)
        if service and key in faults.FAULTS:
            if service != "servicequotas":
                service = detect_service(method, path, headers, app._routing_params(method, path, headers, body, query))
            call = read_call(method, path, headers, body, query, service)
            response = faults.answer_for(service, call)
        elif service == "sts" and key in permissions.CALLERS:
            response = 200, {"Content-Type": "text/xml"}, permissions.identity(key).encode()
        elif service == "servicequotas":
            response = quotas.handle(headers, body, extract_access_key_id(headers, query))
        elif service == "s3" and (refused := buckets.answer(method, path, headers, query)):
            response = refused
        else:
            return await ministack_dispatch(method, path, headers, body, query, request_id)
        status, response_headers, response_body = response
        return status, {**response_headers, "x-amzn-requestid": request_id}, response_body

    app._dispatch_service_request = dispatch
