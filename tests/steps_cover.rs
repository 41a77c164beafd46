//! Which names a certificate's name covers.

use lakehouse::steps::preflight::certificate::cover::{Cover, covers};
use proptest::prelude::*;

const SITE: &str = "lakehouse.k8.example.com";

#[test]
fn a_wildcard_covers_exactly_one_label() {
    assert_eq!(covers("*.k8.example.com", SITE), Some(Cover::Wildcard));
    assert_eq!(covers("*.K8.Example.COM", SITE), Some(Cover::Wildcard));
    assert_eq!(covers("LAKEHOUSE.k8.example.com.", SITE), Some(Cover::Exact));
    // The predecessor took these by `endsWith`.
    assert_eq!(covers("*.example.com", "evilexample.com"), None);
    assert_eq!(covers("*.example.com", SITE), None);
    assert_eq!(covers("*.example.com", "example.com"), None);
    for name in [
        "*",
        "*.",
        "",
        ".",
        "*.*.example.com",
        "l*.k8.example.com",
        "k8.example.com",
        "example.com",
        "*.com",
    ] {
        assert_eq!(covers(name, SITE), None, "{name}");
    }
}

proptest! {
    #[test]
    fn wildcards_match_by_labels(labels in prop::collection::vec("[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?", 2..6), extra in "[a-z0-9]{1,5}") {
        let site = labels.join(".");
        let parent = labels[1..].join(".");
        let wildcard = format!("*.{parent}");
        prop_assert_eq!(covers(&site, &site), Some(Cover::Exact));
        prop_assert_eq!(covers(&wildcard, &site), Some(Cover::Wildcard));
        prop_assert_eq!(covers(&wildcard.to_uppercase(), &site), Some(Cover::Wildcard));
        // Never the bare parent, never a deeper name, never a name that only ends alike.
        prop_assert_eq!(covers(&wildcard, &parent), None);
        prop_assert_eq!(covers(&wildcard, &format!("{extra}.{site}")), None);
        prop_assert_eq!(covers(&wildcard, &format!("{extra}{parent}")), None);
        prop_assert_eq!(covers(&site, &format!("{extra}{site}")), None);
    }

    #[test]
    fn covers_never_panics(name in "\\PC*", site in "\\PC*") {
        let _ = covers(&name, &site);
    }
}
