//! What the words behind `evidence` and `explain` mean.

use super::{UsageError, World};
use crate::cli::args::EvidenceAction;
use crate::cli::argv::is_slip;
use crate::model::{BadInput, RunName, shown};
use crate::report::Code;
use std::path::PathBuf;

/// What is asked of the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvidenceAsked {
    /// All runs.
    List,
    /// One run's commands.
    Show(RunName),
    /// Whether one run's evidence was changed.
    Verify {
        /// The run.
        run: RunName,
        /// The report that was kept elsewhere; `-` is stdin.
        report: Option<PathBuf>,
    },
    /// One file of one run.
    Export {
        /// The run.
        run: RunName,
        /// The file; none: `lakehouse-evidence-RUN.json` in `folder`; `-` is stdout.
        to: Option<PathBuf>,
        /// The folder in which the program was started.
        folder: PathBuf,
        /// The user's own folder, which the export names `~`.
        home: Option<PathBuf>,
    },
}

pub(super) fn asked(action: &EvidenceAction, world: &World) -> Result<EvidenceAsked, UsageError> {
    Ok(match action {
        EvidenceAction::List => EvidenceAsked::List,
        EvidenceAction::Show { run } => EvidenceAsked::Show(name(run)?),
        EvidenceAction::Verify { run, report } => EvidenceAsked::Verify {
            run: name(run)?,
            report: path(report.as_deref(), world)?,
        },
        EvidenceAction::Export { run, to } => {
            let run = name(run)?;
            if to.is_none() {
                world.needs_folder()?;
            }
            EvidenceAsked::Export {
                run,
                to: path(to.as_deref(), world)?,
                folder: world.cwd.clone(),
                home: world.home.clone(),
            }
        }
    })
}

fn name(text: &str) -> Result<RunName, UsageError> {
    text.parse()
        .map_err(|why: BadInput| UsageError::value("RUN", text, &why))
}

/// A file as seen from the folder of the run; `-` stays what it is.
fn path(text: Option<&str>, world: &World) -> Result<Option<PathBuf>, UsageError> {
    match text {
        None => Ok(None),
        Some("-") => Ok(Some("-".into())),
        Some(text) => {
            world.needs_folder()?;
            Ok(Some(world.at(text)))
        }
    }
}

/// The code that is meant: case does not matter, nor `-` for `_`.
pub(super) fn code(text: &str) -> Result<Code, UsageError> {
    let plain = text.to_ascii_uppercase().replace('-', "_");
    if let Some(code) = Code::ALL.iter().find(|code| code.name() == plain) {
        return Ok(*code);
    }
    let near: Vec<&str> = Code::ALL
        .iter()
        .map(|code| code.name())
        .filter(|name| is_slip(&plain, name) || (plain.len() >= 3 && name.contains(&plain)))
        .take(5)
        .collect();
    Err(UsageError::new(if near.is_empty() {
        format!(
            "unknown code {}: lakehouse explain lists all, for example lakehouse explain NO_CERTIFICATE",
            shown(text)
        )
    } else {
        format!("unknown code {}: did you mean {}?", shown(text), near.join(", "))
    }))
}
