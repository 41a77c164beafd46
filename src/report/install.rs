//! The install's part of a report: the plan, how far it came, and what stands.

use super::install_evidence::InstallEvidence;
use super::preflight::Next;
use super::{Approval, CostEstimate, Failure, Note, PlanTarget};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the install stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstallStatus {
    /// Waits for an input, named in `required`: `approve`, with the plan that it is for.
    NeedsInput,
    /// Every phase up to `phase` stands.
    CompletedPhase,
    /// All phases stand.
    Completed,
    /// Can't begin; `blockers` say why. Nothing was changed by this run.
    Blocked,
    /// Stopped at a failure; `failure` says at which step and why, `steps` what stands.
    Failed,
    /// Stopped by a signal; `steps` say what stands, and the same command goes on.
    Interrupted,
}

/// What a step does to the account or the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepAction {
    /// All is as it should be: nothing is written.
    Unchanged,
    /// The thing is not there and is made.
    Create,
    /// The thing is there and is changed.
    Update,
    /// The thing was made by somebody else and is used as it stands, or with what is named added to it.
    Adopt,
    /// Not known: it could not be looked at, or stands in the way.
    Unknown,
}

/// How far a step came in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// Planned, and not begun.
    Planned,
    /// Looked at again and found as it should be.
    Verified,
    /// Written, looked at again and found as it should be.
    Done,
    /// Began and failed: see `failure`.
    Failed,
    /// Began and was stopped by a signal, or by another step's failure.
    Stopped,
}

/// One step of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// Its phase: `foundation`, `storage`, `compute`, …
    pub phase: String,
    /// Its stable name, for example `cluster`.
    pub id: String,
    /// What it does, as planned.
    pub action: StepAction,
    /// What, and why.
    pub detail: String,
    /// How far it came.
    pub outcome: StepOutcome,
    /// The commands that will write, quoted for a shell; documents go by stdin.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub commands: Vec<String>,
    /// Paths of the documents that the commands read: `ClusterConfig`, templates, values.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub documents: Vec<String>,
    /// How long it usually takes, in seconds; 0 where it waits for nothing.
    pub usual_seconds: u64,
    /// How many commands of it wrote, in this run.
    pub writes: u64,
    /// How long it took in this run, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_ms: Option<u64>,
}

/// How a release that is brought to another version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpgradeOutcome {
    /// The plan has it.
    Planned,
    /// It has the new version.
    Done,
    /// It failed, and the release has the version that it had.
    BroughtBack,
    /// Another step failed first, or the run was stopped: it has the version that it had.
    NotBegun,
    /// It was begun and did not come to its end: which version it has, the next run looks at.
    Unfinished,
}

/// A release that is brought to another version of its chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeReport {
    /// The step that does it.
    pub step: String,
    /// The release.
    pub release: String,
    /// Its namespace.
    pub namespace: String,
    /// Its chart.
    pub chart: String,
    /// The version that it had.
    pub from: String,
    /// The locked one.
    pub to: String,
    /// The one that it has at the end of this run; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub now: Option<String>,
    /// How it ended.
    pub outcome: UpgradeOutcome,
}

/// The install's plan, gate and outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallReport {
    /// How it stands.
    pub status: InstallStatus,
    /// Inputs that are missing, for example `approve`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub required: Vec<String>,
    /// The plan for people.
    pub plan: String,
    /// The plan's digest, `sha256:…`: what `--approve DIGEST` names. Absent where no plan could be made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plan_digest: Option<String>,
    /// What the plan is for. Absent where no plan could be made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<PlanTarget>,
    /// Under which approval the plan was carried out. Absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub approval: Option<Approval>,
    /// The steps, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub steps: Vec<StepReport>,
    /// The releases that are brought to another version, in their order, and which one each has.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub upgrades: Vec<UpgradeReport>,
    /// What is new costs a month; absent where nothing is new or no price is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cost: Option<CostEstimate>,
    /// How long all of it usually takes, in seconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub usual_seconds: Option<u64>,
    /// The last phase that stands, of those that were asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phase: Option<String>,
    /// What stands, by phase.
    #[serde(default)]
    pub evidence: InstallEvidence,
    /// The step that failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failed_step: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<Failure>,
    /// Why it can't begin, or could not go on.
    pub blockers: Vec<Note>,
    /// What to do.
    pub remediation: Vec<Note>,
    /// What should be known and stops nothing.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<Note>,
    /// What comes next.
    pub next: Next,
    /// The command line that goes on from here, quoted for a shell: with the approval of this very plan where that is
    /// what is missing. Absent where nothing is left to run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub command: Option<String>,
}
