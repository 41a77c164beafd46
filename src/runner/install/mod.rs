//! The install: a plan by looking, an approval, and then each step until it is settled.

mod converge;
mod digest;
mod execute;
mod failure;
mod guard;
mod hold;
mod plan;
mod report;
mod words;

pub use plan::{Plan, PlannedStep, observe};

use super::{Progress, Run, Workplace};
use crate::gateway::Gateway;
use crate::gateway::read_only::ReadOnly;
use crate::model::settings::{RunOptions, Settings};
use crate::model::{Phase, Source, Target};
use crate::report::{InstallReport, PreflightEvidence};
use crate::steps::install::{Desired, Ground, LAST_PHASE, World, steps};
use std::sync::Arc;

/// What an install is given.
pub struct Asked<'a> {
    /// The run.
    pub run: &'a Run,
    /// How to run.
    pub options: &'a RunOptions,
    /// What it is about.
    pub settings: &'a Settings,
    /// What the preflight saw: who is calling, what it costs.
    pub seen: &'a PreflightEvidence,
    /// Where the tools are; open.
    pub workplace: &'a Workplace,
    /// Who is told.
    pub progress: &'a Arc<dyn Progress>,
}

/// Plans; and, where the plan is approved, carries it out.
#[must_use]
pub fn install(asked: &Asked<'_>) -> InstallReport {
    let desired = match desired(asked) {
        Ok(desired) => desired,
        Err(stop) => return report::blocked_at_once(&stop),
    };
    let last = asked.settings.phase.unwrap_or(LAST_PHASE).min(LAST_PHASE);
    let ground = Ground::default();
    let gateway = &asked.workplace.gateway as &dyn Gateway;
    let looking = ReadOnly(gateway);
    let world = World {
        gateway: &looking,
        desired: &desired,
        ground: &ground,
        listener: asked.progress.as_ref(),
        now: jiff::Timestamp::now,
    };
    asked.progress.step("planning the install");
    let mut plan = plan::make(steps(last), &world, last);
    asked.progress.done();
    plan.keep_documents(asked.run.folder());
    let approved = asked.settings.approve.as_ref();
    match plan.gate(approved, asked.run.interrupt.is_set()) {
        plan::Gate::Answer(status) => report::of_plan(asked, &plan, status),
        plan::Gate::Go => {
            let done = execute::execute(asked, &world, gateway, &mut plan);
            report::of_run(asked, &plan, done)
        }
    }
}

/// What is wanted, made of the settings and of the account that the preflight saw.
fn desired(asked: &Asked<'_>) -> Result<Desired, crate::steps::install::Stop> {
    use crate::report::Code;
    use crate::steps::install::Stop;
    let (settings, seen) = (asked.settings, asked.seen);
    let unknown = || {
        Stop::new(
            Code::Internal,
            "The account is not known after a preflight that passed.",
            Code::Internal.remedy(),
        )
    };
    let account: crate::model::AccountId = seen
        .aws_account_id
        .as_deref()
        .and_then(|id| id.parse().ok())
        .ok_or_else(unknown)?;
    let bucket = settings.bucket_in(&account).map_err(|why| {
        Stop::new(
            Code::S3BucketNameInvalid,
            format!(
                "The bucket's name that is made of the cluster's must be {}.",
                why.rule
            ),
            "Name another with `--bucket`.",
        )
    })?;
    let registry = &settings.chart_registry;
    Ok(Desired {
        target: Target {
            account,
            region: settings.region.value.clone(),
            cluster: settings.cluster.value.clone(),
            namespace: settings.namespace.value.clone(),
        },
        caller_arn: seen.aws_arn.clone().ok_or_else(unknown)?,
        profile: settings.profile.as_ref().map(|profile| profile.value.clone()),
        mode: asked.workplace.exec.mode,
        node_type: settings.node_type.value.clone(),
        node_count: settings.node_count.value.get(),
        subnets: settings
            .subnets
            .as_ref()
            .map(|subnets| subnets.value.ids().to_vec())
            .unwrap_or_default(),
        bucket,
        versioning: settings.versioning.value,
        chart_mirror: (registry.source != Source::Default).then(|| registry.value.clone()),
    })
}

/// The phases that come after the last one of this version.
#[must_use]
pub fn later() -> Vec<&'static str> {
    let words = Phase::WORDS;
    let known = LAST_PHASE as usize + 1;
    words.get(known..).unwrap_or_default().to_vec()
}
