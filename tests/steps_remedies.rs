//! Remedies are commands that work as they are typed: for the profile, the region and the state that was found.

mod steps_support;

use lakehouse::clients::aws::eks::{Cluster, ClusterVersion, Support};
use lakehouse::clients::{CallError, ErrorClass, Reach, explain};
use lakehouse::gateway::{GatewayError, Tool};
use lakehouse::report::ExecMode;
use lakehouse::steps::preflight::{cluster, cluster_version, run_all};
use steps_support::{brief, find, inputs, rehearsal};

fn error(class: ErrorClass, action: &'static str) -> CallError {
    CallError {
        purpose: "x".to_owned(),
        action,
        class,
        code: None,
        said: format!("words of {action}"),
    }
}

#[test]
fn an_upgrade_is_advised_only_to_a_cluster_that_is_below_the_target() {
    let inputs = inputs();
    let remedy = |version: Option<&str>, support| {
        let cluster = Ok(version.map(|version| Cluster {
            status: "ACTIVE".to_owned(),
            version: Some(version.to_owned()),
            ..Cluster::default()
        }));
        let offered = ["1.9", "1.34", "1.40"].map(|version| ClusterVersion {
            version: version.to_owned(),
            support,
        });
        let checked =
            cluster_version::decide(&cluster, Ok(offered.to_vec()), &inputs.cluster, &inputs.asker());
        checked.findings[0].remediation.clone().unwrap()
    };
    for support in [Support::Extended, Support::Unsupported] {
        assert!(remedy(Some("1.9"), support).contains("eksctl upgrade cluster"));
        for version in [None, Some("1.34"), Some("1.40")] {
            let text = remedy(version, support);
            assert!(!text.contains("pgrade"), "{version:?}: {text}");
        }
    }
}

#[test]
fn an_active_cluster_without_a_version_blocks_and_is_not_called_usable() {
    let answer = "{\"cluster\":{\"name\":\"ingext-lakehouse\",\"status\":\"ACTIVE\",\"version\":null}}";
    let script = rehearsal()
        .on("aws eks describe-cluster ", 0, answer, "")
        .on("aws eks list-nodegroups", 0, "{\"nodegroups\":[]}", "")
        .on("aws eks list-addons", 0, "{\"addons\":[]}", "");
    let outcome = run_all(&inputs(), &script);
    assert_eq!(brief(&outcome.findings, "eks-version"), "Fail AWS_UNEXPECTED");
    let message = &find(&outcome.findings, "eks-cluster").message;
    assert!(!message.contains("install will use it"), "{message}");
}

#[test]
fn both_lists_of_a_cluster_that_fail_are_told_each_with_its_reason() {
    let inputs = inputs();
    let checked = cluster::contents(
        Err(error(ErrorClass::Denied, "eks:ListNodegroups")),
        Err(error(ErrorClass::Denied, "eks:ListAddons")),
        &inputs.cluster,
        &inputs.asker(),
    );
    let finding = find(&checked.findings, "eks-contents");
    for action in ["eks:ListNodegroups", "eks:ListAddons"] {
        assert!(finding.message.contains(action), "{finding:?}");
        assert!(
            finding.remediation.as_ref().unwrap().contains(action),
            "{finding:?}"
        );
        assert!(
            finding.tool_output.as_ref().unwrap().contains(action),
            "{finding:?}"
        );
    }
}

#[test]
fn one_missing_tool_has_one_remedy() {
    let missing = GatewayError::ToolMissing { tool: Tool::Aws };
    let outcome = run_all(
        &inputs(),
        &rehearsal()
            .fails("aws ", missing.clone())
            .fails("aws --version", missing.clone())
            .fails("aws sts get-caller-identity", missing),
    );
    let identity = find(&outcome.findings, "identity");
    assert_eq!(brief(&outcome.findings, "identity"), "Fail TOOL_MISSING");
    assert!(identity.message.contains("`tool-aws`") && identity.remediation.is_none());
    assert!(find(&outcome.findings, "tool-aws").remediation.is_some());
}

#[test]
fn a_version_that_can_not_be_read_is_the_tools_failure() {
    let outcome = run_all(
        &inputs(),
        &rehearsal()
            .on("helm version", 0, "?", "")
            .on("kubectl version", 1, "", "no"),
    );
    for id in ["tool-helm", "tool-kubectl"] {
        assert_eq!(brief(&outcome.findings, id), "Fail TOOL_FAILED");
    }
}

#[test]
fn a_caller_of_another_partition_is_no_identity() {
    let caller = |partition: &str| {
        let text =
            format!("{{\"Account\":\"000000000000\",\"Arn\":\"arn:{partition}:iam::000000000000:root\"}}");
        rehearsal().on("aws sts get-caller-identity", 0, &text, "")
    };
    let outcome = run_all(&inputs(), &caller("aws-cn"));
    assert_eq!(brief(&outcome.findings, "identity"), "Fail AWS_UNEXPECTED");
    assert_eq!((outcome.account, outcome.evidence.aws_account_id), (None, None));
    assert_eq!(brief(&outcome.findings, "s3-bucket"), "Skip");
    assert_eq!(
        brief(&run_all(&inputs(), &caller("aws")).findings, "identity"),
        "Pass"
    );
    let mut china = inputs();
    china.region = "cn-north-1".parse().unwrap();
    assert_eq!(
        brief(&run_all(&china, &caller("aws")).findings, "identity"),
        "Fail AWS_UNEXPECTED"
    );
}

#[test]
fn what_can_not_be_reached_is_asked_at_the_regions_own_host_from_where_the_tools_run() {
    let mut inputs = inputs();
    let unreachable = error(ErrorClass::Unreachable(Reach::Connect), "a:B");
    for (mode, command) in [
        (ExecMode::Local, "`curl -sS -o /dev/null https://sts."),
        (
            ExecMode::Docker,
            "`lakehouse toolbox shell`, and in it `getent hosts sts.",
        ),
    ] {
        inputs.mode = mode;
        for (region, rest) in [
            ("us-east-2", "us-east-2.amazonaws.com"),
            ("cn-north-1", "cn-north-1.amazonaws.com.cn"),
        ] {
            inputs.region = region.parse().unwrap();
            let remedy = explain(&unreachable, &inputs.asker()).remedy;
            let host = format!("{command}{rest}");
            let after = remedy.split_once(&host).map(|(_, after)| after.chars().next());
            assert!(matches!(after, Some(Some(' ' | '`'))), "{remedy}");
            assert!(remedy.contains("AWS_ENDPOINT_URL"), "{remedy}");
        }
    }
}

#[test]
fn a_region_that_is_not_enabled_is_said_with_the_command_that_enables_it() {
    let said =
        "An error occurred (OptInRequired) when calling the DescribeInstanceTypeOfferings operation: x";
    let outcome = run_all(
        &inputs(),
        &rehearsal().on("aws ec2 describe-instance-type-offerings", 254, "", said),
    );
    let finding = find(&outcome.findings, "instance-type");
    assert_eq!(finding.code.unwrap().name(), "REGION_NOT_ENABLED");
    let remedy = finding.remediation.as_ref().unwrap();
    assert!(
        remedy.contains("`aws account enable-region --region-name us-east-2 --profile rehearsal`"),
        "{remedy}"
    );
}

#[test]
fn a_refused_bucket_names_the_permission_before_another_name() {
    let outcome = run_all(
        &inputs(),
        &rehearsal().replays("aws s3api head-bucket", "aws/head-bucket/denied"),
    );
    let remedy = find(&outcome.findings, "s3-bucket").remediation.clone().unwrap();
    assert!(
        remedy.find("s3:ListBucket").unwrap() < remedy.find("--bucket").unwrap(),
        "{remedy}"
    );
}
