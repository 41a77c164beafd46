//! The install's part of the text: the plan, how far it came, what stands, and the command that goes on.

use super::Style;
use crate::gateway::redact::printable;
use crate::report::{
    CostEstimate, IngressEvidence, InstallEvidence, InstallReport, InstallStatus, Note, StepAction,
    StepOutcome, StepReport, WorkloadEvidence,
};
use std::fmt::Write as _;

/// How wide the columns of actions and steps are.
const ACTION: usize = 10;
const STEP: usize = 20;

/// The whole part.
#[must_use]
pub fn install(install: &InstallReport, style: Style) -> String {
    let mut text = format!("\n{}\n", style.over("1", title(install.status)));
    // Where it is, and what the plan leaves for later; the steps themselves come from the data.
    for line in install
        .plan
        .lines()
        .take_while(|line| !line.starts_with("Phase "))
    {
        text.push_str(&style.hang("", 0, &printable(line)));
    }
    steps(&mut text, install, style);
    if matches!(install.status, InstallStatus::NeedsInput | InstallStatus::Blocked) {
        expected(&mut text, install, style);
    }
    evidence(&mut text, &install.evidence, style);
    for warning in &install.warnings {
        note(&mut text, &style.over("33", "!"), warning, style);
    }
    if let Some(failure) = &install.failure {
        text.push('\n');
        text.push_str(&super::failure(failure, style));
    } else {
        for blocker in &install.blockers {
            note(&mut text, &style.over("31", "✗"), blocker, style);
        }
        let mut told: Vec<&str> = Vec::new();
        for remedy in &install.remediation {
            if !told.contains(&remedy.message.as_str()) {
                told.push(&remedy.message);
                text.push_str(&style.hang("  → ", 4, &printable(&remedy.message)));
            }
        }
    }
    text.push('\n');
    text.push_str(&style.hang("", 0, &printable(&install.next.reason)));
    if let Some(command) = &install.command {
        // One line, whatever the width is: it is there to be copied.
        let _ = writeln!(text, "  {}", style.over("1", &printable(command)));
    }
    text
}

const fn title(status: InstallStatus) -> &'static str {
    match status {
        InstallStatus::NeedsInput => "Install: a plan that waits for approval",
        InstallStatus::CompletedPhase | InstallStatus::Completed => "Install: stands",
        InstallStatus::Blocked => "Install: blocked, nothing was changed",
        InstallStatus::Failed => "Install: failed",
        InstallStatus::Interrupted => "Install: interrupted",
    }
}

fn steps(text: &mut String, install: &InstallReport, style: Style) {
    let ran = install
        .steps
        .iter()
        .any(|step| step.outcome != StepOutcome::Planned);
    let mut phase = "";
    for step in &install.steps {
        if step.phase != phase {
            phase = &step.phase;
            let _ = writeln!(text, "{}", style.over("1", phase));
        }
        let (mark, word) = if ran {
            outcome(step.outcome, style)
        } else {
            action(step, style)
        };
        let lead = format!("{mark} {word:<ACTION$} {:<STEP$} ", step.id);
        let mut detail = printable(&step.detail);
        if let Some(took) = step.duration_ms.filter(|_| step.outcome == StepOutcome::Done) {
            let _ = write!(detail, " ({})", lasting(took.div_ceil(1000)));
        }
        text.push_str(&style.hang(&lead, ACTION + STEP + 4, &detail));
        if !ran {
            for command in &step.commands {
                let _ = writeln!(
                    text,
                    "    {}",
                    style.over("2", &format!("$ {}", printable(command)))
                );
            }
            for document in &step.documents {
                let _ = writeln!(text, "    {}", style.over("2", &printable(document)));
            }
        }
    }
}

/// Mark and word of what a step will do.
fn action(step: &StepReport, style: Style) -> (String, &'static str) {
    match step.action {
        StepAction::Unchanged if step.usual_seconds > 0 => (style.over("33", "~"), "wait"),
        StepAction::Unchanged => (style.over("32", "✓"), "unchanged"),
        StepAction::Create => (style.over("32", "+"), "create"),
        StepAction::Update => (style.over("33", "~"), "update"),
        StepAction::Adopt => (style.over("33", "~"), "adopt"),
        StepAction::Unknown => (style.over("31", "?"), "unknown"),
    }
}

/// Mark and word of how far a step came.
pub(super) fn outcome(outcome: StepOutcome, style: Style) -> (String, &'static str) {
    match outcome {
        StepOutcome::Planned => (style.over("2", "-"), "not begun"),
        StepOutcome::Verified => (style.over("32", "✓"), "stands"),
        StepOutcome::Done => (style.over("32", "✓"), "done"),
        StepOutcome::Failed => (style.over("31", "✗"), "failed"),
        StepOutcome::Stopped => (style.over("33", "!"), "stopped"),
    }
}

/// Time and money of what is to come.
fn expected(text: &mut String, install: &InstallReport, style: Style) {
    if let Some(seconds) = install.usual_seconds.filter(|seconds| *seconds > 0) {
        let _ = writeln!(text, "Usually takes {}.", lasting(seconds));
    }
    if let Some(cost) = &install.cost {
        text.push_str(&style.hang("", 0, &costs(cost)));
    }
    if let Some(digest) = &install.plan_digest {
        let _ = writeln!(text, "Digest of the plan: {digest}");
    }
}

fn costs(cost: &CostEstimate) -> String {
    format!(
        "What is new costs about {:.0} {} a month, by list prices of {}, without {}.",
        cost.monthly,
        cost.currency,
        cost.prices_as_of,
        cost.not_counted.join(", ")
    )
}

/// What stands, in words.
pub(super) fn evidence(text: &mut String, evidence: &InstallEvidence, style: Style) {
    let mut told = Vec::new();
    if let Some(eks) = &evidence.eks {
        let mut line = format!("cluster {} ({})", eks.cluster_name, made(eks.created));
        if let Some(version) = &eks.version {
            let _ = write!(line, ", Kubernetes {version}");
        }
        if let (Some(ready), Some(all)) = (eks.nodes_ready, eks.node_count) {
            let _ = write!(line, ", {ready} of {all} nodes ready");
        }
        if !eks.addons_installed.is_empty() {
            let _ = write!(line, ", add-ons {}", eks.addons_installed.join(", "));
        }
        if eks.storage_class_installed {
            line.push_str(", storage class");
        }
        if let Some(path) = &eks.kubeconfig {
            let _ = write!(line, "; context added to {path}");
        }
        told.push(("foundation", line));
    }
    if let Some(storage) = &evidence.storage {
        let mut line = if storage.created || storage.existed {
            format!("bucket {} ({})", storage.bucket_name, made(storage.created))
        } else {
            // Other steps tell of the storage too: what the bucket is without is no bucket that was there.
            "no bucket yet".to_owned()
        };
        for (is_so, word) in [
            (storage.public_access_blocked, "closed to the public"),
            (storage.encryption.is_some(), "encrypted"),
            (storage.tls_only, "TLS only"),
            (storage.pod_identity_associated, "the lake's role associated"),
        ] {
            if is_so {
                let _ = write!(line, ", {word}");
            }
        }
        told.push(("storage", line));
    }
    if let Some(compute) = &evidence.compute {
        let version = compute
            .karpenter_version
            .as_deref()
            .unwrap_or("of unknown version");
        let ready = if compute.controller_ready {
            "ready"
        } else {
            "not ready"
        };
        let mut line = format!("Karpenter {version}, its controller {ready}");
        if let Some(queue) = &compute.interruption_queue {
            let _ = write!(line, ", interruption queue {queue}");
        }
        told.push(("compute", line));
    }
    applications(&mut told, evidence);
    if !told.is_empty() {
        let _ = writeln!(text, "\n{}", style.over("1", "What stands"));
    }
    for (phase, line) in told {
        text.push_str(&style.hang(&format!("  {phase:<ACTION$} "), ACTION + 3, &printable(&line)));
    }
}

/// The phases of the application: what their workloads are, and each one's own facts.
fn applications(told: &mut Vec<(&'static str, String)>, evidence: &InstallEvidence) {
    let ready = |workloads: &[WorkloadEvidence]| {
        let ready = workloads.iter().filter(|it| it.is_ready).count();
        format!("{ready} of {} workloads ready", workloads.len())
    };
    if let Some(core) = &evidence.core {
        let mut line = match &core.namespace {
            Some(name) => format!("namespace {name} ({})", made(core.namespace_created)),
            None => "no namespace yet".to_owned(),
        };
        if core.app_secret {
            line.push_str(", secret app-secret");
        }
        let _ = write!(line, ", {}", ready(&core.workloads));
        told.push(("core", line));
    }
    if let Some(stream) = &evidence.stream {
        let init = if stream.init_completed {
            "init completed"
        } else {
            "init not completed"
        };
        let mut line = format!("{init}, {}", ready(&stream.workloads));
        if let Some(domain) = &stream.site_domain {
            line = format!("site {domain}, {line}");
        }
        told.push(("stream", line));
    }
    if let Some(datalake) = &evidence.datalake {
        let mut line = ready(&datalake.workloads);
        if !datalake.node_pools.is_empty() {
            line = format!("node pools {}, {line}", datalake.node_pools.join(" and "));
        }
        if let (Some(volume), Some(bucket)) = (&datalake.volume, &datalake.bucket_name) {
            line = format!("bucket {bucket} by the volume {volume}, {line}");
        }
        told.push(("datalake", line));
    }
    if let Some(ingress) = &evidence.ingress {
        told.push(("ingress", way_to_the_site(ingress)));
    }
}

/// The load balancer, the record and the site, as far as they are known.
fn way_to_the_site(ingress: &IngressEvidence) -> String {
    let mut line = match (&ingress.load_balancer_name, &ingress.scheme) {
        (Some(name), Some(scheme)) => format!("load balancer {name} ({scheme})"),
        _ => "no load balancer yet".to_owned(),
    };
    if let Some(targets) = &ingress.targets {
        let _ = write!(line, ", {} of {} targets healthy", targets.healthy, targets.total);
    }
    if let Some(record) = &ingress.record {
        let by = if record.by_hand {
            "to be made by hand: "
        } else {
            ""
        };
        let _ = write!(line, "; {by}{} {} {}", record.name, record.kind, record.value);
    }
    if let Some(site) = &ingress.site {
        let answers = if site.answers {
            "answers".to_owned()
        } else {
            format!("is not known in whole: {}", site.unknown.join(" "))
        };
        let _ = write!(line, "; {} {answers}", site.url);
    }
    line
}

fn made(created: bool) -> &'static str {
    if created { "made by this run" } else { "was there" }
}

fn note(text: &mut String, mark: &str, note: &Note, style: Style) {
    let line = format!("{} ({})", printable(&note.message), note.code.name());
    text.push_str(&style.hang(&format!("{mark} "), 2, &line));
    for line in note.tool_output.iter().flat_map(|said| said.lines()).take(20) {
        text.push_str(&style.hang(&format!("  {} ", style.over("2", "|")), 4, &printable(line)));
    }
}

/// `16 min`, `20 s`.
#[must_use]
pub fn lasting(seconds: u64) -> String {
    if seconds < 90 {
        format!("{seconds} s")
    } else {
        format!("{} min", seconds.div_ceil(60))
    }
}

#[cfg(test)]
mod tests;
