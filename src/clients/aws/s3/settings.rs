//! How a bucket is set up.

use super::S3;
use crate::clients::aws::tags::{Tag, Tags, map_of};
use crate::clients::call::{Ask, ask, formed, json, or_absent};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::clients::form::is_word;
use crate::model::{AccountId, BucketName};
use serde::Deserialize;
use serde_json::Value;

/// A bucket's settings. What is none is not set, by S3's own word.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketSettings {
    /// What of public access is blocked.
    pub public_access: Option<PublicAccess>,
    /// How new objects are encrypted.
    pub encryption: Option<Encryption>,
    /// Who owns the objects: `BucketOwnerEnforced`, …
    pub ownership: Option<String>,
    /// The bucket's policy.
    pub policy: Option<Value>,
    /// Its tags.
    pub tags: Tags,
    /// Whether it keeps old versions of objects.
    pub versioning: Versioning,
}

/// S3's four switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(clippy::struct_excessive_bools)] // S3's own four
pub struct PublicAccess {
    /// New public ACLs are refused.
    pub block_public_acls: bool,
    /// Public ACLs have no effect.
    pub ignore_public_acls: bool,
    /// New public policies are refused.
    pub block_public_policy: bool,
    /// A public policy lets in nobody from outside.
    pub restrict_public_buckets: bool,
}

impl PublicAccess {
    /// Whether nothing public is left.
    #[must_use]
    pub fn is_blocked(self) -> bool {
        self.block_public_acls
            && self.ignore_public_acls
            && self.block_public_policy
            && self.restrict_public_buckets
    }
}

/// How new objects are encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// `AES256` (S3's own keys), `aws:kms`, `aws:kms:dsse`.
    pub algorithm: String,
    /// The KMS key, where one is named. Untrusted text.
    pub key: Option<String>,
    /// Whether the bucket has a key of its own, which makes KMS cheaper.
    pub bucket_key: bool,
}

/// Whether a bucket keeps old versions of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// It never did.
    Never,
    /// It does.
    Enabled,
    /// It did, and has kept what there was.
    Suspended,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAccess {
    public_access_block_configuration: PublicAccess,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawEncryption {
    server_side_encryption_configuration: Rules<RawEncryptionRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rules<T> {
    rules: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawEncryptionRule {
    apply_server_side_encryption_by_default: RawDefault,
    bucket_key_enabled: Option<bool>,
}

#[derive(Deserialize)]
struct RawDefault {
    #[serde(rename = "SSEAlgorithm")]
    algorithm: String,
    #[serde(rename = "KMSMasterKeyID")]
    key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawOwnership {
    ownership_controls: Rules<RawOwner>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawOwner {
    object_ownership: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawPolicy {
    policy: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawTags {
    tag_set: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawVersioning {
    /// Null is a bucket that never kept versions; a missing field is no answer.
    #[serde(deserialize_with = "Option::deserialize")]
    status: Option<String>,
}

/// S3 answers nothing at all of a bucket that never kept versions, and aws then prints nothing: the query makes that
/// an answer (tried: aws 2.23.6).
const VERSIONING: [&str; 2] = ["--query", "{Status: Status}"];

impl S3<'_> {
    /// The settings of the account's own bucket. The six questions are asked side by side.
    ///
    /// # Errors
    /// The first question's [`CallError`] that has no answer.
    pub fn settings(&self, bucket: &BucketName, account: &AccountId) -> Result<BucketSettings, CallError> {
        std::thread::scope(|scope| {
            let public_access = scope.spawn(|| self.public_access(bucket, account));
            let encryption = scope.spawn(|| self.encryption(bucket, account));
            let ownership = scope.spawn(|| self.ownership(bucket, account));
            let policy = scope.spawn(|| self.policy(bucket, account));
            let tags = scope.spawn(|| self.tags(bucket, account));
            let versioning = self.versioning(bucket, account);
            Ok(BucketSettings {
                public_access: joined(public_access.join())?,
                encryption: joined(encryption.join())?,
                ownership: joined(ownership.join())?,
                policy: joined(policy.join())?,
                tags: joined(tags.join())?,
                versioning: versioning?,
            })
        })
    }

    /// What of public access is blocked; nothing where that was never set.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn public_access(
        &self,
        bucket: &BucketName,
        account: &AccountId,
    ) -> Result<Option<PublicAccess>, CallError> {
        let what = (
            "read what of public access is blocked on",
            "get-public-access-block",
        );
        let question = look(what, "s3:GetBucketPublicAccessBlock", bucket, account, &[]);
        or_absent(
            ask(self.gateway, &question, parse_public_access),
            &["NoSuchPublicAccessBlockConfiguration"],
        )
    }

    /// How new objects are encrypted; nothing where that was never set.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn encryption(
        &self,
        bucket: &BucketName,
        account: &AccountId,
    ) -> Result<Option<Encryption>, CallError> {
        let what = ("read the encryption of", "get-bucket-encryption");
        let question = look(what, "s3:GetEncryptionConfiguration", bucket, account, &[]);
        or_absent(
            ask(self.gateway, &question, parse_encryption),
            &["ServerSideEncryptionConfigurationNotFoundError"],
        )
    }

    /// Who owns the objects; nothing where that was never set.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn ownership(&self, bucket: &BucketName, account: &AccountId) -> Result<Option<String>, CallError> {
        let what = ("read the object ownership of", "get-bucket-ownership-controls");
        let question = look(what, "s3:GetBucketOwnershipControls", bucket, account, &[]);
        or_absent(
            ask(self.gateway, &question, parse_ownership),
            &["OwnershipControlsNotFoundError"],
        )
    }

    /// The bucket's policy, if it has one.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn policy(&self, bucket: &BucketName, account: &AccountId) -> Result<Option<Value>, CallError> {
        let what = ("read the policy of", "get-bucket-policy");
        let question = look(what, "s3:GetBucketPolicy", bucket, account, &[]);
        or_absent(
            ask(self.gateway, &question, parse_policy),
            &["NoSuchBucketPolicy"],
        )
    }

    /// The bucket's tags.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn tags(&self, bucket: &BucketName, account: &AccountId) -> Result<Tags, CallError> {
        let what = ("read the tags of", "get-bucket-tagging");
        let question = look(what, "s3:GetBucketTagging", bucket, account, &[]);
        let answer = ask(self.gateway, &question, parse_tags);
        or_absent(answer, &["NoSuchTagSet"]).map(Option::unwrap_or_default)
    }

    /// Whether it keeps old versions of objects.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn versioning(&self, bucket: &BucketName, account: &AccountId) -> Result<Versioning, CallError> {
        let what = ("read the versioning of", "get-bucket-versioning");
        let question = look(what, "s3:GetBucketVersioning", bucket, account, &VERSIONING);
        ask(self.gateway, &question, parse_versioning)
    }
}

fn look(
    (purpose, verb): (&str, &str),
    action: &'static str,
    bucket: &BucketName,
    account: &AccountId,
    more: &[&str],
) -> Ask {
    let args = [
        "s3api",
        verb,
        "--bucket",
        bucket.as_str(),
        "--expected-bucket-owner",
        account.as_str(),
    ];
    Ask::aws(
        &format!("{purpose} the bucket `{bucket}`"),
        action,
        args.iter().chain(more).copied(),
    )
}

/// A thread that ended by a defect leaves no answer.
fn joined<T>(answer: std::thread::Result<Result<T, CallError>>) -> Result<T, CallError> {
    answer.unwrap_or_else(|_| {
        let question = Ask::aws("read the settings of the bucket", "", [""; 0]);
        Err(question.error(ErrorClass::Other))
    })
}

/// Reads `s3api get-public-access-block`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_public_access(bytes: &[u8]) -> Result<PublicAccess, ParseFailure> {
    json(bytes).map(|raw: RawAccess| raw.public_access_block_configuration)
}

/// Reads `s3api get-bucket-encryption`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_encryption(bytes: &[u8]) -> Result<Encryption, ParseFailure> {
    let raw: RawEncryption = json(bytes)?;
    let rules = raw.server_side_encryption_configuration.rules;
    let Ok([rule]) = <[RawEncryptionRule; 1]>::try_from(rules) else {
        return Err(ParseFailure::Form("ServerSideEncryptionConfiguration.Rules"));
    };
    let default = rule.apply_server_side_encryption_by_default;
    let is_algorithm = |text: &str| is_word(&text.replace(':', "-"), 32);
    Ok(Encryption {
        algorithm: formed(
            default.algorithm,
            is_algorithm,
            "ApplyServerSideEncryptionByDefault.SSEAlgorithm",
        )?,
        key: default.key,
        bucket_key: rule.bucket_key_enabled == Some(true),
    })
}

/// Reads `s3api get-bucket-ownership-controls`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_ownership(bytes: &[u8]) -> Result<String, ParseFailure> {
    let raw: RawOwnership = json(bytes)?;
    let Ok([rule]) = <[RawOwner; 1]>::try_from(raw.ownership_controls.rules) else {
        return Err(ParseFailure::Form("OwnershipControls.Rules"));
    };
    formed(rule.object_ownership, |text| is_word(text, 64), "ObjectOwnership")
}

/// Reads `s3api get-bucket-policy`: a text that is JSON itself.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_policy(bytes: &[u8]) -> Result<Value, ParseFailure> {
    let raw: RawPolicy = json(bytes)?;
    let policy: Value = json(raw.policy.as_bytes())?;
    if policy.get("Statement").is_none() {
        return Err(ParseFailure::Form("Policy"));
    }
    Ok(policy)
}

/// Reads `s3api get-bucket-tagging`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_tags(bytes: &[u8]) -> Result<Tags, ParseFailure> {
    let raw: RawTags = json(bytes)?;
    map_of(raw.tag_set, "TagSet")
}

/// Reads `s3api get-bucket-versioning` by its query.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_versioning(bytes: &[u8]) -> Result<Versioning, ParseFailure> {
    let raw: RawVersioning = json(bytes)?;
    match raw.status.as_deref() {
        None => Ok(Versioning::Never),
        Some("Enabled") => Ok(Versioning::Enabled),
        Some("Suspended") => Ok(Versioning::Suspended),
        Some(_) => Err(ParseFailure::Form("Status")),
    }
}
