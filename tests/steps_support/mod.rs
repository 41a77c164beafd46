//! What the tests of clients and steps share: recorded answers, and a gateway that answers from a script.
#![allow(dead_code, missing_docs)] // each test file uses a part of it

pub mod certificates;

use lakehouse::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError};
use lakehouse::report::{Effect, ExecMode, Finding};
use lakehouse::steps::preflight::{CertNamed, CredentialInputs, PreflightInputs};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

pub const NOW: &str = "2026-11-23T00:00:00Z";

#[derive(Clone, Debug)]
pub struct Recorded {
    pub argv: Vec<String>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub exit: i32,
}

/// A folder under `fixtures/`, for example `aws/get-caller-identity/good`.
pub fn recorded(case: &str) -> Recorded {
    let folder = root().join(case);
    let text = |name: &str| {
        std::fs::read_to_string(folder.join(name)).unwrap_or_else(|e| panic!("{case}/{name}: {e}"))
    };
    Recorded {
        argv: text("argv").lines().map(str::to_owned).collect(),
        stdout: std::fs::read(folder.join("stdout")).unwrap(),
        stderr: text("stderr"),
        exit: text("exit").trim().parse().unwrap(),
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

type Answer = Result<CommandOutput, GatewayError>;

/// Answers by the longest scripted beginning of the command line; anything else is a test's mistake.
#[derive(Default)]
pub struct Script {
    answers: BTreeMap<String, Answer>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    pub fn on(mut self, begin: &str, exit: i32, stdout: &str, stderr: &str) -> Self {
        let output = CommandOutput {
            exit,
            stdout: stdout.into(),
            stderr: stderr.to_owned(),
            duration: Duration::from_millis(1),
        };
        self.answers.insert(begin.to_owned(), Ok(output));
        self
    }

    pub fn fails(mut self, begin: &str, error: GatewayError) -> Self {
        self.answers.insert(begin.to_owned(), Err(error));
        self
    }

    pub fn replays(self, begin: &str, case: &str) -> Self {
        let it = recorded(case);
        self.on(begin, it.exit, &String::from_utf8(it.stdout).unwrap(), &it.stderr)
    }

    pub fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked
    }
}

impl Gateway for Script {
    fn run(&self, spec: &CommandSpec) -> Answer {
        assert_eq!(spec.effect, Effect::Read, "{:?}", spec.argv());
        let line = spec.argv().join(" ");
        self.asked.lock().unwrap().push(line.clone());
        self.answers
            .iter()
            .filter(|(begin, _)| line.starts_with(begin.as_str()))
            .max_by_key(|(begin, _)| begin.len())
            .unwrap_or_else(|| panic!("not scripted: {line}"))
            .1
            .clone()
    }
}

/// The rehearsal's account with everything in place, as recorded.
pub fn rehearsal() -> Script {
    let mut script = Script::default()
        .replays("aws --version", "aws/version/good")
        .replays("eksctl version", "eksctl/version/good")
        .replays("kubectl version", "kubectl/version/good")
        .replays("helm version", "helm/version/good")
        .replays("aws sts get-caller-identity", "aws/get-caller-identity/good")
        .replays("aws route53 list-hosted-zones", "aws/list-hosted-zones/good")
        .replays("aws acm list-certificates", "aws/list-certificates/good")
        .replays("aws acm describe-certificate", "aws/describe-certificate/absent")
        .replays("aws s3api head-bucket", "aws/head-bucket/absent")
        .replays("aws eks describe-cluster ", "aws/describe-cluster/absent")
        .replays(
            "aws eks describe-cluster-versions",
            "aws/describe-cluster-versions/good",
        )
        .replays(
            "aws ec2 describe-instance-type-offerings",
            "aws/describe-instance-type-offerings/offered",
        );
    for folder in std::fs::read_dir(root().join("aws/describe-certificate")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        let case = format!("aws/describe-certificate/{name}");
        let line = recorded(&case).argv.join(" ");
        script = script.replays(&line, &case);
    }
    script
}

pub fn cert_named() -> CertNamed {
    CertNamed {
        by: "by `--cert-arn`".into(),
        undo: "leave `--cert-arn` out".into(),
    }
}

pub fn inputs() -> PreflightInputs {
    PreflightInputs {
        profile: Some("rehearsal".parse().unwrap()),
        region: "us-east-2".parse().unwrap(),
        cluster: "ingext-lakehouse".parse().unwrap(),
        bucket: None,
        root_domain: "rehearsal.test".parse().unwrap(),
        site_domain: "lakehouse.k8.rehearsal.test".parse().unwrap(),
        site_domain_was_constructed: true,
        cert_arn: None,
        cert_named: cert_named(),
        node_type: "t3.large".parse().unwrap(),
        dns_check: false,
        dns_server: None,
        dns_provider: None,
        has_billing: true,
        has_admin: true,
        has_dns: true,
        expected_account: None,
        now: NOW.parse().unwrap(),
        mode: ExecMode::Docker,
        credentials: CredentialInputs::default(),
    }
}

/// `outcome CODE` of the finding `id`, or `none`.
pub fn brief(findings: &[Finding], id: &str) -> String {
    findings.iter().find(|finding| finding.id == id).map_or_else(
        || "none".to_owned(),
        |it| match it.code {
            None => format!("{:?}", it.outcome),
            Some(code) => format!("{:?} {}", it.outcome, code.name()),
        },
    )
}

pub fn find<'a>(findings: &'a [Finding], id: &str) -> &'a Finding {
    findings
        .iter()
        .find(|finding| finding.id == id)
        .unwrap_or_else(|| panic!("no finding {id}"))
}

/// The ids of all findings, in the order in which they are told.
pub const ORDER: &str = "tool-aws tool-eksctl tool-kubectl tool-helm identity account sso-session route53-zone certificate domain \
                         s3-bucket eks-cluster eks-version instance-type dns-record readiness-billing readiness-admin \
                         readiness-dns";

pub fn ids(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(|finding| finding.id.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}
