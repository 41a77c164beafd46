use super::{RootDomain, SiteDomain};

#[test]
fn roots() {
    for good in [
        "example.com",
        "a.b",
        "k8.example.co.uk",
        "1.example",
        "a--b.example",
        "xn--bcher-kva.example",
    ] {
        assert_eq!(good.parse::<RootDomain>().unwrap().as_str(), good);
    }
    let idn: RootDomain = "bücher.example".parse().unwrap();
    assert_eq!(
        (idn.as_str(), idn.given()),
        ("xn--bcher-kva.example", "bücher.example")
    );
}

#[test]
fn refused_roots() {
    for bad in [
        "",
        ".",
        "com",
        "example.com.",
        ".example.com",
        "a..b",
        "-a.com",
        "a-.com",
        "a_b.com",
        "*.example.com",
        "1.2.3.4",
        "example.1",
        "::1",
        "[::1]",
        "a b.com",
        "$(reboot).com",
        "a;b.com",
        "a'b.com",
        "a.com\n",
        "a\0.com",
        "http://a.com",
        "a.com/x",
        "xn--a.com",
        "\u{202e}.com",
        "Example.com",
        "BÜCHER.example",
    ] {
        assert!(bad.parse::<RootDomain>().is_err(), "{bad:?}");
    }
    assert!(format!("{}.com", "a".repeat(64)).parse::<RootDomain>().is_err());
    assert!(["abcdefghi"; 26].join(".").parse::<RootDomain>().is_err());
    assert_eq!(
        "Example.COM".parse::<RootDomain>().unwrap_err().example,
        "example.com"
    );
}

#[test]
fn sites_stand_below_their_root_by_labels() {
    let root: RootDomain = "example.com".parse().unwrap();
    for good in ["a.example.com", "lakehouse.k8.example.com"] {
        assert_eq!(SiteDomain::under(good, &root).unwrap().as_str(), good);
    }
    for bad in [
        "example.com",
        "notexample.com",
        "a.example.org",
        "example.com.org",
        "a.xexample.com",
    ] {
        let refused = SiteDomain::under(bad, &root).unwrap_err();
        assert!(
            refused.rule.contains("below the root domain example.com"),
            "{bad:?}: {refused}"
        );
        assert_eq!(refused.example, "lakehouse.k8.example.com");
    }
    assert_eq!(
        SiteDomain::of(&root).unwrap().as_str(),
        "lakehouse.k8.example.com"
    );
}

#[test]
fn sites_of_roots_that_are_not_ascii() {
    let root: RootDomain = "bücher.example".parse().unwrap();
    assert!(
        SiteDomain::under("shop.bücher.example", &root)
            .unwrap()
            .is_under(&root)
    );
    assert!(
        SiteDomain::under("shop.xn--bcher-kva.example", &root)
            .unwrap()
            .is_under(&root)
    );
}

#[test]
fn names_that_idna_would_rewrite_are_refused() {
    for (text, becomes) in [
        ("\u{fb00}.com", "ff.com"),
        ("exa\u{ad}mple.com", "example.com"),
        ("\u{ff45}xample.com", "example.com"),
        ("example\u{3002}com", "example.com"),
        ("bu\u{308}cher.example", "xn--bcher-kva.example"),
        ("\u{1d400}.example", "a.example"),
        ("a\u{200b}b.example", "ab.example"),
    ] {
        let refused = text.parse::<RootDomain>().unwrap_err();
        assert_eq!(refused.example, becomes, "{text:?}");
        assert!(refused.rule.contains("would become"), "{text:?}: {refused}");
    }
    for kept in [
        "stra\u{df}e.example",
        "\u{4f8b}\u{5b50}.example",
        "xn--bcher-kva.b\u{fc}cher.example",
    ] {
        assert_eq!(kept.parse::<RootDomain>().unwrap().given(), kept);
    }
    assert_eq!(
        "B\u{dc}CHER.example".parse::<RootDomain>().unwrap_err().example,
        "b\u{fc}cher.example"
    );
}
