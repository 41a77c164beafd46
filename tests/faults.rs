//! The fault matrix: every command of a preflight, and every way in which it can go wrong. Whatever happens to one
//! command, the preflight must not say that all is well, must name the fault by its code, must not panic, and must
//! stay small. The table of what came out is printed (`cargo test --test faults -- --nocapture`).

mod common;
#[path = "steps_support/name_server.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod name_server;

use common::fake::{Fake, PREFLIGHT};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::RecvTimeoutError;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Denied,
    Expired,
    ThrottledOnce,
    ThrottledForEver,
    Unreachable,
    Hangs,
    SaysNothing,
    Garbage,
    HalfADocument,
    TooMuch,
    Killed,
}

use Fault as F;

/// How aws writes its errors: before 2.34, and since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Old,
    New,
}

const FAULTS: [Fault; 11] = [
    F::Denied,
    F::Expired,
    F::ThrottledOnce,
    F::ThrottledForEver,
    F::Unreachable,
    F::Hangs,
    F::SaysNothing,
    F::Garbage,
    F::HalfADocument,
    F::TooMuch,
    F::Killed,
];

impl Fault {
    const fn name(self) -> &'static str {
        match self {
            F::Denied => "access denied",
            F::Expired => "expired token",
            F::ThrottledOnce => "throttled once",
            F::ThrottledForEver => "throttled for ever",
            F::Unreachable => "endpoint unreachable",
            F::Hangs => "hangs past its limit",
            F::SaysNothing => "exit 1, nothing said",
            F::Garbage => "garbage on stdout",
            F::HalfADocument => "half a document",
            F::TooMuch => "200 MB of output",
            F::Killed => "killed",
        }
    }

    /// Whether aws words it, so that both of its formats are tried.
    const fn is_worded_by_aws(self) -> bool {
        matches!(
            self,
            F::Denied | F::Expired | F::ThrottledOnce | F::ThrottledForEver | F::Unreachable
        )
    }

    /// The code that a question to AWS must end in. The commands that mean something else by it are in [`exception`].
    const fn code_of_aws(self) -> &'static str {
        match self {
            F::Denied => "AWS_ACCESS_DENIED",
            F::Expired => "AWS_KEYS_EXPIRED",
            F::ThrottledOnce => "",
            F::ThrottledForEver => "AWS_THROTTLED",
            F::Unreachable => "AWS_UNREACHABLE",
            F::Hangs => "TOOL_TIMED_OUT",
            F::SaysNothing | F::Garbage | F::HalfADocument => "AWS_UNEXPECTED",
            F::TooMuch | F::Killed => "TOOL_FAILED",
        }
    }
}

/// One command of the clean run: the words that its answer is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    tool: String,
    first: String,
    second: String,
}

impl Asked {
    fn key(&self) -> String {
        format!("{}.{}.{}", self.tool, self.first, self.second)
    }

    fn shown(&self) -> String {
        format!("{} {} {}", self.tool, self.first, self.second)
            .trim_end()
            .to_owned()
    }

    fn is_of_aws(&self) -> bool {
        self.tool == "aws" && !self.first.starts_with('-')
    }
}

/// A service's own code for the fault, as the facts name them (aws-facts.md, "Codes to classify").
fn service_code(service: &str, fault: Fault) -> &'static str {
    match (fault, service) {
        (F::Denied, "ec2") => "UnauthorizedOperation",
        (F::Denied, "s3api") => "403",
        (F::Denied, "sts" | "iam" | "route53" | "elbv2") => "AccessDenied",
        (F::Denied, _) => "AccessDeniedException",
        (F::Expired, "ec2") => "RequestExpired",
        (F::Expired, "sts" | "iam" | "route53" | "elbv2" | "s3api") => "ExpiredToken",
        (F::Expired, _) => "ExpiredTokenException",
        (_, "ec2") => "RequestLimitExceeded",
        (_, "s3api") => "503",
        (_, "sts" | "iam" | "route53" | "elbv2") => "Throttling",
        (_, _) => "ThrottlingException",
    }
}

/// The shell that makes the fault, with the command's good answer standing beside it as `KEY.good`.
fn script(asked: &Asked, fault: Fault, format: Format) -> String {
    let good = format!(r#". "$answers/{}.good""#, asked.key());
    let prefix = match format {
        Format::Old => "\n",
        Format::New => "\naws: [ERROR]: ",
    };
    let operation: String = asked
        .second
        .split('-')
        .filter(|word| !word.is_empty())
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect();
    let error = |message: &str| {
        let code = service_code(&asked.first, fault);
        format!(
            "printf '%s\\n' '{prefix}An error occurred ({code}) when calling the {operation} operation: {message}' >&2; return 254"
        )
    };
    match fault {
        F::Denied => error("User: arn:aws:iam::123456789012:user/tester is not authorized to perform this"),
        F::Expired => error("The security token included in the request is expired"),
        F::ThrottledForEver => error("Rate exceeded"),
        F::ThrottledOnce => format!(
            r#"if mkdir "$answers/{}.throttled" 2>/dev/null; then {}; fi; {good}"#,
            asked.key(),
            error("Rate exceeded")
        ),
        F::Unreachable => format!(
            "printf '%s\\n' '{prefix}Could not connect to the endpoint URL: \"https://nowhere.invalid/\"' >&2; return 255"
        ),
        F::Hangs => "exec sleep 4711".to_owned(),
        F::SaysNothing => "return 1".to_owned(),
        F::Garbage => "printf '<html><body>Sign in to the guest network</body></html>\\n'".to_owned(),
        // A version is known by its first words: what is cut is cut within them.
        F::HalfADocument => format!(
            r#"all=$({good}) 2>/dev/null; all=${{all:-"{{\"Half\": \"a doc"}}; n=$((${{#all}} / 2)); case "$*" in *version*) n=3;; esac; printf '%s' "$all" | head -c "$n""#
        ),
        F::TooMuch => "head -c 200000000 /dev/zero".to_owned(),
        F::Killed => "kill -9 $$".to_owned(),
    }
}

/// Codes that a command has for a fault in place of the usual one, with the reason.
fn exception(asked: &Asked, fault: Fault) -> Option<&'static str> {
    match (asked.shown().as_str(), fault) {
        // S3 answers 403 for a bucket of somebody else's as well.
        ("aws s3api head-bucket", F::Denied) => Some("S3_BUCKET_TAKEN"),
        // It has a time limit of its own, after which the registry counts as out of reach.
        ("helm show chart", F::Hangs) => Some("CHART_REGISTRY_UNREACHABLE"),
        // It asks AWS nothing: a bad answer is the tool's own.
        ("aws eks get-token", F::SaysNothing | F::Garbage | F::HalfADocument) => Some("TOOL_FAILED"),
        _ => None,
    }
}

/// Commands whose failure warns, or leaves a check out, and blocks nothing: install can begin without the answer. Keys
/// that have expired block all the same: an install would end at them.
const HARMLESS: [&str; 13] = [
    "aws ec2 describe-addresses",
    "aws ec2 describe-instance-types",
    "aws ec2 describe-instances",
    "aws ec2 describe-nat-gateways",
    "aws ec2 describe-vpcs",
    "aws eks describe-nodegroup",
    "aws eks list-addons",
    "aws eks list-clusters",
    "aws eks list-nodegroups",
    "aws elbv2 describe-load-balancers",
    "aws iam simulate-principal-policy",
    "aws service-quotas list-service-quotas",
    "kubectl get nodes",
];

/// The accounts of the matrix: one in which nothing stands, and one with a cluster, whose DNS is asked too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Account {
    New,
    Standing,
}

impl Account {
    fn fake(self) -> Fake {
        match self {
            Account::New => Fake::ready(),
            Account::Standing => Fake::standing(),
        }
    }

    fn args(self, server: &str) -> Vec<String> {
        let mut args: Vec<String> = PREFLIGHT.map(str::to_owned).into();
        if self == Account::Standing {
            args.truncate(args.len() - 2);
            args.extend(["--dns-server".to_owned(), server.to_owned()]);
        }
        args
    }
}

/// A DNS server that delegates to the zone's own name servers, and knows no address.
fn delegated() -> SocketAddr {
    name_server::serve(|name, kind, reply| {
        if kind == RecordType::NS && name == "example.com." {
            for server in ["ns-1.awsdns-1.com.", "ns-2.awsdns-2.net."] {
                reply.add_answer(name_server::ns("example.com.", server));
            }
        } else {
            reply.set_response_code(ResponseCode::NXDomain);
            reply.add_name_server(name_server::soa());
        }
        true
    })
}

/// The clean run's commands and what each check said.
fn clean(account: Account, args: &[String]) -> (Vec<Asked>, BTreeMap<String, Value>) {
    let fake = account.fake();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let report = fake.world.run(&args).expect(0).report();
    let text = std::fs::read_to_string(fake.world.journal()).unwrap();
    let mut asked: Vec<Asked> = text
        .lines()
        .map(|line| {
            let record: Value = serde_json::from_str(line).unwrap();
            let word = |at: usize| record["argv"][at].as_str().unwrap_or_default().to_owned();
            Asked {
                tool: word(0),
                first: word(1),
                second: word(2),
            }
        })
        .collect();
    asked.sort();
    asked.dedup();
    (asked, checks(&report))
}

/// Each check without the time it took.
fn checks(report: &Value) -> BTreeMap<String, Value> {
    let checks = report["preflight"]["checks"].as_array().unwrap();
    checks
        .iter()
        .map(|check| {
            let mut check = check.clone();
            check.as_object_mut().unwrap().remove("durationMs");
            (check["id"].as_str().unwrap().to_owned(), check)
        })
        .collect()
}

/// One cell of the matrix.
#[derive(Clone, Copy)]
struct Case<'a> {
    account: Account,
    args: &'a [String],
    asked: &'a Asked,
    fault: Fault,
    format: Format,
    clean: &'a BTreeMap<String, Value>,
}

/// One cell of the matrix: its row for the table, or what is wrong.
fn cell(case: &Case<'_>) -> Result<String, String> {
    let Case {
        account,
        args,
        asked,
        fault,
        format,
        clean,
    } = *case;
    let fake = account.fake();
    fake.keep_good(&asked.tool, &asked.first, &asked.second);
    fake.answer(&asked.key(), &script(asked, fault, format));
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    if fault == F::Hangs {
        args.extend(["--timeout", "3s"]);
    }
    let (output, most_kilobytes) = run_watched(fake.world.command(&args));
    let stderr = String::from_utf8_lossy(&output.stderr);
    let place = format!("{} × {} ({format:?})", asked.shown(), fault.name());
    if stderr.contains("panicked") {
        return Err(format!("{place}: panic: {stderr}"));
    }
    if most_kilobytes > MOST_KILOBYTES {
        return Err(format!("{place}: {most_kilobytes} kB of memory"));
    }
    let report: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{place}: no report ({error}): {stderr}"))?;
    judge(asked, fault, &report, output.status.code(), clean)
        .map(|row| format!("| `{}` | {} | {row} |", asked.shown(), fault.name()))
        .map_err(|why| format!("{place}: {why}: {}", brief(&report)))
}

/// The most memory that a run may hold: two answers of 16 MB, and what a debug build takes for itself.
const MOST_KILOBYTES: u64 = 120_000;

/// Runs the program and gives the most memory that it held, as the kernel counts it.
fn run_watched(mut command: Command) -> (Output, u64) {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let (ended, over) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let watch = scope.spawn(move || {
            let mut most = 0;
            while over.recv_timeout(std::time::Duration::from_millis(10)) == Err(RecvTimeoutError::Timeout) {
                let text = std::fs::read_to_string(&status).unwrap_or_default();
                let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let peak = peak.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
                most = most.max(peak.unwrap_or(0));
            }
            most
        });
        let output = child.wait_with_output().unwrap();
        drop(ended);
        (output, watch.join().unwrap())
    })
}

/// What did not pass, in a line.
fn brief(report: &Value) -> String {
    checks(report)
        .values()
        .filter(|check| check["outcome"] != "pass")
        .map(|check| format!("{} {} {}", check["id"], check["outcome"], check["code"]))
        .collect::<Vec<_>>()
        .join(", ")
}

fn judge(
    asked: &Asked,
    fault: Fault,
    report: &Value,
    exit: Option<i32>,
    clean: &BTreeMap<String, Value>,
) -> Result<String, String> {
    let ok = report["preflight"]["okToInstall"] == true;
    if fault == F::ThrottledOnce && ["aws", "eksctl"].contains(&asked.tool.as_str()) {
        return if ok && exit == Some(0) {
            Ok("asked again: `okToInstall: true`".to_owned())
        } else {
            Err("one throttled answer must not block".to_owned())
        };
    }
    let now = checks(report);
    let changed: Vec<&Value> = now
        .values()
        .filter(|check| clean.get(check["id"].as_str().unwrap_or_default()) != Some(check))
        .filter(|check| check["outcome"] != "pass")
        .collect();
    if changed.is_empty() {
        return Err("no check tells of it".to_owned());
    }
    let ended = fault == F::Expired && asked.is_of_aws();
    let harmless = HARMLESS.contains(&asked.shown().as_str()) && !ended;
    if ok && (!harmless || changed.iter().any(|check| check["outcome"] == "fail")) {
        return Err("okToInstall is true".to_owned());
    }
    if !ok && exit != Some(3) {
        return Err(format!("exit {exit:?}, and not 3"));
    }
    let wanted = match exception(asked, fault) {
        Some(code) => code,
        None if asked.is_of_aws() => fault.code_of_aws(),
        // AWS's own words are understood from eksctl too, whatever it was asked.
        None if asked.tool == "eksctl" && matches!(fault, F::Denied | F::Expired | F::ThrottledForEver) => {
            fault.code_of_aws()
        }
        // aws words these before it does anything else, so it may do so for its version too.
        None if asked.tool == "aws"
            && matches!(
                fault,
                F::Denied | F::Expired | F::ThrottledForEver | F::Unreachable
            ) =>
        {
            fault.code_of_aws()
        }
        None if fault == F::Hangs => "TOOL_TIMED_OUT",
        None => "TOOL_FAILED",
    };
    let told = changed.iter().any(|check| check["code"] == wanted);
    // A check that is left out has no code: its message says why.
    let left_out = harmless && changed.iter().all(|check| check["outcome"] == "skip");
    if !told && !left_out {
        return Err(format!("no check has the code {wanted}"));
    }
    let mut row = String::new();
    for check in changed
        .iter()
        .filter(|check| check["code"] == wanted || left_out)
        .take(1)
    {
        let _ = write!(
            row,
            "{} | {} | {}",
            check["id"].as_str().unwrap_or_default(),
            check["outcome"].as_str().unwrap_or_default(),
            check["code"].as_str().unwrap_or("–")
        );
    }
    Ok(row)
}

#[test]
#[ignore = "half a minute; scripts/test runs it and shows its table"]
fn no_fault_of_any_command_is_taken_for_all_is_well() {
    let server = delegated().to_string();
    let (new, standing) = (Account::New.args(&server), Account::Standing.args(&server));
    let (asked_new, clean_new) = clean(Account::New, &new);
    let (mut asked_standing, clean_standing) = clean(Account::Standing, &standing);
    // What both ask is tried once.
    asked_standing.retain(|asked| !asked_new.contains(asked));
    assert!(
        asked_new.len() >= 20 && asked_standing.len() >= 8,
        "{asked_standing:?}"
    );
    let mut cells: Vec<Case<'_>> = Vec::new();
    for (account, args, asked, clean) in [
        (Account::New, &new, &asked_new, &clean_new),
        (Account::Standing, &standing, &asked_standing, &clean_standing),
    ] {
        for asked in asked {
            for fault in FAULTS {
                let both = fault.is_worded_by_aws() && asked.is_of_aws();
                let formats: &[Format] = if both {
                    &[Format::New, Format::Old]
                } else {
                    &[Format::New]
                };
                cells.extend(formats.iter().map(|format| Case {
                    account,
                    args,
                    asked,
                    fault,
                    format: *format,
                    clean,
                }));
            }
        }
    }
    let results: Mutex<BTreeMap<usize, Result<String, String>>> = Mutex::new(BTreeMap::new());
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(case) = cells.get(at) else {
                        break;
                    };
                    let result = cell(case);
                    results.lock().unwrap().insert(at, result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    println!("\n| command | fault | check | outcome | code |\n| --- | --- | --- | --- | --- |");
    let mut rows: Vec<&String> = results.values().flatten().collect();
    rows.dedup();
    for row in rows {
        println!("{row}");
    }
    let wrong: Vec<&String> = results
        .values()
        .filter_map(|result| result.as_ref().err())
        .collect();
    println!(
        "fault matrix: {} commands, {} faults, {} runs, {} wrong",
        asked_new.len() + asked_standing.len(),
        FAULTS.len(),
        results.len(),
        wrong.len()
    );
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.iter().map(|w| w.as_str()).collect::<Vec<_>>().join("\n")
    );
}
