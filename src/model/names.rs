//! Names that refuse bad input and never rewrite it.
//!
//! Each rule is a phrase that follows "must be", each example is a value that would do: together they
//! make the one line that a refused value is answered with.

mod account_id;
mod bucket_name;
mod cert_arn;
mod chart_registry;
mod cluster_name;
mod domain;
mod namespace;
mod node;
mod profile;
mod region;
mod run_name;
mod subnets;

pub use account_id::AccountId;
pub use bucket_name::BucketName;
pub use cert_arn::CertArn;
pub use chart_registry::ChartRegistry;
pub use cluster_name::ClusterName;
pub use domain::{RootDomain, SiteDomain};
pub use namespace::Namespace;
pub use node::{NodeCount, NodeType};
pub use profile::Profile;
pub use region::Region;
pub use run_name::RunName;
pub use subnets::{SubnetId, Subnets};

/// Why a value was refused: the rule, and a value that would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}, for example {example}")]
pub struct BadInput {
    /// The rule that the value breaks, as a phrase that follows "must be" or "is".
    pub rule: String,
    /// A value that would do.
    pub example: String,
}

impl BadInput {
    /// A refusal by `rule`, with `example` as a value that would do.
    #[must_use]
    pub fn new(rule: impl Into<String>, example: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            example: example.into(),
        }
    }
}

/// Makes a name of a text type: the text is kept byte for byte, and `check` alone decides.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text, exactly as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::model::BadInput;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $check(text)?;
                Ok(Self(text.to_owned()))
            }
        }
    };
}
pub(crate) use name;

/// Whether `text` is a DNS label in lower case: letters, digits and inner `-`, at most 63 (RFC 1123, 2.1).
fn is_dns_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
