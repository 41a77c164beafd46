//! What Karpenter 1.8.3's controller may do: the statements of its own template of that version
//! (`getting-started-with-karpenter/cloudformation.yaml`), and no more. From 1.9.0 on they are split into several
//! policies: the chart's version and this belong together. Pure.

use crate::model::Target;
use serde_json::{Value, json};

/// The policy. `queue_arn` and `node_role_arn` are the interruption queue's and the nodes' role's.
#[must_use]
pub fn document(target: &Target, queue_arn: &str, node_role_arn: &str) -> Value {
    let mut statements = instances(target);
    statements.extend(reads(target));
    statements.extend([
        json!({
            "Sid": "AllowInterruptionQueueActions",
            "Effect": "Allow",
            "Action": ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            "Resource": queue_arn,
        }),
        json!({
            "Sid": "AllowPassingInstanceRole",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": node_role_arn,
            "Condition": {"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}},
        }),
    ]);
    statements.extend(profiles(target));
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// ARNs of EC2's resources of these types: of any account, as images, snapshots and shared subnets may be; images and
/// snapshots have none in their ARN.
fn ec2(target: &Target, types: &[&str]) -> Vec<String> {
    types
        .iter()
        .map(|kind| {
            let account = if matches!(*kind, "image" | "snapshot") { "" } else { "*" };
            format!("arn:{}:ec2:{}:{account}:{kind}/*", target.partition(), target.region)
        })
        .collect()
}

/// The tag by which a thing is the cluster's, as the key of a condition.
fn owned(scope: &str, target: &Target) -> String {
    format!("aws:{scope}/kubernetes.io/cluster/{}", target.cluster)
}

fn instances(target: &Target) -> Vec<Value> {
    let cluster = target.cluster.as_str();
    let launch = ["ec2:RunInstances", "ec2:CreateFleet"];
    let made = [
        "fleet",
        "instance",
        "volume",
        "network-interface",
        "launch-template",
        "spot-instances-request",
    ];
    let made_with_reservations: Vec<&str> = made.iter().copied().chain(["capacity-reservation"]).collect();
    let (requested, of_resource) = (owned("RequestTag", target), owned("ResourceTag", target));
    let its_pool = json!({"aws:ResourceTag/karpenter.sh/nodepool": "*"});
    let a_pool = json!({"aws:RequestTag/karpenter.sh/nodepool": "*"});
    vec![
        json!({
            "Sid": "AllowScopedEC2InstanceAccessActions",
            "Effect": "Allow",
            "Action": launch,
            "Resource": ec2(target, &["image", "snapshot", "security-group", "subnet", "capacity-reservation"]),
        }),
        json!({
            "Sid": "AllowScopedEC2LaunchTemplateAccessActions",
            "Effect": "Allow",
            "Action": launch,
            "Resource": ec2(target, &["launch-template"]),
            "Condition": {"StringEquals": {&of_resource: "owned"}, "StringLike": its_pool},
        }),
        json!({
            "Sid": "AllowScopedEC2InstanceActionsWithTags",
            "Effect": "Allow",
            "Action": ["ec2:RunInstances", "ec2:CreateFleet", "ec2:CreateLaunchTemplate"],
            "Resource": ec2(target, &made_with_reservations),
            "Condition": {
                "StringEquals": {&requested: "owned", "aws:RequestTag/eks:eks-cluster-name": cluster},
                "StringLike": a_pool,
            },
        }),
        json!({
            "Sid": "AllowScopedResourceCreationTagging",
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": ec2(target, &made),
            "Condition": {
                "StringEquals": {
                    &requested: "owned",
                    "aws:RequestTag/eks:eks-cluster-name": cluster,
                    "ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"],
                },
                "StringLike": a_pool,
            },
        }),
        json!({
            "Sid": "AllowScopedResourceTagging",
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": ec2(target, &["instance"]),
            "Condition": {
                "StringEquals": {&of_resource: "owned"},
                "StringLike": its_pool,
                "StringEqualsIfExists": {"aws:RequestTag/eks:eks-cluster-name": cluster},
                "ForAllValues:StringEquals": {
                    "aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"],
                },
            },
        }),
        json!({
            "Sid": "AllowScopedDeletion",
            "Effect": "Allow",
            "Action": ["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"],
            "Resource": ec2(target, &["instance", "launch-template"]),
            "Condition": {"StringEquals": {&of_resource: "owned"}, "StringLike": its_pool},
        }),
    ]
}

fn reads(target: &Target) -> Vec<Value> {
    let (partition, region) = (target.partition(), &target.region);
    vec![
        json!({
            "Sid": "AllowRegionalReadActions",
            "Effect": "Allow",
            "Action": [
                "ec2:DescribeCapacityReservations",
                "ec2:DescribeImages",
                "ec2:DescribeInstances",
                "ec2:DescribeInstanceTypeOfferings",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSpotPriceHistory",
                "ec2:DescribeSubnets",
            ],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": region.as_str()}},
        }),
        json!({
            "Sid": "AllowSSMReadActions",
            "Effect": "Allow",
            "Action": "ssm:GetParameter",
            "Resource": format!("arn:{partition}:ssm:{region}::parameter/aws/service/*"),
        }),
        json!({
            "Sid": "AllowPricingReadActions",
            "Effect": "Allow",
            "Action": "pricing:GetProducts",
            "Resource": "*",
        }),
        json!({
            "Sid": "AllowAPIServerEndpointDiscovery",
            "Effect": "Allow",
            "Action": "eks:DescribeCluster",
            "Resource": format!(
                "arn:{partition}:eks:{region}:{}:cluster/{}",
                target.account, target.cluster
            ),
        }),
    ]
}

fn profiles(target: &Target) -> Vec<Value> {
    const REGION: [&str; 2] = [
        "aws:RequestTag/topology.kubernetes.io/region",
        "aws:ResourceTag/topology.kubernetes.io/region",
    ];
    const CLASS: [&str; 2] = [
        "aws:RequestTag/karpenter.k8s.aws/ec2nodeclass",
        "aws:ResourceTag/karpenter.k8s.aws/ec2nodeclass",
    ];
    let (cluster, region) = (target.cluster.as_str(), target.region.as_str());
    let (requested, of_resource) = (owned("RequestTag", target), owned("ResourceTag", target));
    let any = format!(
        "arn:{}:iam::{}:instance-profile/*",
        target.partition(),
        target.account
    );
    vec![
        json!({
            "Sid": "AllowScopedInstanceProfileCreationActions",
            "Effect": "Allow",
            "Action": "iam:CreateInstanceProfile",
            "Resource": any,
            "Condition": {
                "StringEquals": {
                    &requested: "owned",
                    "aws:RequestTag/eks:eks-cluster-name": cluster,
                    REGION[0]: region,
                },
                "StringLike": {CLASS[0]: "*"},
            },
        }),
        json!({
            "Sid": "AllowScopedInstanceProfileTagActions",
            "Effect": "Allow",
            "Action": "iam:TagInstanceProfile",
            "Resource": any,
            "Condition": {
                "StringEquals": {
                    &of_resource: "owned",
                    REGION[1]: region,
                    &requested: "owned",
                    "aws:RequestTag/eks:eks-cluster-name": cluster,
                    REGION[0]: region,
                },
                "StringLike": {CLASS[1]: "*", CLASS[0]: "*"},
            },
        }),
        json!({
            "Sid": "AllowScopedInstanceProfileActions",
            "Effect": "Allow",
            "Action": [
                "iam:AddRoleToInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
                "iam:DeleteInstanceProfile",
            ],
            "Resource": any,
            "Condition": {
                "StringEquals": {&of_resource: "owned", REGION[1]: region},
                "StringLike": {CLASS[1]: "*"},
            },
        }),
        json!({
            "Sid": "AllowInstanceProfileReadActions",
            "Effect": "Allow",
            "Action": "iam:GetInstanceProfile",
            "Resource": any,
        }),
        json!({
            "Sid": "AllowUnscopedInstanceProfileListAction",
            "Effect": "Allow",
            "Action": "iam:ListInstanceProfiles",
            "Resource": "*",
        }),
    ]
}
