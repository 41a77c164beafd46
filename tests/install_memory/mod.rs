//! An account and a cluster in memory, with clients that can fail at every place, and steps that make things in it.
#![allow(dead_code, missing_docs)] // each test file uses a part of it

#[path = "../outside/mod.rs"]
mod outside;

use lakehouse::clients::Ask;
use lakehouse::clients::failure::{CallError, ErrorClass};
use lakehouse::clients::picture::{Answers, Picture};
use lakehouse::gateway::interrupt::Interrupt;
use lakehouse::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError, PrivateFile, Tool};
use lakehouse::model::{Approve, Phase, Target};
use lakehouse::report::{Effect, ExecMode, InstallReport, Progress, StepReport, StepWaits};
use lakehouse::runner::install::{Holder, Job};
use lakehouse::steps::install::{
    Decision, Desired, Ground, Look, Step, Waiting, Waits, World, Write, WriteTo,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const ACCOUNT: &str = "123456789012";
pub const ENDPOINT: &str = "https://cluster.invalid";

/// What a command meets instead of its usual way.
#[derive(Clone, Copy)]
pub enum Fault {
    /// Refused by the tool with these words; nothing is changed.
    Says(&'static str),
    /// Carried out; then the answer is lost.
    LostAfter,
    /// Not carried out, and no answer.
    LostBefore,
    /// The run is asked to stop while it runs.
    Interrupt,
    /// Calls this first.
    Calls(fn(&Account)),
}

pub const THROTTLED: &str = "An error occurred (ThrottlingException) when calling the X operation (reached max retries: 2): Rate exceeded";
pub const UNREACHABLE: &str = "Could not connect to the endpoint URL: \"https://x.invalid/\"";
pub const DENIED: &str =
    "An error occurred (AccessDeniedException) when calling the X operation: User is not authorized";
pub const EXPIRED: &str =
    "Error loading SSO Token: Token for https://example.awsapps.com/start does not exist";
pub const EXISTS: &str =
    "An error occurred (ResourceInUseException) when calling the X operation: it exists already";

#[derive(Default)]
struct State {
    faults: Vec<(String, usize, Fault)>,
    ran: Vec<(Duration, String, Effect)>,
    made: BTreeMap<String, Duration>,
    lag: Duration,
    time: Duration,
    account: Option<String>,
    endpoint: Option<String>,
    lease: Option<Value>,
    version: u64,
    notes: Vec<String>,
    waits: Vec<String>,
    told: Vec<String>,
}

type Hook = Box<dyn Fn(&str) + Send + Sync>;

/// The account, the tools that reach it, and whoever listens.
#[derive(Default)]
pub struct Account {
    state: Mutex<State>,
    pub interrupt: Interrupt,
    /// Is told of each writing command before it is carried out.
    pub hook: Mutex<Option<Arc<Hook>>>,
}

impl Account {
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub fn with_cluster() -> Arc<Self> {
        let it = Self::new();
        it.set_endpoint(Some(ENDPOINT));
        it
    }

    pub fn set_endpoint(&self, endpoint: Option<&str>) {
        self.state.lock().unwrap().endpoint = endpoint.map(str::to_owned);
    }

    pub fn set_account(&self, account: &str) {
        self.state.lock().unwrap().account = Some(account.to_owned());
    }

    /// The next `times` commands that begin so meet `fault`.
    pub fn fault(&self, begin: &str, times: usize, fault: Fault) -> &Self {
        let fault = (begin.to_owned(), times, fault);
        self.state.lock().unwrap().faults.push(fault);
        self
    }

    /// What is made is seen only after this time.
    pub fn lag(&self, lag: Duration) {
        self.state.lock().unwrap().lag = lag;
    }

    pub fn make(&self, name: &str) -> &Self {
        let mut state = self.state.lock().unwrap();
        let now = state.time;
        state.made.insert(name.to_owned(), now);
        self_of(self)
    }

    pub fn sees(&self, name: &str) -> bool {
        let state = self.state.lock().unwrap();
        let seen = |at: &Duration| state.time >= *at + state.lag;
        state.made.get(name).is_some_and(seen)
    }

    pub fn pass(&self, time: Duration) {
        self.state.lock().unwrap().time += time;
    }

    pub fn time(&self) -> Duration {
        self.state.lock().unwrap().time
    }

    pub fn hooked(&self, hook: impl Fn(&str) + Send + Sync + 'static) {
        *self.hook.lock().unwrap() = Some(Arc::new(Box::new(hook)));
    }

    pub fn lease(&self) -> Option<Value> {
        self.state.lock().unwrap().lease.clone()
    }

    pub fn set_lease(&self, holder: &str, renewed: &str) {
        let mut state = self.state.lock().unwrap();
        state.version += 1;
        let version = state.version.to_string();
        state.lease = Some(json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": { "name": "lakehouse-install", "namespace": "kube-system", "resourceVersion": version },
            "spec": { "holderIdentity": holder, "leaseDurationSeconds": 1800, "renewTime": renewed, "acquireTime": renewed }
        }));
    }

    /// When each command ran that changes something and begins so.
    pub fn times(&self, begin: &str) -> Vec<u64> {
        let state = self.state.lock().unwrap();
        let ran = state.ran.iter().filter(|(_, line, _)| line.starts_with(begin));
        ran.map(|(at, _, _)| at.as_secs()).collect()
    }

    /// Every command that may change something, by its first words.
    pub fn writes(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let writes = state.ran.iter().filter(|(_, _, effect)| *effect == Effect::Write);
        writes
            .map(|(_, line, _)| line.split(" --").next().unwrap_or(line).to_owned())
            .collect()
    }

    pub fn notes(&self) -> Vec<String> {
        self.state.lock().unwrap().notes.clone()
    }

    pub fn waited_for(&self) -> Vec<String> {
        self.state.lock().unwrap().waits.clone()
    }

    /// The steps' beginnings and ends, as they were told.
    pub fn told(&self) -> Vec<String> {
        self.state.lock().unwrap().told.clone()
    }

    fn carry_out(&self, spec: &CommandSpec, line: &str) -> Result<CommandOutput, GatewayError> {
        let mut state = self.state.lock().unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let out = |text: String| Ok(output(0, &text, ""));
        match words.as_slice() {
            ["aws", "sts", ..] => {
                let account = state.account.clone().unwrap_or_else(|| ACCOUNT.to_owned());
                out(format!(r#"{{"UserId":"AIDAX","Account":"{account}","Arn":"arn:aws:iam::{account}:user/t"}}"#))
            }
            ["aws", "eks", "describe-cluster", ..] => match &state.endpoint {
                Some(endpoint) => out(format!(
                    r#"{{"cluster":{{"name":"demo","status":"ACTIVE","version":"1.34","endpoint":"{endpoint}","certificateAuthority":{{"data":"QUJD"}},"health":{{"issues":[]}},"resourcesVpcConfig":{{"endpointPublicAccess":true,"publicAccessCidrs":["0.0.0.0/0"]}}}}}}"#
                )),
                None => Ok(output(
                    254,
                    "",
                    "An error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: No cluster found for name: demo.",
                )),
            },
            ["aws", "eks", "get-token", ..] => out(
                r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","spec":{},"status":{"expirationTimestamp":"2099-01-01T00:00:00Z","token":"k8s-aws-v1.dGhlLXRva2VuLW9mLXRoZS10ZXN0"}}"#
                    .to_owned(),
            ),
            ["kubectl", "get", "lease", ..] => match &state.lease {
                Some(lease) => out(lease.to_string()),
                None => Ok(output(
                    1,
                    "",
                    "Error from server (NotFound): leases.coordination.k8s.io \"lakehouse-install\" not found",
                )),
            },
            ["kubectl", verb @ ("create" | "replace"), "-f", ..] => {
                let mut lease: Value = serde_json::from_slice(spec.stdin.as_deref().unwrap()).unwrap();
                let version = |lease: &Value| lease["metadata"]["resourceVersion"].clone();
                match (&state.lease, *verb) {
                    (Some(_), "create") => {
                        return Ok(output(1, "", "Error from server (AlreadyExists): leases.coordination.k8s.io \"lakehouse-install\" already exists"));
                    }
                    (Some(now), "replace") if version(now) != version(&lease) => {
                        return Ok(output(1, "", "Error from server (Conflict): the object has been modified"));
                    }
                    (None, "replace") => return Ok(output(1, "", "Error from server (NotFound): gone")),
                    _ => {}
                }
                state.version += 1;
                lease["metadata"]["resourceVersion"] = state.version.to_string().into();
                state.lease = Some(lease.clone());
                out(lease.to_string())
            }
            [_, "make", name, ..] => {
                let now = state.time;
                state.made.entry((*name).to_owned()).or_insert(now);
                if *name == "cluster" {
                    state.endpoint = Some(ENDPOINT.to_owned());
                }
                out(String::new())
            }
            _ => panic!("not scripted: {line}"),
        }
    }
}

fn self_of(account: &Account) -> &Account {
    account
}

fn output(exit: i32, stdout: &str, stderr: &str) -> CommandOutput {
    CommandOutput {
        exit,
        stdout: stdout.into(),
        stderr: stderr.to_owned(),
        duration: Duration::ZERO,
    }
}

impl Gateway for Account {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        let line = spec.argv().join(" ");
        if self.interrupt.is_set() {
            return Err(GatewayError::Interrupted);
        }
        let fault = {
            let mut state = self.state.lock().unwrap();
            let at = state.time;
            state.ran.push((at, line.clone(), spec.effect));
            let found = state
                .faults
                .iter_mut()
                .find(|(begin, left, _)| *left > 0 && line.starts_with(begin.as_str()));
            found.map(|(_, left, fault)| {
                *left -= 1;
                *fault
            })
        };
        let hook = self.hook.lock().unwrap().clone();
        if let Some(hook) = hook.filter(|_| spec.effect == Effect::Write) {
            hook(&line);
        }
        let lost = Err(GatewayError::TimedOut {
            tool: spec.tool,
            limit: spec.timeout,
        });
        match fault {
            None => self.carry_out(spec, &line),
            Some(Fault::Says(said)) => {
                // aws: 254 where the service answered, 255 where it did not get there, or has no login.
                let exit = match spec.tool {
                    Tool::Aws if said.starts_with("An error occurred") => 254,
                    Tool::Aws => 255,
                    _ => 1,
                };
                Ok(output(exit, "", said))
            }
            Some(Fault::LostBefore) => lost,
            Some(Fault::LostAfter) => {
                let _ = self.carry_out(spec, &line);
                lost
            }
            Some(Fault::Interrupt) => {
                self.interrupt.set(2);
                Err(GatewayError::Interrupted)
            }
            Some(Fault::Calls(call)) => {
                call(self);
                self.carry_out(spec, &line)
            }
        }
    }

    fn pause(&self, for_long: Duration) -> bool {
        if self.interrupt.is_set() {
            return false;
        }
        self.pass(for_long);
        true
    }

    fn keep(&self, file: &PrivateFile<'_>) -> Result<String, GatewayError> {
        Ok(format!("/private/{}", file.name))
    }
}

impl Progress for Account {
    fn step(&self, _text: &str) {}
    fn line(&self, _text: &str) {}
    fn done(&self) {}
    fn note(&self, text: &str) {
        self.state.lock().unwrap().notes.push(text.to_owned());
    }
    fn finding(&self, _finding: &lakehouse::report::Finding) {}
    fn command(&self, _record: &lakehouse::report::CommandRecord) {}
    fn install_step(&self, step: &StepReport) {
        let text = format!("{} {:?}", step.id, step.outcome);
        self.state.lock().unwrap().told.push(text);
    }
    fn install_waits(&self, waits: &StepWaits) {
        let why = waits
            .why
            .as_ref()
            .map_or(String::new(), |(code, _)| format!(" ({})", code.name()));
        let text = format!(
            "{}: {}{why} at {}",
            waits.step,
            waits.what,
            waits.elapsed.as_secs()
        );
        self.state.lock().unwrap().waits.push(text);
    }
}

type Glancing = Box<dyn Fn() -> Option<Waiting> + Send + Sync>;
type Looking = Box<dyn Fn(usize) -> Result<Decision, CallError> + Send + Sync>;

/// A step whose look is a closure; it is given how often it was looked at before, the plan's look among them.
pub struct Scripted {
    id: &'static str,
    after: &'static [&'static str],
    waits: Waits,
    phase: Phase,
    looks: Mutex<usize>,
    looking: Looking,
    glancing: Option<Glancing>,
}

impl Step for Scripted {
    fn id(&self) -> &'static str {
        self.id
    }
    fn phase(&self) -> Phase {
        self.phase
    }
    fn after(&self) -> &'static [&'static str] {
        self.after
    }
    fn waits(&self) -> Waits {
        self.waits
    }
    fn glance(&self, _world: &World<'_>) -> Result<Option<Waiting>, CallError> {
        Ok(self.glancing.as_ref().and_then(|glancing| glancing()))
    }
    fn look(&self, _world: &World<'_>) -> Result<Look, CallError> {
        let number = {
            let mut looks = self.looks.lock().unwrap();
            *looks += 1;
            *looks - 1
        };
        let id = self.id;
        let look = Look::of((self.looking)(number)?);
        Ok(look.telling(move |evidence, history| {
            let storage = evidence.storage();
            storage.bucket_name = format!("{}{id} ", storage.bucket_name);
            storage.created |= history.created;
        }))
    }
}

/// A step by its looks.
pub fn step(
    id: &'static str,
    after: &'static [&'static str],
    looking: impl Fn(usize) -> Result<Decision, CallError> + Send + Sync + 'static,
) -> Box<dyn Step> {
    Box::new(scripted(id, after, Waits::new(5, 120, 5), Box::new(looking)))
}

/// The same, waiting as `waits` says.
pub fn step_with(
    id: &'static str,
    waits: Waits,
    looking: impl Fn(usize) -> Result<Decision, CallError> + Send + Sync + 'static,
) -> Box<dyn Step> {
    step_behind(id, &[], waits, looking)
}

/// The same, behind others.
pub fn step_behind(
    id: &'static str,
    after: &'static [&'static str],
    waits: Waits,
    looking: impl Fn(usize) -> Result<Decision, CallError> + Send + Sync + 'static,
) -> Box<dyn Step> {
    Box::new(scripted(id, after, waits, Box::new(looking)))
}

/// The same, with glances.
pub fn glancing(
    id: &'static str,
    waits: Waits,
    looking: impl Fn(usize) -> Result<Decision, CallError> + Send + Sync + 'static,
    glancing: impl Fn() -> Option<Waiting> + Send + Sync + 'static,
) -> Box<dyn Step> {
    Box::new(Scripted {
        glancing: Some(Box::new(glancing)),
        ..scripted(id, &[], waits, Box::new(looking))
    })
}

fn scripted(id: &'static str, after: &'static [&'static str], waits: Waits, looking: Looking) -> Scripted {
    Scripted {
        id,
        after,
        waits,
        phase: Phase::Foundation,
        looks: Mutex::new(0),
        looking,
        glancing: None,
    }
}

/// What the thing `id` shall be.
pub fn wanted(id: &str) -> Value {
    json!({ "name": id })
}

/// The command that makes `id`.
pub fn making(id: &str, to: WriteTo) -> Write {
    let tool = if to == WriteTo::Cluster {
        Tool::Kubectl
    } else {
        Tool::Aws
    };
    let mut spec = CommandSpec::read(tool, &format!("make {id}"), ["make", id]);
    spec.effect = Effect::Write;
    let ask = Ask {
        spec,
        action: "x:Make",
    };
    match to {
        WriteTo::Account => Write::account(ask),
        WriteTo::Eks => Write::eks(ask),
        WriteTo::Cluster => Write::cluster(ask),
    }
}

/// A step that makes `id` in the account, and is settled once it is seen there.
pub fn thing(account: &Arc<Account>, id: &'static str, after: &'static [&'static str]) -> Box<dyn Step> {
    thing_to(account, id, after, WriteTo::Account)
}

pub fn thing_to(
    account: &Arc<Account>,
    id: &'static str,
    after: &'static [&'static str],
    to: WriteTo,
) -> Box<dyn Step> {
    let account = Arc::clone(account);
    step(id, after, move |_| {
        Ok(if account.sees(id) {
            Decision::settled("there", wanted(id))
        } else {
            Decision::create("made", wanted(id), vec![making(id, to)])
        })
    })
}

pub fn fails(class: ErrorClass) -> CallError {
    CallError {
        purpose: "look at it".to_owned(),
        action: "x:Look",
        class,
        code: None,
        said: "the tool's words".to_owned(),
    }
}

pub fn target() -> Target {
    Target {
        account: ACCOUNT.parse().unwrap(),
        region: "us-east-2".parse().unwrap(),
        cluster: "demo".parse().unwrap(),
        namespace: "ingext".parse().unwrap(),
    }
}

/// A process of the user `ann` on this machine.
pub fn holder(run: &str) -> Holder {
    Holder::of_process(run, Some("ann"), 1000)
}

/// How a run is made.
pub struct Asking {
    pub approve: Option<&'static str>,
    pub digest: Option<String>,
    pub read_only: bool,
    pub phase: Option<Phase>,
    pub holder: Holder,
    pub locks: Option<std::path::PathBuf>,
}

impl Default for Asking {
    fn default() -> Self {
        Self {
            approve: Some("true"),
            digest: None,
            read_only: false,
            phase: None,
            holder: holder("20261124T030000Z-000001"),
            locks: None,
        }
    }
}

pub const NOW: &str = "2026-11-24T03:00:00Z";

fn now() -> jiff::Timestamp {
    NOW.parse().unwrap()
}

pub fn install(account: &Arc<Account>, steps: Vec<Box<dyn Step>>) -> InstallReport {
    asking(account, steps, Asking::default())
}

pub fn asking(account: &Arc<Account>, steps: Vec<Box<dyn Step>>, how: Asking) -> InstallReport {
    let desired = Desired {
        target: target(),
        caller_arn: format!("arn:aws:iam::{ACCOUNT}:user/t"),
        profile: Some("prod".parse().unwrap()),
        mode: ExecMode::Local,
        node_type: "t3.large".parse().unwrap(),
        node_count: 2,
        subnets: Vec::new(),
        bucket: "demo-bucket".parse().unwrap(),
        bucket_is_named: true,
        versioning: false,
        chart_mirror: None,
        site: lakehouse::steps::install::Site {
            domain: "lakehouse.k8.rehearsal.test".parse().unwrap(),
            certificate: "arn:aws:acm:us-east-2:000000000000:certificate/0123-4567"
                .parse()
                .unwrap(),
            dns: lakehouse::steps::install::Dns::Route53 {
                zone_id: "/hostedzone/Z0MLWEORIKCRYDP0R01N1".to_owned(),
                zone_name: "rehearsal.test".to_owned(),
            },
            scheme: lakehouse::model::Scheme::InternetFacing,
        },
        set_values: std::collections::BTreeMap::new(),
        charts: lakehouse::model::ChartLock::compiled(),
    };
    let (ground, folder) = (Ground::default(), tempfile::tempdir().unwrap());
    let approve: Option<Approve> = how
        .digest
        .or(how.approve.map(str::to_owned))
        .map(|text| text.parse().unwrap());
    let clock = || account.time();
    let typed: BTreeMap<String, String> = [
        ("root-domain", "example.com"),
        ("subnets", "subnet-1 x"),
        ("approve", "true"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let answers = Answers::by(clock);
    let picture = Picture {
        gateway: account.as_ref(),
        answers: &answers,
    };
    let job = Job {
        world: World {
            gateway: account.as_ref(),
            desired: &desired,
            ground: &ground,
            outside: &outside::Nowhere,
            listener: account.as_ref(),
            now,
        },
        picture: &picture,
        gateway: account.as_ref(),
        interrupt: &account.interrupt,
        clock: &clock,
        folder: None,
        locks: how.locks.unwrap_or_else(|| folder.path().join("locks")),
        holder: how.holder,
        uid: 1000,
        approve: approve.as_ref(),
        read_only: how.read_only,
        phase: how.phase,
        cost: None,
        command: "install",
        typed: &typed,
    };
    job.install(steps)
}

/// `status CODE` of the report.
pub fn brief(report: &InstallReport) -> String {
    let status = serde_json::to_value(report.status).unwrap();
    let status = status.as_str().unwrap();
    match report.blockers.first() {
        None => status.to_owned(),
        Some(note) => format!("{status} {}", note.code.name()),
    }
}

/// `id outcome` of each step.
pub fn outcomes(report: &InstallReport) -> Vec<String> {
    let one = |step: &StepReport| format!("{} {:?}", step.id, step.outcome);
    report.steps.iter().map(one).collect()
}

pub fn set(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
