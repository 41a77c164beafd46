//! Making a bucket, and setting it up. Each but the making says whose the bucket must be.

use super::S3;
use crate::clients::aws::tags::{Tags, list};
use crate::clients::call::{Ask, STDIN, ask, done, json as read_json};
use crate::clients::failure::{CallError, ParseFailure};
use crate::model::{AccountId, BucketName, Region};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawMade {
    location: String,
}

impl S3<'_> {
    /// Makes the bucket in `region`, which must be the one that the tools act in.
    ///
    /// # Errors
    /// [`CallError`]; [`crate::clients::ErrorClass::Exists`] with the code `BucketAlreadyOwnedByYou` where it is the
    /// account's own, `BucketAlreadyExists` where it is somebody else's. In us-east-1 S3 answers well for an own one,
    /// and sets its ACL back: look before.
    pub fn create(&self, bucket: &BucketName, region: &Region) -> Result<(), CallError> {
        let mut args = vec!["s3api", "create-bucket", "--bucket", bucket.as_str()];
        let place = json!({"LocationConstraint": region.as_str()}).to_string();
        // us-east-1 is S3's place where none is named, and refused where it is (facts, section 5).
        if region.as_str() != "us-east-1" {
            args.extend(["--create-bucket-configuration", place.as_str()]);
        }
        let purpose = format!("make the bucket `{bucket}`");
        ask(
            self.gateway,
            &Ask::aws_write(&purpose, "s3:CreateBucket", args),
            parse_made,
        )
    }

    /// Blocks all public access.
    ///
    /// # Errors
    /// [`CallError`] where that is not known to be done.
    pub fn block_public_access(&self, bucket: &BucketName, account: &AccountId) -> Result<(), CallError> {
        let all = json!({
            "BlockPublicAcls": true,
            "IgnorePublicAcls": true,
            "BlockPublicPolicy": true,
            "RestrictPublicBuckets": true,
        })
        .to_string();
        let question = set(
            ("block public access to", "put-public-access-block"),
            "s3:PutBucketPublicAccessBlock",
            (bucket, account),
            ["--public-access-block-configuration", all.as_str()],
        );
        ask(self.gateway, &question, done)
    }

    /// Has new objects encrypted by S3's own keys, with a bucket key.
    ///
    /// # Errors
    /// [`CallError`] where that is not known to be done.
    pub fn encrypt(&self, bucket: &BucketName, account: &AccountId) -> Result<(), CallError> {
        let rules = json!({"Rules": [{
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": true,
        }]})
        .to_string();
        let question = set(
            ("set the encryption of", "put-bucket-encryption"),
            "s3:PutEncryptionConfiguration",
            (bucket, account),
            ["--server-side-encryption-configuration", rules.as_str()],
        );
        ask(self.gateway, &question, done)
    }

    /// Makes the bucket's owner the owner of all objects; ACLs have no effect any more.
    ///
    /// # Errors
    /// [`CallError`] where that is not known to be done.
    pub fn enforce_ownership(&self, bucket: &BucketName, account: &AccountId) -> Result<(), CallError> {
        let rules = json!({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}).to_string();
        let question = set(
            ("enforce the object ownership of", "put-bucket-ownership-controls"),
            "s3:PutBucketOwnershipControls",
            (bucket, account),
            ["--ownership-controls", rules.as_str()],
        );
        ask(self.gateway, &question, done)
    }

    /// Gives the bucket this policy in place of the one that it has. It goes by stdin.
    ///
    /// # Errors
    /// [`CallError`] where that is not known to be done.
    pub fn put_policy(
        &self,
        bucket: &BucketName,
        account: &AccountId,
        policy: &Value,
    ) -> Result<(), CallError> {
        let question = set(
            ("set the policy of", "put-bucket-policy"),
            "s3:PutBucketPolicy",
            (bucket, account),
            ["--policy", STDIN],
        );
        ask(self.gateway, &question.document(policy.to_string()), done)
    }

    /// Gives the bucket these tags in place of all that it has.
    ///
    /// # Errors
    /// [`CallError`] where that is not known to be done.
    pub fn put_tags(&self, bucket: &BucketName, account: &AccountId, tags: &Tags) -> Result<(), CallError> {
        let tags = json!({"TagSet": list(tags)}).to_string();
        let question = set(
            ("set the tags of", "put-bucket-tagging"),
            "s3:PutBucketTagging",
            (bucket, account),
            ["--tagging", tags.as_str()],
        );
        ask(self.gateway, &question, done)
    }

    /// Has the bucket keep old versions of objects from now on.
    ///
    /// # Errors
    /// [`CallError`] where that is not known to be done.
    pub fn enable_versioning(&self, bucket: &BucketName, account: &AccountId) -> Result<(), CallError> {
        let question = set(
            ("switch on the versioning of", "put-bucket-versioning"),
            "s3:PutBucketVersioning",
            (bucket, account),
            ["--versioning-configuration", "Status=Enabled"],
        );
        ask(self.gateway, &question, done)
    }
}

fn set(
    (purpose, verb): (&str, &str),
    action: &'static str,
    (bucket, account): (&BucketName, &AccountId),
    [option, value]: [&str; 2],
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

/// Reads `s3api create-bucket`. Where the bucket is, S3 tells in two forms (`/NAME`, and an address).
fn parse_made(bytes: &[u8]) -> Result<(), ParseFailure> {
    let raw: RawMade = read_json(bytes)?;
    if raw.location.is_empty() {
        return Err(ParseFailure::Form("Location"));
    }
    Ok(())
}
