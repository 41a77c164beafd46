"""Single answers in which ministack is kinder than AWS, or asks something else."""

from ministack.services import iam, s3


def refuse_simulation():
    """AWS simulates users, groups and roles; the account's root and assumed roles it refuses."""
    ministack_way = iam._simulate_principal_policy

    def simulate(params):
        arn = iam._p(params, "PolicySourceArn")
        resource = arn.split(":")[-1] if arn.startswith("arn:aws:iam::") else ""
        if arn and resource.split("/")[0] not in ("user", "group", "role"):
            message = f"Invalid Entity Arn: {arn} does not clearly define entity type and name."
            return iam._error(400, "InvalidInput", message, ns="iam")
        return ministack_way(params)

    iam._IAM_HANDLERS["SimulatePrincipalPolicy"] = simulate


def refuse_bucket_names():
    """AWS answers 400 to a name that can be no bucket's, not 404."""
    ministack_way = s3._head_bucket

    def head(name):
        return ministack_way(name) if s3._validate_bucket_name(name) else (400, {"Content-Type": "application/xml"}, b"")

    s3._head_bucket = head


def install():
    refuse_simulation()
    refuse_bucket_names()
