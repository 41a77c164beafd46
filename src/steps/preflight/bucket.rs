//! Check `s3-bucket`: the bucket's name is free, or the bucket is ours and stands in this region.

use super::checked::{Checked, unknown};
use crate::clients::aws::S3;
use crate::clients::aws::s3::Bucket;
use crate::clients::{Asker, CallError};
use crate::gateway::Gateway;
use crate::model::{AccountId, BadInput, BucketName, ClusterName};
use crate::report::{Code, Finding, PreflightEvidence};
use std::time::Instant;

/// The check's id.
pub const ID: &str = "s3-bucket";

/// The bucket that is used where none was named: `<cluster in lower case>-<account>`.
///
/// # Errors
/// [`BadInput`] where that is no bucket's name.
pub fn default_bucket(cluster: &ClusterName, account: &AccountId) -> Result<BucketName, BadInput> {
    format!("{}-{account}", cluster.as_str().to_ascii_lowercase()).parse()
}

/// Looks at the bucket.
#[must_use]
pub fn run(
    gateway: &dyn Gateway,
    bucket: Result<&BucketName, &BadInput>,
    account: &AccountId,
    asker: &Asker<'_>,
) -> Checked {
    let start = Instant::now();
    match bucket {
        Ok(bucket) => decide(S3 { gateway }.bucket(bucket, account), bucket, account, asker).timed(start),
        Err(refused) => Finding::fail(
            ID,
            Code::S3BucketNameInvalid,
            format!(
                "The cluster's name and account {account} make no bucket name that S3 takes: it must be {}.",
                refused.rule
            ),
        )
        .remedy("Name a bucket with `--bucket`.")
        .into(),
    }
}

/// Judges what S3 said.
#[must_use]
pub fn decide(
    found: Result<Bucket, CallError>,
    bucket: &BucketName,
    account: &AccountId,
    asker: &Asker<'_>,
) -> Checked {
    let other = format!(
        "Choose another name with `--bucket`, for example `--bucket {}`.",
        another(bucket, account)
    );
    let seen = |exists, region: Option<String>| PreflightEvidence {
        s3_bucket_exists: Some(exists),
        s3_bucket_region: region,
        ..PreflightEvidence::default()
    };
    match found {
        Ok(Bucket::Absent) => {
            Checked::from(Finding::pass(ID, format!("The bucket name `{bucket}` is free: install will make the bucket.")))
                .seen(seen(false, None))
        }
        Ok(Bucket::Ours { region }) if region == asker.region.as_str() => Checked::from(Finding::pass(
            ID,
            format!("The bucket `{bucket}` exists, is account {account}'s own, and stands in {region}."),
        ))
        .seen(seen(true, Some(region))),
        Ok(Bucket::Ours { region }) => Checked::from(
            Finding::fail(
                ID,
                Code::S3BucketWrongRegion,
                format!("The bucket `{bucket}` is account {account}'s own, but stands in {region}, not in {}.", asker.region),
            )
            .remedy(format!("{other} Or install where the bucket is: `--region {region}`.")),
        )
        .seen(seen(true, Some(region))),
        Ok(Bucket::Forbidden { said }) => Finding::fail(
            ID,
            Code::S3BucketTaken,
            format!(
                "S3 does not let this caller look at the bucket `{bucket}` as account {account}'s own: this caller lacks `s3:ListBucket`, or it belongs to another account."
            ),
        )
        // A caller who lacks the permission is refused under every name: another one helps only who has it.
        .remedy(format!("If other checks are denied too, or the bucket is yours: ask the account's administrator to allow `s3:ListBucket` for this caller. Otherwise: {other}"))
        .said(said)
        .into(),
        Ok(Bucket::Elsewhere { said }) => Finding::fail(
            ID,
            Code::S3BucketTaken,
            format!("A bucket `{bucket}` exists in a region other than {}; whose it is, S3 did not say.", asker.region),
        )
        .remedy(format!("{other} If it is yours: `aws s3api get-bucket-location --bucket {bucket}{}` names its region.", asker.flag()))
        .said(said)
        .into(),
        Ok(Bucket::NameRefused { said }) => {
            Finding::fail(ID, Code::S3BucketNameInvalid, format!("The name `{bucket}` is none that S3 takes."))
                .remedy(other)
                .said(said)
                .into()
        }
        Err(error) => {
            let mut finding = unknown(ID, &format!("Whether the bucket `{bucket}` is free"), &error, asker);
            // 400 without a body: S3 says so of expired keys, of a wrong region and of a name alike.
            if error.code.as_deref() == Some("400") {
                finding.remediation = Some(format!(
                    "Run again: keys that expired meanwhile are then named by the identity check. If it stays: `aws s3api head-bucket --bucket {bucket} --debug{}`.",
                    asker.flag()
                ));
            }
            finding.into()
        }
    }
}

/// A name that would do: short enough for S3 whatever the first one was.
fn another(bucket: &BucketName, account: &AccountId) -> String {
    let stem: String = bucket.as_str().chars().take(40).collect();
    let stem = stem
        .trim_end_matches(['-', '.'])
        .trim_end_matches(account.as_str())
        .trim_end_matches(['-', '.']);
    let stem = if stem.is_empty() { "lakehouse" } else { stem };
    format!("{stem}-2-{account}")
}
