//! What the tests of clients and steps share: recorded answers, and a gateway that answers from a script.
#![allow(dead_code, missing_docs)] // each test file uses a part of it

pub mod certificates;
pub mod name_server;

use lakehouse::gateway::{CommandOutput, CommandSpec, Gateway, GatewayError, PrivateFile};
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
    writes: bool,
    given: Mutex<Vec<CommandSpec>>,
    answers: BTreeMap<String, Answer>,
    asked: Mutex<Vec<String>>,
    kept: Mutex<Vec<Kept>>,
}

/// A private file that was asked for.
#[derive(Clone, Debug)]
pub struct Kept {
    pub name: String,
    pub text: String,
    pub secrets: Vec<String>,
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

    /// Whether it answers `begin`.
    pub fn has(&self, begin: &str) -> bool {
        self.answers.contains_key(begin)
    }

    /// The same, for clients that write.
    pub fn writing(mut self) -> Self {
        self.writes = true;
        self
    }

    /// The commands, whole, in their order.
    pub fn given(&self) -> Vec<CommandSpec> {
        self.given.lock().unwrap().clone()
    }

    pub fn kept(&self) -> Vec<Kept> {
        self.kept.lock().unwrap().clone()
    }

    pub fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked
    }
}

impl Gateway for Script {
    fn run(&self, spec: &CommandSpec) -> Answer {
        assert!(self.writes || spec.effect == Effect::Read, "{:?}", spec.argv());
        self.given.lock().unwrap().push(spec.clone());
        let line = spec.argv().join(" ");
        self.asked.lock().unwrap().push(line.clone());
        self.answers
            .iter()
            .filter(|(begin, _)| line.starts_with(begin.as_str()))
            .max_by_key(|(begin, _)| begin.len())
            .unwrap_or_else(|| panic!("not scripted: {line}"))
            .1
            .clone()
            .map(|output| as_asked(spec, output))
    }

    fn keep(&self, file: &PrivateFile<'_>) -> Result<String, GatewayError> {
        self.kept.lock().unwrap().push(Kept {
            name: file.name.to_owned(),
            text: String::from_utf8(file.bytes.to_vec()).unwrap(),
            secrets: file.secrets.to_vec(),
        });
        Ok(format!("/private/{}", file.name))
    }
}

/// One recorded chart stands for all of them: name and version are those that were asked for.
fn as_asked(spec: &CommandSpec, output: CommandOutput) -> CommandOutput {
    let ["show", "chart", place, "--version", version, ..] =
        spec.args.iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        return output;
    };
    let name = place.rsplit('/').next().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let text = text.replace("name: ingext-aws-gp3\n", &format!("name: {name}\n"));
    let stdout = text.replace("\nversion: 0.1.0\n", &format!("\nversion: {version}\n"));
    CommandOutput {
        stdout: stdout.into(),
        ..output
    }
}

/// The rehearsal's account with everything in place, as recorded.
pub fn rehearsal() -> Script {
    let mut script = Script::default()
        .replays("aws --version", "aws/version/good")
        .replays("eksctl version", "eksctl/version/good")
        .replays("kubectl version", "kubectl/version/good")
        .replays("helm version", "helm/version/good")
        .replays("helm show chart", "helm/show-chart/good")
        .replays("aws sts get-caller-identity", "aws/get-caller-identity/good")
        .replays("aws route53 list-hosted-zones", "aws/list-hosted-zones/good")
        .replays("aws route53 get-hosted-zone", "aws/get-hosted-zone/good")
        .replays(
            "aws route53 list-resource-record-sets",
            "aws/list-resource-record-sets/lakehouse",
        )
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
        )
        .replays(
            "aws ec2 describe-instance-types",
            "aws/describe-instance-types/good",
        )
        .replays("aws ec2 describe-instances", "aws/describe-instances/none")
        .replays("aws ec2 describe-addresses", "aws/describe-addresses/good")
        .replays("aws ec2 describe-vpcs", "aws/describe-vpcs/good")
        .replays("aws ec2 describe-nat-gateways", "aws/describe-nat-gateways/good")
        .replays("aws eks list-clusters", "aws/list-clusters/good")
        .replays(
            "aws elbv2 describe-load-balancers",
            "aws/describe-load-balancers/good",
        );
    for service in ["ec2", "vpc", "eks", "elasticloadbalancing"] {
        let line = format!("aws service-quotas list-service-quotas --service-code {service}");
        script = script.replays(&line, &format!("aws/list-service-quotas/{service}"));
    }
    for service in ["ec2", "vpc"] {
        let line = format!("aws service-quotas list-aws-default-service-quotas --service-code {service}");
        script = script.replays(&line, &format!("aws/list-aws-default-service-quotas/{service}"));
    }
    for folder in std::fs::read_dir(root().join("aws/describe-certificate")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        let case = format!("aws/describe-certificate/{name}");
        let line = recorded(&case).argv.join(" ");
        script = script.replays(&line, &case);
    }
    script
}

/// The rehearsal's account with the cluster `name` in place, as recorded: its answers and its API server's.
pub fn with_cluster(name: &str) -> Script {
    let either = |wanted: &str, otherwise: &str| {
        let there = root().join(wanted).exists();
        if there {
            wanted.to_owned()
        } else {
            otherwise.to_owned()
        }
    };
    let mut script = rehearsal()
        .replays(
            "aws eks describe-cluster ",
            &format!("aws/describe-cluster/{name}"),
        )
        .replays("aws eks list-nodegroups", &format!("aws/list-nodegroups/{name}"))
        .replays(
            "aws eks list-addons",
            &either(&format!("aws/list-addons/{name}"), "aws/list-addons/creating"),
        )
        .replays("aws eks get-token", "aws/get-token/good")
        .replays(
            "kubectl version -o json --kubeconfig",
            &either(
                &format!("kubectl/server-version/{name}"),
                "kubectl/server-version/standing",
            ),
        )
        .replays(
            "kubectl get nodes",
            &either(&format!("kubectl/get-nodes/{name}"), "kubectl/get-nodes/standing"),
        )
        .replays(
            "kubectl get namespace",
            match name {
                "taken" => "kubectl/get-namespace/terminating",
                "narrow" => "kubectl/get-namespace/forbidden",
                _ => "kubectl/get-namespace/absent",
            },
        )
        .replays("helm list", &format!("helm/list/{name}"));
    for folder in std::fs::read_dir(root().join("aws/describe-nodegroup")).unwrap() {
        let case = format!(
            "aws/describe-nodegroup/{}",
            folder.unwrap().file_name().into_string().unwrap()
        );
        let line = recorded(&case).argv.join(" ");
        script = script.replays(&line, &case);
    }
    // The one node group of `taken` was not recorded: as that of `standing`.
    let taken = String::from_utf8(recorded("aws/describe-nodegroup/standing").stdout).unwrap();
    let taken = taken
        .replace("ingext-standing-workers", "taken-workers")
        .replace("\"standing\"", "\"taken\"");
    script.on("aws eks describe-nodegroup --cluster-name taken", 0, &taken, "")
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
        node_count: 2,
        namespace: "ingext".parse().unwrap(),
        chart_mirror: None,
        charts: lakehouse::model::ChartLock::compiled(),
        dns_check: false,
        dns_server: None,
        dns_provider: None,
        has_billing: true,
        has_admin: true,
        has_dns: true,
        expected_account: None,
        has_subnets: false,
        scheme: lakehouse::model::Scheme::InternetFacing,
        phase: None,
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
pub const ORDER: &str = "tool-aws tool-eksctl tool-kubectl tool-helm identity account sso-session permissions route53-zone delegation certificate domain \
                         s3-bucket eks-cluster eks-version instance-type quota-vcpu quota-elastic-ips \
                         quota-vpcs quota-nat-gateways quota-clusters quota-load-balancers cost dns-record chart-registry readiness-billing readiness-admin \
                         readiness-dns";

pub fn ids(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(|finding| finding.id.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}
