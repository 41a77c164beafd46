//! What is said of a certificate that is found and yet troubles: private, soon over, of untold standing, of another
//! account; and of how to request one.

mod steps_support;

use lakehouse::clients::aws::Acm;
use lakehouse::clients::aws::acm::Certificate;
use lakehouse::report::Finding;
use lakehouse::steps::preflight::Checked;
use lakehouse::steps::preflight::certificate::discovered::{self, Catalogue};
use lakehouse::steps::preflight::certificate::named;
use steps_support::certificates::{SITE, arn, certificate, issued, look_at, with_look};
use steps_support::{Script, brief, find};

const WILDCARD: &str = "*.k8.example.com";

fn judged(certificates: Vec<Certificate>) -> Checked {
    let catalogue = Catalogue {
        certificates,
        unread: Vec::new(),
    };
    with_look(|look| discovered::decide(Ok(catalogue), look))
}

fn private(id: &str, names: &[&str], year: u32) -> Certificate {
    Certificate {
        kind: Some("PRIVATE".to_owned()),
        ..issued(id, names, year)
    }
}

fn remedy(finding: &Finding) -> &str {
    finding.remediation.as_deref().unwrap_or_default()
}

#[test]
fn a_public_one_is_chosen_before_a_private_one_that_lasts_longer() {
    let checked = judged(vec![private("a", &[SITE], 2090), issued("b", &[SITE], 2030)]);
    assert_eq!(checked.evidence.cert_arn, Some(arn("b")));
    assert_eq!(brief(&checked.findings, "certificate-private"), "none");
}

#[test]
fn a_private_one_is_used_with_a_warning_and_names_a_public_one() {
    let alone = judged(vec![private("a", &[SITE], 2090)]);
    assert_eq!(alone.evidence.cert_arn, Some(arn("a")));
    assert_eq!(brief(&alone.findings, "certificate"), "Pass");
    assert_eq!(brief(&alone.findings, "certificate-private"), "Warn CERT_PRIVATE");
    let beside = judged(vec![private("a", &[SITE], 2090), issued("w", &[WILDCARD], 2030)]);
    let finding = find(&beside.findings, "certificate-private");
    assert!(
        remedy(finding).contains(&format!("--cert-arn {}", arn("w"))),
        "{finding:?}"
    );
    let given = arn("a").parse().unwrap();
    let named = with_look(|look| named::decide(Ok(private("a", &[SITE], 2090)), &given, look));
    assert_eq!(brief(&named.findings, "certificate-private"), "Warn CERT_PRIVATE");
}

#[test]
fn an_exact_one_that_ends_soon_names_the_wildcard_that_lasts() {
    let soon = certificate("x", &[SITE], "ISSUED", "2026-12-01T00:00:00Z");
    let alone = judged(vec![soon.clone()]);
    let alone = find(&alone.findings, "certificate");
    assert!(
        remedy(alone).contains("--region us-east-2 --profile corp"),
        "{alone:?}"
    );
    assert!(!remedy(alone).contains("--cert-arn"), "{alone:?}");
    let beside = judged(vec![soon, issued("w", &[WILDCARD], 2090)]);
    assert_eq!(beside.evidence.cert_arn, Some(arn("x")));
    let finding = find(&beside.findings, "certificate");
    assert_eq!(finding.code.unwrap().name(), "CERT_EXPIRES_SOON");
    assert!(
        remedy(finding).contains(&format!("--cert-arn {}", arn("w"))),
        "{finding:?}"
    );
}

#[test]
fn a_standing_that_is_not_told_is_unknown_and_no_reason_for_a_new_one() {
    let untold = Certificate {
        status: None,
        ..issued("u", &[SITE], 2090)
    };
    for one in [
        untold,
        certificate("u", &[SITE], "ISSUED", ""),
        certificate("u", &[SITE], "SOMETHING_NEW", "2090-01-01T00:00:00Z"),
    ] {
        let given = arn("u").parse().unwrap();
        let named = with_look(|look| named::decide(Ok(one.clone()), &given, look));
        for checked in [judged(vec![one.clone()]), named] {
            let finding = find(&checked.findings, "certificate");
            assert_eq!(
                brief(&checked.findings, "certificate"),
                "Fail AWS_UNEXPECTED",
                "{one:?}"
            );
            assert!(finding.message.contains("is unknown"), "{finding:?}");
            assert!(!remedy(finding).contains("request-certificate"), "{finding:?}");
        }
    }
}

#[test]
fn another_accounts_certificate_is_refused_without_asking() {
    let given = "arn:aws:acm:us-east-2:999999999999:certificate/a"
        .parse()
        .unwrap();
    let script = Script::default();
    let checked = with_look(|look| named::run(Acm { gateway: &script }, &given, look));
    assert_eq!(brief(&checked.findings, "certificate"), "Fail CERT_NOT_FOUND");
    let message = &checked.findings[0].message;
    assert!(
        message.contains("999999999999") && message.contains("123456789012"),
        "{message}"
    );
    assert!(script.asked().is_empty());
}

#[test]
fn a_long_site_is_requested_as_a_second_name() {
    let asked = |site: &str| {
        let checked = look_at(site, |look| discovered::decide(Ok(Catalogue::default()), look));
        remedy(find(&checked.findings, "certificate")).to_owned()
    };
    let label = "a".repeat(60);
    let whole = format!("{label}.com");
    assert!(asked(&whole).contains(&format!("--domain-name {whole} --validation")));
    let site = format!("{label}.k8.example.com");
    let wanted = format!("--domain-name '{WILDCARD}' --subject-alternative-names {site} --validation");
    assert!(asked(&site).contains(&wanted), "{}", asked(&site));
    // Where the wildcard is too long as well, a parent comes first.
    let deep = format!("lakehouse.{label}.example.com");
    let wanted = format!("--domain-name example.com --subject-alternative-names {deep} ");
    assert!(asked(&deep).contains(&wanted), "{}", asked(&deep));
}
