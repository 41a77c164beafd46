//! S3: one bucket.

mod contents;
mod settings;
mod write;

use crate::clients::call::{Ask, ask, formed, json};
use crate::clients::failure::{CallError, ErrorClass, ParseFailure};
use crate::clients::form::is_region;
use crate::gateway::Gateway;
use crate::model::{AccountId, BucketName};
use serde::Deserialize;

pub use contents::{parse_grants_to_others, parse_is_empty};
pub use settings::{
    BucketSettings, Encryption, PublicAccess, Versioning, parse_encryption, parse_ownership, parse_policy,
    parse_public_access, parse_tags, parse_versioning,
};

/// The client.
#[derive(Clone, Copy)]
pub struct S3<'a> {
    /// Where the commands go.
    pub gateway: &'a dyn Gateway,
}

/// What S3 says of a bucket's name. HEAD has no body, so the HTTP status is all there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// It is the account's own, in this region.
    Ours {
        /// Its region.
        region: String,
    },
    /// Nobody has it (404).
    Absent,
    /// 403: somebody else's, or ours and this caller may not look, or none and this caller may not ask.
    Forbidden {
        /// The tool's words.
        said: String,
    },
    /// 301: a bucket of this name stands in another region; whose it is was not said.
    Elsewhere {
        /// The tool's words.
        said: String,
    },
    /// The CLI itself refuses the name.
    NameRefused {
        /// The tool's words.
        said: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawHead {
    bucket_region: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawLocation {
    /// Null is us-east-1 (M:s3 `GetBucketLocationOutput`); a missing field is no answer.
    #[serde(deserialize_with = "Option::deserialize")]
    location_constraint: Option<String>,
}

impl S3<'_> {
    /// What stands under `bucket`, asked as the owner `account`: a bucket of another account that lets us in
    /// answers 200 without that and 403 with it, and it must not be taken for ours.
    ///
    /// # Errors
    /// [`CallError`] where S3's answer says nothing about the bucket.
    pub fn bucket(&self, bucket: &BucketName, account: &AccountId) -> Result<Bucket, CallError> {
        let args = [
            "s3api",
            "head-bucket",
            "--bucket",
            bucket.as_str(),
            "--expected-bucket-owner",
            account.as_str(),
        ];
        let question = Ask::aws(&format!("look at the bucket `{bucket}`"), "s3:ListBucket", args);
        match ask(self.gateway, &question, parse_head) {
            Ok(region) => Ok(Bucket::Ours { region }),
            // aws before 2.13.35, and some S3-compatible services, don't tell the region here.
            Err(error) if error.class == ErrorClass::BadOutput => Ok(Bucket::Ours {
                region: self.location(bucket, account)?,
            }),
            Err(error) => of_error(error),
        }
    }

    fn location(&self, bucket: &BucketName, account: &AccountId) -> Result<String, CallError> {
        let args = [
            "s3api",
            "get-bucket-location",
            "--bucket",
            bucket.as_str(),
            "--expected-bucket-owner",
            account.as_str(),
        ];
        let purpose = format!("read the region of the bucket `{bucket}`");
        ask(
            self.gateway,
            &Ask::aws(&purpose, "s3:GetBucketLocation", args),
            parse_location,
        )
    }
}

fn of_error(error: CallError) -> Result<Bucket, CallError> {
    match (error.code.as_deref(), error.class) {
        // By class too: the same codes from the call that gets a role's keys say nothing of the bucket.
        (Some("404" | "NoSuchBucket"), ErrorClass::Absent) => Ok(Bucket::Absent),
        (_, ErrorClass::Denied) => Ok(Bucket::Forbidden { said: error.said }),
        (Some("301" | "PermanentRedirect"), ErrorClass::Other) => Ok(Bucket::Elsewhere { said: error.said }),
        // The CLI's own check of the name; other bad usage is not the bucket's.
        (_, ErrorClass::BadUsage)
            if error
                .said
                .lines()
                .any(|line| line.trim().starts_with("Invalid bucket name")) =>
        {
            Ok(Bucket::NameRefused { said: error.said })
        }
        _ => Err(error),
    }
}

/// Reads the region from `s3api head-bucket`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_head(bytes: &[u8]) -> Result<String, ParseFailure> {
    let raw: RawHead = json(bytes)?;
    formed(raw.bucket_region, is_region, "BucketRegion")
}

/// Reads the region from `s3api get-bucket-location`.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_location(bytes: &[u8]) -> Result<String, ParseFailure> {
    let raw: RawLocation = json(bytes)?;
    match raw.location_constraint.as_deref() {
        None => Ok("us-east-1".to_owned()),
        Some("EU") => Ok("eu-west-1".to_owned()),
        Some(region) => formed(region.to_owned(), is_region, "LocationConstraint"),
    }
}
