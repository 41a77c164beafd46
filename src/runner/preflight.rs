//! The preflight: the checks, and what they mean together.

use super::workplace::Unopened;
use super::{Progress, Run, Workplace};
use crate::clients::picture::Picture;
use crate::gateway::Gateway;
use crate::gateway::environment::{self, Identity};
use crate::gateway::journal::JournalMark;
use crate::gateway::read_only::ReadOnly;
use crate::model::settings::{RunOptions, Settings, Source};
use crate::model::{Discovered, env_pairs};
use crate::report::preflight::Next;
use crate::report::{
    Code, ExecRecord, Finding, Note, Outcome, PreflightEvidence, PreflightReport, PreflightStatus,
};
use crate::steps::preflight::{CertNamed, CredentialInputs, PreflightInputs, identity, run_all_told};
use std::io::IsTerminal;
use std::sync::Arc;

/// What a preflight found, before the env file and the report.
pub struct Checked {
    /// Every check, in a fixed order.
    pub findings: Vec<Finding>,
    /// What was seen.
    pub evidence: PreflightEvidence,
    /// The place it was made in; absent where none could be opened.
    pub workplace: Option<Workplace>,
    /// Whether the checks were made at all.
    pub opened: bool,
    /// What is known of a place that could not be opened.
    pub unopened: Option<(ExecRecord, Option<JournalMark>)>,
}

/// Names of the inputs that a preflight needs and nobody gave.
#[must_use]
pub fn required(settings: &Settings) -> Vec<String> {
    if settings.root_domain.is_none() {
        vec!["root-domain".to_owned()]
    } else {
        Vec::new()
    }
}

/// Makes the checks. A place that can't be opened is a finding like any other. The place stays open: the caller closes
/// it, once nothing more is to be done in it.
pub fn check(run: &Run, options: &RunOptions, settings: &Settings, progress: &Arc<dyn Progress>) -> Checked {
    progress.step("preparing the tools");
    let facts = Some(&settings.profile_facts);
    let opened = Workplace::open(run, options, caller(settings), facts, progress);
    let mut workplace = match opened {
        Ok(workplace) => workplace,
        Err(failure) => {
            progress.done();
            return unopened(*failure);
        }
    };
    let Some(inputs) = inputs(run, settings, &workplace) else {
        progress.done();
        return Checked {
            findings: Vec::new(),
            evidence: PreflightEvidence::default(),
            workplace: Some(workplace),
            opened: false,
            unopened: None,
        };
    };
    if settings.profile_facts.has_mfa && inputs.credentials.has_terminal {
        // aws may ask on this terminal: nothing else may move on it.
        progress.done();
        progress
            .note("checking the account; where its role's keys have ended, aws asks for the one-time code");
    } else {
        progress.step("checking the account");
    }
    let mut outcome = run_all_told(
        &inputs,
        &Picture {
            gateway: &ReadOnly(&workplace.gateway as &dyn Gateway),
            answers: &workplace.answers,
        },
        progress.as_ref(),
    );
    progress.done();
    workplace.exec.tools = std::mem::take(&mut outcome.tools);
    let mut evidence = outcome.evidence;
    evidence.docker_version.clone_from(&workplace.exec.engine_version);
    let mut findings = outcome.findings;
    if let Some(said) = workplace.journal_trouble() {
        findings.push(
            Finding::warn(
                "journal",
                Code::JournalNotWritten,
                Code::JournalNotWritten.meaning(),
            )
            .remedy(Code::JournalNotWritten.remedy())
            .said(said),
        );
    }
    Checked {
        findings,
        evidence,
        workplace: Some(workplace),
        opened: true,
        unopened: None,
    }
}

/// Who the tools act as. A profile that AWS's own chain would choose anyway is named all the same.
fn caller(settings: &Settings) -> Identity {
    Identity {
        profile: settings
            .profile
            .as_ref()
            .map(|profile| profile.value.as_str().to_owned()),
        region: Some(settings.region.value.as_str().to_owned()),
        keys: None,
    }
}

fn unopened(unopened: Unopened) -> Checked {
    let failure = unopened.failure;
    // What keeps the keys away is the identity's trouble, not the place's.
    let id = match failure.code {
        Code::CredentialsNotReachable | Code::AwsNotAuthenticated => identity::ID,
        _ => "toolbox",
    };
    let mut finding = Finding::fail(id, failure.code, failure.message.clone());
    finding.remediation.clone_from(&failure.remediation);
    finding.tool_output.clone_from(&failure.tool_output);
    Checked {
        findings: vec![finding],
        evidence: PreflightEvidence::default(),
        workplace: None,
        opened: false,
        unopened: Some((unopened.exec, unopened.journal)),
    }
}

/// The checks' inputs; none without a root domain, which [`required`] asks for first.
fn inputs(run: &Run, settings: &Settings, workplace: &Workplace) -> Option<PreflightInputs> {
    let value = |flag: &crate::model::Sourced<bool>| flag.value;
    Some(PreflightInputs {
        profile: settings.profile.as_ref().map(|profile| profile.value.clone()),
        region: settings.region.value.clone(),
        cluster: settings.cluster.value.clone(),
        bucket: settings.bucket.as_ref().map(|bucket| bucket.value.clone()),
        root_domain: settings.root_domain.as_ref()?.value.clone(),
        site_domain: settings.site_domain.as_ref()?.value.clone(),
        site_domain_was_constructed: settings.site_domain_was_constructed,
        cert_arn: settings.cert_arn.as_ref().map(|arn| arn.value.clone()),
        cert_named: cert_named(settings),
        node_type: settings.node_type.value.clone(),
        node_count: settings.node_count.value.get(),
        namespace: settings.namespace.value.clone(),
        chart_mirror: settings.chart_mirror().cloned(),
        charts: settings.chart_lock(),
        dns_check: settings.dns_check,
        dns_server: settings.dns_server.as_ref().map(|server| server.value.address()),
        dns_provider: settings.dns_provider.as_ref().map(|provider| provider.value),
        has_billing: value(&settings.has_billing),
        has_admin: value(&settings.has_admin),
        has_dns: value(&settings.has_dns),
        expected_account: settings.expected_account.clone(),
        has_subnets: settings.subnets.is_some(),
        scheme: settings.scheme.value,
        phase: settings.phase,
        now: run.started,
        mode: workplace.exec.mode,
        credentials: credentials(run, settings),
    })
}

/// What is known of the credentials. Without a profile those of the environment come first, and no sign-on is used.
fn credentials(run: &Run, settings: &Settings) -> CredentialInputs {
    let facts = &settings.profile_facts;
    // Keys that the profile's role is assumed with are used, though by another name.
    let put_aside = if facts.is_from_environment {
        Vec::new()
    } else {
        environment::put_aside(&run.env, &caller(settings))
    };
    let by_profile = settings.profile.is_some() || !environment::has_credentials(&run.env);
    CredentialInputs {
        has_terminal: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
        put_aside,
        sso: facts.sso.clone().filter(|_| by_profile),
    }
}

/// How the certificate was named: what found it once may have written it down.
fn cert_named(settings: &Settings) -> CertNamed {
    let (by, undo) = match settings.cert_arn.as_ref().map(|arn| &arn.source) {
        Some(Source::EnvFile) => {
            let file = settings.env_file.value.display();
            (
                "in the env file".to_owned(),
                format!("remove the line CERT_ARN from {file}"),
            )
        }
        Some(Source::Environment(name)) => (format!("by the variable {name}"), format!("unset {name}")),
        _ => ("by `--cert-arn`".to_owned(), "leave `--cert-arn` out".to_owned()),
    };
    CertNamed { by, undo }
}

/// What the env file gets.
#[must_use]
pub fn env_of(settings: &Settings, evidence: &PreflightEvidence) -> Vec<(&'static str, String)> {
    let account = evidence.aws_account_id.as_deref().and_then(|id| id.parse().ok());
    let found = Discovered {
        bucket: account
            .as_ref()
            .and_then(|account| settings.bucket_in(account).ok()),
        account,
        dns_provider: None,
    };
    env_pairs(settings, &found)
}

/// Whether the env file may be written: nothing blocks. Values whose own check failed would be what the next run
/// begins with.
#[must_use]
pub fn may_write_env(checked: &Checked) -> bool {
    let blocks = |finding: &Finding| finding.outcome == Outcome::Fail;
    checked.opened && checked.evidence.aws_account_id.is_some() && !checked.findings.iter().any(blocks)
}

/// The report of a preflight that lacks an input.
#[must_use]
pub fn needs_input(settings: &Settings, required: Vec<String>) -> PreflightReport {
    let flags = required
        .iter()
        .map(|name| format!("--{name}"))
        .collect::<Vec<_>>()
        .join(", ");
    let mut report = empty(PreflightStatus::NeedsInput);
    report.env = env_of(settings, &report.evidence)
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    report.next = Next {
        action: "input".to_owned(),
        reason: format!("Needed and not given: {flags}, for example `--root-domain example.com`."),
    };
    report.required = required;
    report
}

/// The report of a preflight that was made.
#[must_use]
pub fn report(
    settings: &Settings,
    checked: &Checked,
    env_file: Option<String>,
    interrupted: bool,
) -> PreflightReport {
    let notes = |outcome: Outcome| {
        checked
            .findings
            .iter()
            .filter(move |finding| finding.outcome == outcome)
            .filter_map(note)
    };
    let blockers: Vec<Note> = notes(Outcome::Fail).collect();
    let warnings: Vec<Note> = notes(Outcome::Warn).collect();
    let interrupted = interrupted || blockers.iter().any(|blocker| blocker.code == Code::Interrupted);
    let status = match (interrupted, blockers.is_empty() && checked.opened) {
        (true, _) => PreflightStatus::Interrupted,
        (false, true) => PreflightStatus::Ready,
        (false, false) => PreflightStatus::Blocked,
    };
    let mut report = empty(status);
    report.ok_to_install = status == PreflightStatus::Ready;
    report.next = next(status, blockers.len());
    report.remediation = [Outcome::Fail, Outcome::Warn]
        .into_iter()
        .flat_map(|outcome| {
            checked
                .findings
                .iter()
                .filter(move |finding| finding.outcome == outcome)
        })
        .filter_map(remediation)
        .collect();
    report.blockers = blockers;
    report.warnings = warnings;
    report.env = env_of(settings, &checked.evidence)
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    report.env_file = env_file;
    report.checks.clone_from(&checked.findings);
    report.evidence = checked.evidence.clone();
    report
}

fn note(finding: &Finding) -> Option<Note> {
    let code = finding.code?;
    Some(Note {
        code,
        message: finding.message.clone(),
        tool_output: finding.tool_output.clone(),
    })
}

fn remediation(finding: &Finding) -> Option<Note> {
    let code = finding.code?;
    let message = finding
        .remediation
        .clone()
        .unwrap_or_else(|| code.remedy().to_owned());
    Some(Note {
        code,
        message,
        tool_output: None,
    })
}

fn next(status: PreflightStatus, blockers: usize) -> Next {
    let (action, reason) = match status {
        PreflightStatus::Ready => ("install", "Nothing blocks the install.".to_owned()),
        PreflightStatus::Interrupted => ("again", "The run was stopped before its end.".to_owned()),
        _ if blockers == 1 => (
            "fix",
            "One blocker stands in the way; its remediation says what mends it.".to_owned(),
        ),
        _ => (
            "fix",
            format!("{blockers} blockers stand in the way; each has a remediation that says what mends it."),
        ),
    };
    Next {
        action: action.to_owned(),
        reason,
    }
}

fn empty(status: PreflightStatus) -> PreflightReport {
    PreflightReport {
        status,
        ok_to_install: false,
        required: Vec::new(),
        blockers: Vec::new(),
        warnings: Vec::new(),
        remediation: Vec::new(),
        env: std::collections::BTreeMap::new(),
        env_file: None,
        checks: Vec::new(),
        evidence: PreflightEvidence::default(),
        next: Next {
            action: String::new(),
            reason: String::new(),
        },
    }
}
