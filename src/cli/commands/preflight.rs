//! `lakehouse preflight`; and `lakehouse install`, which is the default action: preflight, then the install.

use super::{kubeconfig, output};
use crate::cli::run::{BLOCKED, Context, DONE, FAILED, NEEDS_INPUT, SIGNALLED};
use crate::model::{Settings, shown_name};
use crate::render::env_file::{self, Written};
use crate::report::install::InstallStatus;
use crate::report::{Code, Finding, PreflightReport, PreflightStatus, Report};
use crate::runner::evidence;
use crate::runner::install::{self, Asked};
use crate::runner::preflight;

/// The preflight alone.
#[must_use]
pub fn preflight(context: &Context, settings: &Settings) -> i32 {
    let report = made(context, settings, false);
    let code = exit_code(context, &report);
    output::print(context, &report, code)
}

/// The preflight and, where it passes, the install's plan and what was approved of it.
#[must_use]
pub fn with_install(context: &Context, settings: &Settings) -> i32 {
    let report = made(context, settings, true);
    let code = match &report.install {
        Some(install) => install_code(context, install.status),
        None => exit_code(context, &report),
    };
    output::print(context, &report, code)
}

fn install_code(context: &Context, status: InstallStatus) -> i32 {
    match status {
        InstallStatus::Completed | InstallStatus::CompletedPhase => DONE,
        InstallStatus::NeedsInput => NEEDS_INPUT,
        InstallStatus::Blocked => BLOCKED,
        InstallStatus::Failed => FAILED,
        InstallStatus::Interrupted => interrupted_code(context),
    }
}

fn made(context: &Context, settings: &Settings, and_install: bool) -> Report {
    let required = preflight::required(settings);
    if !required.is_empty() {
        let mut report = context.report(None);
        report.preflight = Some(preflight::needs_input(settings, required));
        return report;
    }
    let mut checked = preflight::check(&context.run, &context.options, settings, &context.progress);
    let interrupted = context.run.interrupt.is_set();
    let mut written = None;
    if !interrupted && preflight::may_write_env(&checked) {
        let (path, finding) = write_env(context, settings, &checked);
        written = path;
        checked.findings.extend(finding);
    }
    let body = preflight::report(settings, &checked, written, interrupted);
    if let Some((exec, mark)) = checked.unopened {
        let mut report = context.run.report(Some(exec), 0, mark);
        report.preflight = Some(body);
        return report;
    }
    let mut install = None;
    if let Some(workplace) = &checked.workplace {
        if and_install && body.status == PreflightStatus::Ready {
            let mut installed = install::install(&Asked {
                run: &context.run,
                options: &context.options,
                settings,
                seen: &checked.evidence,
                workplace,
                progress: &context.progress,
                uid: context.uid,
            });
            if let Some(cluster) = &installed.cluster {
                let mode = workplace.exec.mode;
                kubeconfig::write(context, settings, cluster, mode, &mut installed.report);
            }
            install = Some(installed.report);
        }
        workplace.close();
    }
    let mut report = context.report(checked.workplace.as_ref());
    report.preflight = Some(body);
    report.install = install;
    evidence::sign_off(context.run.folder(), &mut report, jiff::Timestamp::now());
    report
}

/// Writes the env file; gives its path where it now says what this run says, and a finding where it does not.
fn write_env(
    context: &Context,
    settings: &Settings,
    checked: &preflight::Checked,
) -> (Option<String>, Option<Finding>) {
    // A read-only run leaves the user's files as they are, too.
    if !settings.write_env || context.options.read_only.value {
        return (None, None);
    }
    let path = &settings.env_file.value;
    let shown = path.display().to_string();
    let pairs = preflight::env_of(settings, &checked.evidence);
    match env_file::write(path, context.uid, &pairs, settings.overwrite_env) {
        Ok(Written::Written | Written::Unchanged) => (Some(shown), None),
        Ok(Written::Exists(differing)) => {
            let values: Vec<String> = differing
                .iter()
                .map(|d| {
                    let (file, run) = (shown_name(&d.file), shown_name(&d.run));
                    format!("{} (file: {file}, this run: {run})", d.key)
                })
                .collect();
            let message = format!(
                "{shown} has other values for {} and was left as it is.",
                values.join(", ")
            );
            let finding = Finding::fail("env-file", Code::EnvFileExists, message)
                .remedy("`--overwrite-env` replaces them; `--output-env PATH` or `--namespace NAME` keeps both; `--write-env false` writes none.");
            (None, Some(finding))
        }
        Err(error) => {
            let finding = Finding::fail("env-file", Code::EnvFileNotWritten, format!("{error}."))
                .remedy(Code::EnvFileNotWritten.remedy());
            (None, Some(finding))
        }
    }
}

fn exit_code(context: &Context, report: &Report) -> i32 {
    match report
        .preflight
        .as_ref()
        .map(|PreflightReport { status, .. }| status)
    {
        Some(PreflightStatus::Ready) => DONE,
        Some(PreflightStatus::Blocked) => BLOCKED,
        Some(PreflightStatus::NeedsInput) => NEEDS_INPUT,
        Some(PreflightStatus::Interrupted) => interrupted_code(context),
        Some(PreflightStatus::Failed) | None => FAILED,
    }
}

/// 128 and the signal's number.
#[must_use]
pub fn interrupted_code(context: &Context) -> i32 {
    let signal = context
        .run
        .interrupt
        .signal()
        .and_then(|signal| i32::try_from(signal).ok());
    SIGNALLED + signal.unwrap_or(signal_hook::consts::SIGINT)
}
