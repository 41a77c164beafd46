//! One line of the event stream (`--events`): what a run does, as it does it.

use super::{Code, CommandRecord, ExecMode, Finding, Report, SCHEMA_VERSION, StepReport};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What the first line's `schema` says: the command that prints the schema of every line.
pub const EVENTS_SCHEMA: &str = "lakehouse schema events";

/// One line of the event stream.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventLine {
    /// Version of the lines' shape. Fields and events may be added under the same number: skip what is not known.
    pub schema_version: u32,
    /// The run's name, as in the report's `run.id`; a file may hold several runs.
    pub run: String,
    /// Number of this line in its run, from 1, without holes.
    pub seq: u64,
    /// When it happened, RFC 3339 in UTC.
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// The first line: the run began.
    Started {
        /// The command that prints the schema of every line.
        schema: String,
        /// The command, as in the report's `run.command`.
        command: String,
        /// Where the tools will run, where `--exec` says so; else each `command` says where it ran.
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<ExecMode>,
        /// The version of lakehouse.
        version: String,
        /// Whether the run refuses whatever would change something.
        read_only: bool,
    },
    /// Something began that takes a while.
    Step {
        /// What, for people.
        text: String,
    },
    /// A line that a builder or another long command printed, redacted; untrusted text. Only some are told.
    Line {
        /// The line.
        text: String,
        /// How many lines before it were left out, because too many came at once.
        #[serde(skip_serializing_if = "is_zero", default)]
        skipped: u64,
    },
    /// A command of one of the four tools has ended. The same record stands in the journal.
    Command {
        /// The tool: `aws`, `eksctl`, `kubectl` or `helm`.
        tool: String,
        /// The record.
        command: CommandRecord,
    },
    /// A check was judged. The same finding stands in the report's `preflight.checks`.
    Finding {
        /// The finding.
        finding: Finding,
    },
    /// A step of the install begins (its outcome is `planned`), or has come to its end. The last one of each step stands
    /// in the report's `install.steps`.
    InstallStep {
        /// The step.
        step: StepReport,
    },
    /// A step of the install waits for something that comes by itself: at each change of what, or of why it is not there
    /// yet, and each 15 seconds.
    InstallWaits {
        /// The step's name.
        step: String,
        /// What it waits for, for people.
        text: String,
        /// How long the step is being carried out, in seconds.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        elapsed_seconds: Option<u64>,
        /// How long it usually takes, in seconds.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        usual_seconds: Option<u64>,
        /// Why that is not there yet, where it is known: the gravest reason's code.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        code: Option<Code>,
        /// That reason, for people.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        why: Option<String>,
    },
    /// The user should know this.
    Note {
        /// The sentence.
        text: String,
    },
    /// The reader was too slow: lines before this one were left out. The report is still whole.
    Dropped {
        /// How many.
        count: u64,
    },
    /// The last line: how the run ended. Without it, the run was killed or its stream was cut.
    Report {
        /// `ready`, `blocked`, `needs_input`, `failed`, `interrupted` or another status of the report's last part.
        status: String,
        /// The exit code of the program.
        exit_code: i32,
        /// The whole report, as stdout has it.
        report: Box<Report>,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl EventLine {
    /// The line of `event`, the `seq`-th of `run`, that happens now.
    #[must_use]
    pub fn now(run: &str, seq: u64, event: Event) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            run: run.to_owned(),
            seq,
            at: jiff::Timestamp::now().to_string(),
            event,
        }
    }

    /// The JSON Schema of a line: one schema for each event, each whole, so that a reader can take one by itself.
    #[must_use]
    pub fn schema() -> Value {
        let mut schema = Value::from(schemars::schema_for!(Self));
        let Some(top) = schema.as_object_mut() else {
            return schema;
        };
        let base = top.remove("properties").unwrap_or_default();
        let required = top.remove("required").unwrap_or_default();
        top.remove("type");
        for variant in top
            .get_mut("oneOf")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            let Some(variant) = variant.as_object_mut() else {
                continue;
            };
            prepend(variant, &base, &required);
        }
        top.insert("title".to_owned(), "One line of `lakehouse --events`".into());
        schema
    }
}

/// Puts the members that every line has before those of one event.
fn prepend(variant: &mut Map<String, Value>, base: &Value, required: &Value) {
    let mut properties = base.as_object().cloned().unwrap_or_default();
    if let Some(Value::Object(own)) = variant.remove("properties") {
        properties.extend(own);
    }
    let mut names = required.as_array().cloned().unwrap_or_default();
    if let Some(Value::Array(own)) = variant.remove("required") {
        names.extend(own);
    }
    variant.insert("properties".to_owned(), properties.into());
    variant.insert("required".to_owned(), names.into());
}
