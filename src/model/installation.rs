//! One installation: where it stands, and the marks by which its things are known.

use super::permissions::partition_of;
use super::{AccountId, ClusterName, Namespace, Region};
use sha2::{Digest, Sha256};
use std::fmt;

/// Tag or label of what an installation made. Set only by the call that creates the thing; its value is the
/// [`InstallationId`].
pub const CREATED_BY: &str = "lakehouse.ingext.io/created-by";
/// Tag or label of what was there before and is used: never deleted by us.
pub const USED_BY: &str = "lakehouse.ingext.io/used-by";

/// Where an installation stands: no other account, region, cluster or namespace is ever meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The AWS account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
    /// The cluster.
    pub cluster: ClusterName,
    /// The namespace.
    pub namespace: Namespace,
}

impl Target {
    /// The installation's id. It is made of the target alone, so that no file has to remember it.
    #[must_use]
    pub fn installation(&self) -> InstallationId {
        let text = format!(
            "{}/{}/{}/{}",
            self.account, self.region, self.cluster, self.namespace
        );
        InstallationId(format!("lh-{}", short_hash(&text)))
    }

    /// The partition of its ARNs, `aws`.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        partition_of(Some(&self.region))
    }

    /// The ARN of an IAM role of this account, by its name and without a path.
    #[must_use]
    pub fn role_arn(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:role/{name}", self.partition(), self.account)
    }
}

/// Names one installation in tags and labels: `lh-` and 16 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstallationId(String);

impl InstallationId {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstallationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `name` where it fits into `most` bytes; else its beginning and a hash of all of it, so that two long names that
/// begin alike stay two. The names given here are ASCII.
#[must_use]
pub fn fitted(name: &str, most: usize) -> String {
    if name.len() <= most {
        return name.to_owned();
    }
    let hash = short_hash(name);
    let hash = hash.get(..8).unwrap_or(&hash);
    let kept = name.get(..most.saturating_sub(9)).unwrap_or_default();
    format!("{kept}-{hash}")
}

/// 16 hexadecimal digits of SHA-256.
pub(super) fn short_hash(text: &str) -> String {
    use fmt::Write as _;
    Sha256::digest(text.as_bytes())
        .iter()
        .take(8)
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(cluster: &str, namespace: &str) -> Target {
        Target {
            account: "123456789012".parse().unwrap(),
            region: "us-east-2".parse().unwrap(),
            cluster: cluster.parse().unwrap(),
            namespace: namespace.parse().unwrap(),
        }
    }

    #[test]
    fn two_installations_have_two_ids_and_one_has_always_the_same() {
        let ids = [target("a", "b"), target("a", "c"), target("b", "b")].map(|it| it.installation());
        assert_ne!(ids[0], ids[1]);
        assert_ne!(ids[0], ids[2]);
        assert_eq!(ids[0], target("a", "b").installation());
        assert_eq!(ids[0].as_str().len(), 19);
    }

    #[test]
    fn a_name_that_is_too_long_keeps_its_beginning_and_stays_its_own() {
        assert_eq!(fitted("short", 64), "short");
        let (one, other) = (format!("{}1", "n".repeat(70)), format!("{}2", "n".repeat(70)));
        assert_eq!(fitted(&one, 64).len(), 64);
        assert_ne!(fitted(&one, 64), fitted(&other, 64));
    }
}
