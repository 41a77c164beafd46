//! `lakehouse toolbox build|verify|info|shell|prune`.

use super::output;
use super::preflight::interrupted_code;
use crate::cli::args::ToolboxAction;
use crate::cli::run::{Context, DONE, FAILED};
use crate::gateway::environment::Identity;
use crate::model::{AwsProfileFacts, Profile, Region};
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
    facts: &AwsProfileFacts,
) -> i32 {
    if action == ToolboxAction::Shell && !context.options.read_only.value {
        return shell(context, profile, region, facts);
    }
    let (result, place) = act(context, action);
    let mut report = context.report(place.as_ref());
    let code = match result {
        Ok(toolbox) => {
            report.toolbox = Some(toolbox);
            DONE
        }
        Err(failure) => {
            let code = failed_code(context, &failure);
            report.failure = Some(failure);
            code
        }
    };
    output::print(context, &report, code)
}

/// A failure's exit code: a signal's own where one stopped the run.
fn failed_code(context: &Context, failure: &Failure) -> i32 {
    if failure.code == Code::Interrupted {
        interrupted_code(context)
    } else {
        FAILED
    }
}

/// Does it; a place was opened only where tools ran.
fn act(context: &Context, action: ToolboxAction) -> (Result<ToolboxReport, Failure>, Option<Workplace>) {
    let run = &context.run;
    // A shell can run anything.
    let changes = matches!(
        action,
        ToolboxAction::Build | ToolboxAction::Prune | ToolboxAction::Shell
    );
    if changes && context.options.read_only.value {
        let refused = Failure {
            code: Code::ReadOnlyRefused,
            purpose: "do what a read-only run may not".to_owned(),
            message: Code::ReadOnlyRefused.meaning().to_owned(),
            remediation: Some(Code::ReadOnlyRefused.remedy().to_owned()),
            tool_output: None,
        };
        return (Err(refused), None);
    }
    let toolbox = match Toolbox::open(run, &context.options) {
        Ok(toolbox) => toolbox,
        Err(failure) => return (Err(failure), None),
    };
    match action {
        ToolboxAction::Build => (toolbox.build(run, &context.progress), None),
        ToolboxAction::Verify => toolbox.verify(run, &context.options, &context.progress),
        ToolboxAction::Prune => (toolbox.prune(&context.progress), None),
        ToolboxAction::Info | ToolboxAction::Shell => (toolbox.info(), None),
    }
}

/// A shell in a session container: it goes with this process, whatever ends it.
fn shell(
    context: &Context,
    profile: Option<Profile>,
    region: Option<Region>,
    facts: &AwsProfileFacts,
) -> i32 {
    let identity = Identity {
        profile: profile.map(|profile| profile.as_str().to_owned()),
        region: region.map(|region| region.as_str().to_owned()),
        keys: None,
    };
    let opened = Workplace::shell(&context.run, &context.options, identity, facts, &context.progress);
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
    let mut report = context.report(None);
    let code = match ended {
        Ok(Some(code)) => code,
        Ok(None) => interrupted_code(context),
        Err(failure) => {
            let style = crate::cli::run::style(&context.options, &std::io::stderr());
            let _ = std::io::stderr().write_all(text::failure(&failure, style).as_bytes());
            let code = failed_code(context, &failure);
            report.failure = Some(failure);
            code
        }
    };
    if let Some(events) = &context.events {
        let (_, streamed) = events.end(report, code, &context.run.interrupt);
        if let Err(error) = streamed {
            let _ = writeln!(
                std::io::stderr(),
                "lakehouse: the event stream is not whole: {error}"
            );
        }
    }
    code
}
