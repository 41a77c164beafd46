//! The whole preflight where questions have no answer: each is a failure of its own, and nothing is claimed.

mod steps_support;

use lakehouse::gateway::{GatewayError, Tool};
use lakehouse::report::Outcome;
use lakehouse::steps::preflight::run_all;
use std::time::Duration;
use steps_support::{ORDER, brief, find, ids, inputs, rehearsal};

#[test]
fn without_an_identity_nothing_is_claimed_and_the_rest_is_told() {
    for (case, code) in [
        ("wrong", "AWS_NOT_AUTHENTICATED"),
        ("signature", "AWS_NOT_AUTHENTICATED"),
        ("empty", "AWS_NOT_AUTHENTICATED"),
        ("partial", "AWS_NOT_AUTHENTICATED"),
        ("nowhere", "AWS_NOT_AUTHENTICATED"),
        ("source", "AWS_NOT_AUTHENTICATED"),
        ("noregion", "AWS_NOT_AUTHENTICATED"),
        ("expired", "AWS_KEYS_EXPIRED"),
        ("sso", "AWS_SSO_EXPIRED"),
        ("sso-legacy", "AWS_SSO_EXPIRED"),
        ("skewed", "CLOCK_SKEW"),
        ("throttled", "AWS_THROTTLED"),
        ("refused", "AWS_UNREACHABLE"),
        ("proxy", "AWS_UNREACHABLE"),
        ("process", "CREDENTIALS_NOT_REACHABLE"),
        ("mfa", "MFA_NEEDED"),
        ("mfa-refused", "MFA_CODE_REFUSED"),
        ("environment", "AWS_NOT_AUTHENTICATED"),
        ("sso-ended", "AWS_SSO_EXPIRED"),
        ("sso-revoked", "AWS_SSO_EXPIRED"),
        ("sso-role", "AWS_ACCESS_DENIED"),
        ("token-ended", "AWS_NOT_AUTHENTICATED"),
        ("token-foreign", "AWS_NOT_AUTHENTICATED"),
    ] {
        let script = rehearsal().replays(
            "aws sts get-caller-identity",
            &format!("aws/get-caller-identity/{case}"),
        );
        let outcome = run_all(&inputs(), &script);
        assert_eq!(ids(&outcome.findings), ORDER);
        assert_eq!(
            brief(&outcome.findings, "identity"),
            format!("Fail {code}"),
            "{case}"
        );
        let identity = find(&outcome.findings, "identity");
        assert!(
            identity.remediation.is_some() && identity.tool_output.is_some(),
            "{case}"
        );
        for id in "account sso-session permissions route53-zone delegation certificate domain s3-bucket eks-cluster eks-version instance-type quota-vcpu quota-vpcs cost"
            .split(' ')
        {
            assert_eq!(brief(&outcome.findings, id), "Skip", "{case} {id}");
            assert!(find(&outcome.findings, id).message.contains(code), "{case} {id}");
        }
        assert_eq!(brief(&outcome.findings, "tool-helm"), "Pass");
        assert_eq!(brief(&outcome.findings, "chart-registry"), "Pass");
        // A throttled question is asked twice, and nothing else is asked of AWS.
        let mut asked = script.asked();
        asked.dedup();
        asked.retain(|line| line.starts_with("aws "));
        assert_eq!(asked.len(), 2, "{case}: {asked:?}");
        assert_eq!(outcome.evidence.eks_cluster_status, None);
        assert!(outcome.evidence.domain_confirmation.is_some());
    }
}

#[test]
fn remedies_name_the_profile_quoted_for_a_shell() {
    let mut inputs = inputs();
    inputs.profile = Some("my corp".parse().unwrap());
    let script = rehearsal().replays("aws sts get-caller-identity", "aws/get-caller-identity/sso");
    let outcome = run_all(&inputs, &script);
    let remedy = find(&outcome.findings, "identity").remediation.clone().unwrap();
    assert!(
        remedy.starts_with("`aws sso login --profile 'my corp' --no-browser --use-device-code`"),
        "{remedy}"
    );
}

#[test]
fn a_question_without_an_answer_blocks_under_its_own_code() {
    let questions = [
        (
            "aws route53 list-hosted-zones",
            "route53-zone",
            "list-hosted-zones",
        ),
        ("aws acm list-certificates", "certificate", "list-certificates"),
        ("aws s3api head-bucket", "s3-bucket", "head-bucket"),
        ("aws eks describe-cluster ", "eks-cluster", "describe-cluster"),
        (
            "aws ec2 describe-instance-type-offerings",
            "instance-type",
            "describe-instance-type-offerings",
        ),
    ];
    for (fault, code) in [
        ("denied", "AWS_ACCESS_DENIED"),
        ("throttled", "AWS_THROTTLED"),
        ("wrong", "AWS_NOT_AUTHENTICATED"),
    ] {
        for (begin, id, operation) in questions {
            // S3's HEAD says 403 to a denied and to an unknown caller alike.
            let code = if id == "s3-bucket" && fault != "throttled" {
                "S3_BUCKET_TAKEN"
            } else {
                code
            };
            let script = rehearsal().replays(begin, &format!("aws/{operation}/{fault}"));
            let outcome = run_all(&inputs(), &script);
            assert_eq!(
                brief(&outcome.findings, id),
                format!("Fail {code}"),
                "{id} {fault}"
            );
            let finding = find(&outcome.findings, id);
            assert!(finding.remediation.is_some(), "{id} {fault}");
            let failed = outcome
                .findings
                .iter()
                .filter(|finding| finding.outcome == Outcome::Fail)
                .count();
            assert_eq!(failed, 1, "{id} {fault}: nothing else is blocked");
            assert!(
                !finding.message.contains("Rate exceeded") && !finding.message.contains("User:"),
                "{}",
                finding.message
            );
            match id {
                "s3-bucket" => assert_eq!(outcome.evidence.s3_bucket_exists, None),
                "eks-cluster" => assert_eq!(outcome.evidence.eks_cluster_status, None),
                "certificate" => assert_eq!(outcome.evidence.cert_arn, None),
                _ => {}
            }
        }
    }
}

#[test]
fn every_way_a_tool_can_end_is_a_failure_of_its_own() {
    let tool = Tool::Aws;
    let said = || "dockerd says $(boo)".to_owned();
    for (error, code) in [
        (GatewayError::ToolMissing { tool }, "TOOL_MISSING"),
        (
            GatewayError::TimedOut {
                tool,
                limit: Duration::from_secs(1),
            },
            "TOOL_TIMED_OUT",
        ),
        (GatewayError::Interrupted, "INTERRUPTED"),
        (
            GatewayError::Refused {
                command: "aws eks".to_owned(),
            },
            "READ_ONLY_REFUSED",
        ),
        (GatewayError::Engine { said: said() }, "DOCKER_NOT_READY"),
        (GatewayError::Killed { tool }, "TOOL_FAILED"),
        (
            GatewayError::TooMuchOutput { tool, limit_bytes: 9 },
            "TOOL_FAILED",
        ),
        (GatewayError::NotStarted { tool, said: said() }, "TOOL_FAILED"),
    ] {
        let outcome = run_all(&inputs(), &rehearsal().fails("aws eks describe-cluster ", error));
        assert_eq!(brief(&outcome.findings, "eks-cluster"), format!("Fail {code}"));
        assert_eq!(brief(&outcome.findings, "eks-version"), "Skip");
        assert!(!find(&outcome.findings, "eks-cluster").message.contains("boo"));
    }
    for (exit, stdout) in [
        (0, ""),
        (0, "<html></html>"),
        (0, "{\"cluster\": {\"na"),
        (0, "{\"x\": 1}"),
        (99, ""),
    ] {
        let outcome = run_all(
            &inputs(),
            &rehearsal().on("aws eks describe-cluster ", exit, stdout, "boo"),
        );
        assert_eq!(
            brief(&outcome.findings, "eks-cluster"),
            "Fail AWS_UNEXPECTED",
            "{stdout}"
        );
    }
}
