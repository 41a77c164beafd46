//! Every kind of credentials, by the real aws, in docker and in local mode.

mod common;

use common::user::{
    CORP, GOOD_TOKEN, KEY, LEGACY, LONG, PAST, RENEWABLE, ROOT, WRONG_KEY, by_token, in_toolbox, signed_on,
    token_file, words, world,
};
use common::{World, blockers, check, warnings};
use serde_json::Value;
use std::fs;
use std::process::Stdio;
use std::sync::Mutex;

/// What must come of it.
enum Comes {
    /// The caller's ARN holds this.
    Caller(&'static str),
    /// This blocker's code, and a word of its remedy.
    Refused(&'static str, &'static str),
}
use Comes::{Caller, Refused};

/// One kind of credentials.
struct Kind {
    name: &'static str,
    profile: Option<&'static str>,
    env: &'static [(&'static str, &'static str)],
    make: fn(&mut World),
    docker: Comes,
    local: Comes,
    /// A warning that must be there, or that there is none of the sign-on.
    warning: Option<&'static str>,
}

impl Kind {
    const fn new(name: &'static str, profile: &'static str, docker: Comes, local: Comes) -> Self {
        Self {
            name,
            profile: Some(profile),
            env: &[],
            make: |_| {},
            docker,
            local,
            warning: None,
        }
    }
}

const OWN_KEYS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", KEY),
    ("AWS_SECRET_ACCESS_KEY", "environment-secret-01"),
];
const OTHER_KEYS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", WRONG_KEY),
    ("AWS_SECRET_ACCESS_KEY", "environment-secret-01"),
];

#[rustfmt::skip] // one kind a line
fn kinds() -> Vec<Kind> {
    vec![
        Kind::new("static keys", "static", Caller(ROOT), Caller(ROOT)),
        Kind { env: OTHER_KEYS, ..Kind::new("environment keys beside a profile", "static", Caller(ROOT), Caller(ROOT)) },
        Kind { profile: None, env: OWN_KEYS, ..Kind::new("environment keys alone", "", Caller(ROOT), Caller(ROOT)) },
        Kind::new("role by source_profile", "role", Caller("assumed-role/plain/"), Caller("assumed-role/plain/")),
        Kind { env: OWN_KEYS, ..Kind::new("role by credential_source Environment", "environment", Caller("assumed-role/environment/"), Caller("assumed-role/environment/")) },
        Kind::new("the same without keys there", "environment", Refused("AWS_NOT_AUTHENTICATED", "Export the keys"), Refused("AWS_NOT_AUTHENTICATED", "Export the keys")),
        Kind { make: |world| { world.unset("AWS_ENDPOINT_URL"); }, ..Kind::new("credential_process, endpoint in the profile", "program", Caller(ROOT), Caller(ROOT)) },
        Kind { make: |world| { world.unset("AWS_ENDPOINT_URL"); }, ..Kind::new("role behind a credential_process", "program-role", Caller("assumed-role/behind-a-program/"), Caller("assumed-role/behind-a-program/")) },
        Kind::new("credential_process that is not there", "program-fails", Refused("CREDENTIALS_NOT_REACHABLE", "credential_process"), Refused("CREDENTIALS_NOT_REACHABLE", "credential_process")),
        Kind { make: |world| token_file(world, CORP, &signed_on(GOOD_TOKEN, LONG, "")), ..Kind::new("sso-session, fresh", "sso", Caller("AWSReservedSSO_Rehearsal"), Caller("AWSReservedSSO_Rehearsal")) },
        Kind { make: |world| token_file(world, CORP, &signed_on("ended", PAST, RENEWABLE)), ..Kind::new("sso-session, ended and renewed by aws", "sso", Caller("AWSReservedSSO_Rehearsal"), Caller("AWSReservedSSO_Rehearsal")) },
        Kind { make: |world| token_file(world, CORP, &signed_on("ended", PAST, "")), ..Kind::new("sso-session, ended", "sso", Refused("AWS_SSO_EXPIRED", "aws sso login --profile sso"), Refused("AWS_SSO_EXPIRED", "aws sso login --profile sso")) },
        Kind::new("sso-session, absent", "sso", Refused("AWS_SSO_EXPIRED", "aws sso login --profile sso"), Refused("AWS_SSO_EXPIRED", "aws sso login --profile sso")),
        Kind { make: |world| token_file(world, CORP, &signed_on("revoked", LONG, "")), ..Kind::new("sso-session, revoked", "sso", Refused("AWS_SSO_EXPIRED", "aws sso login --profile sso"), Refused("AWS_SSO_EXPIRED", "aws sso login --profile sso")) },
        Kind { make: |world| token_file(world, CORP, &signed_on(GOOD_TOKEN, LONG, "")), ..Kind::new("sso-session, role not assigned", "sso-forbidden", Refused("AWS_ACCESS_DENIED", "IAM Identity Center"), Refused("AWS_ACCESS_DENIED", "IAM Identity Center")) },
        Kind { make: |world| token_file(world, LEGACY, &signed_on(GOOD_TOKEN, LONG, "")), ..Kind::new("sso_start_url alone, fresh", "sso-legacy", Caller("AWSReservedSSO_Rehearsal"), Caller("AWSReservedSSO_Rehearsal")) },
        Kind { make: |world| {
            let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(30);
            token_file(world, LEGACY, &signed_on(GOOD_TOKEN, &soon.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), ""));
        }, warning: Some("SSO_EXPIRES_SOON"), ..Kind::new("sso_start_url alone, ends in 30 min", "sso-legacy", Caller("AWSReservedSSO_Rehearsal"), Caller("AWSReservedSSO_Rehearsal")) },
        Kind { profile: None, make: |world| by_token(world, "token"), ..Kind::new("web identity by variables", "", Caller("assumed-role/ci/"), Caller("assumed-role/ci/")) },
        Kind::new("web identity in a profile", "token", Caller("assumed-role/token/"), Caller("assumed-role/token/")),
        Kind { make: |world| fs::write(world.path("token"), "rehearsal-web-identity-expired").unwrap(), ..Kind::new("web identity, token ended", "token", Refused("AWS_NOT_AUTHENTICATED", "written anew"), Refused("AWS_NOT_AUTHENTICATED", "written anew")) },
        Kind::new("web identity, no token file", "token-gone", Refused("CREDENTIALS_NOT_REACHABLE", "service account"), Refused("CREDENTIALS_NOT_REACHABLE", "service account")),
        Kind { profile: None, make: |world| by_token(world, "no-such-token"), ..Kind::new("the same by variables", "", Refused("CREDENTIALS_NOT_REACHABLE", "service account"), Refused("CREDENTIALS_NOT_REACHABLE", "service account")) },
        Kind::new("MFA without a terminal", "mfa", Refused("MFA_NEEDED", "aws sts get-caller-identity --profile mfa"), Refused("MFA_NEEDED", "aws sts get-caller-identity --profile mfa")),
        // The toolbox's aws is older than `aws login`; in local mode that same aws finds nothing it knows.
        Kind::new("aws login", "login", Refused("CREDENTIALS_NOT_REACHABLE", "export-credentials --profile login"), Refused("AWS_NOT_AUTHENTICATED", "aws configure")),
    ]
}

/// One run in one mode; what it says, and everything that it wrote.
fn run(kind: &Kind, exec: &str) -> (Value, String) {
    let mut world = world();
    for (name, value) in kind.env {
        world.set(name, *value);
    }
    (kind.make)(&mut world);
    let words = words(exec, kind.profile);
    let (stdout, stderr) = if exec == "docker" {
        let done = world.run(&words);
        (done.stdout, done.stderr)
    } else {
        let done = in_toolbox(&world, &[])
            .arg("lakehouse")
            .args(&words)
            .output()
            .unwrap();
        (
            String::from_utf8(done.stdout).unwrap(),
            String::from_utf8_lossy(&done.stderr).into_owned(),
        )
    };
    let report: Value = serde_json::from_str(&stdout)
        .unwrap_or_else(|error| panic!("{} ({exec}): {error}: {stdout}\n{stderr}", kind.name));
    common::assert_valid(&report);
    let mut written = format!("{stdout}\n{stderr}");
    for file in walk(&world.path("state")) {
        written.push_str(&String::from_utf8_lossy(&fs::read(file).unwrap()));
    }
    (report, written)
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Why a report is not what must come, if it is not; and the word for the table.
fn judged(report: &Value, comes: &Comes, kind: &Kind) -> (String, Option<String>) {
    let wrong = |why: &str| Some(format!("{}: {why}: {report:#}", kind.name));
    match comes {
        Caller(part) => {
            let arn = report["preflight"]["evidence"]["awsArn"]
                .as_str()
                .unwrap_or_default();
            let soon = warnings(report).contains(&"SSO_EXPIRES_SOON");
            let problem = if !arn.contains(part) {
                wrong("another caller")
            } else if report["preflight"]["okToInstall"] != true {
                wrong("not ready")
            } else if soon != (kind.warning == Some("SSO_EXPIRES_SOON")) {
                wrong("the sign-on's end")
            } else {
                None
            };
            // A session's own name is another each time.
            let who = arn.rsplit_once(':').map_or("-", |(_, end)| end);
            let who: Vec<&str> = who.split('/').take(2).collect();
            (who.join("/"), problem)
        }
        Refused(code, remedy) => {
            let found = blockers(report);
            let said = report["preflight"]["remediation"].to_string();
            let problem = if found.first() != Some(code) {
                wrong("another code")
            } else if !said.contains(remedy) {
                wrong("another remedy")
            } else if report["preflight"]["okToInstall"] != false {
                wrong("ready")
            } else {
                None
            };
            (found.join(" "), problem)
        }
    }
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn every_kind_of_credentials_acts_as_itself_or_is_refused_with_its_own_word() {
    let kinds = kinds();
    let results = Mutex::new(vec![(String::new(), String::new()); kinds.len()]);
    let problems = Mutex::new(Vec::new());
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(kind) = kinds.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let mut row = (String::new(), String::new());
                    for (exec, comes, cell) in [
                        ("docker", &kind.docker, &mut row.0),
                        ("local", &kind.local, &mut row.1),
                    ] {
                        let (report, written) = run(kind, exec);
                        let (word, problem) = judged(&report, comes, kind);
                        *cell = word;
                        let mut problems = problems.lock().unwrap();
                        problems.extend(problem.map(|problem| format!("{exec}: {problem}")));
                        for secret in [
                            "not-a-secret",
                            "program-secret",
                            "environment-secret",
                            GOOD_TOKEN,
                            "rehearsal-web-identity",
                        ] {
                            if written.contains(secret) {
                                problems.push(format!(
                                    "{} ({exec}): {secret} stands in what was written",
                                    kind.name
                                ));
                            }
                        }
                    }
                    let at = kinds.iter().position(|other| other.name == kind.name).unwrap();
                    results.lock().unwrap()[at] = row;
                }
            });
        }
    });
    println!("| credentials | docker | local |\n| --- | --- | --- |");
    for (kind, (docker, local)) in kinds.iter().zip(results.into_inner().unwrap()) {
        println!("| {} | {docker} | {local} |", kind.name);
    }
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn keys_that_a_profile_puts_aside_are_named() {
    let mut world = world();
    for (name, value) in OTHER_KEYS {
        world.set(name, *value);
    }
    let report = world.run(&words("docker", Some("static"))).expect(0).report();
    let said = check(&report, "identity")["message"].as_str().unwrap();
    assert!(
        said.contains("AWS_ACCESS_KEY_ID") && said.contains("not used beside a profile"),
        "{said}"
    );
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn the_sign_ons_end_is_evidence_with_figures() {
    let world = world();
    token_file(&world, CORP, &signed_on(GOOD_TOKEN, LONG, ""));
    let report = world.run(&words("docker", Some("sso"))).expect(0).report();
    assert_eq!(report["preflight"]["evidence"]["ssoSessionExpiresAt"], LONG);
    let said = check(&report, "sso-session")["message"].as_str().unwrap();
    assert!(said.contains("60 min") && said.contains(LONG), "{said}");
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_token_that_kubernetes_keeps_behind_links_is_read_in_the_container() {
    let mut world = world();
    let pod = world.path("pod");
    fs::create_dir_all(pod.join("..new")).unwrap();
    fs::write(pod.join("..new/token"), "rehearsal-web-identity").unwrap();
    std::os::unix::fs::symlink("..new", pod.join("..data")).unwrap();
    std::os::unix::fs::symlink("..data/token", pod.join("token")).unwrap();
    by_token(&mut world, "pod/token");
    let report = world.run(&words("docker", None)).expect(0).report();
    let arn = report["preflight"]["evidence"]["awsArn"].as_str().unwrap();
    assert!(arn.contains("assumed-role/ci/"), "{arn}");
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn the_toolboxs_shell_acts_by_the_same_keys() {
    let mut world = world();
    world.unset("AWS_ENDPOINT_URL");
    let words = [
        "toolbox",
        "shell",
        "--profile",
        "program-role",
        "--region",
        "us-east-2",
    ];
    let mut child = world
        .command(&words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let asked = "aws sts get-caller-identity --query Arn --output text\nexit\n";
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), asked.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        said.contains("assumed-role/behind-a-program/"),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
}
