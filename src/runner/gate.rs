//! The install's gate. This version checks; install comes with the next one.

use crate::model::Settings;
use crate::report::install::InstallStatus;
use crate::report::preflight::Next;
use crate::report::{Code, InstallReport, Note};

/// What the gate answers after a preflight that passed.
#[must_use]
pub fn answer(settings: &Settings) -> InstallReport {
    let plan = format!(
        "Install comes with the next version of lakehouse. It will make, in account and region of this preflight:\n\
         cluster {} with {} nodes {}, its bucket, autoscaling, and the lakehouse at {}.\nNothing was changed.",
        settings.cluster.value,
        settings.node_count.value,
        settings.node_type.value,
        settings
            .site_domain
            .as_ref()
            .map_or("the site's domain", |site| site.value.as_str()),
    );
    let wait = |reason: &str| Next {
        action: "wait".to_owned(),
        reason: reason.to_owned(),
    };
    if settings.approve.is_none() {
        return InstallReport {
            status: InstallStatus::NeedsInput,
            required: vec!["approve".to_owned()],
            plan,
            blockers: Vec::new(),
            remediation: Vec::new(),
            next: wait("Install comes with the next version; approving now changes nothing."),
        };
    }
    let note = |message: &str| Note {
        code: Code::InstallNotAvailable,
        message: message.to_owned(),
        tool_output: None,
    };
    InstallReport {
        status: InstallStatus::Blocked,
        required: Vec::new(),
        plan,
        blockers: vec![note(Code::InstallNotAvailable.meaning())],
        remediation: vec![note(Code::InstallNotAvailable.remedy())],
        next: wait(Code::InstallNotAvailable.remedy()),
    }
}
