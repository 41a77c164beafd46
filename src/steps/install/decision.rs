//! What a step decides: whether it is settled, what would have to be written, and what stands in the way.

use crate::clients::Ask;
use crate::report::{Code, InstallEvidence, Note, StepAction};
use serde_json::Value;
use std::time::Duration;

/// Where a write goes: what must be known to be the right place before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteTo {
    /// The account and region.
    Account,
    /// The cluster, by EKS's own API or by eksctl: account, region and the cluster's endpoint.
    Eks,
    /// The cluster's API server. The runner appends kubeconfig and context to the arguments.
    Cluster,
}

/// One command that writes.
#[derive(Clone, Debug)]
pub struct Write {
    /// The command; its effect is `Write`. Documents go by its stdin.
    pub ask: Ask,
    /// Where it goes.
    pub to: WriteTo,
    /// The file's name under which the plan shows its stdin, `cluster-config.yaml`; none where it has none, or where
    /// that is a secret.
    pub document: Option<&'static str>,
    /// Whether "exists already" is as good as done: another look decides.
    pub exists_is_fine: bool,
}

impl Write {
    /// A command for the account.
    #[must_use]
    pub const fn account(ask: Ask) -> Self {
        Self::new(ask, WriteTo::Account)
    }

    /// A command about the cluster, by eksctl or EKS's own API.
    #[must_use]
    pub const fn eks(ask: Ask) -> Self {
        Self::new(ask, WriteTo::Eks)
    }

    /// A command for the cluster's API server, without kubeconfig and context.
    #[must_use]
    pub const fn cluster(ask: Ask) -> Self {
        Self::new(ask, WriteTo::Cluster)
    }

    const fn new(ask: Ask, to: WriteTo) -> Self {
        Self {
            ask,
            to,
            document: None,
            exists_is_fine: true,
        }
    }

    /// The same, with its stdin shown under `name`.
    #[must_use]
    pub const fn showing(mut self, name: &'static str) -> Self {
        self.document = Some(name);
        self
    }

    /// The same, where "exists already" can only mean somebody else's.
    #[must_use]
    pub const fn exclusively(mut self) -> Self {
        self.exists_is_fine = false;
        self
    }
}

/// Why a step can't go on, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The stable code.
    pub code: Code,
    /// What is in the way, one or two sentences without a tool's text.
    pub message: String,
    /// What mends it: the exact command.
    pub remedy: String,
    /// A tool's own words, redacted; untrusted.
    pub said: Option<String>,
}

impl Stop {
    /// Without a tool's words.
    pub fn new(code: Code, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            remedy: remedy.into(),
            said: None,
        }
    }

    /// With a tool's words.
    #[must_use]
    pub fn said(mut self, said: impl Into<String>) -> Self {
        self.said = Some(said.into());
        self
    }

    /// As the report's blocker and its remediation.
    #[must_use]
    pub fn notes(&self) -> (Note, Note) {
        let note = |message: &str, tool_output: Option<String>| Note {
            code: self.code,
            message: message.to_owned(),
            tool_output,
        };
        (note(&self.message, self.said.clone()), note(&self.remedy, None))
    }
}

/// What is waited for, and why it is not there yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// What, for people, without a tool's text: `the StatefulSet `api`: 0 of 1 pods are ready`.
    pub what: String,
    /// Why not yet, as far as the objects themselves tell, the gravest first.
    pub why: Vec<Reason>,
}

/// One reason why something is not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What, and what mends it.
    pub stop: Stop,
    /// Whether waiting can't help: the step ends with it, once it was seen some looks in a row.
    pub hopeless: bool,
}

impl From<String> for Waiting {
    fn from(what: String) -> Self {
        Self {
            what,
            why: Vec::new(),
        }
    }
}

impl From<&str> for Waiting {
    fn from(what: &str) -> Self {
        what.to_owned().into()
    }
}

/// How the thing stands.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// As it should be, and usable.
    Settled,
    /// On its way by itself: another look will tell. Says what is waited for.
    Waiting(Waiting),
    /// These commands, in this order, bring it nearer; after them the step looks again.
    Write(Vec<Write>),
    /// It can't be made so; nothing is written.
    Blocked(Vec<Stop>),
}

/// A release that is brought to another version or other values, and what brings it back where that fails.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// The release.
    pub release: String,
    /// Its namespace.
    pub namespace: String,
    /// Its chart.
    pub chart: String,
    /// The chart's version that it has.
    pub from: String,
    /// The one that it gets.
    pub to: String,
    /// The revision that is deployed.
    pub revision: u64,
    /// The newest one, which may have failed; a helm that begins adds one. None where helm did not say.
    pub newest: Option<u64>,
    /// The commands that bring it back to that, in this order.
    pub back: Vec<Write>,
}

/// What a step decided. Pure: made of what is wanted and what was seen.
#[derive(Clone, Debug)]
pub struct Decision {
    /// For the plan.
    pub action: StepAction,
    /// What and why, for the plan.
    pub detail: String,
    /// What is to be done.
    pub verdict: Verdict,
    /// What the thing shall be, for the digest: made of what is wanted and of [`Self::adopted`] alone, and never of how
    /// far it is, so that what is left of a plan still matches it.
    pub desired: Value,
    /// Whether it is somebody else's: without our mark of creation. Part of the digest.
    pub adopted: bool,
    /// What should be known and stops nothing.
    pub warnings: Vec<Stop>,
    /// Where the writes bring a release that is deployed to another version or other values.
    pub upgrade: Option<Upgrade>,
}

impl Decision {
    /// As it should be.
    pub fn settled(detail: impl Into<String>, desired: Value) -> Self {
        Self::new(StepAction::Unchanged, detail, desired, Verdict::Settled)
    }

    /// Absent, and made by `writes`.
    pub fn create(detail: impl Into<String>, desired: Value, writes: Vec<Write>) -> Self {
        Self::new(StepAction::Create, detail, desired, Verdict::Write(writes))
    }

    /// Whether nothing of it is there, and one command makes it in the account.
    #[must_use]
    pub fn is_made_anew(&self) -> bool {
        let makes_it = |writes: &[Write]| matches!(writes, [write] if write.to != WriteTo::Cluster);
        self.action == StepAction::Create
            && matches!(&self.verdict, Verdict::Write(writes) if makes_it(writes))
    }

    /// There, and changed by `writes`.
    pub fn update(detail: impl Into<String>, desired: Value, writes: Vec<Write>) -> Self {
        Self::new(StepAction::Update, detail, desired, Verdict::Write(writes))
    }

    /// Being made; nothing to write.
    pub fn waiting(detail: impl Into<String>, desired: Value, what: impl Into<Waiting>) -> Self {
        Self::new(
            StepAction::Unchanged,
            detail,
            desired,
            Verdict::Waiting(what.into()),
        )
    }

    /// In the way.
    pub fn blocked(detail: impl Into<String>, desired: Value, stops: Vec<Stop>) -> Self {
        Self::new(StepAction::Unknown, detail, desired, Verdict::Blocked(stops))
    }

    fn new(action: StepAction, detail: impl Into<String>, desired: Value, verdict: Verdict) -> Self {
        Self {
            action,
            detail: detail.into(),
            verdict,
            desired,
            adopted: false,
            warnings: Vec::new(),
            upgrade: None,
        }
    }

    /// The same, of a thing that is somebody else's; what is not unchanged is `adopt`.
    #[must_use]
    pub fn adopting(mut self) -> Self {
        self.adopted = true;
        if self.action != StepAction::Unknown {
            self.action = StepAction::Adopt;
        }
        self
    }

    /// The same, with something that should be known.
    #[must_use]
    pub fn warn(mut self, warning: Stop) -> Self {
        self.warnings.push(warning);
        self
    }

    /// The same, of a release that is brought to another version or other values; with what is run where that fails, for
    /// whoever approves it.
    #[must_use]
    pub fn upgrading(mut self, upgrade: Option<Upgrade>) -> Self {
        if let Some(Upgrade {
            release, revision, ..
        }) = &upgrade
        {
            let back = format!("; where that fails, `helm rollback {release} {revision}`");
            self.detail.push_str(&back);
        }
        self.upgrade = upgrade;
        self
    }

    /// The commands that it would run.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        match &self.verdict {
            Verdict::Write(writes) => writes,
            _ => &[],
        }
    }
}

/// What this run did to the thing that a step tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Whether it was there before this run.
    pub existed: bool,
    /// Whether this run made it.
    pub created: bool,
}

/// Writes what was seen into the evidence.
type Tell = Box<dyn Fn(&mut InstallEvidence, History) + Send + Sync>;

/// A decision, and what was seen for the evidence.
pub struct Look {
    /// The decision.
    pub decision: Decision,
    tell: Option<Tell>,
}

impl Look {
    /// A decision that leaves no evidence.
    #[must_use]
    pub fn of(decision: Decision) -> Self {
        Self { decision, tell: None }
    }

    /// With what was seen; what it tells already, it tells first.
    #[must_use]
    pub fn telling(mut self, tell: impl Fn(&mut InstallEvidence, History) + Send + Sync + 'static) -> Self {
        self.tell = Some(match self.tell {
            None => Box::new(tell),
            Some(before) => Box::new(move |evidence, history| {
                before(evidence, history);
                tell(evidence, history);
            }),
        });
        self
    }

    /// Writes what was seen into `evidence`.
    pub fn tell(&self, evidence: &mut InstallEvidence, history: History) {
        if let Some(tell) = &self.tell {
            tell(evidence, history);
        }
    }
}

/// How long a step takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// As a rule; for the plan and for people who wait.
    pub usual: Duration,
    /// After this it is given up.
    pub deadline: Duration,
    /// Between two looks.
    pub pace: Duration,
    /// How often in a row it must be seen settled, once it was written or waited for: what is ready for a moment only
    /// is not.
    pub good: u32,
}

impl Waits {
    /// A call that answers at once, and is seen soon.
    pub const SHORT: Self = Self::new(5, 120, 1);

    /// In seconds.
    #[must_use]
    pub const fn new(usual: u64, deadline: u64, pace: u64) -> Self {
        Self {
            usual: Duration::from_secs(usual),
            deadline: Duration::from_secs(deadline),
            pace: Duration::from_secs(pace),
            good: 1,
        }
    }

    /// The same, settled only after it was seen so `good` times in a row.
    #[must_use]
    pub const fn seen(mut self, good: u32) -> Self {
        self.good = good;
        self
    }
}
