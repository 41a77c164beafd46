//! What the real kubectl and helm print about a cluster, and what it means.

mod steps_support;

use lakehouse::clients::aws::eks::{parse_cluster, parse_node_group, parse_token};
use lakehouse::clients::helm::parse_releases;
use lakehouse::clients::kube::classify_kube;
use lakehouse::clients::kubeconfig::ClusterAccess;
use lakehouse::clients::kubectl::{Kubectl, parse_namespace, parse_nodes, parse_versions};
use lakehouse::clients::{ErrorClass, ParseFailure, Reach};
use steps_support::{Script, recorded, root};

fn access() -> ClusterAccess {
    ClusterAccess {
        kubeconfig: "/private/k.json".to_owned(),
        context: "lakehouse-demo".to_owned(),
        expires: jiff::Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn every_recorded_failure_has_the_class_of_its_cause() {
    use ErrorClass as C;
    let refused = C::Unreachable(Reach::Connect);
    for (case, class, code) in [
        ("kubectl/server-version/locked", C::Denied, Some("Unauthorized")),
        ("kubectl/server-version/refused", refused, None),
        ("kubectl/server-version/no-such-name", refused, None),
        (
            "kubectl/server-version/silent",
            C::Unreachable(Reach::Timeout),
            None,
        ),
        (
            "kubectl/server-version/untrusted",
            C::Unreachable(Reach::Tls),
            None,
        ),
        ("kubectl/get-nodes/locked", C::Denied, Some("Unauthorized")),
        ("kubectl/get-nodes/narrow", C::Denied, Some("Forbidden")),
        ("kubectl/get-namespace/forbidden", C::Denied, Some("Forbidden")),
        ("kubectl/get-namespace/absent", C::Absent, Some("NotFound")),
        (
            "kubectl/get-namespace/unknown-resource",
            C::Other,
            Some("NoResourceType"),
        ),
        ("kubectl/get-namespace/unknown-flag", C::BadUsage, None),
        ("helm/list/locked", C::Denied, Some("Unauthorized")),
        ("helm/list/narrow", C::Denied, Some("Forbidden")),
        ("helm/list/refused", refused, None),
        ("helm/list/no-such-name", refused, None),
        ("helm/list/untrusted", C::Unreachable(Reach::Tls), None),
    ] {
        let it = recorded(case);
        assert_ne!(it.exit, 0, "{case}");
        assert_eq!(
            classify_kube(&it.stderr),
            (class, code.map(str::to_owned)),
            "{case}"
        );
    }
}

#[test]
fn other_words_of_the_same_tools_are_known() {
    use ErrorClass as C;
    for (words, class) in [
        (
            "Unable to connect to the server: dial tcp: lookup e.example on 10.0.0.2:53: no such host",
            C::Unreachable(Reach::Connect),
        ),
        (
            "Unable to connect to the server: dial tcp 192.0.2.1:443: i/o timeout",
            C::Unreachable(Reach::Timeout),
        ),
        (
            "Unable to connect to the server: net/http: TLS handshake timeout",
            C::Unreachable(Reach::Timeout),
        ),
        (
            "Unable to connect to the server: proxyconnect tcp: dial tcp 192.0.2.1:3128: connect: connection refused",
            C::Unreachable(Reach::Proxy),
        ),
        (
            "Error from server (TooManyRequests): the server has received too many requests and has asked us to try again later",
            C::Throttled,
        ),
        (
            "Error from server (InternalError): an error on the server (\"\") has prevented the request from succeeding",
            C::ServiceFault,
        ),
        ("Error: unknown flag: --max", C::BadUsage),
        ("something else entirely", C::Other),
        ("", C::Other),
    ] {
        assert_eq!(classify_kube(words).0, class, "{words}");
    }
}

#[test]
fn nodes_are_read_whole_or_not_at_all() {
    let text = |case: &str| recorded(&format!("kubectl/get-nodes/{case}")).stdout;
    let nodes = parse_nodes(&text("lagging")).unwrap();
    let seen: Vec<_> = nodes
        .iter()
        .map(|node| (node.kubelet.minor, node.ready, node.group.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            (30, Some(true), Some("ancient")),
            (31, Some(true), Some("aged")),
            (34, Some(false), Some("fresh"))
        ]
    );
    assert_eq!(
        parse_nodes(&text("none")),
        Ok(Vec::new()),
        "a cluster without nodes"
    );
    let whole = text("standing");
    for length in 0..whole.len() {
        assert!(parse_nodes(&whole[..length]).is_err(), "cut after {length} bytes");
    }
    assert_eq!(
        parse_nodes(b"nodes\nn\tv1.34.1\tTrue\ttrue\t\nend\n").unwrap()[0].group,
        None
    );
    assert!(parse_nodes(b"nodes\nn\tv1.34.1\tTrue\ttrue\t\nend\n").unwrap()[0].cordoned);
    assert_eq!(
        parse_nodes(b"nodes\nn\tv1.34.1\t\t\t\nend\n").unwrap()[0].ready,
        None,
        "not told is not ready"
    );
    assert!(parse_nodes(b"nodes\nn\tv1.34.1\tPerhaps\t\t\nend\n").is_err());
}

#[test]
fn a_namespace_is_absent_only_by_the_api_servers_own_word_for_it() {
    let ask = |stderr: &str| {
        let script = Script::default().on("kubectl", 1, "", stderr);
        let access = access();
        let kubectl = Kubectl {
            gateway: &script,
            access: &access,
        };
        kubectl.namespace(&"ingext".parse().unwrap())
    };
    assert_eq!(ask(&recorded("kubectl/get-namespace/absent").stderr), Ok(None));
    for other in [
        "Error from server (NotFound): the server could not find the requested resource",
        "Error from server (NotFound): namespaces \"other\" not found",
        "error: the server doesn't have a resource type \"namespace\"",
        "Error from server (Forbidden): namespaces \"ingext\" is forbidden",
        "",
    ] {
        assert!(ask(other).is_err(), "{other}");
    }
}

#[test]
fn a_namespace_that_is_being_deleted_says_what_holds_it() {
    let it = parse_namespace(&recorded("kubectl/get-namespace/terminating").stdout, "ingext").unwrap();
    assert_eq!(it.phase, "Terminating");
    assert!(
        it.said.contains("2 resource instances") && it.said.lines().count() == 2,
        "{}",
        it.said
    );
    let active = parse_namespace(&recorded("kubectl/get-namespace/active").stdout, "kube-system").unwrap();
    assert_eq!((active.phase.as_str(), active.said.as_str()), ("Active", ""));
    let other = parse_namespace(&recorded("kubectl/get-namespace/active").stdout, "ingext");
    assert_eq!(
        other,
        Err(ParseFailure::Form("metadata.name")),
        "an answer about another namespace"
    );
    let marked = br#"{"kind":"Namespace","metadata":{"name":"n","deletionTimestamp":"2026-01-01T00:00:00Z"},"status":{"phase":"Active"}}"#;
    assert_eq!(parse_namespace(marked, "n").unwrap().phase, "Terminating");
}

#[test]
fn the_servers_version_is_told_only_by_a_server() {
    let good = parse_versions(&recorded("kubectl/server-version/standing").stdout).unwrap();
    assert_eq!((good.server.minor, good.client.minor), (34, 34));
    assert_eq!(good.server_text, "v1.34.4-eks-113cf36");
    // kubectl prints its own version also where no server answered.
    assert!(parse_versions(&recorded("kubectl/server-version/refused").stdout).is_err());
}

#[test]
fn releases_are_read_with_their_charts() {
    let releases = parse_releases(&recorded("helm/list/taken").stdout).unwrap();
    let seen: Vec<_> = releases
        .iter()
        .map(|it| {
            (
                it.namespace.as_str(),
                it.name.as_str(),
                it.chart.as_str(),
                it.status.as_str(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (
                "ingext",
                "ingext-community",
                "ingext-community",
                "pending-install"
            ),
            ("ingext", "ingext-lake", "lake-of-somebody", "deployed"),
            ("kube-system", "karpenter", "karpenter", "deployed"),
            ("ops", "alb", "aws-load-balancer-controller", "deployed"),
            ("other", "ingext-s3-lake", "ingext-s3-lake", "deployed"),
        ]
    );
    assert_eq!(releases[0].day.as_deref(), Some("2026-01-01"));
    assert_eq!(
        parse_releases(&recorded("helm/list/lagging").stdout),
        Ok(Vec::new())
    );
    assert!(parse_releases(b"").is_err(), "no answer is not an empty list");
    let odd = br#"[{"name":"a","namespace":"b","revision":"1","updated":"yesterday","status":"deployed","chart":"old-1.2","app_version":""}]"#;
    let odd = parse_releases(odd).unwrap();
    assert_eq!(
        (
            odd[0].chart.as_str(),
            odd[0].version.as_str(),
            odd[0].day.as_deref()
        ),
        ("old-1.2", "", None)
    );
}

#[test]
fn a_token_is_a_token_and_never_shown() {
    let bytes = recorded("aws/get-token/good").stdout;
    let token = parse_token(&bytes).unwrap();
    assert!(token.secret.starts_with("k8s-aws-v1."));
    assert!(!format!("{token:?}").contains("k8s-aws"));
    let text = String::from_utf8(bytes).unwrap();
    for broken in [
        text.replace("k8s-aws-v1.", ""),
        text.replace("ExecCredential", "Status"),
        text[..text.len() / 2].to_owned(),
    ] {
        let error = parse_token(broken.as_bytes()).unwrap_err();
        assert!(!error.to_string().contains("aHR0"), "{error}");
    }
}

#[test]
fn one_describe_cluster_serves_all_who_ask() {
    let cluster = parse_cluster(&recorded("aws/describe-cluster/lagging").stdout, "lagging").unwrap();
    assert!(cluster.endpoint.unwrap().starts_with("https://"));
    assert!(cluster.authority.unwrap().len() > 100);
    assert_eq!(cluster.health, Some(Vec::new()));
    assert_eq!(cluster.public_access, Some(true));
    assert_eq!(cluster.authentication_mode.as_deref(), Some("API_AND_CONFIG_MAP"));
    let failed = parse_cluster(&recorded("aws/describe-cluster/failed").stdout, "failed").unwrap();
    assert_eq!(failed.health.unwrap()[0].code, "Ec2SecurityGroupNotFound");
    // What AWS leaves out is unknown: never well.
    let bare = parse_cluster(br#"{"cluster":{"name":"a","status":"ACTIVE"}}"#, "a").unwrap();
    assert_eq!(
        (bare.health, bare.endpoint, bare.public_access),
        (None, None, None)
    );
    for endpoint in [
        "http://e.example",
        "https://user@e.example",
        "https://e.example/x",
        "https://",
    ] {
        let text = format!(r#"{{"cluster":{{"name":"a","status":"ACTIVE","endpoint":"{endpoint}"}}}}"#);
        assert!(
            parse_cluster(text.as_bytes(), "a").is_err(),
            "a token must not go to {endpoint}"
        );
    }
}

#[test]
fn a_node_group_is_read_with_its_issues() {
    let read = |case: &str, name: &str| {
        parse_node_group(
            &recorded(&format!("aws/describe-nodegroup/{case}")).stdout,
            "lagging",
            name,
        )
    };
    let ancient = read("lagging-ancient", "ancient").unwrap();
    assert_eq!(
        (ancient.status.as_str(), ancient.version.as_deref()),
        ("DEGRADED", Some("1.30"))
    );
    let issues = ancient.health.unwrap();
    assert_eq!(issues[0].code, "NodeCreationFailure");
    assert!(issues[0].said.contains("i-0a1b2c3d4e5f60718"));
    assert_eq!(read("lagging-fresh", "fresh").unwrap().health, Some(Vec::new()));
    assert!(
        read("lagging-fresh", "aged").is_err(),
        "an answer about another node group"
    );
}

#[test]
fn command_lines_of_the_recordings_are_those_of_the_clients() {
    let script = Script::default().on("", 1, "", "no");
    let access = ClusterAccess {
        kubeconfig: "/home/lakehouse/demo.json".to_owned(),
        ..access()
    };
    let kubectl = Kubectl {
        gateway: &script,
        access: &access,
    };
    let _ = kubectl.versions();
    let _ = kubectl.nodes();
    let _ = kubectl.namespace(&"ingext".parse().unwrap());
    let _ = lakehouse::clients::helm::Helm {
        gateway: &script,
        access: &access,
    }
    .releases();
    let asked = script.asked();
    for case in [
        "kubectl/server-version/standing",
        "kubectl/get-nodes/standing",
        "kubectl/get-namespace/absent",
        "helm/list/standing",
    ] {
        let line = recorded(case).argv.join(" ");
        assert!(asked.contains(&line), "{case}: {line}\n{asked:#?}");
    }
    assert!(root().join("kubectl").exists());
}
