//! Names hold only what their rule says, whatever is tried, and are never rewritten.

use lakehouse::model::{
    AccountId, BadInput, BucketName, CertArn, ClusterName, Namespace, NodeCount, NodeType, Profile, Region,
    RootDomain, SiteDomain, ToolboxImage, ToolboxNetwork, shown,
};
use proptest::prelude::*;
use std::fmt::Display;
use std::str::FromStr;

/// What a shell, a terminal or a path would make something of.
const HOSTILE: [char; 26] = [
    '$', '`', '(', ')', ';', '&', '|', '<', '>', '\'', '"', '\\', '\n', '\r', '\t', '\0', ' ', '*', '?', '~',
    '#', '!', '{', '}', '\u{1b}', '%',
];

/// Accepted text is given back as it was and has only characters of its set; a refusal's example is accepted.
fn holds<T: FromStr<Err = BadInput> + Display>(text: &str, charset: fn(char) -> bool) {
    match text.parse::<T>() {
        Ok(name) => {
            assert_eq!(name.to_string(), text);
            assert!(text.chars().all(charset), "{text:?}");
            assert!(!text.is_empty() && text.len() <= 400, "{text:?}");
        }
        Err(why) => {
            assert!(why.example.parse::<T>().is_ok(), "{why}");
            assert!(
                !why.rule.contains(char::is_control) && !why.rule.ends_with('.'),
                "{why}"
            );
        }
    }
}

fn all(text: &str) {
    fn lower(c: char) -> bool {
        c.is_ascii_lowercase() || c.is_ascii_digit()
    }
    holds::<AccountId>(text, |c| c.is_ascii_digit());
    holds::<BucketName>(text, |c| lower(c) || ".-".contains(c));
    holds::<CertArn>(text, |c| c.is_ascii_alphanumeric() || ":/-".contains(c));
    holds::<ClusterName>(text, |c| c.is_ascii_alphanumeric() || c == '-');
    holds::<Namespace>(text, |c| lower(c) || c == '-');
    holds::<NodeType>(text, |c| lower(c) || ".-".contains(c));
    holds::<NodeCount>(text, |c| c.is_ascii_digit());
    holds::<Region>(text, |c| lower(c) || c == '-');
    holds::<ToolboxImage>(text, |c| lower(c) || "._-/:@".contains(c));
    holds::<ToolboxNetwork>(text, |c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if let Ok(profile) = text.parse::<Profile>() {
        assert_eq!(profile.as_str(), text);
        assert!(!text.contains(|c: char| c.is_control() || c == ']'));
    }
    if let Ok(domain) = text.parse::<RootDomain>() {
        assert_eq!(domain.given(), text);
        assert!(
            domain.as_str().chars().all(|c| lower(c) || ".-".contains(c)) && domain.as_str().len() <= 253
        );
        assert!(
            !text.is_ascii() || domain.as_str() == text,
            "ASCII is never rewritten: {text:?}"
        );
        assert_eq!(
            domain.as_str().parse::<RootDomain>().unwrap().as_str(),
            domain.as_str()
        );
        if let Ok(site) = SiteDomain::of(&domain) {
            assert!(site.is_under(&domain));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,70}") { all(&text); }

    #[test]
    fn likely_text(text in "[a-zA-Z0-9.:/_-]{0,70}") { all(&text); }

    #[test]
    fn labels(text in "[a-z0-9-]{1,12}(\\.[a-zä0-9-]{1,12}){1,4}") { all(&text); }

    #[test]
    fn good_text_with_one_hostile_character(at in 0usize..64, which in 0usize..26) {
        for good in [
            "123456789012", "ingext-lakehouse-123456789012", "ingext-lakehouse", "ingext", "t3.large", "2", "us-east-2",
            "example.com", "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234", "rehearsal",
        ] {
            let mut bad = good.to_owned();
            bad.insert(at.min(good.len()), HOSTILE[which]);
            prop_assert!(bad.parse::<AccountId>().is_err() && bad.parse::<BucketName>().is_err());
            prop_assert!(bad.parse::<ClusterName>().is_err() && bad.parse::<Namespace>().is_err());
            prop_assert!(bad.parse::<NodeType>().is_err() && bad.parse::<NodeCount>().is_err());
            prop_assert!(bad.parse::<Region>().is_err() && bad.parse::<CertArn>().is_err());
            prop_assert!(bad.parse::<RootDomain>().is_err() && bad.parse::<SiteDomain>().is_err());
            prop_assert!(bad.parse::<ToolboxNetwork>().is_err() && bad.parse::<ToolboxImage>().is_err());
        }
    }

    #[test]
    fn what_is_shown_is_one_short_line(text in any::<String>()) {
        let text = shown(&text);
        prop_assert!(!text.contains(char::is_control) && text.chars().count() <= 63, "{}", text);
    }
}

#[test]
fn lengths_at_their_edges() {
    for text in [
        "a".repeat(300),
        "a.".repeat(150),
        format!("{}.com", "a".repeat(63)),
        format!("{}.com", "a".repeat(64)),
    ] {
        all(&text);
    }
    let long = ["a".repeat(63), "a".repeat(63), "a".repeat(63), "a".repeat(61)].join(".");
    assert!(long.len() == 253 && long.parse::<RootDomain>().is_ok());
    assert!(format!("{long}a").parse::<RootDomain>().is_err());
    assert!(SiteDomain::of(&long.parse().unwrap()).is_err());
}
