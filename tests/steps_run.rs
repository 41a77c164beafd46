//! The whole preflight against a scripted gateway: what is asked, in which order it is told, what is never claimed.

mod steps_support;

use lakehouse::gateway::{GatewayError, Tool};
use lakehouse::report::{Finding, Outcome};
use lakehouse::steps::preflight::{DnsProvider, run_all};
use std::time::Duration;
use steps_support::{Script, brief, find, inputs, rehearsal};

const ORDER: &str = "tool-aws tool-eksctl tool-kubectl tool-helm identity account route53-zone certificate domain \
                     s3-bucket eks-cluster eks-version instance-type dns-record readiness-billing readiness-admin \
                     readiness-dns";

fn ids(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_rehearsal_account_passes() {
    let outcome = run_all(&inputs(), &rehearsal());
    assert_eq!(ids(&outcome.findings), ORDER);
    for finding in &outcome.findings {
        let wanted = if finding.id == "dns-record" { Outcome::Skip } else { Outcome::Pass };
        assert_eq!(finding.outcome, wanted, "{finding:?}");
    }
    let evidence = outcome.evidence;
    assert_eq!(evidence.aws_account_id.as_deref(), Some("000000000000"));
    assert_eq!(evidence.route53_zone_name.as_deref(), Some("rehearsal.test"));
    assert_eq!(evidence.cert_domain.as_deref(), Some("*.k8.rehearsal.test"));
    assert_eq!(evidence.cert_not_after.as_deref(), Some("2098-12-31T23:59:59Z"));
    assert_eq!((evidence.cert_is_wildcard, evidence.cert_auto_discovered), (Some(true), Some(true)));
    assert_eq!(evidence.cert_pending.len(), 1);
    assert_eq!(evidence.cert_pending[0].validation_records.len(), 1);
    assert_eq!(evidence.s3_bucket_exists, Some(false));
    assert_eq!(evidence.eks_cluster_status.as_deref(), Some("ABSENT"));
    assert_eq!(evidence.eks_version.as_deref(), Some("1.34"));
    assert_eq!(outcome.bucket.unwrap().as_str(), "ingext-lakehouse-000000000000");
    assert_eq!(outcome.tools["aws"], "2.23.6");
    assert_eq!(outcome.tools.len(), 4);
}

#[test]
fn without_an_identity_nothing_is_claimed_and_the_rest_is_told() {
    for (case, code) in [
        ("wrong", "AWS_NOT_AUTHENTICATED"), ("signature", "AWS_NOT_AUTHENTICATED"), ("empty", "AWS_NOT_AUTHENTICATED"),
        ("partial", "AWS_NOT_AUTHENTICATED"), ("nowhere", "AWS_NOT_AUTHENTICATED"), ("source", "AWS_NOT_AUTHENTICATED"),
        ("noregion", "AWS_NOT_AUTHENTICATED"), ("expired", "AWS_KEYS_EXPIRED"), ("sso", "AWS_SSO_EXPIRED"),
        ("sso-legacy", "AWS_SSO_EXPIRED"), ("skewed", "CLOCK_SKEW"), ("throttled", "AWS_THROTTLED"),
        ("refused", "AWS_UNREACHABLE"), ("proxy", "AWS_UNREACHABLE"), ("process", "CREDENTIALS_NOT_REACHABLE"),
        ("mfa", "CREDENTIALS_NOT_REACHABLE"),
    ] {
        let script = rehearsal().replays("aws sts get-caller-identity", &format!("aws/get-caller-identity/{case}"));
        let outcome = run_all(&inputs(), &script);
        assert_eq!(ids(&outcome.findings), ORDER);
        assert_eq!(brief(&outcome.findings, "identity"), format!("Fail {code}"), "{case}");
        let identity = find(&outcome.findings, "identity");
        assert!(identity.remediation.is_some() && identity.tool_output.is_some(), "{case}");
        for id in "account route53-zone certificate domain s3-bucket eks-cluster eks-version instance-type".split(' ') {
            assert_eq!(brief(&outcome.findings, id), "Skip", "{case} {id}");
            assert!(find(&outcome.findings, id).message.contains(code), "{case} {id}");
        }
        assert_eq!(brief(&outcome.findings, "tool-helm"), "Pass");
        assert_eq!(script.asked().iter().filter(|line| line.starts_with("aws ")).count(), 2, "{case}");
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
    assert!(remedy.starts_with("`aws sso login --profile 'my corp' --no-browser --use-device-code`"), "{remedy}");
}

#[test]
fn a_question_without_an_answer_blocks_under_its_own_code() {
    let questions = [
        ("aws route53 list-hosted-zones", "route53-zone", "list-hosted-zones"),
        ("aws acm list-certificates", "certificate", "list-certificates"),
        ("aws s3api head-bucket", "s3-bucket", "head-bucket"),
        ("aws eks describe-cluster ", "eks-cluster", "describe-cluster"),
        ("aws ec2 describe-instance-type-offerings", "instance-type", "describe-instance-type-offerings"),
    ];
    for (fault, code) in [("denied", "AWS_ACCESS_DENIED"), ("throttled", "AWS_THROTTLED"), ("wrong", "AWS_NOT_AUTHENTICATED")] {
        for (begin, id, operation) in questions {
            // S3's HEAD says 403 to a denied and to an unknown caller alike.
            let code = if id == "s3-bucket" && fault != "throttled" { "S3_BUCKET_TAKEN" } else { code };
            let script = rehearsal().replays(begin, &format!("aws/{operation}/{fault}"));
            let outcome = run_all(&inputs(), &script);
            assert_eq!(brief(&outcome.findings, id), format!("Fail {code}"), "{id} {fault}");
            let finding = find(&outcome.findings, id);
            assert!(finding.remediation.is_some(), "{id} {fault}");
            let failed = outcome.findings.iter().filter(|finding| finding.outcome == Outcome::Fail).count();
            assert_eq!(failed, 1, "{id} {fault}: nothing else is blocked");
            assert!(!finding.message.contains("Rate exceeded") && !finding.message.contains("User:"), "{}", finding.message);
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
        (GatewayError::TimedOut { tool, limit: Duration::from_secs(1) }, "TOOL_TIMED_OUT"),
        (GatewayError::Interrupted, "INTERRUPTED"),
        (GatewayError::Refused { command: "aws eks".to_owned() }, "READ_ONLY_REFUSED"),
        (GatewayError::Engine { said: said() }, "DOCKER_NOT_READY"),
        (GatewayError::Killed { tool }, "TOOL_FAILED"),
        (GatewayError::TooMuchOutput { tool, limit_bytes: 9 }, "TOOL_FAILED"),
        (GatewayError::NotStarted { tool, said: said() }, "TOOL_FAILED"),
    ] {
        let outcome = run_all(&inputs(), &rehearsal().fails("aws eks describe-cluster ", error));
        assert_eq!(brief(&outcome.findings, "eks-cluster"), format!("Fail {code}"));
        assert_eq!(brief(&outcome.findings, "eks-version"), "Skip");
        assert!(!find(&outcome.findings, "eks-cluster").message.contains("boo"));
    }
    for (exit, stdout) in [(0, ""), (0, "<html></html>"), (0, "{\"cluster\": {\"na"), (0, "{\"x\": 1}"), (99, "")] {
        let outcome = run_all(&inputs(), &rehearsal().on("aws eks describe-cluster ", exit, stdout, "boo"));
        assert_eq!(brief(&outcome.findings, "eks-cluster"), "Fail AWS_UNEXPECTED", "{stdout}");
    }
}

#[test]
fn all_blockers_come_at_once() {
    let mut inputs = inputs();
    (inputs.has_billing, inputs.has_admin, inputs.has_dns) = (false, false, false);
    inputs.expected_account = Some("123456789012".parse().unwrap());
    inputs.site_domain = "other.example.test".parse().unwrap();
    inputs.root_domain = "example.test".parse().unwrap();
    inputs.dns_provider = Some(DnsProvider::Route53);
    let script = rehearsal()
        .on("helm version", 0, "v4.1.4", "")
        .on("kubectl version", 0, "{\"clientVersion\":{\"gitVersion\":\"v1.29.0\"}}", "")
        .fails("eksctl version", GatewayError::ToolMissing { tool: Tool::Eksctl })
        .replays("aws s3api head-bucket", "aws/head-bucket/denied")
        .replays("aws ec2 describe-instance-type-offerings", "aws/describe-instance-type-offerings/not-offered")
        .on("aws eks describe-cluster ", 0, "{\"cluster\":{\"name\":\"ingext-lakehouse\",\"status\":\"FAILED\",\"version\":\"1.22\"}}", "")
        .on("aws eks list-", 1, "", "no");
    let outcome = run_all(&inputs, &script);
    let codes: Vec<String> = outcome.findings.iter().filter_map(|it| it.code).map(|code| code.name().to_owned()).collect();
    assert_eq!(
        codes.join(" "),
        "TOOL_MISSING TOOL_TOO_OLD TOOL_UNSUPPORTED ACCOUNT_CHANGED NO_ROUTE53_ZONE NO_CERTIFICATE S3_BUCKET_TAKEN \
         EKS_CLUSTER_NOT_ACTIVE AWS_UNEXPECTED EKS_VERSION_UNSUPPORTED INSTANCE_TYPE_NOT_OFFERED NO_BILLING NO_ADMIN NO_DNS"
    );
    for finding in outcome.findings.iter().filter(|it| matches!(it.outcome, Outcome::Fail | Outcome::Warn)) {
        assert!(finding.remediation.as_ref().is_some_and(|text| !text.is_empty()), "{finding:?}");
        assert!(finding.message.ends_with('.'), "{}", finding.message);
    }
}

#[test]
fn the_contents_of_a_cluster_are_evidence() {
    let mut inputs = inputs();
    inputs.cluster = "standing".parse().unwrap();
    let script = || rehearsal().replays("aws eks describe-cluster ", "aws/describe-cluster/standing");
    let whole = script()
        .replays("aws eks list-nodegroups", "aws/list-nodegroups/standing")
        .replays("aws eks list-addons", "aws/list-addons/standing");
    let outcome = run_all(&inputs, &whole);
    assert_eq!(brief(&outcome.findings, "eks-cluster"), "Pass");
    assert_eq!(brief(&outcome.findings, "eks-contents"), "none");
    assert!(outcome.evidence.eks_node_groups.is_some() && outcome.evidence.eks_addons.is_some());
    let half = script()
        .replays("aws eks list-nodegroups", "aws/list-nodegroups/standing")
        .on("aws eks list-addons", 254, "", "An error occurred (AccessDeniedException) when calling the ListAddons operation: no");
    let outcome = run_all(&inputs, &half);
    assert_eq!(brief(&outcome.findings, "eks-contents"), "Warn AWS_ACCESS_DENIED");
    assert_eq!(outcome.evidence.eks_addons, None);
}

#[test]
fn an_external_domain_asks_no_zones() {
    let mut inputs = inputs();
    inputs.dns_provider = Some(DnsProvider::External);
    let script: Script = rehearsal();
    let outcome = run_all(&inputs, &script);
    assert_eq!(brief(&outcome.findings, "route53-zone"), "Skip");
    assert!(find(&outcome.findings, "domain").message.contains("by hand"));
    assert!(!script.asked().iter().any(|line| line.contains("route53")));
}
