//! The product's contract as types: what a run prints on stdout (`../shared/contract.md`).
//!
//! Everything here is data. Fields grow and never change their meaning; `lakehouse schema` prints
//! the JSON Schema of [`Report`].

pub mod codes;
pub mod command_record;
pub mod evidence;
pub mod failure;
pub mod finding;
pub mod install;
pub mod install_evidence;
pub mod phase_evidence;
pub mod preflight;
pub mod preflight_evidence;
pub mod run_record;
pub mod signed_record;
pub mod toolbox;

pub use codes::Code;
pub use command_record::{CommandRecord, Effect, ExecMode};
pub use evidence::{EvidenceReport, RunEntry, RunState, Verification, VerificationStatus};
pub use failure::Failure;
pub use finding::{Finding, Note, Outcome};
pub use install::{
    InstallReport, InstallStatus, StepAction, StepOutcome, StepReport, UpgradeOutcome, UpgradeReport,
};
pub use install_evidence::{ComputeEvidence, EksEvidence, InstallEvidence, StorageEvidence};
pub use phase_evidence::{
    CoreEvidence, DatalakeEvidence, IngressEvidence, RecordEvidence, ReleaseEvidence, SiteEvidence,
    StreamEvidence, TargetsEvidence, WorkloadEvidence,
};
pub use preflight::{PreflightEvidence, PreflightReport, PreflightStatus};
pub use preflight_evidence::{
    ClusterInside, CostEstimate, CostItem, DelegationEvidence, DeniedAction, PermissionEvidence, QuotaUse,
};
pub use run_record::{ExecRecord, RunRecord};
pub use signed_record::{Approval, ApprovalKind, Approver, PlanTarget, RecordedStep, SignedRecord};
pub use toolbox::ToolboxReport;

pub mod event;
pub mod progress;

pub use event::{Event, EventLine};
pub use progress::{Progress, StepWaits, Unseen};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The one JSON document a run prints on stdout.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of this document's shape. Fields may be added under the same number.
    pub schema_version: u32,
    /// What ran, where, and where its journal is.
    pub run: RunRecord,
    /// The preflight's findings; present when the run made one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preflight: Option<PreflightReport>,
    /// The install's plan or result; present when the run came to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install: Option<InstallReport>,
    /// The toolbox image; present for `lakehouse toolbox …`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolbox: Option<ToolboxReport>,
    /// The evidence of earlier runs; present for `lakehouse evidence …`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceReport>,
    /// What stopped the run, when it could not do what it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// The shape that [`Report::schema_version`] names.
pub const SCHEMA_VERSION: u32 = 1;
