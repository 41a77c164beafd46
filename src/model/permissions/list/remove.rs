//! What cleanup removes.

use super::super::{Group, Need};
use super::resources::{
    ANY, BALANCERS, BUCKET, CLUSTER_AND_PARTS, NETWORK, OBJECTS, OF_CLUSTER, POLICIES, PROFILES, QUEUE,
    ROLES, RULES, STACKS, ZONES,
};
use Need::Cleanup;

const REMOVE: &[Need] = &[Cleanup];

/// The groups.
pub(super) const GROUPS: &[Group] = &[
    Group::new(
        "Look",
        "find what is to be removed",
        REMOVE,
        ANY,
        &[
            "ec2:DescribeAddresses",
            "ec2:DescribeInstances",
            "ec2:DescribeNatGateways",
            "ec2:DescribeVpcs",
            "eks:DescribeClusterVersions",
            "elasticloadbalancing:DescribeLoadBalancers",
            "route53:ListHostedZones",
        ],
    ),
    Group::new(
        "Zones",
        "read the site's record",
        REMOVE,
        ZONES,
        &["route53:ListResourceRecordSets"],
    ),
    Group::new(
        "Cluster",
        "remove the cluster and what hangs on it",
        REMOVE,
        CLUSTER_AND_PARTS,
        &[
            "eks:DeleteAccessEntry",
            "eks:DeleteAddon",
            "eks:DeleteCluster",
            "eks:DeleteNodegroup",
            "eks:DeletePodIdentityAssociation",
            "eks:DescribeAddon",
            "eks:DescribeCluster",
            "eks:DescribeNodegroup",
            "eks:ListAddons",
            "eks:ListNodegroups",
            "eks:ListPodIdentityAssociations",
        ],
    )
    .granted("eks:*"),
    Group::new(
        "Stacks",
        "remove the stacks",
        REMOVE,
        STACKS,
        &[
            "cloudformation:DeleteStack",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:UpdateTerminationProtection",
        ],
    )
    .granted("cloudformation:*"),
    Group::new(
        "Ec2",
        "remove the network, nodes and launch templates",
        REMOVE,
        NETWORK,
        &[
            "ec2:DeleteInternetGateway",
            "ec2:DeleteLaunchTemplate",
            "ec2:DeleteNatGateway",
            "ec2:DeleteNetworkInterface",
            "ec2:DeleteRoute",
            "ec2:DeleteRouteTable",
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteSubnet",
            "ec2:DeleteTags",
            "ec2:DeleteVpc",
            "ec2:DetachInternetGateway",
            "ec2:DisassociateAddress",
            "ec2:DisassociateRouteTable",
            "ec2:ReleaseAddress",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:TerminateInstances",
        ],
    ),
    Group::new(
        "Balancers",
        "remove load balancers of the cluster that are left",
        REMOVE,
        BALANCERS,
        &[
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:DeleteTargetGroup",
        ],
    )
    .only(&OF_CLUSTER),
    Group::new(
        "Roles",
        "remove the roles",
        REMOVE,
        ROLES,
        &[
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListInstanceProfilesForRole",
            "iam:ListRolePolicies",
        ],
    ),
    Group::new(
        "InstanceProfiles",
        "remove the profiles that Karpenter made",
        REMOVE,
        PROFILES,
        &[
            "iam:DeleteInstanceProfile",
            "iam:GetInstanceProfile",
            "iam:RemoveRoleFromInstanceProfile",
        ],
    ),
    Group::new(
        "Policies",
        "remove the policies",
        REMOVE,
        POLICIES,
        &[
            "iam:DeletePolicy",
            "iam:DeletePolicyVersion",
            "iam:GetPolicy",
            "iam:ListPolicyVersions",
        ],
    ),
    Group::new(
        "Bucket",
        "remove the bucket, where that was asked for",
        REMOVE,
        BUCKET,
        &[
            "s3:DeleteBucket",
            "s3:DeleteBucketPolicy",
            "s3:GetBucketLocation",
            "s3:GetBucketTagging",
            "s3:ListBucket",
            "s3:ListBucketVersions",
        ],
    ),
    Group::new(
        "Objects",
        "empty the bucket, where that was asked for",
        REMOVE,
        OBJECTS,
        &["s3:DeleteObject", "s3:DeleteObjectVersion"],
    ),
    Group::new(
        "Queue",
        "remove Karpenter's queue",
        REMOVE,
        QUEUE,
        &["sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
    ),
    Group::new(
        "Rules",
        "remove the queue's rules",
        REMOVE,
        RULES,
        &[
            "events:DeleteRule",
            "events:DescribeRule",
            "events:ListTargetsByRule",
            "events:RemoveTargets",
        ],
    ),
];
