//! One step, until it is settled: look, write what was decided, look again.

use super::failure::{Ended, Refusal, internal, is_lost, is_passing, of_call, of_stop, own};
use super::site::Site;
use super::wait::Patience;
use super::words::command;
use crate::clients::call::done;
use crate::clients::helm_words::REGISTRY;
use crate::clients::{Ask, CallError, ErrorClass, ask};
use crate::gateway::Tool;
use crate::report::{Code, Failure, StepOutcome};
use crate::steps::install::{Decision, Look, Step, Upgrade, Verdict, Write, WriteTo};
use serde_json::Value;
use std::cell::RefCell;
use std::time::Duration;

/// How long a write may take to be seen before it is written again: AWS's answers lag behind by seconds.
const TO_BE_SEEN: Duration = Duration::from_secs(60);
/// How often one step writes before it is given up.
const ROUNDS: usize = 12;
/// How often in a row a passing failure is waited for: 2, 4, 8, 16 and 32 seconds.
const TRIES: u32 = 5;

/// What the approved plan said of a step.
#[derive(Clone, Copy)]
pub struct Approved<'a> {
    /// What the thing shall be.
    pub desired: &'a Value,
    /// Whether it is somebody else's.
    pub adopted: bool,
    /// Whether nothing of it was there, and one command makes it.
    pub made_anew: bool,
}

/// A step that came to its end.
pub struct Settled {
    /// The last look.
    pub look: Look,
    /// Whether anything was written.
    pub outcome: StepOutcome,
}

/// What is counted while a step is carried out.
#[derive(Default)]
pub struct Count {
    /// Commands that wrote and ended well.
    pub writes: u64,
    /// Commands that may have written: their answer was lost.
    pub lost: u64,
    /// Commands that may have written: the tool itself lost its connection, or AWS failed at it.
    pub broken_off: u64,
    /// Whether a release's upgrade was begun, and brought back after it failed.
    pub upgrade: Upgrading,
}

/// How an upgrade of a release stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Upgrading {
    /// helm was not begun.
    #[default]
    NotBegun,
    /// helm was begun.
    Begun,
    /// It failed, and the release is as it was before.
    BroughtBack,
}

impl Count {
    /// Whether this run may have changed anything here.
    #[must_use]
    pub const fn touched(&self) -> bool {
        self.writes + self.lost + self.broken_off > 0
    }
}

/// A write of a moment ago: its command line, its document, and when.
struct Recent {
    argv: Vec<String>,
    document: Option<Vec<u8>>,
    at: Duration,
}

/// What became of a write that was not refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    /// It was carried out.
    Made,
    /// What it makes was there already.
    WasThere,
}

/// One step under way.
struct Course<'a> {
    site: &'a Site<'a>,
    step: &'a dyn Step,
    approved: Approved<'a>,
    purpose: String,
    recent: Vec<Recent>,
    patience: Patience,
    /// Whether it was looked at, and whether what is done now was decided by the plan's picture.
    looked: bool,
    by_picture: bool,
    /// Failures in a row of looks, and of writes.
    looks_failed: u32,
    writes_failed: u32,
    rounds: usize,
    /// The upgrade of a release that was begun.
    upgrade: Option<Upgrade>,
    /// Whether it is the release that fails, and not a look or another command.
    is_release: bool,
}

/// Brings one step to its end.
///
/// # Errors
/// [`Ended`]: why it is not there.
pub fn converge(
    site: &Site<'_>,
    step: &dyn Step,
    approved: Approved<'_>,
    count: &mut Count,
) -> Result<Settled, Ended> {
    let mut course = Course {
        site,
        step,
        approved,
        purpose: format!("carry out the step `{}`", step.id()),
        recent: Vec::new(),
        patience: Patience::new((site.clock)()),
        looked: false,
        by_picture: false,
        looks_failed: 0,
        writes_failed: 0,
        rounds: 0,
        upgrade: None,
        is_release: false,
    };
    match course.run(count) {
        Err(Ended::Failed(failure)) => Err(course.bring_back(*failure, count)),
        other => other,
    }
}

impl Course<'_> {
    fn run(&mut self, count: &mut Count) -> Result<Settled, Ended> {
        let (site, step) = (self.site, self.step);
        loop {
            self.is_release = false;
            site.may_go_on()?;
            site.hold.keep_up(site)?;
            site.world.ground.looks.tick((site.clock)());
            if self.patience.may_glance((site.clock)()) {
                match step.glance(site.world) {
                    Ok(Some(waiting)) => {
                        self.looks_failed = 0;
                        self.is_release = true;
                        self.patience.wait(site, step, &waiting, &self.purpose)?;
                        continue;
                    }
                    Ok(None) => {}
                    Err(error) => {
                        self.look_failed(&error)?;
                        continue;
                    }
                }
            }
            let look = match self.look() {
                Ok(look) => look,
                Err(error) => {
                    self.look_failed(&error)?;
                    continue;
                }
            };
            self.looks_failed = 0;
            // What this step itself wrote a moment ago may be seen in part; what it did not touch is as it was approved.
            let writes = matches!(look.decision.verdict, Verdict::Write(_));
            if writes || (!count.touched() && !matches!(look.decision.verdict, Verdict::Blocked(_))) {
                self.same_plan(&look.decision)?;
            }
            match &look.decision.verdict {
                Verdict::Settled => {
                    if !self.patience.is_settled(step, count.touched()) {
                        site.rest(step.waits().pace, &self.purpose)?;
                        continue;
                    }
                    let outcome = if count.touched() {
                        StepOutcome::Done
                    } else {
                        StepOutcome::Verified
                    };
                    return Ok(Settled { look, outcome });
                }
                Verdict::Blocked(stops) => {
                    self.is_release = true;
                    return Err(stops
                        .first()
                        .map_or_else(|| internal(&self.purpose), |found| of_stop(&self.purpose, found)));
                }
                Verdict::Waiting(waiting) => {
                    self.is_release = true;
                    self.patience.looked((site.clock)());
                    self.patience.wait(site, step, waiting, &self.purpose)?;
                }
                Verdict::Write(writes) => {
                    self.patience.unsettled();
                    self.write(writes, &look.decision, count)?;
                }
            }
        }
    }

    /// A look. The first one, as long as this run has written nothing, takes the plan's own picture of a moment ago where
    /// that shows nothing: what is to be made in the account is not asked for once more. What would be changed is looked
    /// at anew, and so is what helm or kubectl would write: somebody may have been there since.
    fn look(&mut self) -> Result<Look, CallError> {
        let (site, step) = (self.site, self.step);
        let is_first = !std::mem::replace(&mut self.looked, true);
        if is_first && self.approved.made_anew && !site.world.ground.looks.has_written() {
            let look = step.look(site.pictured)?;
            if look.decision.is_made_anew() {
                self.by_picture = true;
                return Ok(look);
            }
        }
        self.by_picture = false;
        step.look(site.world)
    }

    /// Whether a look says that nothing is to be written.
    fn is_under_way(&self) -> bool {
        let look = self.step.look(self.site.world);
        look.is_ok_and(|look| matches!(look.decision.verdict, Verdict::Waiting(_) | Verdict::Settled))
    }

    fn write(&mut self, writes: &[Write], decision: &Decision, count: &mut Count) -> Result<(), Ended> {
        let detail = &decision.detail;
        // In their order: what stands behind a write that is not seen yet may need what that one made.
        let open: Vec<&Write> = writes.iter().take_while(|write| !self.is_recent(write)).collect();
        if open.is_empty() {
            // Written a moment ago and not seen yet: looked at again, not written again.
            return self.site.rest(self.step.waits().pace, &self.purpose);
        }
        self.rounds += 1;
        if self.rounds > ROUNDS {
            self.is_release = open.iter().any(|write| write.ask.spec.tool == Tool::Helm);
            return Err(own(
                Code::StepNotSettled,
                &self.purpose,
                format!("It was written {ROUNDS} times and is still not as it should be: {detail}."),
                Code::StepNotSettled.remedy(),
            ));
        }
        for write in open {
            self.is_release = write.ask.spec.tool == Tool::Helm;
            let done = self.one(write, count);
            if let Some(upgrade) = &decision.upgrade
                && write.ask.spec.tool == Tool::Helm
                && was_begun(&done)
            {
                count.upgrade = Upgrading::Begun;
                self.upgrade.get_or_insert_with(|| upgrade.clone());
            }
            match done {
                Ok(Written::Made) => self.writes_failed = 0,
                // Somebody may have made it since the look: whose it is, is seen before anything is set on it.
                Ok(Written::WasThere) => return Ok(()),
                Err(Refusal::Ended(ended)) => return Err(ended),
                Err(Refusal::Before(error)) => return self.write_failed(&error),
                // It came since the picture was made, and may be on its way: the next look tells.
                Err(Refusal::Write(error))
                    if self.by_picture && error.class == ErrorClass::Exists && self.is_under_way() =>
                {
                    return Ok(());
                }
                Err(Refusal::Write(error)) if is_passing(error.class) => {
                    let may_have =
                        matches!(error.class, ErrorClass::Unreachable(_) | ErrorClass::ServiceFault);
                    count.broken_off += u64::from(may_have);
                    return self.write_failed(&error);
                }
                // What the chart registry answers, whatever it is, came before anything was written.
                Err(Refusal::Write(error))
                    if is_lost(error.class) && error.code.as_deref() != Some(REGISTRY) =>
                {
                    // It may have been carried out: a minute is given to see that, and then one more try.
                    count.lost += 1;
                    if count.lost > 1 {
                        return Err(self.told(&error));
                    }
                    self.remember(write);
                    self.note(&error, "its answer was lost; what it did is looked at");
                    return self.site.rest(self.step.waits().pace, &self.purpose);
                }
                // A tool's failure often has a better name in what it left behind: a stack that rolled back.
                Err(Refusal::Write(error)) => return Err(self.told(&error)),
            }
        }
        Ok(())
    }

    /// The failure, and the release brought back to the revision before it, where a newer version or other values of it
    /// had been begun: what is left then serves as before. Only where the release itself failed: what can't be looked at,
    /// or another command of the step, says nothing of it; and not what somebody else changed meanwhile.
    fn bring_back(&mut self, mut failure: Failure, count: &mut Count) -> Ended {
        let brings = self.is_release && failure.code != Code::PlanChanged;
        let upgrade = self.upgrade.take().filter(|_| brings);
        let Some(upgrade) = upgrade else {
            return Ended::Failed(Box::new(failure));
        };
        let Upgrade {
            release,
            chart,
            from,
            revision,
            newest,
            back,
            ..
        } = &upgrade;
        let looked = self.step.look(self.site.world).ok();
        let still = looked.and_then(|look| look.decision.upgrade);
        if still.is_some_and(|still| still.newest.is_some() && still.newest == *newest) {
            // The newest revision is that of before: helm failed before it began.
            count.upgrade = Upgrading::NotBegun;
            return Ended::Failed(Box::new(failure));
        }
        self.site.world.listener.note(&format!(
            "{}: it failed; the release `{release}` is brought back to its revision {revision}",
            self.step.id()
        ));
        for (at, write) in back.iter().enumerate() {
            match self.one(write, count) {
                Ok(_) => {}
                Err(Refusal::Ended(Ended::Interrupted)) => return Ended::Interrupted,
                Err(_) => {
                    let left: Vec<String> = back[at..]
                        .iter()
                        .map(|write| format!("`{}`", command(write)))
                        .collect();
                    failure.message = format!(
                        "{} The release `{release}` could not be brought back to its revision {revision}, the chart `{chart}` {from}.",
                        failure.message
                    );
                    let before = failure.remediation.take();
                    let before = before.unwrap_or_else(|| failure.code.remedy().to_owned());
                    failure.remediation =
                        Some(format!("{before} To bring it back: {}.", left.join(", then ")));
                    return Ended::Failed(Box::new(failure));
                }
            }
        }
        count.upgrade = Upgrading::BroughtBack;
        failure.message = format!(
            "{} The release `{release}` was brought back to its revision {revision}, the chart `{chart}` {from}.",
            failure.message
        );
        Ended::Failed(Box::new(failure))
    }

    /// One command, where nothing speaks against it.
    fn one(&mut self, write: &Write, count: &mut Count) -> Result<Written, Refusal> {
        let site = self.site;
        site.may_go_on()?;
        site.hold.before_write(site, write.to)?;
        site.place.check(site.world, write.to)?;
        let question = placed(site, write).map_err(Refusal::Before)?;
        // The questions took their time.
        site.may_go_on()?;
        // aws answers a write by nothing or by one document: anything else (a proxy's page) says nothing of what was
        // done. The other tools print words for people.
        let answer = RefCell::new(Vec::new());
        let done = ask(site.gateway, &question, |bytes| {
            answer.replace(bytes.to_vec());
            match question.spec.tool {
                Tool::Aws => done(bytes),
                _ => Ok(()),
            }
        });
        // Also where it failed: what was asked of the cluster before it is not known any more.
        site.world.ground.looks.written();
        if may_change_cluster(write) {
            site.world.forget_cluster();
        }
        let written = match done {
            Ok(()) => {
                self.step.wrote(&answer.into_inner());
                Written::Made
            }
            Err(error) if error.class == ErrorClass::Exists && write.exists_is_fine => Written::WasThere,
            Err(error) => return Err(Refusal::Write(error)),
        };
        count.writes += u64::from(written == Written::Made);
        self.remember(write);
        Ok(written)
    }

    fn remember(&mut self, write: &Write) {
        let at = (self.site.clock)();
        self.patience.begins_anew(at);
        self.recent.retain(|recent| !recent.is(write));
        self.recent.push(Recent {
            argv: write.ask.spec.argv(),
            document: write.ask.spec.stdin.clone(),
            at,
        });
    }

    fn is_recent(&self, write: &Write) -> bool {
        let now = (self.site.clock)();
        self.recent
            .iter()
            .any(|recent| recent.is(write) && now.saturating_sub(recent.at) < TO_BE_SEEN)
    }

    fn look_failed(&mut self, error: &CallError) -> Result<(), Ended> {
        // A look may be asked again however it was cut short; a write may not.
        let passes = is_passing(error.class) || error.class == ErrorClass::TimedOut;
        let tries = self.looks_failed;
        self.looks_failed += 1;
        self.patience.unsettled();
        self.wait_out(error, passes, tries)
    }

    fn write_failed(&mut self, error: &CallError) -> Result<(), Ended> {
        let tries = self.writes_failed;
        self.writes_failed += 1;
        self.wait_out(error, is_passing(error.class), tries)
    }

    /// Waits after a failure that passes, for the `tries`-th time in a row; any other ends the step.
    fn wait_out(&self, error: &CallError, passes: bool, tries: u32) -> Result<(), Ended> {
        if !passes || tries >= TRIES {
            return Err(of_call(error, self.site.world));
        }
        let wait = Duration::from_secs(2 << tries);
        self.note(error, &format!("tried again in {} s", wait.as_secs()));
        self.site.rest(wait, &self.purpose)
    }

    fn note(&self, error: &CallError, then: &str) {
        let text = format!("{}: failed to {}: {then}", self.step.id(), error.purpose);
        self.site.world.listener.note(&text);
    }

    /// The failure of a write, or what a look after it finds in the way.
    fn told(&self, error: &CallError) -> Ended {
        let of_error = of_call(error, self.site.world);
        if !matches!(of_error, Ended::Failed(_)) || self.site.interrupt.is_set() {
            return of_error;
        }
        let Ok(look) = self.step.look(self.site.world) else {
            return of_error;
        };
        // Where it was there already, somebody made it since the plan: what now stands there is another plan.
        if error.class == ErrorClass::Exists
            && let Err(changed) = self.same_plan(&look.decision)
        {
            return changed;
        }
        let Verdict::Blocked(stops) = look.decision.verdict else {
            return of_error;
        };
        let Some(mut found) = stops.into_iter().next() else {
            return of_error;
        };
        if found.said.is_none() && !error.said.is_empty() {
            found.said = Some(error.said.clone());
        }
        of_stop(&error.purpose, &found)
    }

    /// What is there, or would be written, is what was approved.
    fn same_plan(&self, decision: &Decision) -> Result<(), Ended> {
        let approved = self.approved;
        if *approved.desired == decision.desired && approved.adopted == decision.adopted {
            return Ok(());
        }
        Err(own(
            Code::PlanChanged,
            &self.purpose,
            "What stands there changed after the plan was approved: what would be written now is not what was approved.",
            Code::PlanChanged.remedy(),
        ))
    }
}

/// Writes about a cluster that are no part of what EKS says of it.
const BESIDE_CLUSTER: [(Tool, &str); 7] = [
    (Tool::Aws, "create-access-entry"),
    (Tool::Aws, "create-pod-identity-association"),
    (Tool::Aws, "update-pod-identity-association"),
    (Tool::Aws, "create-addon"),
    (Tool::Aws, "create-tags"),
    (Tool::Eksctl, "podidentityassociation"),
    (Tool::Eksctl, "addon"),
];

/// Whether the cluster may be described otherwise after this.
fn may_change_cluster(write: &Write) -> bool {
    let spec = &write.ask.spec;
    let noun = spec.args.get(1).map_or("", String::as_str);
    (spec.tool == Tool::Eksctl || write.to == WriteTo::Eks) && !BESIDE_CLUSTER.contains(&(spec.tool, noun))
}

/// Failures of helm by which it ended before it began: nothing of the release was changed.
const BEFORE_IT_BEGAN: [&str; 6] = [
    REGISTRY,
    "ReleasePending",
    "ValuesSchema",
    "Template",
    "Values",
    "OwnedByOthers",
];

/// Whether a helm that ended so may have changed the release.
fn was_begun(done: &Result<Written, Refusal>) -> bool {
    match done {
        Ok(_) => true,
        Err(Refusal::Write(error)) => !error
            .code
            .as_deref()
            .is_some_and(|code| BEFORE_IT_BEGAN.contains(&code)),
        Err(Refusal::Before(_) | Refusal::Ended(_)) => false,
    }
}

impl Recent {
    fn is(&self, write: &Write) -> bool {
        self.argv == write.ask.spec.argv() && self.document == write.ask.spec.stdin
    }
}

/// The command with kubeconfig and context, where it goes to the cluster's API server.
fn placed(site: &Site<'_>, write: &Write) -> Result<Ask, CallError> {
    let mut question = write.ask.clone();
    if write.to != WriteTo::Cluster {
        return Ok(question);
    }
    let Some(standing) = site.world.standing()? else {
        return Err(CallError {
            said: "the cluster is not active".to_owned(),
            ..question.error(ErrorClass::Other)
        });
    };
    let context = match question.spec.tool {
        Tool::Helm => "--kube-context",
        _ => "--context",
    };
    question.spec.args.extend([
        "--kubeconfig".to_owned(),
        standing.access.kubeconfig.clone(),
        context.to_owned(),
        standing.access.context.clone(),
    ]);
    Ok(question)
}
