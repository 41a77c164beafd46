//! Why a bucket can't be used, and what to do.

use super::{Facts, wanted};
use crate::clients::aws::s3::Bucket;
use crate::clients::explain::quoted;
use crate::report::Code;
use crate::steps::install::storage::policy;
use crate::steps::install::{Decision, Desired, Stop};

/// What somebody else's bucket is used for, and would lose.
pub(super) fn in_the_way(desired: &Desired, facts: &Facts, is_ours: bool) -> Vec<Stop> {
    let bucket = &desired.bucket;
    let flag = desired.asker().flag();
    let name = quoted(bucket.as_str());
    let mut stops = Vec::new();
    let public = facts
        .settings
        .policy
        .as_ref()
        .map(policy::public_statements)
        .unwrap_or_default();
    if !public.is_empty() {
        stops.push(Stop::new(
            Code::BucketPublic,
            format!(
                "The policy of the bucket `{bucket}` lets everybody in ({} of its statements): what the lake keeps would be public, or whoever reads the bucket today would be shut out.",
                public.len()
            ),
            format!(
                "Name another bucket with `--bucket`, or take those statements out: `aws s3api get-bucket-policy --bucket {name} --query Policy --output text{flag}` shows them."
            ),
        ));
    }
    if !is_ours && facts.grants_to_others {
        stops.push(Stop::new(
            Code::BucketAclsInUse,
            format!(
                "The access control list of the bucket `{bucket}` lets others in; the install would take its effect away."
            ),
            format!(
                "Name another bucket with `--bucket`, or take those grants away: `aws s3api get-bucket-acl --bucket {name}{flag}` shows them, `aws s3api put-bucket-acl --bucket {name} --acl private{flag}` removes them all."
            ),
        ));
    }
    stops
}

pub(super) fn blocked(desired: &Desired, found: &Bucket) -> Decision {
    let (bucket, target) = (&desired.bucket, &desired.target);
    let other = "Choose another name with `--bucket`.";
    let stop = match found {
        Bucket::Ours { region } => Stop::new(
            Code::S3BucketWrongRegion,
            format!(
                "The bucket `{bucket}` is account {}'s own, but stands in {region}, not in {}.",
                target.account, target.region
            ),
            format!("{other} Or install where the bucket is: `--region {region}`."),
        ),
        Bucket::Forbidden { said } => Stop::new(
            Code::S3BucketTaken,
            format!(
                "S3 does not let this caller look at the bucket `{bucket}` as account {}'s own: it belongs to another account, or this caller lacks `s3:ListBucket`.",
                target.account
            ),
            format!("{other} If it is yours: ask the account's administrator to allow `s3:ListBucket` on it."),
        )
        .said(said),
        Bucket::Elsewhere { said } => Stop::new(
            Code::S3BucketTaken,
            format!(
                "A bucket `{bucket}` exists in a region other than {}; whose it is, S3 did not say.",
                target.region
            ),
            format!(
                "{other} If it is yours: `aws s3api get-bucket-location --bucket {}{}` names its region.",
                quoted(bucket.as_str()),
                desired.asker().flag()
            ),
        )
        .said(said),
        Bucket::NameRefused { said } => Stop::new(
            Code::S3BucketNameInvalid,
            format!("The name `{bucket}` is none that S3 takes."),
            other,
        )
        .said(said),
        Bucket::Absent => Stop::new(Code::Internal, Code::Internal.meaning(), Code::Internal.remedy()),
    };
    Decision::blocked(
        format!("The bucket `{bucket}` can't be used."),
        wanted(desired),
        vec![stop],
    )
}
