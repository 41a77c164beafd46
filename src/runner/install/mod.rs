//! The install: a plan by looking, an approval, and then each step until it is settled.

mod converge;
mod digest;
mod execute;
mod failure;
mod guard;
mod heard;
pub mod hold;
mod plan;
mod report;
mod site;
pub mod wait;
mod words;

pub use hold::Holder;
pub use plan::{Plan, PlannedStep, observe};
pub use site::Clock;

use super::{Progress, Run, Workplace};
use crate::clients::aws::eks::Cluster;
use crate::clients::picture::Picture;
use crate::clients::site::Network;
use crate::gateway::Gateway;
use crate::gateway::interrupt::Interrupt;
use crate::gateway::read_only::ReadOnly;
use crate::model::set_values::texts;
use crate::model::settings::{RunOptions, Settings};
use crate::model::{Approve, DnsProvider, Phase, Source, Target};
use crate::report::{
    Approval, ApprovalKind, Approver, Code, CostEstimate, InstallReport, InstallStatus, PreflightEvidence,
};
use crate::steps::install::set_values::{self, KeptValues};
use crate::steps::install::{Desired, Dns, Ground, LAST_PHASE, Site, Step, Stop, World, steps};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

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
    /// The user's number here.
    pub uid: u32,
}

/// One install: where it looks and writes, by which clock, and what the user said.
pub struct Job<'a> {
    /// Where steps look: reads only.
    pub world: World<'a>,
    /// The same door for the plan: what was answered is not asked again.
    pub picture: &'a Picture<'a>,
    /// Where writes go.
    pub gateway: &'a dyn Gateway,
    /// The run's stop flag.
    pub interrupt: &'a Interrupt,
    /// How long the install has run.
    pub clock: Clock<'a>,
    /// The run's own folder, for the plan's documents.
    pub folder: Option<&'a Path>,
    /// The folder of this machine's locks.
    pub locks: PathBuf,
    /// Who this is, for others who want to install.
    pub holder: Holder,
    /// The user's number here.
    pub uid: u32,
    /// `--approve`.
    pub approve: Option<&'a Approve>,
    /// `--read-only`.
    pub read_only: bool,
    /// `--phase`; absent: all.
    pub phase: Option<Phase>,
    /// What is new costs, where that is known.
    pub cost: Option<&'a CostEstimate>,
    /// The command: `install` or `default`.
    pub command: &'static str,
    /// The flags as they were typed, by name.
    pub typed: &'a BTreeMap<String, String>,
}

impl Job<'_> {
    /// This command line, with `approve` in the place of its approval.
    #[must_use]
    pub fn line(&self, approve: Option<&str>) -> String {
        let mut typed = self.typed.clone();
        if approve.is_some() {
            typed.remove("read-only");
        }
        words::line(self.command, &typed, approve)
    }

    /// This very command line.
    #[must_use]
    pub fn again(&self) -> String {
        let approve = self.approve.map(ToString::to_string);
        words::line(self.command, self.typed, approve.as_deref())
    }

    /// This command line for all phases, without an approval: the plan is a longer one.
    #[must_use]
    pub fn onward(&self) -> String {
        let mut typed = self.typed.clone();
        typed.remove("phase");
        words::line(self.command, &typed, None)
    }

    /// Who approved the plan, how, and that it is now.
    fn approval(&self, approve: &Approve) -> Approval {
        Approval {
            kind: match approve {
                Approve::True => ApprovalKind::True,
                Approve::Digest(_) => ApprovalKind::Digest,
            },
            value: approve.to_string(),
            by: Approver {
                sts_arn: self.world.desired.caller_arn.clone(),
                local_user: self.holder.user.clone(),
                uid: self.uid,
                machine: self.holder.machine.clone(),
            },
            at: (self.world.now)().to_string(),
        }
    }

    /// Plans `steps`; and, where the plan is approved, carries it out.
    #[must_use]
    pub fn install(&self, steps: Vec<Box<dyn Step>>) -> InstallReport {
        let last = self.phase.unwrap_or(LAST_PHASE);
        self.world.listener.step("planning the install");
        let pictured = World {
            gateway: self.picture,
            ..self.world
        };
        let mut plan = plan::make(steps, &pictured, last);
        self.world.listener.done();
        plan.keep_documents(self.folder);
        match plan.gate(self.approve, self.read_only, self.interrupt.is_set()) {
            plan::Gate::Answer(status) => report::of_plan(self, &plan, status),
            plan::Gate::ReadOnly => report::of_read_only(self, &plan),
            plan::Gate::Go(approve) => {
                let approval = self.approval(approve);
                let done = execute::execute(self, &plan, &pictured);
                // A step that stood there when the plan was made, and was waited for, has no other end.
                self.world.listener.done();
                report::of_run(self, &plan, approval, done)
            }
        }
    }
}

/// An install that came to its end, well or not.
pub struct Installed {
    /// Its report.
    pub report: InstallReport,
    /// The cluster, where all that was asked for stands and the user wants a way into it.
    pub cluster: Option<Cluster>,
}

/// Plans; and, where the plan is approved, carries it out.
#[must_use]
pub fn install(asked: &Asked<'_>) -> Installed {
    let alone = |report| Installed {
        report,
        cluster: None,
    };
    let locks = Run::state_folder().map(|runs| runs.with_file_name("locks"));
    let (bare, locks) = match (desired(asked), locks) {
        (Ok(desired), Ok(locks)) => (desired, locks),
        (Err(stop), _) => return alone(report::blocked_at_once(&stop)),
        (_, Err(_)) => {
            use Code::InstallLockFailed as Failed;
            let stop = Stop::new(Failed, Failed.meaning(), Failed.remedy());
            return alone(report::blocked_at_once(&stop));
        }
    };
    let last = asked.settings.phase.unwrap_or(LAST_PHASE);
    let ground = Ground::default();
    let network = Network::new(
        asked
            .settings
            .dns_server
            .as_ref()
            .map(|server| server.value.address()),
    );
    let gateway = &asked.workplace.gateway as &dyn Gateway;
    let (looking, heard) = (ReadOnly(gateway), heard::Heard::new(gateway, asked.progress));
    let begun = Instant::now();
    let clock = || begun.elapsed();
    let picture = Picture {
        gateway: &looking,
        answers: &asked.workplace.answers,
    };
    let world = World {
        gateway: &looking,
        desired: &bare,
        ground: &ground,
        outside: &network,
        listener: asked.progress.as_ref(),
        now: jiff::Timestamp::now,
    };
    let mut desired = bare.clone();
    let mut all = steps(last);
    let pictured = World {
        gateway: &picture,
        ..world
    };
    if let Some((values, known)) = own_values(asked, &pictured) {
        looking.hide(values.values().flat_map(texts).collect());
        desired.set_values = values;
        // Behind the cluster: there the Secret is, and before every release.
        let at = all
            .iter()
            .position(|step| step.id() == "cluster")
            .map_or(0, |at| at + 1);
        all.insert(at, Box::new(KeptValues { known }));
    }
    let user = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| asked.run.env.get(std::ffi::OsStr::new(name))?.to_str());
    let job = Job {
        world: World {
            desired: &desired,
            ..world
        },
        picture: &picture,
        gateway: &heard,
        interrupt: &asked.run.interrupt,
        clock: &clock,
        folder: asked.run.folder(),
        locks,
        holder: Holder::of_process(&asked.run.id, user, asked.uid),
        uid: asked.uid,
        approve: asked.settings.approve.as_ref(),
        read_only: asked.options.read_only.value,
        phase: asked.settings.phase,
        cost: asked.seen.cost_estimate.as_ref(),
        command: asked.run.command,
        typed: &asked.settings.typed,
    };
    let report = job.install(all);
    let stands = matches!(
        report.status,
        InstallStatus::Completed | InstallStatus::CompletedPhase
    );
    let cluster = if stands && asked.settings.write_kubeconfig {
        job.world.cluster().ok().flatten()
    } else {
        None
    };
    Installed { report, cluster }
}

/// The user's own values, and whether they are known: those of the flag, else those that an earlier run kept. None
/// where there are none. Where that can't be told, the step that looks for them says so in the plan, which can't be
/// approved then.
fn own_values(asked: &Asked<'_>, world: &World<'_>) -> Option<(BTreeMap<String, serde_json::Value>, bool)> {
    if let Some(given) = &asked.settings.set_values {
        return Some((given.value.clone().into_map(), true));
    }
    match set_values::kept(world) {
        Ok(kept) => kept.map(|values| (values.into_map(), true)),
        Err(_) => Some((BTreeMap::new(), false)),
    }
}

/// What is wanted, made of the settings and of the account that the preflight saw.
fn desired(asked: &Asked<'_>) -> Result<Desired, Stop> {
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
    let site = site(settings, seen)?.ok_or_else(unknown)?;
    Ok(Desired {
        site,
        set_values: BTreeMap::new(),
        charts: settings.chart_lock(),
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
        bucket_is_named: settings.bucket.is_some(),
        versioning: settings.versioning.value,
        chart_mirror: (registry.source != Source::Default).then(|| registry.value.clone()),
    })
}

/// The site, by the settings and by what the preflight found; none where that is not known. Who asked for a zone of
/// Route53 is not given records to make by hand instead.
fn site(settings: &Settings, seen: &PreflightEvidence) -> Result<Option<Site>, Stop> {
    let zone = seen.route53_zone_id.clone().zip(seen.route53_zone_name.clone());
    let provider = settings.dns_provider.as_ref().map(|provider| provider.value);
    let dns = match (provider, zone) {
        (Some(DnsProvider::Route53), None) => {
            return Err(Stop::new(
                Code::NoRoute53Zone,
                "`--dns-provider route53` (or DNS_PROVIDER in the env file) asks for a zone of Route53, and this account has none that holds the site.",
                "Create the zone, or give `--dns-provider external` and make the record by hand.",
            ));
        }
        (Some(DnsProvider::External), _) | (None, None) => Dns::External,
        (Some(DnsProvider::Route53) | None, Some((zone_id, zone_name))) => {
            Dns::Route53 { zone_id, zone_name }
        }
    };
    let named = settings.site_domain.as_ref();
    let certificate = seen.cert_arn.as_deref().and_then(|arn| arn.parse().ok());
    Ok(named.zip(certificate).map(|(domain, certificate)| Site {
        domain: domain.value.clone(),
        certificate,
        dns,
        scheme: settings.scheme.value,
    }))
}
