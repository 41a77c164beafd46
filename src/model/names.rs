//! Names that refuse bad input and never rewrite it.

use std::fmt;
use std::str::FromStr;

/// Why a value was refused: the rule, and a value that would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}, for example {example}")]
pub struct BadInput {
    /// The rule that the value breaks, as a phrase that follows "must be" or "is".
    pub rule: String,
    /// A value that would do.
    pub example: String,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
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

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadInput;

            fn from_str(text: &str) -> Result<Self, BadInput> {
                Ok(Self(text.to_owned()))
            }
        }
    )*};
}

names! {
    /// An AWS account's twelve digits.
    AccountId;
    /// An S3 bucket's name.
    BucketName;
    /// The ARN of an ACM certificate.
    CertArn;
    /// An EKS cluster's name.
    ClusterName;
    /// A Kubernetes namespace.
    Namespace;
    /// An EC2 instance type.
    NodeType;
    /// An AWS profile's name.
    Profile;
    /// An AWS region.
    Region;
    /// The domain under which the site stands, in ASCII.
    RootDomain;
    /// The site's domain, in ASCII.
    SiteDomain;
}

/// How many nodes: 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeCount(u32);

impl NodeCount {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}
