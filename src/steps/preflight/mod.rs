//! The preflight: one file a check, each with a pure `decide`. A check that could not be made is never a pass.

pub mod account;
pub mod bucket;
pub mod certificate;
pub mod chart_registry;
pub mod checked;
pub mod cluster;
pub mod cluster_version;
pub mod cost;
pub mod delegation;
pub mod dns_record;
pub mod domain;
pub mod hosted;
pub mod identity;
pub mod inputs;
pub mod inside;
pub mod instance_type;
pub mod making;
pub mod permissions;
pub mod quotas;
pub mod readiness;
pub mod run;
pub mod sso_session;
pub mod tools;
pub mod zone;

pub use checked::{Checked, merge};
pub use inputs::{CertNamed, CredentialInputs, DnsProvider, PreflightInputs};
pub use run::{PreflightOutcome, run_all, run_all_told};
