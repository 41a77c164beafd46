//! `lakehouse toolbox build|verify|info|shell|prune`.

use super::output;
use super::preflight::interrupted_code;
use crate::cli::args::ToolboxAction;
use crate::cli::run::{Context, DONE, FAILED};
use crate::gateway::environment::Identity;
use crate::model::{Profile, Region};
use crate::render::text;
use crate::report::{Code, Failure, ToolboxReport};
use crate::runner::toolbox::Toolbox;
use crate::runner::workplace::Workplace;
use std::io::{IsTerminal, Write};

/// Does it; gives the exit code.
#[must_use]
pub fn toolbox(
    context: &Context,
    action: ToolboxAction,
    profile: Option<Profile>,
    region: Option<Region>,
) -> i32 {
    if action == ToolboxAction::Shell && !context.options.read_only.value {
        return shell(context, profile, region);
    }
    let result = act(context, action);
    let mut report = context.run.report(None, 0, None);
    let code = match result {
        Ok(toolbox) => {
            report.toolbox = Some(toolbox);
            DONE
        }
        Err(failure) => {
            let code = if failure.code == Code::Interrupted {
                interrupted_code(context)
            } else {
                FAILED
            };
            report.failure = Some(failure);
            code
        }
    };
    output::print(context, &report, code)
}

fn act(context: &Context, action: ToolboxAction) -> Result<ToolboxReport, Failure> {
    let run = &context.run;
    // A shell can run anything.
    let changes = matches!(
        action,
        ToolboxAction::Build | ToolboxAction::Prune | ToolboxAction::Shell
    );
    if changes && context.options.read_only.value {
        return Err(Failure {
            code: Code::ReadOnlyRefused,
            purpose: "do what a read-only run may not".to_owned(),
            message: Code::ReadOnlyRefused.meaning().to_owned(),
            remediation: Some(Code::ReadOnlyRefused.remedy().to_owned()),
            tool_output: None,
        });
    }
    let toolbox = Toolbox::open(run, &context.options)?;
    match action {
        ToolboxAction::Build => toolbox.build(run, &context.progress),
        ToolboxAction::Verify => toolbox.verify(run),
        ToolboxAction::Prune => toolbox.prune(),
        ToolboxAction::Info | ToolboxAction::Shell => toolbox.info(),
    }
}

/// A shell in a session container: it goes with this process, whatever ends it.
fn shell(context: &Context, profile: Option<Profile>, region: Option<Region>) -> i32 {
    let identity = Identity {
        profile: profile.map(|profile| profile.as_str().to_owned()),
        region: region.map(|region| region.as_str().to_owned()),
        keys: None,
    };
    let opened = Workplace::shell(&context.run, &context.options, &identity, &context.progress);
    let ended = opened.and_then(|session| {
        session
            .shell(std::io::stdin().is_terminal())
            .map_err(|error| Failure {
                code: Code::DockerNotReady,
                purpose: "start a shell in the toolbox".to_owned(),
                message: error.to_string(),
                remediation: None,
                tool_output: None,
            })
    });
    match ended {
        Ok(Some(code)) => code,
        Ok(None) => interrupted_code(context),
        Err(failure) => {
            let style = crate::cli::run::style(&context.options, &std::io::stderr());
            let _ = std::io::stderr().write_all(text::failure(&failure, style).as_bytes());
            if failure.code == Code::Interrupted {
                interrupted_code(context)
            } else {
                FAILED
            }
        }
    }
}
