//! The plan in words for people.

use super::plan::{Plan, PlannedStep};
use crate::clients::explain::quoted;
use crate::model::Target;
use crate::report::{CostEstimate, StepAction};
use crate::steps::install::{Decision, Write, WriteTo};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A command as a person would type it; kubeconfig and context stand for the run's private ones.
#[must_use]
pub fn command(write: &Write) -> String {
    let spec = &write.ask.spec;
    let mut words: Vec<String> = spec.argv().iter().map(|word| quoted(word)).collect();
    if write.to == WriteTo::Cluster {
        words.push("…".to_owned());
    }
    words.join(" ")
}

/// The command line that was typed, with `approve` in the place of its approval, quoted for a shell. `typed` are its
/// flags by name; what came by variables and the env file comes so again.
#[must_use]
pub fn line(command: &str, typed: &BTreeMap<String, String>, approve: Option<&str>) -> String {
    let mut words = vec!["lakehouse".to_owned()];
    if command != "default" {
        words.push(command.to_owned());
    }
    let kept = typed
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "action" | "approve"));
    for (name, value) in kept {
        words.push(format!("--{name}={}", quoted(value)));
    }
    if let Some(approve) = approve {
        words.push(format!("--approve={}", quoted(approve)));
    }
    words.join(" ")
}

/// `1 min`, `20 s`.
#[must_use]
pub fn lasting(seconds: u64) -> String {
    if seconds < 90 {
        format!("{seconds} s")
    } else {
        format!("{} min", seconds.div_ceil(60))
    }
}

/// The word of an action.
const fn word(action: StepAction) -> &'static str {
    match action {
        StepAction::Unchanged => "unchanged",
        StepAction::Create => "create",
        StepAction::Update => "update",
        StepAction::Adopt => "adopt",
        StepAction::Unknown => "unknown",
    }
}

/// The whole plan.
#[must_use]
pub fn plan(plan: &Plan, target: &Target, cost: Option<&CostEstimate>) -> String {
    let mut text = format!(
        "Account {}, region {}, cluster {}, namespace {}.\n",
        target.account, target.region, target.cluster, target.namespace
    );
    let mut phase = None;
    for planned in &plan.steps {
        let of = planned.step.phase();
        if phase != Some(of) {
            phase = Some(of);
            let _ = writeln!(text, "Phase {}: {}", of as usize + 1, of.name());
        }
        step(&mut text, planned);
    }
    if plan.is_done() {
        text.push_str("Nothing is to be done: all of it stands.\n");
        return text;
    }
    let _ = writeln!(text, "Usually takes {}.", lasting(usual(plan)));
    match cost {
        Some(cost) if cost.monthly > 0.0 => {
            let _ = writeln!(
                text,
                "What is new costs about {:.0} {} a month, by list prices of {}, without {}.",
                cost.monthly,
                cost.currency,
                cost.prices_as_of,
                cost.not_counted.join(", ")
            );
        }
        _ if plan.has_price() => text.push_str("What is new costs is not known: see the check `cost`.\n"),
        _ => text.push_str("Nothing of it has a price by itself; what is stored and used in it has.\n"),
    }
    text
}

fn step(text: &mut String, planned: &PlannedStep) {
    let detail = planned
        .decision()
        .map_or("how it stands is unknown", |decision| decision.detail.as_str());
    let _ = writeln!(
        text,
        "  {:<9} {:<20} {detail}",
        word(planned.action()),
        planned.step.id()
    );
    for write in planned.decision().map(Decision::writes).unwrap_or_default() {
        let _ = writeln!(text, "            $ {}", command(write));
    }
    for document in &planned.documents {
        let _ = writeln!(text, "            {document}");
    }
}

/// How long the longest way through the open steps usually takes, in seconds.
#[must_use]
pub fn usual(plan: &Plan) -> u64 {
    let mut ends: Vec<(&str, u64)> = Vec::new();
    for planned in &plan.steps {
        let begin = planned
            .step
            .after()
            .iter()
            .filter_map(|before| ends.iter().find(|(id, _)| id == before))
            .map(|(_, end)| *end)
            .max()
            .unwrap_or_default();
        ends.push((planned.step.id(), begin + planned.usual()));
    }
    ends.iter().map(|(_, end)| *end).max().unwrap_or_default()
}
