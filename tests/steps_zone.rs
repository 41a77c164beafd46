//! The zone check's rules, and the message that repeats them for the domain.

mod steps_support;

use lakehouse::clients::aws::route53::HostedZone;
use lakehouse::steps::preflight::zone::{Choice, choose, names_upward};
use lakehouse::steps::preflight::{Checked, DnsProvider, domain, zone};
use proptest::prelude::*;
use steps_support::{brief, inputs, rehearsal};

fn a_zone(id: &str, name: &str, private: bool) -> HostedZone {
    HostedZone {
        id: format!("/hostedzone/{id}"),
        name: name.to_owned(),
        private,
    }
}

fn zones_judged(zones: &[HostedZone], root: &str, provider: Option<DnsProvider>) -> Checked {
    let inputs = inputs();
    let (root, site) = (
        root.parse().unwrap(),
        format!("lakehouse.k8.{root}").parse().unwrap(),
    );
    zone::decide(Ok(zones.to_vec()), &root, &site, provider, &inputs.asker())
}

#[test]
fn zones_are_compared_by_labels_and_private_ones_never_count() {
    let id = |zones: &[HostedZone], root: &str| match choose(zones, root) {
        Choice::Public { zone, .. } => zone.id.replace("/hostedzone/", ""),
        Choice::Private { .. } => "private".to_owned(),
        Choice::Absent => "absent".to_owned(),
    };
    let own = a_zone("Z2", "a.rehearsal.test", false);
    let parent = a_zone("Z1", "rehearsal.test", false);
    assert_eq!(id(&[parent.clone(), own.clone()], "a.rehearsal.test"), "Z2");
    assert_eq!(id(std::slice::from_ref(&parent), "A.Rehearsal.test"), "Z1");
    assert_eq!(id(std::slice::from_ref(&parent), "b.a.rehearsal.test"), "Z1");
    assert_eq!(
        id(
            &[parent.clone(), a_zone("Z3", "a.rehearsal.test", true)],
            "a.rehearsal.test"
        ),
        "Z1"
    );
    assert_eq!(
        id(&[a_zone("Z3", "rehearsal.test", true)], "rehearsal.test"),
        "private"
    );
    for near in [
        "evilrehearsal.test",
        "test",
        "",
        "sub.rehearsal.test",
        "rehearsal.test.example",
    ] {
        assert_eq!(
            id(&[a_zone("Z4", near, false)], "rehearsal.test"),
            "absent",
            "{near}"
        );
    }
    assert_eq!(names_upward("a.b.c.").collect::<Vec<_>>(), ["a.b.c", "b.c"]);
}

#[test]
fn what_a_missing_zone_means_depends_on_the_provider() {
    let private = [a_zone("Z1", "rehearsal.test", true)];
    for (zones, code) in [
        (&[][..], "NO_ROUTE53_ZONE"),
        (&private[..], "ROUTE53_ZONE_PRIVATE"),
    ] {
        let free = zones_judged(zones, "rehearsal.test", None);
        assert_eq!(brief(&free.findings, "route53-zone"), format!("Warn {code}"));
        assert!(free.findings[0].message.contains("by hand"));
        let wanted = zones_judged(zones, "rehearsal.test", Some(DnsProvider::Route53));
        assert_eq!(brief(&wanted.findings, "route53-zone"), format!("Fail {code}"));
    }
}

#[test]
fn a_parent_is_said_and_twins_and_nearer_zones_warn() {
    let parent = zones_judged(&[a_zone("Z1", "rehearsal.test", false)], "a.rehearsal.test", None);
    assert_eq!(brief(&parent.findings, "route53-zone"), "Pass");
    assert!(
        parent.findings[0].message.contains("parent `rehearsal.test`"),
        "{}",
        parent.findings[0].message
    );
    let twins = [
        a_zone("Z9", "rehearsal.test", false),
        a_zone("Z1", "rehearsal.test", false),
    ];
    let twins = zones_judged(&twins, "rehearsal.test", None);
    assert_eq!(
        brief(&twins.findings, "route53-zone"),
        "Warn ROUTE53_ZONE_AMBIGUOUS"
    );
    assert_eq!(twins.evidence.route53_zone_id.as_deref(), Some("/hostedzone/Z1"));
    assert!(twins.findings[0].message.contains("Z9"));
    let remedy = twins.findings[0].remediation.as_ref().unwrap();
    assert!(
        remedy.contains("get-hosted-zone --id /hostedzone/Z1 --profile rehearsal"),
        "{remedy}"
    );
    let once = a_zone("Z1", "rehearsal.test", false);
    let told_twice = zones_judged(&[once.clone(), once], "rehearsal.test", None);
    assert_eq!(brief(&told_twice.findings, "route53-zone"), "Pass");
    let nearer = [
        a_zone("Z1", "rehearsal.test", false),
        a_zone("Z2", "k8.rehearsal.test", false),
    ];
    assert_eq!(
        brief(
            &zones_judged(&nearer, "rehearsal.test", None).findings,
            "route53-zone"
        ),
        "Warn ROUTE53_ZONE_AMBIGUOUS"
    );
}

proptest! {
    #[test]
    fn a_chosen_zone_is_the_domain_or_a_parent(
        domain in "[a-c]{1,2}(\\.[a-c]{1,2}){1,3}",
        names in prop::collection::vec(("[a-c]{1,2}(\\.[a-c]{1,2}){0,3}", any::<bool>()), 0..12),
    ) {
        let zones: Vec<HostedZone> =
            names.iter().enumerate().map(|(at, (name, private))| a_zone(&format!("Z{at}"), name, *private)).collect();
        if let Choice::Public { zone, .. } = choose(&zones, &domain) {
            prop_assert!(!zone.private && zone.name.contains('.'));
            let is_parent = domain == zone.name || domain.ends_with(&format!(".{}", zone.name));
            prop_assert!(is_parent);
            let nearer = |other: &HostedZone| {
                !other.private && domain.ends_with(&format!(".{}", other.name)) && other.name.len() > zone.name.len()
            };
            prop_assert!(!zones.iter().any(nearer));
        }
    }
}

#[test]
fn the_domain_message_says_what_was_found() {
    let inputs = inputs();
    let outcome = lakehouse::steps::preflight::run_all(&inputs, &rehearsal());
    let message = &steps_support::find(&outcome.findings, "domain").message;
    for part in [
        "made from the root domain",
        "DNS records can be made automatically",
        "arn:aws:acm:us-east-2:",
        "wildcard",
        "AMAZON_ISSUED",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let missing = zones_judged(&[], "rehearsal.test", None);
    let message = domain::decide(&inputs, &missing, &Checked::default()).findings[0]
        .message
        .clone();
    assert!(
        message.contains("by hand") && message.contains("Whether there is a certificate is unknown"),
        "{message}"
    );
}
