//! Quotas against their use: what blocks, what warns, what is skipped, and what is asked at all.

mod steps_support;

use lakehouse::report::{Finding, Outcome};
use lakehouse::steps::preflight::quotas::IDS;
use lakehouse::steps::preflight::{PreflightInputs, PreflightOutcome, run_all};
use steps_support::{Script, brief, find, inputs, rehearsal};

/// Applied values of a service's quotas.
fn quotas(script: Script, service: &str, values: &[(&str, f64)]) -> Script {
    let list: Vec<String> = values
        .iter()
        .map(|(code, value)| format!("{{\"QuotaCode\":\"{code}\",\"Value\":{value},\"Adjustable\":true}}"))
        .collect();
    let line = format!("aws service-quotas list-service-quotas --service-code {service}");
    script.on(&line, 0, &format!("{{\"Quotas\":[{}]}}", list.join(",")), "")
}

/// An account whose vCPU quota is `limit`, with `count` instances of m5.xlarge (4 vCPU) running.
fn vcpus(limit: f64, count: usize) -> Script {
    let row = "[\"m5.xlarge\",null,\"default\",2,2]";
    let rows = vec![row; count].join(",");
    quotas(rehearsal(), "ec2", &[("L-1216C47A", limit), ("L-0263D0A3", 5.0)]).on(
        "aws ec2 describe-instances",
        0,
        &format!("{{\"NextToken\":null,\"Instances\":[{rows}]}}"),
        "",
    )
}

fn vcpu(script: &Script) -> Finding {
    find(&run_all(&inputs(), script).findings, "quota-vcpu").clone()
}

fn existing(script: Script) -> (PreflightInputs, Script) {
    let mut inputs = inputs();
    inputs.cluster = "standing".parse().unwrap();
    let script = script
        .replays("aws eks describe-cluster ", "aws/describe-cluster/standing")
        .replays("aws eks list-nodegroups", "aws/list-nodegroups/standing")
        .replays("aws eks list-addons", "aws/list-addons/standing");
    (inputs, script)
}

/// The commands that serve the quotas.
fn asked(script: &Script) -> Vec<String> {
    let words = |line: &String| line.split(' ').take(3).collect::<Vec<_>>().join(" ");
    let ours = [
        "aws service-quotas",
        "aws elbv2",
        "aws eks list-clusters",
        "aws ec2 describe-",
    ];
    let mut asked = script.asked();
    asked.retain(|line| ours.iter().any(|begin| line.starts_with(begin)) && !line.contains("type-offerings"));
    asked.iter().map(words).collect()
}

#[test]
fn a_quota_for_one_node_too_few_blocks_with_figures_and_the_command() {
    let line = "aws service-quotas list-service-quotas --service-code ec2";
    let found = vcpu(&rehearsal().replays(line, "aws/list-service-quotas/low"));
    assert_eq!(
        brief(std::slice::from_ref(&found), "quota-vcpu"),
        "Fail QUOTA_TOO_LOW"
    );
    assert_eq!(
        found.message,
        "On-demand vCPU: 0 of 3 in use, install needs 4 (2 × t3.large, 2 vCPU each): 1 too few."
    );
    let remedy = found.remediation.unwrap();
    for part in [
        "`aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-1216C47A --desired-value 140 --region us-east-2 --profile rehearsal`",
        "`--node-count 1`",
        "`aws ec2 describe-instances ",
    ] {
        assert!(remedy.contains(part), "{part} in {remedy}");
    }
    // 63 instances of 4 vCPU: 252 of 255 leave 3.
    let found = vcpu(&vcpus(255.0, 63));
    assert_eq!(
        found.message,
        "On-demand vCPU: 252 of 255 in use, install needs 4 (2 × t3.large, 2 vCPU each): 1 too few."
    );
    // Not even one node: no smaller number is offered.
    let remedy = vcpu(&vcpus(252.0, 63)).remediation.unwrap();
    assert!(
        !remedy.contains("--node-count") && remedy.contains("--node-type"),
        "{remedy}"
    );
}

#[test]
fn a_quota_that_just_holds_the_nodes_warns_of_karpenter() {
    let judged = |limit| brief(&[vcpu(&vcpus(limit, 63))], "quota-vcpu");
    assert_eq!(judged(256.0), "Warn QUOTA_NEARLY_USED");
    // 252 + 4 + 136 for Karpenter.
    assert_eq!(judged(391.0), "Warn QUOTA_NEARLY_USED");
    assert_eq!(judged(392.0), "Pass");
    let message = vcpu(&vcpus(256.0, 63)).message;
    assert!(
        message.contains("0 left, fewer than the 136 that Karpenter"),
        "{message}"
    );
    // A fifth must stay free even where Karpenter's share fits.
    assert_eq!(
        brief(&[vcpu(&vcpus(2000.0, 420))], "quota-vcpu"),
        "Warn QUOTA_NEARLY_USED"
    );
    assert_eq!(brief(&[vcpu(&vcpus(2000.0, 390))], "quota-vcpu"), "Pass");
}

#[test]
fn only_on_demand_instances_of_the_same_families_count() {
    let rows = "[\"m5.xlarge\",\"spot\",\"default\",2,2],[\"g5.xlarge\",null,\"default\",2,2],\
                [\"m5.xlarge\",null,\"host\",2,2],[\"t3.large\",null,null,1,2]";
    let script = vcpus(1000.0, 0).on(
        "aws ec2 describe-instances",
        0,
        &format!("{{\"Instances\":[{rows}]}}"),
        "",
    );
    assert!(vcpu(&script).message.contains(": 2 of 1000 in use"));
    let recorded = vcpus(1000.0, 0).replays("aws ec2 describe-instances", "aws/describe-instances/running");
    assert!(vcpu(&recorded).message.contains(": 8 of 1000 in use"));
}

#[test]
fn nodes_of_another_family_are_held_against_its_own_quota() {
    let mut inputs = inputs();
    inputs.node_type = "g5.xlarge".parse().unwrap();
    let script = quotas(rehearsal(), "ec2", &[("L-DB2E81BA", 8.0), ("L-0263D0A3", 5.0)])
        .on(
            "aws ec2 describe-instance-type-offerings",
            0,
            "{\"InstanceTypeOfferings\":[{\"InstanceType\":\"g5.xlarge\",\"Location\":\"us-east-2a\"},{\"InstanceType\":\"g5.xlarge\",\"Location\":\"us-east-2b\"}]}",
            "",
        )
        .on(
            "aws ec2 describe-instance-types",
            0,
            "{\"InstanceTypes\":[{\"InstanceType\":\"g5.xlarge\",\"VCpus\":4,\"Mebibytes\":16384}]}",
            "",
        )
        .replays("aws ec2 describe-instances", "aws/describe-instances/running");
    let outcome = run_all(&inputs, &script);
    let found = find(&outcome.findings, "quota-vcpu");
    assert_eq!(
        found.message,
        "On-demand vCPU of the families G, VT: 4 of 8 in use, install needs 8 (2 × g5.xlarge, 4 vCPU each): 4 too few."
    );
    assert_eq!(brief(&outcome.findings, "cost"), "Skip");
}

#[test]
fn defaults_stand_in_for_values_that_were_never_applied() {
    let outcome = run_all(&inputs(), &rehearsal());
    let found = find(&outcome.findings, "quota-elastic-ips");
    assert_eq!(
        found.message,
        "Elastic IPs: 0 of 5 (AWS's default) in use, install needs 1; 4 left."
    );
    let quota = |code: &str| {
        let mut all = outcome.evidence.quotas.iter();
        all.find(|quota| quota.code == code).unwrap()
    };
    assert!(quota("L-0263D0A3").is_default && !quota("L-1216C47A").is_default);
    assert!((quota("L-1216C47A").headroom - 136.0).abs() < 0.5);
    assert_eq!(
        (quota("L-1194D53C").used, quota("L-1194D53C").needed),
        (Some(5.0), 1.0)
    );
    assert_eq!(outcome.evidence.quotas.len(), IDS.len());
}

#[test]
fn a_region_without_quotas_is_skipped_and_not_guessed() {
    let none = rehearsal()
        .replays(
            "aws service-quotas list-service-quotas",
            "aws/list-service-quotas/no-service",
        )
        .replays(
            "aws service-quotas list-service-quotas --service-code ec2",
            "aws/list-service-quotas/bare",
        )
        .on(
            "aws service-quotas list-aws-default-service-quotas",
            0,
            "{\"Quotas\":[]}",
            "",
        );
    // The longest beginning answers: the others' own lines must go.
    let none = ["vpc", "eks", "elasticloadbalancing"]
        .iter()
        .fold(none, |script, service| {
            let line = format!("aws service-quotas list-service-quotas --service-code {service}");
            script.replays(&line, "aws/list-service-quotas/no-service")
        });
    let none = ["ec2", "vpc"].iter().fold(none, |script, service| {
        let line = format!("aws service-quotas list-aws-default-service-quotas --service-code {service}");
        script.on(&line, 0, "{\"Quotas\":[]}", "")
    });
    let outcome = run_all(&inputs(), &none);
    for id in IDS {
        assert_eq!(brief(&outcome.findings, id), "Skip", "{id}");
        assert!(find(&outcome.findings, id).message.contains("us-east-2"), "{id}");
    }
    assert!(outcome.evidence.quotas.is_empty());
}

#[test]
fn an_unknown_quota_or_use_is_never_enough() {
    for (fault, code) in [
        ("denied", "Warn AWS_ACCESS_DENIED"),
        ("throttled", "Warn AWS_THROTTLED"),
        // These would end an install too.
        ("expired", "Fail AWS_KEYS_EXPIRED"),
    ] {
        let limits = rehearsal().replays(
            "aws service-quotas list-service-quotas --service-code ec2",
            &format!("aws/list-service-quotas/{fault}"),
        );
        let used = rehearsal().replays(
            "aws ec2 describe-instances",
            &format!("aws/describe-instances/{fault}"),
        );
        for script in [limits, used] {
            let found = vcpu(&script);
            assert_eq!(brief(std::slice::from_ref(&found), "quota-vcpu"), code);
            assert!(found.message.contains("is unknown"), "{}", found.message);
            assert!(found.remediation.is_some() && found.tool_output.is_some());
        }
    }
    // A list that goes on, and one without its field, tell no number.
    for answer in [
        "{\"NextToken\":\"x\",\"Instances\":[]}",
        "{\"NextToken\":null,\"Instances\":null}",
        "{\"Instances\":[[\"m5.large\",null,null,null,null]]}",
    ] {
        let found = vcpu(&rehearsal().on("aws ec2 describe-instances", 0, answer, ""));
        assert_eq!(brief(&[found], "quota-vcpu"), "Warn AWS_UNEXPECTED", "{answer}");
    }
    // A value that is no number of things, and a quota that nobody asked for.
    for quota in [("L-1216C47A", -1.0), ("L-1216C47A", 1e300), ("L-99999999", 5.0)] {
        let found = vcpu(&quotas(rehearsal(), "ec2", &[quota]));
        assert_eq!(brief(&[found], "quota-vcpu"), "Warn AWS_UNEXPECTED", "{quota:?}");
    }
    // The whole quota is smaller than the need: that blocks, whatever is in use.
    let found = vcpu(&vcpus(3.0, 0).replays("aws ec2 describe-instances", "aws/describe-instances/denied"));
    assert_eq!(
        brief(std::slice::from_ref(&found), "quota-vcpu"),
        "Fail QUOTA_TOO_LOW"
    );
    assert!(
        found.message.contains("an unknown part of 3 in use"),
        "{}",
        found.message
    );
    // Without the default's answer, a value that was never applied is unknown; the applied one is not.
    let outcome = run_all(
        &inputs(),
        &rehearsal().replays(
            "aws service-quotas list-aws-default-service-quotas --service-code ec2",
            "aws/list-service-quotas/denied",
        ),
    );
    assert_eq!(
        brief(&outcome.findings, "quota-elastic-ips"),
        "Warn AWS_ACCESS_DENIED"
    );
    assert_eq!(brief(&outcome.findings, "quota-vcpu"), "Pass");
}

#[test]
fn a_type_without_a_known_size_leaves_the_vcpus_unknown() {
    let script = rehearsal().replays(
        "aws ec2 describe-instance-types",
        "aws/describe-instance-types/absent",
    );
    assert_eq!(vcpu(&script).outcome, Outcome::Warn);
    assert!(vcpu(&script).message.contains("is unknown"));
}

#[test]
fn nothing_is_asked_that_is_not_judged() {
    let script = rehearsal();
    let _ = run_all(&inputs(), &script);
    assert_eq!(asked(&script).len(), 13, "{:#?}", asked(&script));
    // An existing cluster with nodes: Karpenter's vCPUs, and the site's balancer.
    let (inputs_of_standing, script) = existing(rehearsal());
    let outcome = run_all(&inputs_of_standing, &script);
    assert_eq!(
        asked(&script),
        [
            "aws ec2 describe-instances",
            "aws elbv2 describe-load-balancers",
            "aws service-quotas list-service-quotas",
            "aws service-quotas list-service-quotas",
        ]
    );
    assert_eq!(brief(&outcome.findings, "quota-vpcs"), "Skip");
    let message = &find(&outcome.findings, "quota-vcpu").message;
    assert!(message.contains("install needs none more"), "{message}");
    // A cluster that can't be used: what install would make is not known.
    for case in ["failed", "denied"] {
        let script = rehearsal().replays(
            "aws eks describe-cluster ",
            &format!("aws/describe-cluster/{case}"),
        );
        let mut inputs = inputs();
        inputs.cluster = if case == "failed" {
            "failed"
        } else {
            "no-such-cluster"
        }
        .parse()
        .unwrap();
        let script = script.on("aws eks list-", 1, "", "no");
        let outcome = run_all(&inputs, &script);
        assert!(asked(&script).is_empty(), "{case}: {:?}", asked(&script));
        for id in IDS.iter().chain(&["cost"]) {
            assert_eq!(brief(&outcome.findings, id), "Skip", "{case} {id}");
        }
    }
    // A type that the region does not offer has no size to ask for.
    let script = rehearsal().on(
        "aws ec2 describe-instance-type-offerings",
        0,
        "{\"InstanceTypeOfferings\":[]}",
        "",
    );
    let outcome = run_all(&inputs(), &script);
    assert_eq!(brief(&outcome.findings, "quota-vcpu"), "Skip");
    assert!(!asked(&script).iter().any(|line| line.contains("instance")));
}

#[test]
fn nodes_count_where_a_cluster_has_none_or_nobody_knows() {
    for answer in [(0, "{\"nodegroups\":[]}"), (1, "")] {
        let (inputs, script) = existing(quotas(rehearsal(), "ec2", &[("L-1216C47A", 3.0)]));
        let script = script.on("aws eks list-nodegroups", answer.0, answer.1, "");
        let outcome = run_all(&inputs, &script);
        assert_eq!(
            brief(&outcome.findings, "quota-vcpu"),
            "Fail QUOTA_TOO_LOW",
            "{answer:?}"
        );
    }
}

#[test]
fn a_quota_that_is_overdrawn_blocks_no_install_that_adds_nothing() {
    let (inputs, script) = existing(quotas(rehearsal(), "ec2", &[("L-1216C47A", 3.0)]));
    let script = script.replays("aws ec2 describe-instances", "aws/describe-instances/running");
    let outcome = run_all(&inputs, &script);
    assert_eq!(brief(&outcome.findings, "quota-vcpu"), "Warn QUOTA_NEARLY_USED");
    let message = &find(&outcome.findings, "quota-vcpu").message;
    assert!(
        message.contains("8 of 3 in use, install needs none more; 0 left"),
        "{message}"
    );
}

#[test]
fn a_full_quota_of_networks_is_no_matter_where_subnets_are_named() {
    let named = PreflightInputs {
        has_subnets: true,
        ..inputs()
    };
    let full = rehearsal().on(
        "aws ec2 describe-vpcs",
        0,
        "{\"Vpcs\":[\"000000000000\",\"000000000000\",\"000000000000\",\"000000000000\",\"000000000000\"]}",
        "",
    );
    let outcome = run_all(&named, &full);
    let asked = full.asked();
    assert!(
        !asked
            .iter()
            .any(|line| line.contains("describe-vpcs") || line.contains("nat-gateways")),
        "not asked, as the finding says: {asked:?}"
    );
    for (id, expected) in [
        ("quota-vpcs", "Skip"),
        ("quota-elastic-ips", "Skip"),
        ("quota-nat-gateways", "Skip"),
        ("quota-clusters", "Pass"),
        ("quota-load-balancers", "Pass"),
    ] {
        assert_eq!(brief(&outcome.findings, id), expected, "{id}");
    }
}

#[test]
fn full_quotas_block_a_new_cluster() {
    for (id, begin, answer, name) in [
        (
            "quota-elastic-ips",
            "aws ec2 describe-addresses",
            "{\"Addresses\":5}",
            "Elastic IPs: 5 of 5",
        ),
        (
            "quota-vpcs",
            "aws ec2 describe-vpcs",
            "{\"Vpcs\":[\"000000000000\",\"000000000000\",\"000000000000\",\"000000000000\",\"000000000000\"]}",
            "VPCs: 5 of 5",
        ),
        (
            "quota-clusters",
            "aws eks list-clusters",
            "{\"Clusters\":100}",
            "EKS clusters: 100 of 100",
        ),
        (
            "quota-load-balancers",
            "aws elbv2 describe-load-balancers",
            "{\"LoadBalancers\":50}",
            "Application load balancers: 50 of 50",
        ),
    ] {
        let outcome = run_all(&inputs(), &rehearsal().on(begin, 0, answer, ""));
        assert_eq!(brief(&outcome.findings, id), "Fail QUOTA_TOO_LOW", "{id}");
        let message = &find(&outcome.findings, id).message;
        assert!(
            message.starts_with(name) && message.ends_with(": 1 too few."),
            "{message}"
        );
    }
    // VPCs of others, shared with the account, are not in its quota.
    let shared =
        "{\"Vpcs\":[\"000000000000\",\"111111111111\",\"111111111111\",\"111111111111\",\"111111111111\"]}";
    let outcome = run_all(&inputs(), &rehearsal().on("aws ec2 describe-vpcs", 0, shared, ""));
    assert_eq!(brief(&outcome.findings, "quota-vpcs"), "Pass");
    // The last one fits, and leaves less than a fifth.
    let outcome = run_all(
        &inputs(),
        &rehearsal().on("aws ec2 describe-addresses", 0, "{\"Addresses\":4}", ""),
    );
    assert_eq!(
        brief(&outcome.findings, "quota-elastic-ips"),
        "Warn QUOTA_NEARLY_USED"
    );
    // In an existing cluster one of the balancers may be the site's own.
    let (inputs, script) = existing(rehearsal().on(
        "aws elbv2 describe-load-balancers",
        0,
        "{\"LoadBalancers\":50}",
        "",
    ));
    let outcome = run_all(&inputs, &script);
    assert_eq!(
        brief(&outcome.findings, "quota-load-balancers"),
        "Warn QUOTA_TOO_LOW"
    );
}

#[test]
fn a_quota_that_aws_does_not_raise_names_no_request() {
    let line = "aws service-quotas list-service-quotas --service-code ec2";
    let fixed = "{\"Quotas\":[{\"QuotaCode\":\"L-1216C47A\",\"Value\":3,\"Adjustable\":false}]}";
    let remedy = vcpu(&rehearsal().on(line, 0, fixed, "")).remediation.unwrap();
    assert!(!remedy.contains("request-service-quota-increase"), "{remedy}");
    assert!(remedy.contains("--region"), "{remedy}");
}

/// NAT gateways in subnets of the zones a, b and c, `counts` in each.
fn gateways(counts: [usize; 3]) -> PreflightOutcome {
    let subnets: Vec<String> = ["a", "b", "c"]
        .iter()
        .zip(counts)
        .flat_map(|(zone, count)| vec![format!("\"subnet-{zone}\""); count])
        .collect();
    let script = rehearsal()
        .on(
            "aws ec2 describe-nat-gateways",
            0,
            &format!("{{\"NatGateways\":[{}]}}", subnets.join(",")),
            "",
        )
        .on(
            "aws ec2 describe-subnets",
            0,
            "{\"Subnets\":[[\"subnet-a\",\"us-east-2a\"],[\"subnet-b\",\"us-east-2b\"],[\"subnet-c\",\"us-east-2c\"]]}",
            "",
        );
    let outcome = run_all(&inputs(), &script);
    let asked = script
        .asked()
        .iter()
        .any(|line| line.contains("describe-subnets"));
    assert_eq!(
        asked,
        counts.iter().sum::<usize>() >= 5,
        "the zones are asked for only where one may be full"
    );
    outcome
}

#[test]
fn nat_gateways_are_counted_by_zone() {
    let judged = |counts| brief(&gateways(counts).findings, "quota-nat-gateways");
    assert_eq!(judged([0, 0, 0]), "Pass");
    assert_eq!(judged([1, 1, 1]), "Pass");
    assert_eq!(judged([3, 3, 3]), "Pass");
    assert_eq!(judged([4, 3, 3]), "Warn QUOTA_NEARLY_USED");
    assert_eq!(judged([5, 1, 1]), "Warn QUOTA_TOO_LOW");
    assert_eq!(judged([5, 5, 5]), "Fail QUOTA_TOO_LOW");
    let outcome = gateways([5, 1, 5]);
    let message = &find(&outcome.findings, "quota-nat-gateways").message;
    assert!(message.contains("us-east-2a or us-east-2c"), "{message}");
    let unknown = rehearsal()
        .on(
            "aws ec2 describe-nat-gateways",
            0,
            "{\"NatGateways\":[\"s\",\"s\",\"s\",\"s\",\"s\"]}",
            "",
        )
        .on("aws ec2 describe-subnets", 1, "", "no");
    let outcome = run_all(&inputs(), &unknown);
    assert_eq!(
        brief(&outcome.findings, "quota-nat-gateways"),
        "Warn AWS_UNEXPECTED"
    );
}
