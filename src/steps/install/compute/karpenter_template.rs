//! The template of what Karpenter needs of AWS: its nodes' role, its controller's role and policy, the queue by which
//! it hears of interruptions, and the rules that fill it. The resources are those of its own template (facts of
//! 1.8.3), and the controller's role beside them. Pure.

use super::controller_policy;
use crate::steps::install::Desired;
use crate::steps::install::storage::lake_template::pod_identity_trust;
use serde_json::{Map, Value, json};

/// Where Karpenter runs.
pub const NAMESPACE: &str = "kube-system";
/// Its service account.
pub const SERVICE_ACCOUNT: &str = "karpenter";

/// What nodes that Karpenter makes need: the CNI, to join, to pull images, and Session Manager.
const NODE_POLICIES: [&str; 4] = [
    "AmazonEKS_CNI_Policy",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonSSMManagedInstanceCore",
];

/// The rules: name in the template, source and kind of the event.
pub const RULES: [(&str, &str, &str); 4] = [
    ("ScheduledChangeRule", "aws.health", "AWS Health Event"),
    (
        "SpotInterruptionRule",
        "aws.ec2",
        "EC2 Spot Instance Interruption Warning",
    ),
    ("RebalanceRule", "aws.ec2", "EC2 Instance Rebalance Recommendation"),
    (
        "InstanceStateChangeRule",
        "aws.ec2",
        "EC2 Instance State-change Notification",
    ),
];

/// The template. It says nothing of the installation, so that another namespace's of the same cluster wants the very
/// same one; whose the stack is stands in its tags.
#[must_use]
pub fn template(desired: &Desired) -> Value {
    let target = &desired.target;
    let queue = format!(
        "arn:{}:sqs:{}:{}:{}",
        target.partition(),
        target.region,
        target.account,
        desired.karpenter_queue()
    );
    let node_role = target.role_arn(&desired.karpenter_node_role());
    let mut resources = Map::new();
    resources.insert("KarpenterNodeRole".to_owned(), node_role_of(desired));
    resources.insert(
        "KarpenterControllerPolicy".to_owned(),
        json!({
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "ManagedPolicyName": format!("KarpenterControllerPolicy-{}", target.cluster),
                "PolicyDocument": controller_policy::document(target, &queue, &node_role),
            },
        }),
    );
    resources.insert(
        "KarpenterControllerRole".to_owned(),
        json!({
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": desired.karpenter_role(),
                "AssumeRolePolicyDocument": pod_identity_trust(desired, NAMESPACE, SERVICE_ACCOUNT),
                "ManagedPolicyArns": [{"Ref": "KarpenterControllerPolicy"}],
            },
        }),
    );
    resources.insert(
        "KarpenterInterruptionQueue".to_owned(),
        json!({
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": desired.karpenter_queue(),
                "MessageRetentionPeriod": 300,
                "SqsManagedSseEnabled": true,
            },
        }),
    );
    resources.insert("KarpenterInterruptionQueuePolicy".to_owned(), queue_policy());
    for (name, source, kind) in RULES {
        resources.insert(name.to_owned(), rule(source, kind));
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("Ingext Lakehouse: what Karpenter needs for the EKS cluster {}", target.cluster),
        "Resources": resources,
        "Outputs": {
            "NodeRoleArn": {"Value": {"Fn::GetAtt": ["KarpenterNodeRole", "Arn"]}},
            "ControllerRoleArn": {"Value": {"Fn::GetAtt": ["KarpenterControllerRole", "Arn"]}},
            "QueueName": {"Value": {"Fn::GetAtt": ["KarpenterInterruptionQueue", "QueueName"]}},
        },
    })
}

fn node_role_of(desired: &Desired) -> Value {
    let policies: Vec<String> = NODE_POLICIES
        .iter()
        .map(|name| format!("arn:{}:iam::aws:policy/{name}", desired.target.partition()))
        .collect();
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": desired.karpenter_node_role(),
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": {"Service": "ec2.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }],
            },
            "ManagedPolicyArns": policies,
        },
    })
}

fn queue_policy() -> Value {
    let queue = json!({"Fn::GetAtt": ["KarpenterInterruptionQueue", "Arn"]});
    json!({
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{"Ref": "KarpenterInterruptionQueue"}],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "Events",
                        "Effect": "Allow",
                        "Principal": {"Service": ["events.amazonaws.com", "sqs.amazonaws.com"]},
                        "Action": "sqs:SendMessage",
                        "Resource": queue,
                    },
                    {
                        "Sid": "TlsOnly",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "sqs:*",
                        "Resource": queue,
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    },
                ],
            },
        },
    })
}

fn rule(source: &str, kind: &str) -> Value {
    json!({
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": {"source": [source], "detail-type": [kind]},
            "Targets": [{
                "Id": "KarpenterInterruptionQueueTarget",
                "Arn": {"Fn::GetAtt": ["KarpenterInterruptionQueue", "Arn"]},
            }],
        },
    })
}
