//! The whole preflight against a scripted gateway: what is asked, and in which order it is told.

mod steps_support;

use lakehouse::gateway::{GatewayError, Tool};
use lakehouse::report::Outcome;
use lakehouse::steps::preflight::{DnsProvider, run_all};
use steps_support::{ORDER, Script, brief, find, ids, inputs, rehearsal, with_cluster};

#[test]
fn the_rehearsal_account_passes() {
    let outcome = run_all(&inputs(), &rehearsal());
    assert_eq!(ids(&outcome.findings), ORDER);
    for finding in &outcome.findings {
        // The rehearsal's caller is the account's root, whom IAM does not simulate, with keys of no sign-on; the others
        // ask DNS, which these inputs don't want.
        let wanted =
            if ["delegation", "dns-record", "permissions", "sso-session"].contains(&finding.id.as_str()) {
                Outcome::Skip
            } else {
                Outcome::Pass
            };
        assert_eq!(finding.outcome, wanted, "{finding:?}");
    }
    let evidence = outcome.evidence;
    assert_eq!(evidence.aws_account_id.as_deref(), Some("000000000000"));
    assert_eq!(evidence.route53_zone_name.as_deref(), Some("rehearsal.test"));
    assert_eq!(evidence.cert_domain.as_deref(), Some("*.k8.rehearsal.test"));
    assert_eq!(evidence.cert_not_after.as_deref(), Some("2098-12-31T23:59:59Z"));
    assert_eq!(
        (evidence.cert_is_wildcard, evidence.cert_auto_discovered),
        (Some(true), Some(true))
    );
    assert_eq!(evidence.cert_pending.len(), 1);
    assert_eq!(evidence.cert_pending[0].validation_records.len(), 1);
    assert_eq!(evidence.s3_bucket_exists, Some(false));
    assert_eq!(evidence.eks_cluster_status.as_deref(), Some("ABSENT"));
    assert_eq!(evidence.eks_version.as_deref(), Some("1.34"));
    assert_eq!(
        evidence.chart_registry.as_deref(),
        Some("oci://public.ecr.aws/ingext")
    );
    assert_eq!(outcome.bucket.unwrap().as_str(), "ingext-lakehouse-000000000000");
    assert_eq!(outcome.tools["aws"], "2.23.6");
    assert_eq!(outcome.tools.len(), 4);
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
        .on(
            "kubectl version",
            0,
            "{\"clientVersion\":{\"gitVersion\":\"v1.29.0\"}}",
            "",
        )
        .fails("eksctl version", GatewayError::ToolMissing { tool: Tool::Eksctl })
        .replays("aws s3api head-bucket", "aws/head-bucket/denied")
        .replays(
            "aws ec2 describe-instance-type-offerings",
            "aws/describe-instance-type-offerings/not-offered",
        )
        .on(
            "aws eks describe-cluster ",
            0,
            "{\"cluster\":{\"name\":\"ingext-lakehouse\",\"status\":\"FAILED\",\"version\":\"1.22\"}}",
            "",
        )
        .on("aws eks list-", 1, "", "no");
    let outcome = run_all(&inputs, &script);
    let codes: Vec<String> = outcome
        .findings
        .iter()
        .filter_map(|it| it.code)
        .map(|code| code.name().to_owned())
        .collect();
    assert_eq!(
        codes.join(" "),
        "TOOL_MISSING TOOL_TOO_OLD TOOL_UNSUPPORTED ACCOUNT_CHANGED NO_ROUTE53_ZONE NO_CERTIFICATE S3_BUCKET_TAKEN \
         EKS_CLUSTER_NOT_ACTIVE AWS_UNEXPECTED EKS_VERSION_UNSUPPORTED INSTANCE_TYPE_NOT_OFFERED NO_BILLING NO_ADMIN NO_DNS"
    );
    for finding in outcome
        .findings
        .iter()
        .filter(|it| matches!(it.outcome, Outcome::Fail | Outcome::Warn))
    {
        assert!(
            finding.remediation.as_ref().is_some_and(|text| !text.is_empty()),
            "{finding:?}"
        );
        assert!(finding.message.ends_with('.'), "{}", finding.message);
    }
}

#[test]
fn the_contents_of_a_cluster_are_evidence() {
    let mut inputs = inputs();
    inputs.cluster = "standing".parse().unwrap();
    let whole = with_cluster("standing");
    let outcome = run_all(&inputs, &whole);
    assert_eq!(brief(&outcome.findings, "eks-cluster"), "Pass");
    assert_eq!(brief(&outcome.findings, "eks-contents"), "none");
    assert!(outcome.evidence.eks_node_groups.is_some() && outcome.evidence.eks_addons.is_some());
    let half = with_cluster("standing").on(
        "aws eks list-addons",
        254,
        "",
        "An error occurred (AccessDeniedException) when calling the ListAddons operation: no",
    );
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
