use super::{Differing, EnvFile, MAX_BYTES, quoted};

fn value(line: &str) -> Result<String, String> {
    let file = EnvFile::parse(line).map_err(|bad| bad.rule)?;
    Ok(file
        .get("K")
        .map(|(value, _)| value.to_owned())
        .unwrap_or_default())
}

#[test]
fn forms_of_a_value() {
    for (line, is) in [
        ("K=a", "a"),
        ("K=", ""),
        ("K=\"\"", ""),
        ("K='a b'", "a b"),
        (r"K='it'\''s'", "it's"),
        ("K=\"a 'b' ; c\"", "a 'b' ; c"),
        ("export K=a", "a"),
        ("  export\t K=a  # why", "a"),
        ("K=a=b", "a=b"),
        ("K='$(reboot)'", "$(reboot)"),
        ("K=a#b", "a#b"),
        ("K=münchen", "münchen"),
        ("K=a'b c'\"d\"", "ab cd"),
    ] {
        assert_eq!(value(line).as_deref(), Ok(is), "{line}");
    }
}

#[test]
fn what_a_shell_would_expand_or_run_is_refused() {
    for line in [
        "K=$(reboot)",
        "K=`reboot`",
        "K=\"$(reboot)\"",
        "K=\"$HOME\"",
        "K=$HOME",
        "K=a;reboot",
        "K=a reboot",
        "K=a&reboot",
        "K=a|b",
        "K=>x",
        "K=~",
        "K=*",
        "K={a,b}",
        "K='a",
        "K=\"a",
        "K=\"a\\\"b\"",
        "K=a\\",
        "K = a",
        "K=#a",
        "reboot",
        "K",
        "=a",
        "1K=a",
        "K-L=a",
        "source x",
        ". x",
        "export K",
        "export A=1 B=2",
        "K=a\r",
        "K=a\0",
        "K='a\u{1b}'",
        "\u{feff}K=a",
        "K+=a",
        "K[0]=a",
        "K=\u{a0}x",
        "FOO=$(date)",
    ] {
        assert!(EnvFile::parse(line).is_err(), "{line:?}");
    }
}

#[test]
fn a_bad_line_is_named_by_its_number() {
    let bad = EnvFile::parse("# mine\n\nA=1\nB=$(reboot)\n").unwrap_err();
    assert_eq!(bad.line, 4);
    assert!(bad.rule.starts_with("B: "), "{}", bad.rule);
    let twice = EnvFile::parse("A=1\nB=2\nA=1\n").unwrap_err();
    assert_eq!(
        (twice.line, &*twice.rule),
        (3, "A stands here and in line 1: keep one")
    );
    assert!(
        EnvFile::parse("A=1\r\nB=2\r\n")
            .unwrap_err()
            .rule
            .contains("CR LF")
    );
}

#[test]
fn keys_that_choose_how_tools_run_are_refused() {
    for key in [
        "LAKEHOUSE_EXEC",
        "LAKEHOUSE_TOOLBOX_IMAGE",
        "LAKEHOUSE_TOOLBOX_NETWORK",
        "LAKEHOUSE_APPROVE",
        "DOCKER_HOST",
        "DOCKER_CONTEXT",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_CA_BUNDLE",
        "AWS_SECRET_ACCESS_KEY",
        "PATH",
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "https_proxy",
        "HTTPS_PROXY",
        "KUBECONFIG",
        "HELM_PLUGINS",
        "PYTHONPATH",
        "BASH_ENV",
        "GCONV_PATH",
        "OPENSSL_CONF",
        "PERL5OPT",
        "RUBYOPT",
        "JAVA_TOOL_OPTIONS",
        "ZDOTDIR",
        "HOSTALIASES",
        "UID",
        "EUID",
        "PPID",
        "BASHOPTS",
        "SHELLOPTS",
        "BASH_VERSINFO",
    ] {
        let bad = EnvFile::parse(&format!("A=1\n{key}=x\n")).unwrap_err();
        assert_eq!(bad.line, 2);
        assert!(bad.rule.starts_with(key), "{}", bad.rule);
    }
    let bad = EnvFile::parse("UID=0\n").unwrap_err();
    assert_eq!(
        bad.rule,
        "UID is read-only in bash, and sourcing the file would fail: rename it"
    );
    for key in [
        "LAKEHOUSE_READ_ONLY",
        "LAKEHOUSE_OUTPUT",
        "MY_PATH",
        "ENVIRONMENT",
        "AWS_PROFILE",
        "uid",
    ] {
        assert!(EnvFile::parse(&format!("{key}=x")).is_ok(), "{key}");
    }
}

#[test]
fn a_merge_keeps_the_users_lines_and_their_order() {
    let text = "# mine\nexport CLUSTER_NAME=\"old\"  # note\n\nMY_KEY='x y'\nNODE_COUNT=2";
    let file = EnvFile::parse(text).unwrap();
    let pairs = [
        ("CLUSTER_NAME", "new".to_owned()),
        ("NODE_COUNT", "2".to_owned()),
        ("AWS_PROFILE", "my corp".to_owned()),
    ];
    let differing = Differing {
        key: "CLUSTER_NAME".into(),
        file: "old".into(),
        run: "new".into(),
    };
    assert_eq!(file.differing(&pairs), [differing]);
    let merged = file.merge(&pairs).unwrap();
    assert_eq!(
        merged.render(),
        "# mine\n# note\nCLUSTER_NAME=new\n\nMY_KEY='x y'\nNODE_COUNT=2\nAWS_PROFILE='my corp'\n"
    );
    assert_eq!(EnvFile::parse(&merged.render()).unwrap(), merged);
    assert_eq!(merged.merge(&pairs).unwrap(), merged);
}

#[test]
fn quotes_only_where_a_reader_needs_them() {
    for bare in [
        "t3.large",
        "arn:aws:acm:us-east-2:123456789012:certificate/a-b",
        "sha256:00",
        "a@b",
        "",
    ] {
        assert_eq!(quoted(bare).as_deref(), Some(bare));
    }
    assert_eq!(quoted("it's $HOME").as_deref(), Some(r"'it'\''s $HOME'"));
    assert_eq!(quoted("a\nb"), None);
    assert!(
        EnvFile::default()
            .merge(&[("K", "a\0".into())])
            .unwrap_err()
            .contains('K')
    );
    for text in ["", "\n", "\n\n", "A=1\n\n"] {
        assert_eq!(EnvFile::parse(text).unwrap().render(), text);
    }
    const { assert!(MAX_BYTES == 65536) }
}

#[test]
fn another_spelling_is_no_other_value() {
    let text = "ROOT_DOMAIN=b\u{fc}cher.example # ours\nexport SITE_DOMAIN=shop.b\u{fc}cher.example\nPREFLIGHT_HAS_DNS=0\n";
    let file = EnvFile::parse(text).unwrap();
    let same = [
        ("ROOT_DOMAIN", "xn--bcher-kva.example".to_owned()),
        ("SITE_DOMAIN", "shop.xn--bcher-kva.example".to_owned()),
        ("PREFLIGHT_HAS_DNS", "false".to_owned()),
    ];
    assert_eq!(file.differing(&same), []);
    assert_eq!(file.merge(&same).unwrap().render(), text);
    let other = [
        ("ROOT_DOMAIN", "example.com".to_owned()),
        ("PREFLIGHT_HAS_DNS", "true".to_owned()),
    ];
    assert_eq!(file.differing(&other).len(), 2);
}

#[test]
fn a_byte_order_mark_is_named() {
    let bad = EnvFile::parse("\u{feff}K=a\n").unwrap_err();
    assert!(
        bad.line == 1 && bad.rule.contains("byte order mark"),
        "{}",
        bad.rule
    );
}
