//! The signed-off record of a run that carried a plan out: what was approved, by whom, what was written and how it
//! ended, what stands. It is one file beside the run's journal, `record.json`.

use super::evidence::CommandEntry;
use super::{ExecRecord, Failure, InstallEvidence, InstallStatus, StepAction, StepOutcome, StepReport};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a plan is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanTarget {
    /// The AWS account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The cluster.
    pub cluster: String,
    /// The namespace.
    pub namespace: String,
}

/// What was approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalKind {
    /// Whatever the plan was then: `--approve true`.
    True,
    /// One plan by its digest.
    Digest,
}

/// Who approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Approver {
    /// The caller's ARN as STS told it before the plan was made.
    pub sts_arn: String,
    /// The user's name here as the environment says it (`USER`, else `LOGNAME`); `uid-N` where it says none. Who may set
    /// variables may say any name: `uid` is the system's word.
    pub local_user: String,
    /// The user's number here, by the system.
    pub uid: u32,
    /// The machine without its name: 12 hexadecimal digits, the same as in the holder of the cluster's Lease.
    pub machine: String,
}

/// The approval under which a plan was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// What was approved.
    pub kind: ApprovalKind,
    /// The value of `--approve`: `true`, or the hexadecimal digits of a digest, or the first of them.
    pub value: String,
    /// Who gave it.
    pub by: Approver,
    /// When it was held against the plan and let it through, RFC 3339 in UTC.
    pub at: String,
}

/// One step of the plan, and how far it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedStep {
    /// Its phase.
    pub phase: String,
    /// Its stable name.
    pub id: String,
    /// What it does, as planned.
    pub action: StepAction,
    /// What, and why.
    pub detail: String,
    /// How far it came.
    pub outcome: StepOutcome,
    /// How many commands of it wrote, in this run.
    pub writes: u64,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_ms: Option<u64>,
}

impl RecordedStep {
    /// Its members by name: what a record has of a report's step.
    pub const MEMBERS: [&'static str; 7] = [
        "phase",
        "id",
        "action",
        "detail",
        "outcome",
        "writes",
        "durationMs",
    ];
}

impl From<&StepReport> for RecordedStep {
    fn from(step: &StepReport) -> Self {
        Self {
            phase: step.phase.clone(),
            id: step.id.clone(),
            action: step.action,
            detail: step.detail.clone(),
            outcome: step.outcome,
            writes: step.writes,
            duration_ms: step.duration_ms,
        }
    }
}

/// The signed-off record of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedRecord {
    /// Version of this document's shape. Fields may be added under the same number.
    pub schema_version: u32,
    /// The run.
    pub run: String,
    /// The command: `install`, or `default` (preflight, then install).
    pub command: String,
    /// The version of lakehouse that ran.
    pub lakehouse: String,
    /// When the run began, RFC 3339 in UTC.
    pub started_at: String,
    /// When it had come to its end and this was written, RFC 3339 in UTC.
    pub ended_at: String,
    /// Where the tools ran and which they were.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exec: Option<ExecRecord>,
    /// What the plan was for.
    pub target: PlanTarget,
    /// The plan's digest, `sha256:…`.
    pub plan_digest: String,
    /// Who approved it, how and when.
    pub approval: Approval,
    /// How the install stood at the end.
    pub status: InstallStatus,
    /// The last phase that stood, of those that were asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phase: Option<String>,
    /// The step that failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failed_step: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<Failure>,
    /// The plan's steps in their order.
    pub steps: Vec<RecordedStep>,
    /// Every command that could change anything, as the journal has it, in its order; also those of the lock in the cluster.
    pub writes: Vec<CommandEntry>,
    /// What stood at the end, by phase.
    pub evidence: InstallEvidence,
    /// Number of the journal's records, reads among them.
    pub journal_records: u64,
    /// Hash of the journal's last record.
    pub journal_hash: String,
    /// SHA-256, hexadecimal, of all other members: of their compact JSON with the names in order
    /// (`jq -cSj 'del(.hash)' record.json | sha256sum`).
    pub hash: String,
}
