//! Preflights of the rehearsal account's neighbours and faults, by the real aws in the toolbox container.

mod common;

use common::rehearsal;
use common::{blockers, check, warnings};
use serde_json::Value;

/// A preflight in docker mode, with more flags and another profile.
fn preflight(profile: &str, more: &[&str]) -> Value {
    let world = rehearsal::world();
    let args = [
        "--exec",
        "docker",
        "preflight",
        "--profile",
        profile,
        "--root-domain",
        "rehearsal.test",
    ];
    let args: Vec<&str> = args.iter().chain(more).copied().collect();
    let done = world.run(&args);
    let report = done.report();
    let ok = report["preflight"]["okToInstall"] == true;
    assert_eq!(done.code, Some(if ok { 0 } else { 3 }), "{}", done.stderr);
    report
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn each_cause_of_a_refused_identity_has_its_own_code_and_remedy() {
    for (profile, code, remedy) in [
        ("rehearsal-wrong-keys", "AWS_NOT_AUTHENTICATED", "aws configure"),
        ("rehearsal-expired-keys", "AWS_KEYS_EXPIRED", "new temporary keys"),
        ("rehearsal-skewed", "CLOCK_SKEW", "clock"),
        ("nobody", "AWS_NOT_AUTHENTICATED", "profile"),
    ] {
        let report = preflight(profile, &["--region", "us-east-2"]);
        assert!(blockers(&report).contains(&code), "{profile}: {report:#}");
        let identity = check(&report, "identity");
        assert_eq!(identity["outcome"], "fail", "{profile}");
        let said = identity["remediation"].as_str().unwrap().to_lowercase();
        assert!(said.contains(remedy), "{profile}: {said}");
        for other in ["s3-bucket", "eks-cluster", "certificate", "route53-zone"] {
            assert_eq!(check(&report, other)["outcome"], "skip", "{profile}: {other}");
        }
    }
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn denied_and_throttled_are_unknown_not_absent() {
    for (profile, code) in [
        ("rehearsal-denied", "AWS_ACCESS_DENIED"),
        ("rehearsal-throttled", "AWS_THROTTLED"),
    ] {
        let report = preflight(profile, &[]);
        assert!(blockers(&report).contains(&code), "{profile}: {report:#}");
        assert!(!blockers(&report).contains(&"NO_CERTIFICATE"), "{profile}");
        assert!(!warnings(&report).contains(&"NO_ROUTE53_ZONE"), "{profile}");
        assert!(
            report["preflight"]["evidence"].get("eksClusterStatus").is_none(),
            "{profile}"
        );
    }
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn buckets_and_clusters_are_told_apart() {
    for (flag, value, code) in [
        (
            "--bucket",
            "lakehouse-rehearsal-elsewhere",
            Some("S3_BUCKET_WRONG_REGION"),
        ),
        ("--bucket", "lakehouse-rehearsal-taken", Some("S3_BUCKET_TAKEN")),
        ("--bucket", "lakehouse-rehearsal-ours", None),
        ("--cluster", "creating", Some("EKS_CLUSTER_NOT_ACTIVE")),
        ("--cluster", "failed", Some("EKS_CLUSTER_NOT_ACTIVE")),
        ("--cluster", "deleting", Some("EKS_CLUSTER_NOT_ACTIVE")),
        ("--cluster", "old", Some("EKS_VERSION_UNSUPPORTED")),
        ("--cluster", "standing", None),
        ("--node-type", "x9.gigantic", Some("INSTANCE_TYPE_NOT_OFFERED")),
        ("--node-type", "m7i.large", None),
    ] {
        let report = preflight("rehearsal", &[flag, value]);
        let expected: Vec<&str> = code.into_iter().collect();
        assert_eq!(blockers(&report), expected, "{flag} {value}: {report:#}");
    }
    let report = preflight(
        "rehearsal",
        &["--cluster", "standing", "--bucket", "lakehouse-rehearsal-ours"],
    );
    let evidence = &report["preflight"]["evidence"];
    assert_eq!(
        (&evidence["eksClusterStatus"], &evidence["s3BucketExists"]),
        (&"ACTIVE".into(), &true.into())
    );
    assert!(!evidence["eksNodeGroups"].as_array().unwrap().is_empty());
    assert_eq!(evidence["eksAddons"].as_array().unwrap().len(), 3);
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn quotas_are_held_against_what_install_would_make() {
    let report = preflight("rehearsal", &[]);
    let evidence = &report["preflight"]["evidence"];
    assert_eq!(evidence["quotas"].as_array().unwrap().len(), 6, "{report:#}");
    assert_eq!(evidence["instanceTypeZones"].as_array().unwrap().len(), 3);
    assert_eq!(evidence["costEstimate"]["pricesAsOf"], "2026-09-21");
    // An existing cluster needs no network, and its nodes are in use already.
    let report = preflight("rehearsal", &["--cluster", "standing"]);
    assert_eq!(
        report["preflight"]["evidence"]["quotas"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(check(&report, "quota-vpcs")["outcome"], "skip");
    // A type in one zone, whose family has a quota that the account does not know.
    let report = preflight("rehearsal", &["--node-type", "p5.48xlarge"]);
    assert_eq!(blockers(&report), ["INSTANCE_TYPE_ONE_ZONE"], "{report:#}");
    assert_eq!(check(&report, "quota-vcpu")["outcome"], "skip");
    assert_eq!(check(&report, "cost")["outcome"], "skip");
    // A region in which nothing is known.
    let report = preflight("rehearsal", &["--region", "ap-southeast-4"]);
    let checks = report["preflight"]["checks"].as_array().unwrap();
    let ours = |check: &&Value| {
        let id = check["id"].as_str().unwrap();
        id.starts_with("quota-") || id == "cost"
    };
    let outcomes: Vec<&Value> = checks
        .iter()
        .filter(ours)
        .map(|check| &check["outcome"])
        .collect();
    assert_eq!(outcomes, ["skip"; 7], "{report:#}");
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn what_stands_in_a_cluster_is_told_by_its_own_api_server() {
    for (cluster, blocked, warned) in [
        ("standing", vec![], vec![]),
        ("lagging", vec!["CLUSTER_VERSION_SKEW"], vec!["CLUSTER_UNHEALTHY"]),
        ("taken", vec!["RELEASE_CONFLICT", "NAMESPACE_TERMINATING"], vec![]),
        ("locked", vec!["CLUSTER_ACCESS_DENIED"], vec![]),
        (
            "narrow",
            vec!["CLUSTER_ACCESS_DENIED", "CLUSTER_ACCESS_DENIED"],
            vec!["CLUSTER_ACCESS_DENIED"],
        ),
    ] {
        let report = preflight("rehearsal", &["--cluster", cluster]);
        assert_eq!(blockers(&report), blocked, "{cluster}: {report:#}");
        assert_eq!(warnings(&report), warned, "{cluster}: {report:#}");
        let inside = &report["preflight"]["evidence"]["clusterInside"];
        match cluster {
            "locked" => assert!(inside.is_null(), "{inside:#}"),
            "narrow" => assert!(inside["releases"].is_null() && inside["namespacePhase"].is_null()),
            "taken" => assert_eq!(inside["namespacePhase"], "Terminating"),
            _ => assert_eq!(inside["namespacePhase"], "ABSENT"),
        }
        assert!(
            !report.to_string().contains("k8s-aws-v1."),
            "{cluster}: a token in the report"
        );
    }
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn names_that_only_end_alike_are_not_taken() {
    // Two labels below the wildcard's: no certificate covers it.
    let report = preflight("rehearsal", &["--domain", "a.b.k8.rehearsal.test"]);
    assert_eq!(blockers(&report), ["NO_CERTIFICATE"], "{report:#}");
    // The fitting name is the last of more than a hundred, and this record stands in DNS.
    let report = preflight("rehearsal", &["--domain", "san.k8.rehearsal.test"]);
    assert_eq!(
        report["preflight"]["evidence"]["certDomain"], "san.k8.rehearsal.test",
        "an exact name before a wildcard"
    );
    assert_eq!(report["preflight"]["evidence"]["certIsWildcard"], false);
    let report = preflight("rehearsal", &["--domain", "present.k8.rehearsal.test"]);
    assert_eq!(
        report["preflight"]["evidence"]["dnsARecord"]
            .as_array()
            .unwrap()
            .len(),
        2,
        "{report:#}"
    );
    // It is not install's own, so install would end at it.
    assert_eq!(blockers(&report), ["DNS_RECORD_FOREIGN"], "{report:#}");
    let report = preflight("rehearsal", &["--domain", "x.broken.rehearsal.test"]);
    assert!(warnings(&report).contains(&"DNS_UNKNOWN"), "{report:#}");
    assert!(report["preflight"]["evidence"].get("dnsARecord").is_none());
}

/// A preflight of a domain that the usual certificates don't cover.
fn zone_of(root: &str, more: &[&str]) -> Value {
    let world = rehearsal::world();
    let args = [
        "--exec",
        "docker",
        "preflight",
        "--root-domain",
        root,
        "--dns-check",
        "false",
    ];
    world
        .run(&args.iter().chain(more).copied().collect::<Vec<_>>())
        .report()
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn zones_are_found_by_labels_and_private_ones_never_count() {
    let report = zone_of("sub.rehearsal.test", &[]);
    assert_eq!(
        report["preflight"]["evidence"]["route53ZoneName"], "rehearsal.test",
        "the nearest parent"
    );
    assert!(
        check(&report, "route53-zone")["message"]
            .as_str()
            .unwrap()
            .contains("sub.rehearsal.test")
    );
    let report = zone_of("private-only.test", &[]);
    assert!(warnings(&report).contains(&"ROUTE53_ZONE_PRIVATE"), "{report:#}");
    let report = zone_of("notrehearsal.test", &[]);
    assert!(warnings(&report).contains(&"NO_ROUTE53_ZONE"), "{report:#}");
    let report = zone_of("notrehearsal.test", &["--dns-provider", "route53"]);
    assert!(blockers(&report).contains(&"NO_ROUTE53_ZONE"), "{report:#}");
    let report = zone_of("zone-119.test", &[]);
    assert_eq!(
        report["preflight"]["evidence"]["route53ZoneName"], "zone-119.test",
        "beyond the first page"
    );
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_named_certificate_is_held_to_the_same_rules() {
    let account = preflight("rehearsal", &[]);
    let best = account["preflight"]["evidence"]["certArn"]
        .as_str()
        .unwrap()
        .to_owned();
    let named = preflight("rehearsal", &["--cert-arn", &best]);
    assert_eq!(named["preflight"]["evidence"]["certAutoDiscovered"], false);
    let pending = account["preflight"]["evidence"]["certPending"][0]["arn"]
        .as_str()
        .unwrap();
    assert_eq!(
        blockers(&preflight("rehearsal", &["--cert-arn", pending])),
        ["CERT_NOT_ISSUED"]
    );
    let nowhere = "arn:aws:acm:us-east-2:000000000000:certificate/00000000-0000-0000-0000-000000000000";
    assert_eq!(
        blockers(&preflight("rehearsal", &["--cert-arn", nowhere])),
        ["CERT_NOT_FOUND"]
    );
    let elsewhere = preflight(
        "rehearsal",
        &["--cert-arn", &best, "--domain", "a.b.k8.rehearsal.test"],
    );
    assert_eq!(blockers(&elsewhere), ["CERT_DOMAIN_MISMATCH"]);
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn an_account_that_cannot_be_reached_is_unknown() {
    let mut world = rehearsal::world();
    // Nothing listens on this port of the account's own address.
    let closed = world.get("AWS_ENDPOINT_URL").unwrap().replace(":4566", ":9");
    world.set("AWS_ENDPOINT_URL", closed);
    let done = world.run(&["--exec", "docker", "preflight", "--root-domain", "rehearsal.test"]);
    let report = done.expect(3).report();
    assert!(blockers(&report).contains(&"AWS_UNREACHABLE"), "{report:#}");
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_denied_permission_is_named_exactly_and_by_what_denies_it() {
    let report = preflight("rehearsal-one-denied", &[]);
    assert_eq!(blockers(&report), ["PERMISSION_MISSING"], "{report:#}");
    let permissions = check(&report, "permissions");
    let said = permissions["message"].as_str().unwrap();
    assert!(
        said.contains("is denied 1 of the") && said.contains("`eks:CreateCluster` by an explicit deny"),
        "{said}"
    );
    let evidence = &report["preflight"]["evidence"]["permissions"];
    assert_eq!(
        evidence["denied"],
        serde_json::json!([{"action": "eks:CreateCluster", "by": "explicit deny"}])
    );
    let report = preflight("rehearsal-bounded", &[]);
    assert_eq!(blockers(&report), ["PERMISSION_MISSING"], "{report:#}");
    let denied = report["preflight"]["evidence"]["permissions"]["denied"]
        .as_array()
        .unwrap();
    assert!(
        denied.iter().all(|it| it["by"] == "permissions boundary"),
        "{report:#}"
    );
    assert!(
        denied
            .iter()
            .all(|it| it["action"].as_str().unwrap().starts_with("sqs:")),
        "{report:#}"
    );
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn the_printed_policy_is_enough_for_a_user_and_for_a_role_with_a_path() {
    for (profile, arn) in [
        (
            "rehearsal-installer",
            "arn:aws:iam::000000000000:user/rehearsal-installer",
        ),
        (
            "rehearsal-session",
            "arn:aws:iam::000000000000:role/teams/data/rehearsal-session",
        ),
    ] {
        let report = preflight(profile, &[]);
        assert_eq!(
            check(&report, "permissions")["outcome"],
            "pass",
            "{profile}: {report:#}"
        );
        let evidence = &report["preflight"]["evidence"]["permissions"];
        assert_eq!(evidence["simulatedArn"], arn);
        assert!(evidence["asked"].as_u64().unwrap() > 100, "{profile}");
    }
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn callers_that_cannot_be_simulated_are_a_skip_with_the_reason() {
    for (profile, reason) in [
        ("rehearsal", "root user"),
        ("rehearsal-denied", "`iam:SimulatePrincipalPolicy`"),
    ] {
        let report = preflight(profile, &[]);
        let permissions = check(&report, "permissions");
        assert_eq!(permissions["outcome"], "skip", "{profile}: {report:#}");
        assert!(
            permissions["message"].as_str().unwrap().contains(reason),
            "{profile}: {permissions}"
        );
        assert!(
            report["preflight"]["evidence"].get("permissions").is_none(),
            "{profile}"
        );
    }
}

/// A preflight of a root domain, with what the check `id` said.
fn said(root: &str, more: &[&str], id: &str) -> (Value, String, String) {
    let world = rehearsal::world();
    let args = ["--exec", "docker", "preflight", "--root-domain", root];
    let report = world
        .run(&args.iter().chain(more).copied().collect::<Vec<_>>())
        .report();
    let found = check(&report, id);
    let outcome = found["outcome"].as_str().unwrap().to_owned();
    let text = format!("{} {}", found["message"], found["remediation"]);
    (report, outcome, text)
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn a_domain_that_is_not_delegated_is_the_only_blocker() {
    for (root, seen) in [
        (
            "undelegated.test",
            "DNS names 2 name servers for it (ns1.elsewhere.example, ns2.elsewhere.example)",
        ),
        ("unregistered.test", "DNS knows no name server for it"),
    ] {
        let (report, outcome, text) = said(root, &[], "delegation");
        assert_eq!(outcome, "fail", "{root}: {report:#}");
        assert_eq!(blockers(&report), ["DOMAIN_NOT_DELEGATED"], "{root}: {report:#}");
        for part in [
            seen,
            "ns-1.awsdns-1.com, ns-2.awsdns-2.net",
            "+short NS",
            "--dns-provider external",
        ] {
            assert!(text.contains(part), "{root}: {part}: {text}");
        }
        let (report, outcome, _) = said(root, &["--dns-provider", "external"], "delegation");
        assert_eq!(
            (outcome.as_str(), blockers(&report).len()),
            ("skip", 0),
            "{report:#}"
        );
    }
    let (report, outcome, text) = said("rehearsal.test", &[], "delegation");
    assert_eq!(outcome, "pass", "{text}");
    let evidence = &report["preflight"]["evidence"]["delegation"];
    assert_eq!(
        evidence["zoneNameServers"], evidence["publicNameServers"],
        "{report:#}"
    );
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn what_the_sites_record_points_at_decides() {
    for (name, wanted, part) in [
        ("lakehouse", "pass", "no address in DNS yet"),
        ("two", "fail", "A 192.0.2.21, A 192.0.2.22"),
        ("dangling", "fail", "CNAME nowhere.k8.rehearsal.test"),
        ("balancer", "fail", "A present.k8.rehearsal.test"),
        (
            "theirs",
            "warn",
            "k8s-somebody-1234567890.us-east-2.elb.amazonaws.com",
        ),
        ("ours", "pass", "named as this installation's own"),
    ] {
        let site = format!("{name}.k8.rehearsal.test");
        let (report, outcome, text) = said("rehearsal.test", &["--domain", &site], "dns-record");
        assert_eq!(outcome, wanted, "{name}: {report:#}");
        assert!(text.contains(part), "{name}: {text}");
        let foreign: &[&str] = if wanted == "fail" {
            &["DNS_RECORD_FOREIGN"]
        } else {
            &[]
        };
        assert_eq!(blockers(&report), foreign, "{name}: {report:#}");
    }
}

#[test]
#[ignore = "needs an engine and the rehearsal account: scripts/test"]
fn the_chart_registry_is_asked_from_inside_the_toolbox() {
    let world = rehearsal::world();
    let charts = world.get("LAKEHOUSE_CHART_REGISTRY").unwrap().to_owned();
    let (report, outcome, text) = said("rehearsal.test", &[], "chart-registry");
    assert_eq!(outcome, "pass", "{text}");
    assert_eq!(report["preflight"]["evidence"]["chartRegistry"], charts.as_str());
    let closed = charts.replace(":5443/", ":9/");
    for (registry, code, part) in [
        (
            charts.replace("/ingext", "/elsewhere"),
            "CHART_NOT_FOUND",
            "does not hold ingext-aws-gp3 0.1.0, karpenter-crd 1.8.3 and aws-load-balancer-controller 3.5.0",
        ),
        (
            charts.replace("/ingext", "/private"),
            "CHART_REGISTRY_UNREACHABLE",
            "asks for a login",
        ),
        (
            charts.replace("/ingext", "/garbage"),
            "CHART_REGISTRY_UNREACHABLE",
            "no chart registry",
        ),
        (closed, "CHART_REGISTRY_UNREACHABLE", "AWS does answer from there"),
    ] {
        let (report, outcome, text) = said(
            "rehearsal.test",
            &["--chart-registry", &registry],
            "chart-registry",
        );
        assert_eq!(outcome, "fail", "{registry}: {text}");
        assert_eq!(blockers(&report), [code], "{registry}: {report:#}");
        assert!(text.contains(part), "{registry}: {text}");
        assert!(
            report["preflight"]["evidence"].get("chartRegistry").is_none(),
            "{registry}"
        );
    }
}
