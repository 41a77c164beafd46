//! What is in a bucket, and whom its access control list lets in.

use super::S3;
use crate::clients::call::{Ask, ask, json};
use crate::clients::failure::{CallError, ParseFailure};
use crate::model::{AccountId, BucketName};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawCount {
    key_count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAcl {
    owner: RawOwner,
    grants: Vec<RawGrant>,
}

#[derive(Deserialize)]
struct RawOwner {
    #[serde(rename = "ID")]
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawGrant {
    grantee: RawGrantee,
}

#[derive(Deserialize)]
struct RawGrantee {
    #[serde(rename = "ID")]
    id: Option<String>,
}

impl S3<'_> {
    /// Whether the account's own bucket holds no object. Old versions and delete markers are not looked for.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn is_empty(&self, bucket: &BucketName, account: &AccountId) -> Result<bool, CallError> {
        let args = [
            "s3api",
            "list-objects-v2",
            "--bucket",
            bucket.as_str(),
            "--expected-bucket-owner",
            account.as_str(),
            "--max-keys",
            "1",
            "--no-paginate",
            "--query",
            "{KeyCount: KeyCount}",
        ];
        let purpose = format!("see whether the bucket `{bucket}` is empty");
        ask(
            self.gateway,
            &Ask::aws(&purpose, "s3:ListBucket", args),
            parse_is_empty,
        )
    }

    /// Whether the access control list of the account's own bucket lets in anybody but its owner.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub fn grants_to_others(&self, bucket: &BucketName, account: &AccountId) -> Result<bool, CallError> {
        let args = [
            "s3api",
            "get-bucket-acl",
            "--bucket",
            bucket.as_str(),
            "--expected-bucket-owner",
            account.as_str(),
        ];
        let purpose = format!("read the access control list of the bucket `{bucket}`");
        ask(
            self.gateway,
            &Ask::aws(&purpose, "s3:GetBucketAcl", args),
            parse_grants_to_others,
        )
    }
}

/// Reads `s3api list-objects-v2` by its query.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_is_empty(bytes: &[u8]) -> Result<bool, ParseFailure> {
    json(bytes).map(|raw: RawCount| raw.key_count == 0)
}

/// Reads `s3api get-bucket-acl`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_grants_to_others(bytes: &[u8]) -> Result<bool, ParseFailure> {
    let raw: RawAcl = json(bytes)?;
    Ok(raw
        .grants
        .iter()
        .any(|grant| grant.grantee.id.as_deref() != Some(raw.owner.id.as_str())))
}
