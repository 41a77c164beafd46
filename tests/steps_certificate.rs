//! The certificate check's rules: order of choice, every standing, the named one.

mod steps_support;

use lakehouse::clients::aws::acm::Certificate;
use lakehouse::clients::{CallError, ErrorClass};
use lakehouse::model::CertArn;
use lakehouse::report::Outcome;
use lakehouse::steps::preflight::Checked;
use lakehouse::steps::preflight::certificate::discovered::{self, Catalogue, Unread};
use lakehouse::steps::preflight::certificate::look::needs_description;
use lakehouse::steps::preflight::certificate::named;
use proptest::prelude::*;
use steps_support::brief;
use steps_support::certificates::{SITE, arn, certificate, issued, with_look};

fn denied() -> CallError {
    CallError {
        purpose: "x".to_owned(),
        action: "acm:DescribeCertificate",
        class: ErrorClass::Denied,
        code: Some("AccessDeniedException".to_owned()),
        said: "User: somebody is not authorized".to_owned(),
    }
}

fn found(certificates: Vec<Certificate>, unread: Vec<Certificate>) -> Checked {
    let unread = unread
        .into_iter()
        .map(|listed| Unread {
            listed,
            error: denied(),
        })
        .collect();
    with_look(|look| discovered::decide(Ok(Catalogue { certificates, unread }), look))
}

fn chosen(certificates: Vec<Certificate>) -> Option<String> {
    found(certificates, Vec::new()).evidence.cert_arn
}

proptest! {
    #[test]
    fn the_choice_does_not_depend_on_the_order(order in Just(vec![0usize, 1, 2, 3, 4]).prop_shuffle()) {
        let all = [
            issued("e", &["*.k8.example.com"], 2090), issued("a", &[SITE], 2030), issued("c", &[SITE], 2031),
            issued("b", &[SITE], 2031), certificate("0", &[SITE], "PENDING_VALIDATION", ""),
        ];
        let shuffled = order.iter().map(|&at| all[at].clone()).collect();
        prop_assert_eq!(chosen(shuffled), Some(arn("b")));
    }
}

#[test]
fn exact_before_wildcard_then_longest_then_smallest_arn() {
    let wildcard = issued("w", &["*.k8.example.com"], 2090);
    assert_eq!(
        chosen(vec![wildcard.clone(), issued("x", &[SITE], 2030)]),
        Some(arn("x"))
    );
    assert_eq!(
        chosen(vec![
            wildcard.clone(),
            certificate("x", &[SITE], "EXPIRED", "2020-01-01T00:00:00Z")
        ]),
        Some(arn("w"))
    );
    // A later alternative name covers the site as well as the main one.
    assert_eq!(
        chosen(vec![issued("s", &["other.test", "a.test", SITE], 2030)]),
        Some(arn("s"))
    );
    let mut elsewhere = issued("x", &[SITE], 2030);
    elsewhere.arn = elsewhere.arn.replace("us-east-2", "us-west-2");
    assert_eq!(chosen(vec![elsewhere]), None);
}

#[test]
fn what_is_said_without_a_usable_one() {
    let mut pending = certificate("p", &[SITE], "PENDING_VALIDATION", "");
    pending.validation_records = vec!["_a.example.com. CNAME _b.acm-validations.aws.".to_owned()];
    let expired = certificate("e", &[SITE], "EXPIRED", "2020-01-01T00:00:00Z");
    let says_issued = issued("i", &[SITE], 2020);
    let lost = |status| certificate("l", &[SITE], status, "");
    let code = |some: Vec<Certificate>| brief(&found(some, Vec::new()).findings, "certificate");
    assert_eq!(code(vec![]), "Fail NO_CERTIFICATE");
    assert_eq!(
        code(vec![issued("o", &["*.example.com", "evilk8.example.com"], 2090)]),
        "Fail NO_CERTIFICATE"
    );
    assert_eq!(
        code(vec![expired.clone(), pending.clone()]),
        "Fail CERT_NOT_ISSUED"
    );
    assert_eq!(code(vec![lost("FAILED"), expired]), "Fail CERT_EXPIRED");
    assert_eq!(code(vec![says_issued]), "Fail CERT_EXPIRED");
    for status in ["FAILED", "REVOKED", "INACTIVE", "VALIDATION_TIMED_OUT"] {
        assert_eq!(code(vec![lost(status)]), "Fail CERT_NOT_ISSUED", "{status}");
    }
    let checked = found(vec![pending], Vec::new());
    assert!(
        checked.findings[0]
            .remediation
            .as_ref()
            .unwrap()
            .contains("_a.example.com. CNAME _b.acm-validations.aws.")
    );
    assert_eq!(checked.evidence.cert_pending[0].validation_records.len(), 1);
    let none = found(vec![], vec![]);
    let remedy = none.findings[0].remediation.as_ref().unwrap();
    assert!(
        remedy.contains(&format!(
            "aws acm request-certificate --domain-name {SITE} --validation-method DNS --region us-east-2"
        )),
        "{remedy}"
    );
}

#[test]
fn an_unread_one_warns_beside_a_fit_and_blocks_without_one() {
    let unread = certificate("u", &["*.k8.example.com"], "ISSUED", "");
    let beside = found(vec![issued("x", &[SITE], 2090)], vec![unread.clone()]);
    assert_eq!(brief(&beside.findings, "certificate"), "Pass");
    assert_eq!(
        brief(&beside.findings, "certificate-unread"),
        "Warn AWS_ACCESS_DENIED"
    );
    let alone = found(
        vec![certificate("p", &[SITE], "PENDING_VALIDATION", "")],
        vec![unread],
    );
    assert_eq!(brief(&alone.findings, "certificate"), "Fail AWS_ACCESS_DENIED");
    assert_eq!(alone.evidence.cert_pending.len(), 1);
    assert!(!alone.findings[0].message.contains("somebody"));
}

#[test]
fn the_last_thirty_days_warn() {
    let until = |text: &str| {
        brief(
            &found(vec![certificate("x", &[SITE], "ISSUED", text)], vec![]).findings,
            "certificate",
        )
    };
    assert_eq!(until("2026-12-24T00:00:01Z"), "Pass");
    assert_eq!(until("2026-12-22T00:00:00Z"), "Warn CERT_EXPIRES_SOON");
    assert_eq!(until("2026-11-23T00:00:01Z"), "Warn CERT_EXPIRES_SOON");
    assert_eq!(until("2026-11-23T00:00:00Z"), "Fail CERT_EXPIRED");
}

#[test]
fn a_description_is_asked_for_only_where_the_list_can_not_decide() {
    with_look(|look| {
        let mut cut = issued("c", &["other.test"], 2090);
        assert!(!needs_description(&cut, look));
        cut.names_cut = true;
        assert!(needs_description(&cut, look));
        assert!(!needs_description(&issued("x", &[SITE], 2090), look));
        assert!(needs_description(
            &certificate("x", &[SITE], "PENDING_VALIDATION", ""),
            look
        ));
        assert!(needs_description(&certificate("x", &[SITE], "ISSUED", ""), look));
    });
}

#[test]
fn the_named_one_is_held_to_the_same_rules() {
    let given: CertArn = arn("n").parse().unwrap();
    let named = |certificate| with_look(|look| named::decide(certificate, &given, look));
    let code = |certificate| brief(&named(certificate).findings, "certificate");
    assert_eq!(code(Ok(issued("n", &["*.k8.example.com"], 2090))), "Pass");
    assert_eq!(
        code(Ok(issued("n", &["*.example.com"], 2090))),
        "Fail CERT_DOMAIN_MISMATCH"
    );
    assert_eq!(code(Ok(issued("n", &[SITE], 2020))), "Fail CERT_EXPIRED");
    assert_eq!(
        code(Ok(certificate("n", &[SITE], "PENDING_VALIDATION", ""))),
        "Fail CERT_NOT_ISSUED"
    );
    assert_eq!(
        code(Ok(certificate("n", &[SITE], "REVOKED", "2090-01-01T00:00:00Z"))),
        "Fail CERT_NOT_ISSUED"
    );
    assert_eq!(code(Err(denied())), "Fail AWS_ACCESS_DENIED");
    assert_eq!(
        code(Err(CallError {
            class: ErrorClass::Absent,
            ..denied()
        })),
        "Fail CERT_NOT_FOUND"
    );
    let fine = named(Ok(issued("n", &[SITE], 2090)));
    assert_eq!(fine.evidence.cert_auto_discovered, Some(false));
    assert_eq!(fine.findings[0].outcome, Outcome::Pass);
    let far: CertArn = arn("n").replace("us-east-2", "eu-west-1").parse().unwrap();
    let finding = with_look(|look| named::wrong_region(&far, look)).unwrap();
    assert_eq!(finding.code.unwrap().name(), "CERT_WRONG_REGION");
    assert!(finding.message.contains("eu-west-1"));
}
