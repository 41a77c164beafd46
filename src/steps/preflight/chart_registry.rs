//! Check `chart-registry`: a locked chart of each registry can be had from where the tools run, so the network there
//! reaches them, and a mirror holds what others publish too.

mod words;

use super::checked::{Checked, unknown};
use super::run::start;
use crate::clients::explain::quoted;
use crate::clients::helm_charts::{HelmCharts, Pulled, Trouble, trouble};
use crate::clients::{Asker, CallError, ErrorClass};
use crate::gateway::Gateway;
use crate::model::{ChartLock, ChartReference, ChartRegistry, LockedChart};
use crate::report::{Code, ExecMode, Finding, Outcome, PreflightEvidence};
use std::fmt::Write as _;
use words::{elsewhere, reason, remedy};

/// The check's id.
pub const ID: &str = "chart-registry";

/// One chart that was asked for, and what helm said.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The chart.
    pub chart: &'static LockedChart,
    /// How helm was asked for it.
    pub reference: ChartReference,
    /// Its answer.
    pub found: Result<Pulled, CallError>,
}

impl Asked {
    /// `oci://HOST/PATH`, or the chart repository.
    #[must_use]
    pub fn registry(&self) -> &str {
        let of_a_registry = || {
            self.reference
                .url
                .rsplit_once('/')
                .map_or("", |(registry, _)| registry)
        };
        self.reference.repository.as_deref().unwrap_or_else(of_a_registry)
    }

    /// Whether a mirror stands for the chart's own registry.
    fn is_mirrored(&self) -> bool {
        self.registry() != self.chart.registry
    }

    /// `HOST[:PORT]`.
    fn host(&self) -> &str {
        let registry = self.registry();
        let rest = registry.split_once("://").map_or(registry, |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    /// The command that shows what came of it.
    fn again(&self) -> String {
        let words: Vec<String> = self.reference.args().iter().map(|word| quoted(word)).collect();
        format!("`helm show chart {}`", words.join(" "))
    }
}

/// Whether AWS answered from the same place: together with the registry's silence it tells where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aws {
    /// It answered, whatever it said.
    Answers,
    /// It could not be reached.
    Unreachable,
    /// Not known.
    Unknown,
}

/// Codes that only AWS itself can have caused.
const ANSWERS: [Code; 4] = [
    Code::AwsAccessDenied,
    Code::AwsKeysExpired,
    Code::AwsThrottled,
    Code::ClockSkew,
];

impl Aws {
    /// Read from the check `identity`.
    #[must_use]
    pub fn of(identity: &Checked) -> Self {
        let finding = identity.findings.first();
        match finding.map(|finding| (finding.outcome, finding.code)) {
            Some((_, Some(Code::AwsUnreachable))) => Self::Unreachable,
            Some((Outcome::Pass, _)) => Self::Answers,
            Some((_, Some(code))) if ANSWERS.contains(&code) => Self::Answers,
            _ => Self::Unknown,
        }
    }
}

/// Asks helm for a locked chart of each registry, side by side. None where a question could not be put, or the lock is
/// empty: then nothing is known.
#[must_use]
pub fn ask(
    gateway: &dyn Gateway,
    lock: &'static ChartLock,
    mirror: Option<&ChartRegistry>,
) -> Option<Vec<Asked>> {
    let charts = lock.asked_for_beforehand();
    let asked: Option<Vec<Asked>> = std::thread::scope(|scope| {
        let put = |chart: &'static LockedChart| {
            start(scope, move || {
                let reference = chart.reference(mirror);
                let found = HelmCharts { gateway }.show(chart, &reference);
                Asked {
                    chart,
                    reference,
                    found,
                }
            })
        };
        let threads: Vec<_> = charts.into_iter().map(put).collect();
        threads
            .into_iter()
            .map(|thread| thread.ok()?.join().ok())
            .collect()
    });
    asked.filter(|asked| !asked.is_empty())
}

/// Judges what helm said: the first chart that can't be had blocks, and its message names the others.
#[must_use]
pub fn decide(answers: &[Asked], aws: Aws, asker: &Asker<'_>) -> Checked {
    let failed = answers
        .iter()
        .find_map(|one| Some((one, one.found.as_ref().err()?)));
    if let Some((one, error)) = failed {
        return of_error(one, error, answers, aws, asker);
    }
    if let Some(one) = answers.iter().find(|one| differs(one)) {
        let message = format!(
            "The registry `{}` holds another chart under {} than the one that was locked: its digest differs.",
            one.registry(),
            one.chart.shown()
        );
        let remedy = format!(
            "Install nothing from it, and tell those who publish it. {} shows the digest; `charts.lock.json` has the locked one.",
            one.again()
        );
        return Finding::fail(ID, Code::ChartDiffers, message)
            .remedy(remedy)
            .into();
    }
    let registries = listed(answers.iter().map(|one| format!("`{}`", one.registry())));
    let charts = listed(answers.iter().map(|one| one.chart.shown()));
    let message = format!("Charts can be had where the tools run, from {registries}: {charts} are there.");
    Checked::from(Finding::pass(ID, message)).seen(PreflightEvidence {
        chart_registry: answers.first().map(|one| one.registry().to_owned()),
        ..PreflightEvidence::default()
    })
}

/// Whether another chart came than the locked one. A digest that was not shown is not the locked one.
fn differs(one: &Asked) -> bool {
    let shown = one.found.as_ref().ok().and_then(|pulled| pulled.digest.as_ref());
    one.reference.digest.is_some() && one.reference.digest.as_ref() != shown
}

/// `a, b and c`, each once.
fn listed(names: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    let last = all.pop().unwrap_or_default();
    if all.is_empty() {
        return last;
    }
    format!("{} and {last}", all.join(", "))
}

fn of_error(one: &Asked, error: &CallError, answers: &[Asked], aws: Aws, asker: &Asker<'_>) -> Checked {
    let registry = one.registry();
    let place = match asker.mode {
        ExecMode::Docker => "the toolbox container",
        ExecMode::Local => "this machine",
    };
    let what = format!("Whether the chart registry `{registry}` answers");
    let Some(trouble) = trouble_of(error) else {
        if error.class == ErrorClass::MissingTool {
            // One cause, one remedy: the check of the tool has it.
            let message = format!("{what} is unknown: helm is missing, see the check `tool-helm`.");
            return Finding::fail(ID, Code::ToolMissing, message).into();
        }
        return unknown(ID, &what, error, asker).into();
    };
    let code = match trouble {
        Trouble::Absent => Code::ChartNotFound,
        _ => Code::ChartRegistryUnreachable,
    };
    let mut message = if trouble == Trouble::Absent {
        let lacking = answers
            .iter()
            .filter(|other| other.registry() == registry && is_absent(other));
        let lacking = listed(lacking.map(|other| other.chart.shown()));
        format!("The registry `{registry}` answers and does not hold {lacking}.")
    } else {
        format!(
            "The charts can't be had from `{registry}`, asked from {place}: {}.{}",
            reason(trouble, one.host()),
            elsewhere(trouble, aws, asker.mode)
        )
    };
    let others = answers
        .iter()
        .filter(|other| other.found.is_err() && other.registry() != registry);
    let others = listed(others.map(|other| format!("`{}`", other.registry())));
    if !others.is_empty() {
        let _ = write!(message, " {others} gave none either.");
    }
    Finding::fail(ID, code, message)
        .remedy(remedy(trouble, one, asker.mode))
        .said(error.said.clone())
        .into()
}

/// What a failure of helm says of the registry that `chart` was to come from, and what mends it; none where helm said
/// nothing that is known.
#[must_use]
pub fn explained(
    error: &CallError,
    chart: &'static LockedChart,
    mirror: Option<&ChartRegistry>,
    mode: ExecMode,
) -> Option<(String, String)> {
    let trouble = Some(trouble(&error.said)).filter(|it| *it != Trouble::Other)?;
    let one = Asked {
        chart,
        reference: chart.reference(mirror),
        found: Err(error.clone()),
    };
    let (registry, remedy) = (one.registry(), remedy(trouble, &one, mode));
    let message = if trouble == Trouble::Absent {
        format!(
            "The registry `{registry}` answers and does not hold {}.",
            chart.shown()
        )
    } else {
        format!(
            "The chart {} can't be had from `{registry}`: {}.",
            chart.shown(),
            reason(trouble, one.host())
        )
    };
    Some((message, remedy))
}

/// Where on the way it stopped; none where it is not the registry's, or not understood.
fn trouble_of(error: &CallError) -> Option<Trouble> {
    let trouble = match error.class {
        ErrorClass::TimedOut => Trouble::Timeout,
        ErrorClass::Other => trouble(&error.said),
        _ => return None,
    };
    (trouble != Trouble::Other).then_some(trouble)
}

fn is_absent(one: &Asked) -> bool {
    let error = one.found.as_ref().err();
    error.and_then(trouble_of) == Some(Trouble::Absent)
}
