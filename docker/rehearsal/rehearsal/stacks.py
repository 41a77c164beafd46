"""CloudFormation's own ways in which ministack is kinder than AWS, or words its answer differently."""

import re

from ministack.services import cloudformation as cfn
from ministack.services import ec2, iam, sqs
from ministack.services.cloudformation import changesets, handlers, provisioners, stacks
from ministack.services.cloudformation.helpers import _error, _p, _xml

GONE = "DELETE_COMPLETE"
AGAIN = "x-rehearsal-again"  # on answers to a retried request, which made nothing
TAKES_UPDATES = re.compile(r"(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)_COMPLETE")


def named(params):
    """The stack that a request names, or None; a deleted one has no name any more."""
    stack = handlers._resolve_stack(_p(params, "StackName"))
    return None if stack is None or stack["StackStatus"] == GONE else stack


def again(action, stack):
    """The answer to a request that came before, with the same token."""
    result = f"<{action}Result><StackId>{stack['StackId']}</StackId></{action}Result>"
    status, headers, body = _xml(200, f"{action}Response", result)
    return status, {**headers, AGAIN: "true"}, body


def create(params):
    """A stack's name is in use until the stack is deleted, rolled back or not. A retry with its token is no second stack."""
    name, token = _p(params, "StackName"), _p(params, "ClientRequestToken")
    existing = cfn._stacks.get(name)
    if existing and existing["StackStatus"] != GONE:
        if token and existing.get("_created_by") == token:
            return again("CreateStack", existing)
        return _error("AlreadyExistsException", f"Stack [{name}] already exists")
    response = ministack_create(params)
    if response[0] == 200:
        cfn._stacks[name]["_created_by"] = token
    return response


def update(params):
    stack, token = named(params), _p(params, "ClientRequestToken")
    if stack and token and stack.get("_updated_by") == token:
        return again("UpdateStack", stack)
    if stack and not TAKES_UPDATES.fullmatch(stack["StackStatus"]):
        message = f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not be updated."
        return _error("ValidationError", message)
    response = ministack_update(params)
    if response[0] == 200 and stack:
        stack["_updated_by"] = token
    return response


def says_id(ministack_way):
    """These two name an absent stack as DescribeStacks does."""
    def answer(params):
        if _p(params, "StackName") and named(params) is None and not _p(params, "StackName").startswith("arn:"):
            return _error("ValidationError", f"Stack with id {_p(params, 'StackName')} does not exist")
        return ministack_way(params)

    return answer


def without_blanks(ministack_way):
    """AWS leaves out a reason that it does not have, and the time of an update that never was."""
    def answer(params):
        status, headers, body = ministack_way(params)
        text = re.sub(r"\s*<(StackStatusReason|ResourceStatusReason)>\s*</\1>", "", body.decode())
        text = re.sub(r"(<CreationTime>(.*?)</CreationTime>)\s*<LastUpdatedTime>\2</LastUpdatedTime>", r"\1", text)
        return status, headers, text.encode()

    return answer


def add_event(stack_id, stack_name, logical_id, resource_type, status, reason="", *more, **others):
    """The rollback names the resources that failed, its end names nothing."""
    if reason == "Rollback requested":
        failed = [event["LogicalResourceId"] for event in cfn._stack_events.get(stack_id, [])
                  if event["ResourceStatus"] == "CREATE_FAILED"]
        reason = f"The following resource(s) failed to create: [{', '.join(failed)}]. Rollback requested by user."
    reason = "" if reason == "Rollback complete" else reason
    ministack_event(stack_id, stack_name, logical_id, resource_type, status, reason, *more, **others)


def in_use(kind, name):
    return ValueError(f"Resource of type '{kind}' with identifier '{name}' already exists.")


def refuse_names_in_use():
    """ministack would take over what has the name, AWS does not."""
    def guarded(kind, prop, taken):
        ministack_way = provisioners._RESOURCE_HANDLERS[kind]["create"]

        def make(logical_id, props, stack_name):
            if props.get(prop) and taken(props):
                raise in_use(kind, props[prop])
            return ministack_way(logical_id, props, stack_name)

        provisioners._RESOURCE_HANDLERS[kind]["create"] = make

    def policy_taken(props):
        name, path = props["ManagedPolicyName"], props.get("Path", "/")
        return any(arn.endswith(f":policy{path}{name}") for arn in iam._policies)

    guarded("AWS::IAM::ManagedPolicy", "ManagedPolicyName", policy_taken)
    guarded("AWS::SQS::Queue", "QueueName", lambda props: props["QueueName"] in sqs._queue_name_to_url)


def refused_by_iam(message, status=409, code="InvalidRequest"):
    return ValueError(
        f'Resource handler returned message: "{message} (Service: Iam, Status Code: {status})" (HandlerErrorCode: {code})'
    )


def complete_roles():
    """A role keeps its boundary, and is not deleted while something else holds on to it."""
    role = provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]
    ministack_make, ministack_change, ministack_delete = role["create"], role.get("update"), role["delete"]

    def make(logical_id, props, stack_name):
        for arn in [*(props.get("ManagedPolicyArns") or []), props.get("PermissionsBoundary")]:
            if arn and iam._lookup_policy(arn) is None:
                raise refused_by_iam(f"Policy {arn} does not exist or is not attachable.", 404, "NotFound")
        name, attributes = ministack_make(logical_id, props, stack_name)
        iam._roles[name]["PermissionsBoundary"] = props.get("PermissionsBoundary")
        return name, attributes

    def change(physical_id, old_props, new_props, *more, **others):
        answer = ministack_change(physical_id, old_props, new_props, *more, **others)
        if physical_id in iam._roles:
            iam._roles[physical_id]["PermissionsBoundary"] = new_props.get("PermissionsBoundary")
        return answer

    def delete(physical_id, props):
        found = iam._roles.get(physical_id)
        if found and set(found["AttachedPolicies"]) - set(props.get("ManagedPolicyArns") or []):
            raise refused_by_iam("Cannot delete entity, must detach all policies first.")
        holders = (profile for profile in iam._instance_profiles.values() if physical_id in profile.get("Roles", []))
        if found and next(holders, None):
            raise refused_by_iam("Cannot delete entity, must remove roles from instance profile first.")
        return ministack_delete(physical_id, props)

    role["create"], role["delete"] = make, delete
    if ministack_change:
        role["update"] = change


def free_addresses(cidr):
    """What AWS leaves of an empty subnet: it keeps five addresses."""
    return 2 ** (32 - int(cidr.partition("/")[2])) - 5


def count_addresses():
    ministack_way = ec2._ACTION_MAP["CreateSubnet"]

    def create_subnet(params):
        before = set(ec2._subnets)
        response = ministack_way(params)
        for made in set(ec2._subnets) - before:
            free = free_addresses(ec2._subnets[made]["CidrBlock"])
            ec2._subnets[made]["AvailableIpAddressCount"] = free
            body = re.sub(rb"(<availableIpAddressCount>)\d+", rb"\g<1>%d" % free, response[2])
            response = response[0], response[1], body
        return response

    ec2._ACTION_MAP["CreateSubnet"] = create_subnet
    make = provisioners._RESOURCE_HANDLERS["AWS::EC2::Subnet"]["create"]

    def provision(logical_id, props, stack_name):
        answer = make(logical_id, props, stack_name)
        if answer[0] in ec2._subnets:
            ec2._subnets[answer[0]]["AvailableIpAddressCount"] = free_addresses(ec2._subnets[answer[0]]["CidrBlock"])
        return answer

    provisioners._RESOURCE_HANDLERS["AWS::EC2::Subnet"]["create"] = provision


ministack_create, ministack_update = handlers._create_stack, handlers._update_stack
ministack_event = stacks._add_event


def install():
    actions = handlers._ACTION_HANDLERS
    actions["CreateStack"], actions["UpdateStack"] = create, update
    for action in ("DescribeStackResources", "GetTemplate"):
        actions[action] = says_id(actions[action])
    for action in ("DescribeStacks", "ListStacks", "DescribeStackEvents", "DescribeStackResources", "ListStackResources"):
        actions[action] = without_blanks(actions[action])
    stacks._add_event = add_event
    for module in (handlers, changesets):  # AWS asks for capabilities, whoever calls
        if hasattr(module, "_capabilities_enforced"):
            module._capabilities_enforced = lambda: True
    refuse_names_in_use()
    complete_roles()
    count_addresses()
