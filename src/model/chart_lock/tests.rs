use super::{CHART_LOCK, ChartLock, LockedChart};
use crate::model::ChartRegistry;

fn chart(registry: &str, digest: Option<&str>) -> LockedChart {
    LockedChart {
        name: "a-chart".into(),
        registry: registry.into(),
        version: "1.2.3".into(),
        digest: digest.map(str::to_owned),
    }
}

fn mirror() -> ChartRegistry {
    "oci://mirror.example:5443/a/b".parse().unwrap()
}

#[test]
fn the_lock_that_is_compiled_in_keeps_its_rules() {
    assert_eq!(
        ChartLock::read(CHART_LOCK).as_ref(),
        Ok(ChartLock::compiled()),
        "a lock that can't be read would install nothing"
    );
    let karpenter = ChartLock::compiled().chart("karpenter").unwrap();
    assert_eq!(karpenter.version, "1.8.3", "1.8.4 has a scheduling regression");
    assert_eq!(ChartLock::compiled().chart("nginx"), None);
}

#[test]
fn without_a_mirror_each_chart_comes_from_its_own_place() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let reference = chart("oci://a.example/b", Some(&digest)).reference(None);
    assert_eq!(reference.to_string(), "oci://a.example/b/a-chart --version 1.2.3");
    assert_eq!(reference.digest, Some(digest));
    let reference = chart("https://a.example/b", None).reference(None);
    assert_eq!(
        reference.args(),
        ["a-chart", "--version", "1.2.3", "--repo", "https://a.example/b"]
    );
}

#[test]
fn a_mirror_holds_every_chart_and_its_own_digests() {
    for registry in ["oci://a.example/b", "https://a.example/b"] {
        let reference = chart(registry, Some("sha256:a")).reference(Some(&mirror()));
        assert_eq!(
            reference.to_string(),
            "oci://mirror.example:5443/a/b/a-chart --version 1.2.3"
        );
        assert_eq!((reference.repository, reference.digest), (None, None));
    }
}

#[test]
fn each_chart_with_a_digest_is_asked_for_before_anything_is_installed() {
    let mut lock = ChartLock::compiled().clone();
    let registry = "oci://public.ecr.aws/ingext";
    lock.charts = vec![
        chart(registry, None),
        chart(registry, Some("sha256:a")),
        chart(registry, None),
    ];
    let digests: Vec<Option<&str>> = lock
        .asked_for_beforehand()
        .iter()
        .map(|chart| chart.digest.as_deref())
        .collect();
    assert_eq!(digests, [None, Some("sha256:a")]);
}

#[test]
fn a_chart_of_each_registry_is_asked_for() {
    let asked = ChartLock::compiled().asked_for_beforehand();
    let of = |mirror: Option<&ChartRegistry>| -> Vec<String> {
        asked
            .iter()
            .map(|chart| chart.reference(mirror).to_string())
            .collect()
    };
    assert_eq!(
        of(None),
        [
            "oci://public.ecr.aws/ingext/ingext-aws-gp3 --version 0.1.0",
            "oci://public.ecr.aws/karpenter/karpenter-crd --version 1.8.3",
            "aws-load-balancer-controller --version 3.5.0 --repo https://aws.github.io/eks-charts",
        ]
    );
    assert_eq!(
        of(Some(&mirror())),
        [
            "oci://mirror.example:5443/a/b/ingext-aws-gp3 --version 0.1.0",
            "oci://mirror.example:5443/a/b/karpenter-crd --version 1.8.3",
            "oci://mirror.example:5443/a/b/aws-load-balancer-controller --version 3.5.0",
        ]
    );
}

#[test]
fn each_broken_rule_is_named() {
    let digest = format!("\"sha256:{}\"", "0".repeat(64));
    for (from, to, part) in [
        ("\"schemaVersion\": 1", "\"schemaVersion\": 2", "schemaVersion"),
        (
            "\"karpenter-crd\"",
            "\"karpenter\"",
            "karpenter: name: it stands here twice",
        ),
        ("\"karpenter-crd\"", "\"Karpenter\"", "Karpenter: name"),
        ("\"karpenter-crd\"", "\"../karpenter\"", "name: lower-case"),
        (
            "oci://public.ecr.aws/karpenter",
            "public.ecr.aws/karpenter",
            "registry",
        ),
        (
            "oci://public.ecr.aws/karpenter",
            "oci://me:word@public.ecr.aws/karpenter",
            "registry",
        ),
        ("1.8.3", "1.8", "version"),
        ("1.8.3", "^1.8.3", "version"),
        ("1.8.3", "1.8.03", "version"),
        ("\"digest\": null", "\"digest\": \"sha256:0\"", "digest"),
        (", \"digest\": null", "", "digest"),
        ("\"digest\": null", "\"digest\": null, \"note\": 1", "note"),
    ] {
        let text = CHART_LOCK.replacen(from, to, 1);
        assert_ne!(text, CHART_LOCK, "{from}");
        let why = ChartLock::read(&text).unwrap_err();
        assert!(
            why.starts_with("charts.lock.json: ") && why.contains(part),
            "{to}: {why}"
        );
    }
    let of_a_repository = CHART_LOCK.replace(
        "\"version\": \"3.5.0\", \"digest\": null",
        &format!("\"version\": \"3.5.0\", \"digest\": {digest}"),
    );
    let why = ChartLock::read(&of_a_repository).unwrap_err();
    assert!(why.contains("aws-load-balancer-controller: digest"), "{why}");
    let without = r#"{ "schemaVersion": 1, "charts": [] }"#;
    assert!(ChartLock::read(without).unwrap_err().contains("there is none"));
}
