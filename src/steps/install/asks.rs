//! The commands that storage and compute write with, as data: the runner runs them. Documents go by stdin, values that
//! aws would read its own way go as JSON.

use crate::clients::Ask;
use crate::clients::aws::tags::Tags;
use crate::clients::call::STDIN;
use crate::model::{AccountId, BucketName, ClusterName, Region};
use serde_json::{Value, json};

/// A list of tags as aws takes it: `[{"Key":"a","Value":"b"}]`.
fn listed(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}

/// Makes the bucket in `region`, which must be the one that the tools act in. us-east-1 is S3's place where none is
/// named, and refused where it is (facts, section 5).
#[must_use]
pub fn create_bucket(bucket: &BucketName, region: &Region) -> Ask {
    let mut args = vec!["s3api", "create-bucket", "--bucket", bucket.as_str()];
    let place = json!({"LocationConstraint": region.as_str()}).to_string();
    if region.as_str() != "us-east-1" {
        args.extend(["--create-bucket-configuration", place.as_str()]);
    }
    Ask::aws_write(&format!("make the bucket `{bucket}`"), "s3:CreateBucket", args)
}

/// One setting of the account's own bucket: the command's verb, its option and that one's value.
fn bucket_setting(
    purpose: &str,
    action: &'static str,
    (bucket, account): (&BucketName, &AccountId),
    [verb, option, value]: [&str; 3],
) -> Ask {
    let args = [
        "s3api",
        verb,
        "--bucket",
        bucket.as_str(),
        "--expected-bucket-owner",
        account.as_str(),
        option,
        value,
    ];
    Ask::aws_write(&format!("{purpose} the bucket `{bucket}`"), action, args)
}

/// Blocks all public access.
#[must_use]
pub fn block_public_access(bucket: &BucketName, account: &AccountId) -> Ask {
    let all = json!({
        "BlockPublicAcls": true,
        "IgnorePublicAcls": true,
        "BlockPublicPolicy": true,
        "RestrictPublicBuckets": true,
    });
    bucket_setting(
        "block public access to",
        "s3:PutBucketPublicAccessBlock",
        (bucket, account),
        [
            "put-public-access-block",
            "--public-access-block-configuration",
            &all.to_string(),
        ],
    )
}

/// Has new objects encrypted by S3's own keys, with a bucket key for whoever asks for KMS.
#[must_use]
pub fn encrypt_bucket(bucket: &BucketName, account: &AccountId) -> Ask {
    let rules = json!({"Rules": [{
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": true,
    }]});
    bucket_setting(
        "set the encryption of",
        "s3:PutEncryptionConfiguration",
        (bucket, account),
        [
            "put-bucket-encryption",
            "--server-side-encryption-configuration",
            &rules.to_string(),
        ],
    )
}

/// Makes the bucket's owner the owner of all objects: ACLs have no effect any more.
#[must_use]
pub fn enforce_ownership(bucket: &BucketName, account: &AccountId) -> Ask {
    let rules = json!({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]});
    bucket_setting(
        "enforce the object ownership of",
        "s3:PutBucketOwnershipControls",
        (bucket, account),
        [
            "put-bucket-ownership-controls",
            "--ownership-controls",
            &rules.to_string(),
        ],
    )
}

/// Gives the bucket these tags in place of all that it has.
#[must_use]
pub fn tag_bucket(bucket: &BucketName, account: &AccountId, tags: &Tags) -> Ask {
    let tags = json!({"TagSet": listed(tags)});
    bucket_setting(
        "set the tags of",
        "s3:PutBucketTagging",
        (bucket, account),
        ["put-bucket-tagging", "--tagging", &tags.to_string()],
    )
}

/// Has the bucket keep old versions of objects from now on.
#[must_use]
pub fn version_bucket(bucket: &BucketName, account: &AccountId) -> Ask {
    bucket_setting(
        "switch on the versioning of",
        "s3:PutBucketVersioning",
        (bucket, account),
        [
            "put-bucket-versioning",
            "--versioning-configuration",
            "Status=Enabled",
        ],
    )
}

/// Gives the bucket this policy in place of the one that it has; by stdin.
#[must_use]
pub fn put_bucket_policy(bucket: &BucketName, account: &AccountId, policy: &Value) -> Ask {
    bucket_setting(
        "set the policy of",
        "s3:PutBucketPolicy",
        (bucket, account),
        ["put-bucket-policy", "--policy", STDIN],
    )
    .document(pretty(policy))
}

/// Whether a stack is made or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackChange {
    /// It is not there.
    Create,
    /// It is, and differs.
    Update,
}

/// Begins to make or change a stack; its template goes by stdin. `token` makes two tries of one change the same to AWS:
/// letters, digits and `-`, at most 128.
#[must_use]
pub fn put_stack(
    change: StackChange,
    name: &str,
    template: &Value,
    tags: &Tags,
    capabilities: &[&'static str],
    token: &str,
) -> Ask {
    let (verb, purpose, action) = match change {
        StackChange::Create => ("create-stack", "make", "cloudformation:CreateStack"),
        StackChange::Update => ("update-stack", "update", "cloudformation:UpdateStack"),
    };
    let tags = listed(tags).to_string();
    let mut args = vec![
        "cloudformation",
        verb,
        "--stack-name",
        name,
        "--template-body",
        STDIN,
        "--client-request-token",
        token,
        "--tags",
        tags.as_str(),
    ];
    if !capabilities.is_empty() {
        args.push("--capabilities");
        args.extend(capabilities);
    }
    Ask::aws_write(&format!("{purpose} the stack `{name}`"), action, args).document(pretty(template))
}

/// Gives the pods of a service account a role.
#[must_use]
pub fn create_association(
    cluster: &ClusterName,
    namespace: &str,
    service_account: &str,
    role_arn: &str,
    tags: &Tags,
) -> Ask {
    let tags = json!(tags).to_string();
    let args = [
        "eks",
        "create-pod-identity-association",
        "--cluster-name",
        cluster.as_str(),
        "--namespace",
        namespace,
        "--service-account",
        service_account,
        "--role-arn",
        role_arn,
        "--tags",
        tags.as_str(),
    ];
    let purpose = format!("give `{namespace}/{service_account}` its role");
    Ask::aws_write(&purpose, "eks:CreatePodIdentityAssociation", args)
}

/// Gives an association another role.
#[must_use]
pub fn update_association(cluster: &ClusterName, id: &str, role_arn: &str) -> Ask {
    let args = [
        "eks",
        "update-pod-identity-association",
        "--cluster-name",
        cluster.as_str(),
        "--association-id",
        id,
        "--role-arn",
        role_arn,
    ];
    let purpose = format!("give the pod identity association `{id}` another role");
    Ask::aws_write(&purpose, "eks:UpdatePodIdentityAssociation", args)
}

/// Lets a principal into the cluster as `kind`: `EC2_LINUX` for a role of nodes.
#[must_use]
pub fn create_access_entry(cluster: &ClusterName, principal_arn: &str, kind: &str, tags: &Tags) -> Ask {
    let tags = json!(tags).to_string();
    let args = [
        "eks",
        "create-access-entry",
        "--cluster-name",
        cluster.as_str(),
        "--principal-arn",
        principal_arn,
        "--type",
        kind,
        "--tags",
        tags.as_str(),
    ];
    let purpose = format!("let `{principal_arn}` into the cluster `{cluster}`");
    Ask::aws_write(&purpose, "eks:CreateAccessEntry", args)
}

/// Puts `tags` on the EC2 things with these ids; their other tags stay.
#[must_use]
pub fn create_tags(ids: &[String], tags: &Tags) -> Ask {
    let mut args = vec!["ec2".to_owned(), "create-tags".to_owned(), "--resources".to_owned()];
    args.extend(ids.iter().cloned());
    args.extend(["--tags".to_owned(), listed(tags).to_string()]);
    Ask::aws_write(&format!("tag `{}`", ids.join("`, `")), "ec2:CreateTags", args)
}

/// Makes a service's own role (`spot.amazonaws.com`) in the account.
#[must_use]
pub fn create_service_linked_role(service: &str) -> Ask {
    let args = ["iam", "create-service-linked-role", "--aws-service-name", service];
    let purpose = format!("make the service's own role of `{service}`");
    Ask::aws_write(&purpose, "iam:CreateServiceLinkedRole", args)
}

/// The document as people and tools read it. A `Value` always has such a form.
fn pretty(document: &Value) -> String {
    format!("{document:#}")
}
