//! The matrix of write faults: every command by which an install writes, and every way in which it can go wrong, with
//! the install's real steps before an account in memory that answers by what was written. Whatever happens to one
//! command, the report says the truth of it by a code and a remedy, nothing that hangs on it is written, the cluster's
//! Lease is given back, and the same command without the fault brings all to its end with nothing made twice. Time is
//! the account's own: no wait is a real one. The table is printed
//! (`cargo test --test write_faults -- --ignored --nocapture`).

mod fake_cloud;
mod outside;

use fake_cloud::faults::{FAULTS, Fault, MARK, Met, Wanted, mend, wanted};
use fake_cloud::{ACCOUNT, Bucket, Cloud, Reply, Stack, Tags, arn};
use lakehouse::clients::picture::{Answers, Picture};
use lakehouse::gateway::interrupt::Interrupt;
use lakehouse::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError, PrivateFile};
use lakehouse::model::{CREATED_BY, Target};
use lakehouse::report::{
    Effect, ExecMode, InstallReport, InstallStatus, StepAction, StepOutcome, Unseen, UpgradeOutcome,
};
use lakehouse::runner::install::{Holder, Job};
use lakehouse::steps::install::set_values::KeptValues;
use lakehouse::steps::install::{Desired, Ground, LAST_PHASE, Step, World, steps};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Where an install begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// Nothing stands.
    Nothing,
    /// A cluster of ours, as a run leaves it whose eksctl died early.
    HalfMade,
    /// A cluster and a bucket of somebody else's, a stack of an older version and an association with another role.
    Foreign,
}

const STARTS: [Start; 3] = [Start::Nothing, Start::HalfMade, Start::Foreign];

fn desired(start: Start) -> Desired {
    Desired {
        target: Target {
            account: ACCOUNT.parse().unwrap(),
            region: "us-east-2".parse().unwrap(),
            cluster: "demo".parse().unwrap(),
            namespace: "ingext".parse().unwrap(),
        },
        caller_arn: format!("arn:aws:iam::{ACCOUNT}:user/t"),
        profile: Some("prod".parse().unwrap()),
        mode: ExecMode::Local,
        node_type: "t3.large".parse().unwrap(),
        node_count: 2,
        subnets: Vec::new(),
        bucket: "demo-bucket".parse().unwrap(),
        bucket_is_named: true,
        versioning: start == Start::Foreign,
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
    }
}

impl Start {
    fn cloud(self) -> Cloud {
        let mut cloud = Cloud::default();
        let desired = desired(self);
        let ours = Tags::from([(CREATED_BY.to_owned(), desired.installation().to_string())]);
        let other = Tags::from([("team".to_owned(), "data".to_owned())]);
        match self {
            Start::Nothing => {}
            Start::HalfMade => {
                cloud.own_cluster(&ours);
                cloud.lease = Some(serde_json::json!({
                    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                    "metadata": { "name": "lakehouse-install", "namespace": "kube-system", "resourceVersion": "7" },
                    "spec": { "holderIdentity": "" }
                }));
                cloud.version = 7;
            }
            Start::Foreign => {
                cloud.own_cluster(&other);
                cloud.stacks.clear();
                cloud.node_group = Some("theirs".to_owned());
                for addon in [
                    "eks-pod-identity-agent",
                    "aws-ebs-csi-driver",
                    "aws-mountpoint-s3-csi-driver",
                ] {
                    cloud.addon(addon, &other);
                }
                cloud.bucket = Some(Bucket {
                    tags: other,
                    enforced: true,
                    ..Bucket::default()
                });
                let roles = [desired.karpenter_node_role(), desired.karpenter_role()];
                cloud.roles.extend(roles);
                cloud.queues.insert(desired.karpenter_queue());
                let older = Stack {
                    status: "CREATE_COMPLETE".to_owned(),
                    tags: ours.clone(),
                    template: serde_json::json!({ "Resources": { "Older": {} } }),
                    ..Stack::default()
                };
                cloud.stacks.insert(desired.karpenter_stack(), older);
                let subject = "kube-system/karpenter".to_owned();
                let one = fake_cloud::Association {
                    subject: subject.clone(),
                    role: arn("iam", "role/older"),
                    tags: ours,
                };
                cloud
                    .associations
                    .insert(fake_cloud::aws::association_id(&subject), one);
                // Their namespace, and in it a release of ours of an older version, whose Job still stands.
                cloud.namespace = Some(String::new());
                let older = fake_cloud::Release {
                    chart: "ingext-community-init".to_owned(),
                    version: "0.0.9".to_owned(),
                    values: serde_json::json!({}),
                    label: desired.installation().to_string(),
                    revision: 1,
                    status: "deployed",
                    labels: Tags::from([("lakehouse.ingext.io/init-completed".to_owned(), "1".to_owned())]),
                };
                cloud.releases.insert("ingext-community-init".to_owned(), older);
                cloud.job = true;
            }
        }
        cloud.made.clear();
        cloud
    }
}

/// The command's name in the matrix.
fn key(spec: &CommandSpec) -> String {
    let argv = spec.argv();
    let after = |flag: &str| {
        let at = argv.iter().position(|word| word == flag);
        at.map(|at| argv[at + 1].clone()).unwrap_or_default()
    };
    let begin = argv[..3].join(" ");
    match (argv[0].as_str(), argv[2].as_str()) {
        ("aws", "create-stack" | "update-stack") => format!("{begin} {}", after("--stack-name")),
        ("aws", "create-pod-identity-association") => format!("{begin} {}", after("--service-account")),
        ("helm", name) if argv[1] == "rollback" => format!("helm rollback {name}"),
        ("helm", _) => format!("helm upgrade {}", argv[3]),
        ("kubectl", "jobs.batch" | "secrets") => argv[..4].join(" "),
        ("kubectl", "--server-side" | "--field-manager") => {
            let object: Value = serde_json::from_slice(spec.stdin.as_deref().unwrap()).unwrap();
            format!("kubectl {} {}", argv[1], object["kind"].as_str().unwrap())
        }
        ("kubectl", _) => {
            let lease: Value = serde_json::from_slice(spec.stdin.as_deref().unwrap()).unwrap();
            let end = if lease["spec"]["holderIdentity"] == "" {
                "given back"
            } else {
                "taken"
            };
            format!("kubectl {} lease ({end})", argv[1])
        }
        ("aws", _) => begin,
        _ => argv[..3].join(" "),
    }
}

/// The step whose command it is; none for the Lease, which is every step's.
fn step_of(key: &str) -> Option<&'static str> {
    let steps = [
        ("eksctl create cluster", "cluster"),
        ("eks tag-resource", "cluster"),
        ("eksctl create nodegroup", "node-group"),
        ("eksctl create addon", "addons"),
        ("eksctl create podidentityassociation", "balancer-role"),
        ("upgrade aws-load-balancer-controller", "balancer-controller"),
        ("upgrade ingext-community-ingress-aws", "site-ingress"),
        ("apply Ingress", "site-ingress"),
        ("change-resource-record-sets", "site-record"),
        ("eks create-addon", "addons"),
        ("-stack lakehouse-", "lake-role"),
        ("-stack Karpenter-", "karpenter-stack"),
        ("s3api", "bucket"),
        ("association ingext-sa", "lake-association"),
        ("pod-identity-association", "karpenter-association"),
        ("create-access-entry", "karpenter-node-access"),
        ("create-tags", "discovery-tags"),
        ("create-service-linked-role", "spot-role"),
        ("upgrade ingext-aws-gp3", "storage-class"),
        ("upgrade karpenter-crd", "karpenter-crd"),
        ("upgrade karpenter", "karpenter"),
        ("create Namespace", "namespace"),
        ("create Secret", "app-secret"),
        ("apply Secret", "set-values"),
        ("rollback ingext-community-init", "community-init"),
        ("upgrade ingext-serviceaccount", "service-account"),
        ("upgrade ingext-manager-role", "manager-role"),
        ("upgrade ingext-stack", "stack"),
        ("upgrade etcd-single-cronjob", "etcd-cronjob"),
        ("upgrade etcd-single", "etcd"),
        ("upgrade ingext-community-config", "community-config"),
        ("ingext-community-init", "community-init"),
        ("upgrade ingext-community", "community"),
        ("upgrade ingext-lake-config", "lake-config"),
        ("upgrade ingext-merge-pool", "merge-pool"),
        ("upgrade ingext-search-pool", "search-pool"),
        ("upgrade ingext-s3-lake", "s3-lake"),
        ("upgrade ingext-lake", "lake"),
    ];
    if key.contains(" lease (") {
        return None;
    }
    let found = steps.iter().find(|(part, _)| key.contains(part));
    Some(found.unwrap_or_else(|| panic!("whose is {key}")).1)
}

#[derive(Default)]
struct Inner {
    cloud: Cloud,
    fault: Option<(String, Fault)>,
    met: u32,
    /// The writing commands by their names.
    ran: Vec<String>,
    /// How many had run when the fault was met last.
    before: usize,
    time: Duration,
}

/// The tools, with a clock of their own.
#[derive(Default)]
struct Tools(Mutex<Inner>);

impl Gateway for Tools {
    fn run(&self, spec: &CommandSpec) -> Result<CommandOutput, GatewayError> {
        let mut inner = self.0.lock().unwrap();
        let (argv, stdin) = (spec.argv(), spec.stdin.as_deref());
        let mut met = None;
        if spec.effect == Effect::Write {
            let key = key(spec);
            if let Some((_, fault)) = inner.fault.clone().filter(|(of, _)| *of == key) {
                inner.met += 1;
                inner.before = inner.ran.len() + 1;
                let times = inner.met;
                met = fault.meets(times, &mut inner.cloud, &argv, stdin);
            }
            inner.ran.push(key);
        }
        let Reply { exit, stdout, stderr } = match met {
            None => inner.cloud.answer(&argv, stdin),
            Some(Met::Reply(reply)) => reply,
            Some(Met::TimedOut) => {
                return Err(GatewayError::TimedOut {
                    tool: spec.tool,
                    limit: spec.timeout,
                });
            }
            Some(Met::Killed) => return Err(GatewayError::Killed { tool: spec.tool }),
        };
        Ok(CommandOutput {
            exit,
            stdout: stdout.into_bytes(),
            stderr,
            duration: Duration::ZERO,
        })
    }

    fn pause(&self, for_long: Duration) -> bool {
        self.0.lock().unwrap().time += for_long;
        std::thread::yield_now();
        true
    }

    fn keep(&self, file: &PrivateFile<'_>) -> Result<String, GatewayError> {
        Ok(format!("/private/{}", file.name))
    }
}

fn now() -> jiff::Timestamp {
    "2026-11-24T03:00:00Z".parse().unwrap()
}

/// One run of `lakehouse install --approve true`. Its process counts as dead once it has ended.
fn install(tools: &Tools, start: Start, folder: &Path, run: &str) -> InstallReport {
    install_of(tools, &desired(start), steps(LAST_PHASE), folder, run)
}

/// The same of another wish, or of other steps.
fn install_of(
    tools: &Tools,
    desired: &Desired,
    steps: Vec<Box<dyn Step>>,
    folder: &Path,
    run: &str,
) -> InstallReport {
    let (ground, interrupt) = (Ground::default(), Interrupt::default());
    let clock = || tools.0.lock().unwrap().time;
    let mut holder = Holder::of_process(run, Some("ann"), 1000);
    holder.start.push('0');
    let (approve, typed) = ("true".parse().unwrap(), BTreeMap::new());
    let answers = Answers::by(clock);
    let picture = Picture {
        gateway: tools,
        answers: &answers,
    };
    let job = Job {
        world: World {
            gateway: tools,
            desired,
            ground: &ground,
            outside: &outside::Well,
            listener: &Unseen,
            now,
        },
        picture: &picture,
        gateway: tools,
        interrupt: &interrupt,
        clock: &clock,
        folder: None,
        locks: folder.join("locks"),
        holder,
        uid: 1000,
        approve: Some(&approve),
        read_only: false,
        phase: None,
        cost: None,
        command: "install",
        typed: &typed,
    };
    job.install(steps)
}

/// What a run without a fault writes, and what stands after it.
fn clean(start: Start) -> (Vec<String>, Cloud) {
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools::default();
    tools.0.lock().unwrap().cloud = start.cloud();
    let report = install(&tools, start, folder.path(), "clean");
    assert_eq!(
        report.status,
        InstallStatus::Completed,
        "{start:?}: {}",
        serde_json::to_string_pretty(&report).unwrap()
    );
    let inner = tools.0.into_inner().unwrap();
    assert_eq!(inner.cloud.twice(), Vec::<&String>::new(), "{start:?}");
    (inner.ran, inner.cloud.end())
}

/// Where the fault's words stand, but for `toolOutput`.
fn leaks(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(MARK) && !at.ends_with("/toolOutput") => {
            found.push(at.to_owned());
        }
        Value::Array(list) => list.iter().for_each(|one| leaks(one, at, found)),
        Value::Object(map) => map
            .iter()
            .for_each(|(name, one)| leaks(one, &format!("{at}/{name}"), found)),
        _ => {}
    }
}

struct Case<'a> {
    start: Start,
    key: &'a str,
    fault: Fault,
    wanted: Wanted,
    clean: &'a Cloud,
}

/// One cell: its row of the table, or what is wrong.
fn cell(case: &Case<'_>) -> Result<String, String> {
    let Case {
        start, key, fault, ..
    } = *case;
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools::default();
    {
        let mut inner = tools.0.lock().unwrap();
        inner.cloud = start.cloud();
        inner.fault = Some((key.to_owned(), fault));
    }
    let first = install(&tools, start, folder.path(), "first");
    let row = judge(case, &first, &tools.0.lock().unwrap())?;
    {
        let mut inner = tools.0.lock().unwrap();
        inner.fault = None;
        mend(&mut inner.cloud);
    }
    let second = install(&tools, start, folder.path(), "second");
    if second.status != InstallStatus::Completed {
        return Err(format!(
            "the same command without the fault ends {}",
            brief(&second)
        ));
    }
    let was = |report: &InstallReport, id: &str| {
        report
            .steps
            .iter()
            .find(|step| step.id == id)
            .map(|step| step.action)
    };
    for step in &first.steps {
        let is_done = matches!(step.outcome, StepOutcome::Done | StepOutcome::Verified);
        let mended = matches!(fault, Fault::TakenByOthers | Fault::TakenHere);
        if is_done
            && !mended
            && matches!(
                was(&second, &step.id),
                Some(StepAction::Create | StepAction::Update)
            )
        {
            return Err(format!(
                "{} was told to be {:?}, and is not",
                step.id, step.outcome
            ));
        }
    }
    let writes = {
        let inner = tools.0.lock().unwrap();
        if !inner.cloud.twice().is_empty() {
            return Err(format!("made twice: {:?}", inner.cloud.twice()));
        }
        if inner.cloud.end() != *case.clean {
            return Err(format!(
                "it ends elsewhere: {:#?} and not {:#?}",
                inner.cloud.end(),
                case.clean
            ));
        }
        // Who finds nothing to write takes no Lease: one that could not be given back ends by itself.
        if !inner.cloud.holder().is_empty() && !key.contains("(given back)") {
            return Err("the Lease is kept after the second run".to_owned());
        }
        inner.ran.len()
    };
    let third = install(&tools, start, folder.path(), "third");
    if third.status != InstallStatus::Completed || tools.0.lock().unwrap().ran.len() != writes {
        return Err(format!("a third run writes, or ends {}", brief(&third)));
    }
    Ok(row)
}

fn brief(report: &InstallReport) -> String {
    let failure = report
        .failure
        .as_ref()
        .map(|it| format!("{} {} {}", it.code.name(), it.purpose, it.message));
    let blockers: Vec<&str> = report.blockers.iter().map(|note| note.code.name()).collect();
    format!(
        "{:?} {:?} {failure:?} {blockers:?}",
        report.status, report.failed_step
    )
}

/// Whether the first run's report is the truth.
fn judge(case: &Case<'_>, report: &InstallReport, inner: &Inner) -> Result<String, String> {
    let wrong = |what: &str| Err(format!("{what}: {}", brief(report)));
    if inner.met == 0 {
        return wrong("the fault was not met");
    }
    let mut found = Vec::new();
    let document = serde_json::to_value(report).unwrap();
    leaks(&document, "", &mut found);
    if !found.is_empty() {
        return wrong(&format!("the tool's words stand in {found:?}"));
    }
    let keeps = case.key.contains("(given back)");
    if !inner.cloud.holder().is_empty() && !keeps && !inner.cloud.holder().starts_with("bob@") {
        return wrong("the Lease is not given back");
    }
    let step = step_of(case.key);
    let count = |outcome: StepOutcome| report.steps.iter().filter(|step| step.outcome == outcome).count();
    let code = match case.wanted {
        Wanted::GoesOn => {
            if report.status != InstallStatus::Completed {
                return wrong("it should go on by itself");
            }
            let its = report.steps.iter().find(|one| step == Some(one.id.as_str()));
            let made_here = case.fault != Fault::TakenByOthers;
            if its.is_some_and(|its| made_here && its.outcome != StepOutcome::Done) {
                return wrong("its step made something and does not say so");
            }
            "–"
        }
        Wanted::Fails(code) => {
            // A run that changed nothing yet and finds another at work could not begin.
            let not_begun = code == "INSTALL_HELD" || code == "PLAN_CHANGED";
            if report.status != InstallStatus::Failed
                && !(not_begun && report.status == InstallStatus::Blocked)
            {
                return wrong("it should fail");
            }
            let Some(failure) = &report.failure else {
                return wrong("no failure");
            };
            if failure.code.name() != code {
                return wrong(&format!("the code is not {code}"));
            }
            if failure.remediation.as_ref().is_none_or(String::is_empty) || failure.message.is_empty() {
                return wrong("no remedy, or no reason");
            }
            if report.command.is_none() || report.remediation.is_empty() {
                return wrong("no command to go on with");
            }
            if step.is_some() && report.failed_step.as_deref() != step {
                return wrong("another step is named");
            }
            // The Lease is every step's: two may have wanted it at once.
            if count(StepOutcome::Failed) == 0 || step.is_some() && count(StepOutcome::Failed) > 1 {
                return wrong("not one step failed");
            }
            let next = match code {
                "AWS_KEYS_EXPIRED" | "AWS_SSO_EXPIRED" => "login",
                "PLAN_CHANGED" => "plan",
                _ => "fix",
            };
            if report.next.action != next {
                return wrong(&format!("next is {} and not {next}", report.next.action));
            }
            let told = matches!(
                case.fault,
                Fault::Denied
                    | Fault::Expired
                    | Fault::SsoEnded
                    | Fault::ThrottledForEver
                    | Fault::Unreachable
                    | Fault::RegistryUnreachable
                    | Fault::RolledBack
                    | Fault::Quota
            );
            if told
                && !failure
                    .tool_output
                    .as_ref()
                    .is_some_and(|said| said.contains(MARK))
            {
                return wrong("the tool's words are lost");
            }
            let failed = report.failed_step.as_deref().unwrap_or_default();
            nothing_after(report, inner, failed)?;
            code
        }
    };
    Ok(format!(
        "| `{}` | {} | {} | {} | {code} |",
        case.key,
        case.fault.name(),
        report.failed_step.as_deref().or(step).unwrap_or("–"),
        match case.wanted {
            Wanted::GoesOn => "goes on",
            Wanted::Fails(_) => "failed",
        }
    ))
}

/// Nothing of the failed step, and of those that come after it, was written once it had failed.
fn nothing_after(report: &InstallReport, inner: &Inner, failed: &str) -> Result<(), String> {
    let mut after = vec![failed];
    for step in steps(LAST_PHASE) {
        if step.after().iter().any(|id| after.contains(id)) {
            let told = report.steps.iter().find(|one| one.id == step.id()).unwrap();
            if told.writes > 0 || matches!(told.outcome, StepOutcome::Done | StepOutcome::Verified) {
                return Err(format!(
                    "{} went on after {failed} had failed: {:?}",
                    step.id(),
                    told.outcome
                ));
            }
            after.push(step.id());
        }
    }
    let late = inner.ran[inner.before..]
        .iter()
        .find(|key| step_of(key) == Some(failed));
    late.map_or(Ok(()), |late| Err(format!("{late} was run after the failure")))
}

/// All steps, with the one that keeps the user's values.
fn with_values() -> Vec<Box<dyn Step>> {
    let mut all = steps(LAST_PHASE);
    all.insert(1, Box::new(KeptValues { known: true }));
    all
}

#[test]
fn the_users_values_are_kept_before_the_first_release_and_a_second_run_writes_nothing() {
    let (folder, tools) = (tempfile::tempdir().unwrap(), Tools::default());
    let of = |values: Value| Desired {
        set_values: serde_json::from_value(values).unwrap(),
        ..desired(Start::Nothing)
    };
    let one = of(serde_json::json!({"karpenter": {"logLevel": "a,b={c}\n\"d\""}}));
    let report = install_of(&tools, &one, with_values(), folder.path(), "first");
    assert_eq!(report.status, InstallStatus::Completed, "{}", brief(&report));
    let ran = tools.0.lock().unwrap().ran.clone();
    let at = |key: &str| ran.iter().position(|one| one == key).unwrap();
    let first = ran.iter().position(|key| key.starts_with("helm ")).unwrap();
    assert!(at("kubectl apply Secret") < first, "{ran:?}");
    let given = tools.0.lock().unwrap().cloud.releases["karpenter"].values.clone();
    assert_eq!(given["logLevel"], "a,b={c}\n\"d\"", "unharmed");
    let again = install_of(&tools, &one, with_values(), folder.path(), "second");
    assert_eq!(again.status, InstallStatus::Completed, "{}", brief(&again));
    assert_eq!(tools.0.lock().unwrap().ran, ran, "a second run writes nothing");
    let none = of(serde_json::json!({}));
    let away = install_of(&tools, &none, with_values(), folder.path(), "third");
    assert_eq!(away.status, InstallStatus::Completed, "{}", brief(&away));
    let written: Vec<String> = tools.0.lock().unwrap().ran[ran.len()..]
        .iter()
        .filter(|key| !key.contains(" lease ("))
        .cloned()
        .collect();
    assert_eq!(written, ["kubectl apply Secret", "helm upgrade karpenter"]);
}

#[test]
fn an_upgrade_that_fails_is_brought_back_with_its_job_and_the_same_command_goes_on() {
    let (folder, tools) = (tempfile::tempdir().unwrap(), Tools::default());
    {
        let mut inner = tools.0.lock().unwrap();
        inner.cloud = Start::Foreign.cloud();
        inner.cloud.refuses = Some("ingext-community-init");
    }
    let report = install(&tools, Start::Foreign, folder.path(), "first");
    assert_eq!(report.status, InstallStatus::Failed, "{}", brief(&report));
    let of_init = |tools: &Tools| -> Vec<String> {
        let all = tools.0.lock().unwrap().ran.clone();
        all.into_iter()
            .filter(|key| key.contains("ingext-community-init"))
            .collect()
    };
    let delete = "kubectl delete jobs.batch ingext-community-init";
    assert_eq!(
        of_init(&tools),
        [
            delete,
            "helm upgrade ingext-community-init",
            delete,
            "helm rollback ingext-community-init"
        ]
    );
    let [upgrade] = report.upgrades.as_slice() else {
        panic!("{:?}", report.upgrades)
    };
    assert_eq!(upgrade.outcome, UpgradeOutcome::BroughtBack);
    assert_eq!(upgrade.now.as_deref(), Some("0.0.9"));
    let second = install(&tools, Start::Foreign, folder.path(), "second");
    assert_eq!(second.status, InstallStatus::Completed, "{}", brief(&second));
    assert_eq!(second.upgrades[0].outcome, UpgradeOutcome::Done);
    let writes = tools.0.lock().unwrap().ran.len();
    let third = install(&tools, Start::Foreign, folder.path(), "third");
    assert_eq!(third.status, InstallStatus::Completed, "{}", brief(&third));
    assert!(third.upgrades.is_empty());
    assert_eq!(
        tools.0.lock().unwrap().ran.len(),
        writes,
        "a third run writes nothing"
    );
}

#[test]
#[ignore = "hundreds of installs; scripts/test runs it and shows its table"]
fn no_fault_of_any_write_is_taken_for_done_and_the_same_command_goes_on() {
    let clean: Vec<(Start, Vec<String>, Cloud)> = STARTS
        .into_iter()
        .map(|start| {
            let (ran, end) = clean(start);
            (start, ran, end)
        })
        .collect();
    let mut keys: Vec<&String> = Vec::new();
    let mut cells: Vec<Case<'_>> = Vec::new();
    for (start, ran, end) in &clean {
        for key in ran {
            // What two ways in have is tried in the first.
            if keys.contains(&key) {
                continue;
            }
            keys.push(key);
            for fault in FAULTS {
                cells.extend(wanted(key, fault).map(|wanted| Case {
                    start: *start,
                    key,
                    fault,
                    wanted,
                    clean: end,
                }));
            }
        }
    }
    assert!(keys.len() >= 46, "{keys:?}");
    let results: Mutex<BTreeMap<usize, Result<String, String>>> = Mutex::new(BTreeMap::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((at, case)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    cells.get(at).map(|case| (at, case))
                } {
                    let result = cell(case).map_err(|why| {
                        format!("{:?}: {} × {}: {why}", case.start, case.key, case.fault.name())
                    });
                    results.lock().unwrap().insert(at, result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    println!("\n| command | fault | step | outcome | code |\n| --- | --- | --- | --- | --- |");
    results.values().flatten().for_each(|row| println!("{row}"));
    let wrong: Vec<&str> = results
        .values()
        .filter_map(|result| result.as_ref().err().map(String::as_str))
        .collect();
    println!(
        "write faults: {} commands, {} faults, {} runs, {} wrong",
        keys.len(),
        FAULTS.len(),
        results.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
