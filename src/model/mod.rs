//! Names that refuse bad input and never rewrite it, and the checked settings of one run. No I/O.

pub mod names;

pub use names::{
    AccountId, BadInput, BucketName, CertArn, ClusterName, Namespace, NodeCount, NodeType, Profile, Region, RootDomain,
    SiteDomain,
};
