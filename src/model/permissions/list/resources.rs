//! The resources and conditions of the list. ARNs as in AWS's Service Authorization Reference.

use super::super::{Resource, When};

pub(super) const ANY: &[Resource] = &[Resource::ANY];

pub(super) const CLUSTER: &[Resource] = &[THE_CLUSTER];
pub(super) const NODE_GROUPS: &[Resource] = &[A_NODE_GROUP];
pub(super) const ADDONS: &[Resource] = &[AN_ADDON];
pub(super) const ASSOCIATIONS: &[Resource] = &[AN_ASSOCIATION];
pub(super) const ENTRIES: &[Resource] = &[AN_ENTRY];
pub(super) const CLUSTER_AND_PARTS: &[Resource] =
    &[THE_CLUSTER, A_NODE_GROUP, AN_ADDON, AN_ASSOCIATION, AN_ENTRY];
pub(super) const LOOKED_AT: &[Resource] = &[THE_CLUSTER, A_NODE_GROUP, AN_ADDON];
pub(super) const THE_CLUSTER: Resource =
    Resource::named("arn:{partition}:eks:{region}:{account}:cluster/{cluster}");
/// Whatever hangs on the cluster: `nodegroup/CLUSTER/…`, `addon/CLUSTER/…` and so on.
const PARTS: &str = "arn:{partition}:eks:{region}:{account}:*/{cluster}/*";
pub(super) const A_NODE_GROUP: Resource = Resource::like(
    PARTS,
    "arn:{partition}:eks:{region}:{account}:nodegroup/{cluster}/workers/00000000-0000-0000-0000-000000000000",
);
pub(super) const AN_ADDON: Resource = Resource::like(
    PARTS,
    "arn:{partition}:eks:{region}:{account}:addon/{cluster}/vpc-cni/00000000-0000-0000-0000-000000000000",
);
pub(super) const AN_ASSOCIATION: Resource = Resource::like(
    PARTS,
    "arn:{partition}:eks:{region}:{account}:podidentityassociation/{cluster}/a-00000000000000000",
);
pub(super) const AN_ENTRY: Resource = Resource::like(
    PARTS,
    "arn:{partition}:eks:{region}:{account}:access-entry/{cluster}/role/{account}/KarpenterNodeRole-{cluster}/00000000-0000-0000-0000-000000000000",
);

/// Stacks, roles and policies: the account is left open. A user's or role's policy reaches those of its own account
/// only, and the policy for the longest names has to stay within IAM's limit.
pub(super) const STACKS: &[Resource] = &[
    Resource::like(
        "arn:{partition}:cloudformation:{region}:*:stack/eksctl-{cluster}-*",
        "arn:{partition}:cloudformation:{region}:{account}:stack/eksctl-{cluster}-cluster/00000000-0000-0000-0000-000000000000",
    ),
    Resource::like(
        "arn:{partition}:cloudformation:{region}:*:stack/Karpenter-{cluster}/*",
        "arn:{partition}:cloudformation:{region}:{account}:stack/Karpenter-{cluster}/00000000-0000-0000-0000-000000000000",
    ),
    Resource::like(
        "arn:{partition}:cloudformation:{region}:*:stack/lakehouse-{cluster}-*",
        "arn:{partition}:cloudformation:{region}:{account}:stack/lakehouse-{cluster}-{namespace}/00000000-0000-0000-0000-000000000000",
    ),
];

/// All of the region's EC2: an image has no account in its ARN, so that is any.
pub(super) const EC2: &str = "arn:{partition}:ec2:{region}:*:*";
pub(super) const VPC: &[Resource] = &[Resource::like(
    EC2,
    "arn:{partition}:ec2:{region}:{account}:vpc/vpc-00000000000000000",
)];
pub(super) const SUBNET: &[Resource] = &[Resource::like(
    EC2,
    "arn:{partition}:ec2:{region}:{account}:subnet/subnet-00000000000000000",
)];
pub(super) const GATEWAY: &[Resource] = &[Resource::like(
    EC2,
    "arn:{partition}:ec2:{region}:{account}:internet-gateway/igw-00000000000000000",
)];
pub(super) const NAT: &[Resource] = &[Resource::like(
    EC2,
    "arn:{partition}:ec2:{region}:{account}:natgateway/nat-00000000000000000",
)];
pub(super) const ADDRESS: &[Resource] = &[Resource::like(
    EC2,
    "arn:{partition}:ec2:{region}:{account}:elastic-ip/eipalloc-00000000000000000",
)];
pub(super) const ROUTES: &[Resource] = &[Resource::like(
    EC2,
    "arn:{partition}:ec2:{region}:{account}:route-table/rtb-00000000000000000",
)];
pub(super) const FIREWALL: &[Resource] = &[Resource::like(
    EC2,
    "arn:{partition}:ec2:{region}:{account}:security-group/sg-00000000000000000",
)];
pub(super) const TEMPLATE: &[Resource] = &[Resource::like(
    EC2,
    "arn:{partition}:ec2:{region}:{account}:launch-template/lt-00000000000000000",
)];
pub(super) const INSTANCE: &[Resource] = &[Resource::like(
    EC2,
    "arn:{partition}:ec2:{region}:{account}:instance/i-00000000000000000",
)];
pub(super) const NETWORK: &[Resource] = &[Resource::like(
    EC2,
    "arn:{partition}:ec2:{region}:{account}:network-interface/eni-00000000000000000",
)];

pub(super) const OWN_ROLE: &[Resource] = &[Resource::unknown(
    "arn:{partition}:iam::{account}:role/*",
    "arn:{partition}:iam::{account}:role/caller",
)];
/// To make a node group, EKS has the caller look whether AWS's own role for that is there
/// (terraform-aws-modules/terraform-aws-eks#823).
pub(super) const SERVICE_ROLE: &[Resource] = &[Resource::like(
    "arn:{partition}:iam::{account}:role/*",
    "arn:{partition}:iam::{account}:role/aws-service-role/eks-nodegroup.amazonaws.com/AWSServiceRoleForAmazonEKSNodegroup",
)];
pub(super) const OWN_IDENTITY: &[Resource] = &[
    Resource::unknown(
        "arn:{partition}:iam::{account}:role/*",
        "arn:{partition}:iam::{account}:role/caller",
    ),
    Resource::unknown(
        "arn:{partition}:iam::{account}:user/*",
        "arn:{partition}:iam::{account}:user/caller",
    ),
];
/// The account is open as in [`STACKS`].
pub(super) const ROLES: &[Resource] = &[
    Resource::like(
        "arn:{partition}:iam::*:role/eksctl-{cluster}-*",
        "arn:{partition}:iam::{account}:role/eksctl-{cluster}-cluster-ServiceRole-000000000000",
    ),
    Resource::like(
        "arn:{partition}:iam::*:role/KarpenterNodeRole-{cluster}",
        "arn:{partition}:iam::{account}:role/KarpenterNodeRole-{cluster}",
    ),
    Resource::like(
        "arn:{partition}:iam::*:role/{cluster}-karpenter",
        "arn:{partition}:iam::{account}:role/{cluster}-karpenter",
    ),
    Resource::like(
        "arn:{partition}:iam::*:role/ingext_*",
        "arn:{partition}:iam::{account}:role/ingext_{namespace}-sa_{cluster}",
    ),
];
/// The account is open as in [`STACKS`].
pub(super) const POLICIES: &[Resource] = &[
    Resource::like(
        "arn:{partition}:iam::*:policy/KarpenterControllerPolicy-{cluster}",
        "arn:{partition}:iam::{account}:policy/KarpenterControllerPolicy-{cluster}",
    ),
    Resource::like(
        "arn:{partition}:iam::*:policy/ingext_*",
        "arn:{partition}:iam::{account}:policy/ingext_{namespace}_S3_Policy_{cluster}",
    ),
];
/// Karpenter names its instance profiles `CLUSTER_HASH`.
pub(super) const PROFILES: &[Resource] = &[Resource::like(
    "arn:{partition}:iam::{account}:instance-profile/{cluster}_*",
    "arn:{partition}:iam::{account}:instance-profile/{cluster}_00000000000000000000",
)];
pub(super) const SERVICE_ROLES: &[Resource] = &[Resource::like(
    "arn:{partition}:iam::{account}:role/aws-service-role/*",
    "arn:{partition}:iam::{account}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
)];

pub(super) const BUCKET: &[Resource] = &[Resource::named("arn:{partition}:s3:::{bucket}")];
pub(super) const OBJECTS: &[Resource] = &[Resource::like(
    "arn:{partition}:s3:::{bucket}/*",
    "arn:{partition}:s3:::{bucket}/object",
)];
pub(super) const QUEUE: &[Resource] = &[Resource::named(
    "arn:{partition}:sqs:{region}:{account}:{cluster}",
)];
pub(super) const RULES: &[Resource] = &[Resource::like(
    "arn:{partition}:events:{region}:{account}:rule/Karpenter-{cluster}-*",
    "arn:{partition}:events:{region}:{account}:rule/Karpenter-{cluster}-ScheduledChangeRule-000000000000",
)];
pub(super) const CERTIFICATES: &[Resource] = &[Resource::unknown(
    "arn:{partition}:acm:{region}:{account}:certificate/*",
    "arn:{partition}:acm:{region}:{account}:certificate/00000000-0000-0000-0000-000000000000",
)];
pub(super) const ZONES: &[Resource] = &[Resource::unknown(
    "arn:{partition}:route53:::hostedzone/*",
    "arn:{partition}:route53:::hostedzone/Z00000000000000000000",
)];
pub(super) const CHANGES: &[Resource] = &[Resource::unknown(
    "arn:{partition}:route53:::change/*",
    "arn:{partition}:route53:::change/C00000000000000000000",
)];
pub(super) const AMI_PARAMETERS: &[Resource] = &[Resource::like(
    "arn:{partition}:ssm:{region}::parameter/aws/service/*",
    "arn:{partition}:ssm:{region}::parameter/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id",
)];
pub(super) const BALANCERS: &[Resource] = &[Resource::like(
    "arn:{partition}:elasticloadbalancing:{region}:{account}:*",
    "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/app/k8s-{cluster}/0000000000000000",
)];

/// The services that install hands a role to.
pub(super) const TO_OURS: When = When {
    operator: "StringEquals",
    key: "iam:PassedToService",
    values: &[
        "ec2.amazonaws.com",
        "eks.amazonaws.com",
        "eks-nodegroup.amazonaws.com",
        "pods.eks.amazonaws.com",
    ],
};
/// The services whose own role AWS makes on their first use in an account.
pub(super) const FIRST_USE: When = When {
    operator: "StringEquals",
    key: "iam:AWSServiceName",
    values: &[
        "autoscaling.amazonaws.com",
        "eks.amazonaws.com",
        "eks-nodegroup.amazonaws.com",
        "elasticloadbalancing.amazonaws.com",
        "spot.amazonaws.com",
    ],
};
/// The load balancer controller's own mark (its guide, `annotations.md`).
pub(super) const OF_CLUSTER: When = When {
    operator: "StringEquals",
    key: "aws:ResourceTag/elbv2.k8s.aws/cluster",
    values: &["{cluster}"],
};
