//! What is looked at, before anything is made.

use super::super::{Group, Need};
use super::resources::{ANY, BUCKET, CERTIFICATES, LOOKED_AT, OWN_IDENTITY, OWN_ROLE, ZONES};
use Need::{Cleanup, Install, Preflight};

const ALL: &[Need] = &[Preflight, Cleanup];
const LOOK: &[Need] = &[Preflight, Install];
const ASK: &[Need] = &[Preflight];

/// The groups.
pub(super) const GROUPS: &[Group] = &[
    Group::new("Look", "know who is asking", ALL, ANY, &["sts:GetCallerIdentity"]),
    Group::new(
        "OwnRole",
        "find the caller's own role",
        ASK,
        OWN_ROLE,
        &["iam:GetRole"],
    ),
    Group::new(
        "OwnPermissions",
        "simulate the caller's own policies",
        ASK,
        OWN_IDENTITY,
        &["iam:SimulatePrincipalPolicy"],
    ),
    Group::new(
        "Look",
        "know the quotas",
        ASK,
        ANY,
        &[
            "servicequotas:ListAWSDefaultServiceQuotas",
            "servicequotas:ListServiceQuotas",
        ],
    ),
    Group::new("Look", "count what quotas limit", ASK, ANY, &["eks:ListClusters"]),
    Group::new(
        "Look",
        "find the domain's zone and certificate",
        LOOK,
        ANY,
        &["acm:ListCertificates", "route53:ListHostedZones"],
    ),
    Group::new(
        "Certificates",
        "read the certificate",
        LOOK,
        CERTIFICATES,
        &["acm:DescribeCertificate"],
    ),
    Group::new(
        "Zones",
        "read the zone's name servers",
        ASK,
        ZONES,
        &["route53:GetHostedZone"],
    ),
    Group::new(
        "Zones",
        "read the site's record",
        LOOK,
        ZONES,
        &["route53:ListResourceRecordSets"],
    ),
    Group::new(
        "Look",
        "read versions, instance types, network and balancers",
        LOOK,
        ANY,
        &[
            "ec2:DescribeAddresses",
            "ec2:DescribeInstanceTypeOfferings",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeNatGateways",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "eks:DescribeClusterVersions",
            "elasticloadbalancing:DescribeLoadBalancers",
        ],
    ),
    Group::new(
        "ClusterLook",
        "look at the cluster",
        ASK,
        LOOKED_AT,
        &[
            "eks:DescribeCluster",
            "eks:DescribeNodegroup",
            "eks:ListAddons",
            "eks:ListNodegroups",
        ],
    ),
    Group::new(
        "BucketLook",
        "look at the bucket",
        ASK,
        BUCKET,
        &["s3:GetBucketLocation", "s3:ListBucket"],
    ),
];
