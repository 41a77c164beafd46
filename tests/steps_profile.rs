//! A run by a profile advises no command that would act by another one.

mod steps_support;

use lakehouse::report::{ExecMode, Finding};
use lakehouse::steps::preflight::run_all;
use steps_support::{Script, inputs, rehearsal, with_cluster};

/// Recorded answers that leave something to mend.
const CASES: [&str; 24] = [
    "ours",
    "absent",
    "denied",
    "throttled",
    "wrong",
    "expired",
    "skewed",
    "failed",
    "creating",
    "deleting",
    "old",
    "name-refused",
    "not-offered",
    "sso",
    "mfa",
    "mfa-refused",
    "token-ended",
    "sso-role",
    "environment",
    "process",
    "empty",
    "source",
    "nowhere",
    "refused",
];

/// What stands between backticks and is an aws or eksctl command.
fn commands(finding: &Finding) -> Vec<String> {
    let text = finding.remediation.as_deref().unwrap_or_default();
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|part| {
            ["aws ", "eksctl ", "eval \"$(aws "]
                .iter()
                .any(|it| part.starts_with(it))
        })
        .map(str::to_owned)
        .collect()
}

fn clusters_cannot_be_looked_into(script: Script) -> Script {
    script
        .on("aws eks list-", 1, "", "no")
        .on("aws eks get-token", 1, "", "no")
}

#[test]
fn every_aws_command_of_a_remedy_carries_the_profile() {
    let twins = "{\"HostedZones\":[{\"Id\":\"/hostedzone/Z1\",\"Name\":\"rehearsal.test.\",\"Config\":{\"PrivateZone\":false}},\
                 {\"Id\":\"/hostedzone/Z2\",\"Name\":\"rehearsal.test.\",\"Config\":{\"PrivateZone\":false}}]}";
    let mut scripts: Vec<Script> = vec![
        rehearsal().on("aws route53 list-hosted-zones", 0, twins, ""),
        rehearsal().on("aws route53 list-hosted-zones", 0, "{\"HostedZones\":[]}", ""),
        rehearsal().on(
            "aws acm list-certificates",
            0,
            "{\"CertificateSummaryList\":[]}",
            "",
        ),
        rehearsal().on(
            "aws s3api head-bucket",
            254,
            "",
            "An error occurred (301) when calling the HeadBucket operation: x",
        ),
    ];
    for (begin, folder) in [
        ("aws sts get-caller-identity", "get-caller-identity"),
        ("aws route53 list-hosted-zones", "list-hosted-zones"),
        ("aws acm list-certificates", "list-certificates"),
        ("aws s3api head-bucket", "head-bucket"),
        ("aws eks describe-cluster ", "describe-cluster"),
        (
            "aws ec2 describe-instance-type-offerings",
            "describe-instance-type-offerings",
        ),
    ] {
        for case in CASES {
            let case = format!("aws/{folder}/{case}");
            if steps_support::root().join(&case).is_dir() {
                scripts.push(clusters_cannot_be_looked_into(rehearsal()).replays(begin, &case));
            }
        }
    }
    assert!(scripts.len() > 30);
    let mut inputs = inputs();
    let mut seen = 0;
    for mode in [ExecMode::Docker, ExecMode::Local] {
        inputs.mode = mode;
        for cluster in ["ingext-lakehouse", "failed", "creating", "deleting", "old"] {
            inputs.cluster = cluster.parse().unwrap();
            for script in &scripts {
                for finding in run_all(&inputs, script).findings {
                    for command in commands(&finding) {
                        seen += 1;
                        let named = command.contains("--profile") || command == "aws configure list-profiles";
                        assert!(named, "{}: {command}", finding.id);
                    }
                }
            }
        }
    }
    assert!(seen > 100, "{seen}");
    // The clusters that can be looked into, each by its own answers.
    for mode in [ExecMode::Docker, ExecMode::Local] {
        inputs.mode = mode;
        for cluster in ["lagging", "taken", "locked", "narrow"] {
            inputs.cluster = cluster.parse().unwrap();
            let found = run_all(&inputs, &with_cluster(cluster)).findings;
            let commands: Vec<String> = found.iter().flat_map(commands).collect();
            assert!(!commands.is_empty(), "{cluster}");
            for command in commands {
                assert!(command.contains("--profile rehearsal"), "{cluster}: {command}");
            }
        }
    }
}
