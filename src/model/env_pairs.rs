//! What the env file gets of a run.

use super::{AccountId, BucketName, DnsProvider, Settings, Source};

/// What a run found out that the env file keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovered {
    /// The caller's account.
    pub account: Option<AccountId>,
    /// The bucket's name, where nobody gave one.
    pub bucket: Option<BucketName>,
    /// Who answers for the site's DNS, where nobody said so.
    pub dns_provider: Option<DnsProvider>,
}

/// The env file's keys and values in their order, from the settings and then from what was found.
/// A key without a value is left out: an empty one would say that the value is empty.
#[must_use]
pub fn env_pairs(settings: &Settings, found: &Discovered) -> Vec<(&'static str, String)> {
    let account = found.account.as_ref().or(settings.expected_account.as_ref());
    let bucket = settings
        .bucket
        .as_ref()
        .map(|b| &b.value)
        .or(found.bucket.as_ref());
    // Only one that the user named: a found one, once in the file, would be kept after it was replaced.
    let cert = settings.cert_arn.as_ref().map(|c| &c.value);
    let dns = settings
        .dns_provider
        .as_ref()
        .map(|d| d.value)
        .or(found.dns_provider);
    let pairs = [
        (
            "AWS_PROFILE",
            settings.profile.as_ref().map(|p| p.value.to_string()),
        ),
        ("AWS_REGION", Some(settings.region.value.to_string())),
        ("AWS_ACCOUNT_ID", account.map(ToString::to_string)),
        ("CLUSTER_NAME", Some(settings.cluster.value.to_string())),
        ("S3_BUCKET", bucket.map(ToString::to_string)),
        (
            "ROOT_DOMAIN",
            settings.root_domain.as_ref().map(|d| d.value.to_string()),
        ),
        (
            "SITE_DOMAIN",
            settings.site_domain.as_ref().map(|d| d.value.to_string()),
        ),
        ("CERT_ARN", cert.map(ToString::to_string)),
        ("NAMESPACE", Some(settings.namespace.value.to_string())),
        ("NODE_TYPE", Some(settings.node_type.value.to_string())),
        ("NODE_COUNT", Some(settings.node_count.value.to_string())),
        ("DNS_PROVIDER", dns.map(|d| d.to_string())),
        // Only where somebody said so: a later run must not open to everybody what was made internal.
        (
            "SITE_SCHEME",
            (settings.scheme.source != Source::Default).then(|| settings.scheme.value.to_string()),
        ),
        (
            "PREFLIGHT_HAS_BILLING",
            Some(settings.has_billing.value.to_string()),
        ),
        ("PREFLIGHT_HAS_ADMIN", Some(settings.has_admin.value.to_string())),
        ("PREFLIGHT_HAS_DNS", Some(settings.has_dns.value.to_string())),
    ];
    pairs
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
}
