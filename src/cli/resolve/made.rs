//! Values of the env file that this program made itself: they follow what they were made from.
//!
//! A run writes the bucket `<cluster>-<account>` and the site `lakehouse.k8.<root>` into the env file. Read back
//! they must not outlive their origin: another `--cluster` would share the first one's bucket.

use super::lookup::{Given, Lookup};
use crate::model::{RootDomain, SiteDomain, Source};

/// Whether this is the site that an earlier run made from the env file's own root domain.
pub(super) fn is_made_site(lookup: &Lookup<'_>, given: &Given) -> bool {
    let root = lookup
        .in_file("ROOT_DOMAIN")
        .and_then(|root| root.text.parse::<RootDomain>().ok());
    given.source == Source::EnvFile
        && root
            .and_then(|root| SiteDomain::of(&root).ok())
            .is_some_and(|made| made.as_str() == given.text)
}

/// Whether this is the bucket that an earlier run made from the env file's own cluster and account.
pub(super) fn is_made_bucket(lookup: &Lookup<'_>, given: &Given) -> bool {
    let text = |key| lookup.in_file(key).map(|given| given.text);
    let (Some(cluster), Some(account)) = (text("CLUSTER_NAME"), text("AWS_ACCOUNT_ID")) else {
        return false;
    };
    given.source == Source::EnvFile && given.text == format!("{}-{account}", cluster.to_ascii_lowercase())
}
