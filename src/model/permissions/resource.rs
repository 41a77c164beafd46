//! Resources of AWS by pattern, with placeholders for what one installation is about.

use crate::model::{AccountId, BucketName, ClusterName, Namespace, Region};

/// A resource as a policy names it, and one of its kind to ask a simulation about.
///
/// Placeholders: `{partition}`, `{region}`, `{account}`, `{cluster}`, `{bucket}`, `{namespace}`. The ARNs' forms are
/// those of AWS's Service Authorization Reference.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    /// As in a policy's `Resource`.
    pub pattern: &'static str,
    /// A resource that fits the pattern.
    pub sample: &'static str,
    /// Whether the sample stands for the very thing that install will touch. A denial on another one proves
    /// nothing: the caller may be allowed just the right one.
    pub exact: bool,
}

impl Resource {
    /// Everything: the action takes no resource, or AWS has no finer rule for it.
    pub const ANY: Self = Self::named("*");

    /// A resource whose name is known.
    pub(super) const fn named(pattern: &'static str) -> Self {
        Self::like(pattern, pattern)
    }

    /// A resource whose name AWS or eksctl finishes, and one that is like it.
    pub(super) const fn like(pattern: &'static str, sample: &'static str) -> Self {
        Self {
            pattern,
            sample,
            exact: true,
        }
    }

    /// A resource that is not known before it was looked for.
    pub(super) const fn unknown(pattern: &'static str, sample: &'static str) -> Self {
        Self {
            pattern,
            sample,
            exact: false,
        }
    }
}

/// What stands for the placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// `aws`, `aws-us-gov`, …
    pub partition: String,
    /// Twelve digits, or `*`.
    pub account: String,
    /// The region, or `*`.
    pub region: String,
    /// The cluster.
    pub cluster: String,
    /// The bucket, or a pattern of it.
    pub bucket: String,
    /// The namespace.
    pub namespace: String,
}

impl Scope {
    /// What one installation is about. Without an account or a region theirs is any; without a bucket it is the
    /// default one, by a pattern where the account is not known.
    #[must_use]
    pub fn new(
        partition: &str,
        account: Option<&AccountId>,
        region: Option<&Region>,
        cluster: &ClusterName,
        bucket: Option<&BucketName>,
        namespace: &Namespace,
    ) -> Self {
        let any = || "*".to_owned();
        let account = account.map_or_else(any, ToString::to_string);
        let bucket = bucket.map_or_else(
            || format!("{}-{account}", cluster.as_str().to_ascii_lowercase()),
            |bucket| bucket.as_str().to_owned(),
        );
        Self {
            partition: partition.to_owned(),
            account,
            region: region.map_or_else(any, ToString::to_string),
            cluster: cluster.as_str().to_owned(),
            bucket,
            namespace: namespace.as_str().to_owned(),
        }
    }

    /// `text` with each placeholder filled in.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        text.replace("{partition}", &self.partition)
            .replace("{account}", &self.account)
            .replace("{region}", &self.region)
            .replace("{cluster}", &self.cluster)
            .replace("{bucket}", &self.bucket)
            .replace("{namespace}", &self.namespace)
    }
}

/// The partition of a region (botocore's `partitions.json`; the ones that this product is made for).
#[must_use]
pub fn partition_of(region: Option<&Region>) -> &'static str {
    match region.map(Region::as_str) {
        Some(region) if region.starts_with("cn-") => "aws-cn",
        Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
