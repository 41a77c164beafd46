//! The template of the lake's role. Pure.

use crate::steps::install::Desired;
use serde_json::{Value, json};

/// What the role's pods may do with the bucket itself.
const ON_BUCKET: [&str; 2] = ["s3:GetBucketLocation", "s3:ListBucket"];
/// What they may do with its objects.
const ON_OBJECTS: [&str; 5] = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
];

/// Who may take a role by pod identity: one service account of one cluster. EKS sends these as session tags when it
/// takes the role, and STS holds them against the trust policy as `aws:RequestTag/…` (EKS user guide, `pod-id-role`
/// "Setting conditions" and `pod-id-abac`). The cluster's ARN names account and region too, so that a cluster of the
/// same name elsewhere is not meant. `aws:SourceAccount` is left out: that guide does not say that EKS sends it, and a
/// condition on a key that is not sent lets nobody in.
#[must_use]
pub fn pod_identity_trust(desired: &Desired, namespace: &str, service_account: &str) -> Value {
    let target = &desired.target;
    let cluster = format!(
        "arn:{}:eks:{}:{}:cluster/{}",
        target.partition(),
        target.region,
        target.account,
        target.cluster
    );
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": {
                "aws:RequestTag/eks-cluster-arn": cluster,
                "aws:RequestTag/kubernetes-namespace": namespace,
                "aws:RequestTag/kubernetes-service-account": service_account,
            }},
        }],
    })
}

/// The template: one role, its least rights on exactly the bucket, and its ARN as the output `RoleArn`.
#[must_use]
pub fn template(desired: &Desired) -> Value {
    let target = &desired.target;
    let bucket = format!("arn:{}:s3:::{}", target.partition(), desired.bucket);
    let tags: Vec<Value> = desired
        .created_tags()
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!(
            "Ingext Lakehouse: the role by which namespace {} of the EKS cluster {} uses its bucket",
            target.namespace, target.cluster
        ),
        "Resources": {
            "LakeRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": desired.lake_role(),
                    "AssumeRolePolicyDocument": pod_identity_trust(
                        desired,
                        target.namespace.as_str(),
                        &desired.service_account(),
                    ),
                    "Policies": [{
                        "PolicyName": "lake-bucket",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [
                                {"Sid": "Bucket", "Effect": "Allow", "Action": ON_BUCKET, "Resource": bucket},
                                {
                                    "Sid": "Objects",
                                    "Effect": "Allow",
                                    "Action": ON_OBJECTS,
                                    "Resource": format!("{bucket}/*"),
                                },
                            ],
                        },
                    }],
                    "Tags": tags,
                },
            },
        },
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["LakeRole", "Arn"]}}},
    })
}
