"""Starts the rehearsal AWS account: ministack with our additions, its seed, the clusters' stand-in, the DNS server, the site at the load
balancers' addresses and the chart registry."""

import os

from rehearsal import ACCOUNT, REGION

# Read by ministack when it is imported, so they come first.
os.environ.update(
    MINISTACK_ACCOUNT_ID=ACCOUNT,
    MINISTACK_REGION=REGION,
    IOT_MTLS_ENABLED="0",
    SFTP_ENABLED="0",
    PERSIST_STATE="0",
    S3_PERSIST="0",
)
os.environ.setdefault("LOG_LEVEL", "WARNING")


def install_reset(app, seed, *remembering):
    """POST /_ministack/reset brings back the seed, so that a test can start from it."""
    ministack_reset = app._reset_all_state

    def reset():
        ministack_reset()
        seed.plant()
        for part in remembering:
            part.forget()

    app._reset_all_state = reset


def main():
    from ministack import app

    from rehearsal import (
        acm,
        assumed,
        balancers,
        buckets,
        cloudformation,
        cluster,
        dns,
        ec2,
        eks,
        eks_access,
        front,
        kube,
        permissions,
        refusals,
        registry,
        roles,
        route53,
        route53_changes,
        seed,
        site,
        sso,
        stacks,
        stacks_eks,
        state,
    )

    additions = (
        front, acm, assumed, balancers, buckets, cloudformation, stacks, ec2, eks, eks_access, cluster, permissions, refusals, roles,
        route53, route53_changes, sso, stacks_eks, state,
    )
    for addition in additions:
        addition.install()
    install_reset(app, seed, state, eks)
    kube.start()  # before the seed: clusters name its address and its authority
    seed.plant()
    dns.start()
    site.start(os.environ.get("REHEARSAL_TLS", ""))
    registry.start()
    app.main()


if __name__ == "__main__":
    main()
