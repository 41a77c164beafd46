//! Checks `tool-aws`, `tool-eksctl`, `tool-kubectl`, `tool-helm`: each is there and of a version that works.

use super::checked::{Checked, unknown};
use crate::clients::versions::{Version, installed, wanted};
use crate::clients::{Asker, CallError, ErrorClass};
use crate::gateway::{Gateway, Tool};
use crate::report::{Code, ExecMode, Finding};
use std::time::Instant;

/// The check's id.
#[must_use]
pub const fn id(tool: Tool) -> &'static str {
    match tool {
        Tool::Aws => "tool-aws",
        Tool::Eksctl => "tool-eksctl",
        Tool::Kubectl => "tool-kubectl",
        Tool::Helm => "tool-helm",
    }
}

/// Asks `tool` for its version and judges it.
#[must_use]
pub fn run(gateway: &dyn Gateway, tool: Tool, asker: &Asker<'_>) -> (Checked, Option<Version>) {
    let start = Instant::now();
    let found = installed(gateway, tool);
    let version = found.as_ref().ok().copied();
    (Checked::from(decide(tool, found, asker)).timed(start), version)
}

/// Judges a version.
#[must_use]
pub fn decide(tool: Tool, found: Result<Version, CallError>, asker: &Asker<'_>) -> Finding {
    let (name, wanted) = (tool.program(), wanted(tool));
    let found = match found {
        Ok(found) => found,
        Err(error) if error.class == ErrorClass::MissingTool => {
            let (place, remedy) = match asker.mode {
                ExecMode::Docker => (
                    "in the toolbox image",
                    "`lakehouse toolbox build` makes the image anew.".to_owned(),
                ),
                ExecMode::Local => (
                    "on this machine",
                    format!(
                        "Install {name} {} or newer, or run with `--exec docker`.",
                        wanted.least
                    ),
                ),
            };
            return Finding::fail(id(tool), Code::ToolMissing, format!("{name} is not {place}."))
                .remedy(remedy)
                .said(error.said);
        }
        Err(error) => return unknown(id(tool), &format!("The version of {name}"), &error, asker),
    };
    let remedy = |versions: String| match asker.mode {
        ExecMode::Docker => {
            "`lakehouse toolbox verify` shows what the image holds; `lakehouse toolbox build` makes it anew."
                .to_owned()
        }
        ExecMode::Local => format!("Install {name} {versions}, or run with `--exec docker`."),
    };
    if found < wanted.least {
        let message = format!(
            "{name} {found} is older than {}: {}.",
            wanted.least, wanted.reason
        );
        return Finding::fail(id(tool), Code::ToolTooOld, message)
            .remedy(remedy(format!("{} or newer", wanted.least)));
    }
    if let Some(below) = wanted.below.filter(|below| found.reaches(*below)) {
        let message = format!(
            "{name} {found} is too new, it has to be older than {below}: {}.",
            wanted.reason_above
        );
        return Finding::fail(id(tool), Code::ToolUnsupported, message).remedy(remedy(format!(
            "{} or newer, but older than {below}",
            wanted.least
        )));
    }
    Finding::pass(
        id(tool),
        format!("{name} {found} ({} or newer is needed).", wanted.least),
    )
}
