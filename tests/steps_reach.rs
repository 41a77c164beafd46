//! The chart registry: from where on the way it failed, to what the operator is told.

mod steps_support;

use lakehouse::clients::helm_charts::{Pulled, Trouble, parse_chart, parse_digest, trouble};
use lakehouse::clients::{CallError, ErrorClass};
use lakehouse::gateway::GatewayError;
use lakehouse::model::{ChartLock, ChartRegistry, LockedChart};
use lakehouse::report::{ExecMode, Finding};
use lakehouse::steps::preflight::chart_registry::{Asked, Aws, ask, decide};
use lakehouse::steps::preflight::run_all;
use std::time::Duration;
use steps_support::{brief, find, inputs, recorded, rehearsal};

const URL: &str = "Error: failed to perform \"FetchReference\" on source: Get \"https://registry.rehearsal.test/v2/a/manifests/1.0.0\": ";

#[test]
fn helms_recorded_words_are_told_apart() {
    for (case, wanted) in [
        ("absent", Trouble::Absent),
        ("authority", Trouble::Authority),
        ("broken", Trouble::Service),
        ("denied", Trouble::Login),
        ("garbage", Trouble::NoRegistry),
        ("no-network", Trouble::Connect),
        ("no-such-name", Trouble::Name),
        ("other-name", Trouble::Certificate),
        ("private", Trouble::Login),
        ("proxy", Trouble::Proxy),
        ("refused", Trouble::Connect),
    ] {
        let found = recorded(&format!("helm/show-chart/{case}"));
        assert_eq!((trouble(&found.stderr), found.exit), (wanted, 1), "{case}");
    }
}

#[test]
fn words_that_only_some_machines_give_are_told_apart_too() {
    for (words, wanted) in [
        (
            "dial tcp: lookup a.test on 127.0.0.11:53: read udp 127.0.0.1:5->127.0.0.11:53: i/o timeout",
            Trouble::Name,
        ),
        ("dial tcp 192.0.2.1:443: i/o timeout", Trouble::Timeout),
        ("net/http: TLS handshake timeout", Trouble::Timeout),
        (
            "dial tcp 192.0.2.1:443: connect: no route to host",
            Trouble::Connect,
        ),
        ("EOF", Trouble::Connect),
        ("Proxy Authentication Required", Trouble::Proxy),
        ("Forbidden", Trouble::Proxy),
        (
            "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time …",
            Trouble::Certificate,
        ),
        (
            "tls: first record does not look like a TLS handshake",
            Trouble::NotTls,
        ),
        (
            "response status code 429: toomanyrequests: Rate exceeded",
            Trouble::Busy,
        ),
        (
            "response status code 403: denied: Your authorization token has expired. Reauthenticate and try again.",
            Trouble::Login,
        ),
        ("something new", Trouble::Other),
    ] {
        assert_eq!(
            trouble(&format!("WARNING: a file is readable\n{URL}{words}\n")),
            wanted,
            "{words}"
        );
    }
    assert_eq!(trouble(""), Trouble::Other);
    assert_eq!(
        trouble("not found\n"),
        Trouble::Other,
        "only helm's own last word counts"
    );
}

/// What helm 3.19.5 says of a chart repository (`--repo`), tried against a small server.
#[test]
fn the_words_about_a_chart_repository_are_told_apart() {
    let of = |words: &str| {
        trouble(&format!(
            "Error: looks like \"https://a.example/b\" is not a valid chart repository or cannot be reached: {words}"
        ))
    };
    let index = "failed to fetch https://a.example/b/index.yaml : ";
    assert_eq!(of(&format!("{index}503 Service Unavailable")), Trouble::Service);
    assert_eq!(of(&format!("{index}403 Forbidden")), Trouble::Login);
    assert_eq!(of(&format!("{index}429 Too Many Requests")), Trouble::Busy);
    assert_eq!(of(&format!("{index}404 Not Found")), Trouble::NoRegistry);
    assert_eq!(
        of(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type repo.IndexFile"
        ),
        Trouble::NoRegistry
    );
    let get = "Get \"https://a.example/b/index.yaml\": ";
    assert_eq!(
        of(&format!(
            "{get}dial tcp 192.0.2.1:443: connect: connection refused"
        )),
        Trouble::Connect
    );
    assert_eq!(
        of(&format!(
            "{get}proxyconnect tcp: dial tcp 192.0.2.1:9: connect: connection refused"
        )),
        Trouble::Proxy
    );
    assert_eq!(
        trouble("Error: chart \"a\" version \"3.5.0\" not found in https://a.example/b repository\n"),
        Trouble::Absent
    );
}

#[test]
fn the_digest_of_a_pull_stands_on_stderr() {
    let good = recorded("helm/show-chart/good");
    let digest = parse_digest(&good.stderr).unwrap();
    assert!(digest.starts_with("sha256:") && digest.len() == 71, "{digest}");
    assert_eq!(parse_digest(""), None, "a chart repository shows none");
}

#[test]
fn a_chart_that_is_not_the_locked_one_blocks() {
    let locked = LockedChart {
        digest: Some(format!("sha256:{}", "a".repeat(64))),
        ..first().clone()
    };
    let outcome = |shown: Option<String>, mirror: Option<&ChartRegistry>| {
        let asked = Asked {
            chart: first(),
            reference: locked.reference(mirror),
            found: Ok(Pulled { digest: shown }),
        };
        let checked = decide(&[asked], Aws::Unknown, &inputs().asker());
        assert_eq!(
            checked.evidence.chart_registry.is_some(),
            brief(&checked.findings, "chart-registry") == "Pass"
        );
        brief(&checked.findings, "chart-registry")
    };
    let mirror = "oci://mirror.example/a".parse().unwrap();
    let other = Some(format!("sha256:{}", "b".repeat(64)));
    assert_eq!(outcome(locked.digest.clone(), None), "Pass");
    assert_eq!(outcome(other.clone(), None), "Fail CHART_DIFFERS");
    assert_eq!(
        outcome(None, None),
        "Fail CHART_DIFFERS",
        "no digest is not the locked one"
    );
    assert_eq!(
        outcome(other, Some(&mirror)),
        "Pass",
        "a mirror's manifest is its own"
    );
}

#[test]
fn a_mirror_that_lacks_what_others_publish_is_found_before_the_install() {
    let absent = recorded("helm/show-chart/absent").stderr;
    let mirror = "oci://mirror.example/a".parse().unwrap();
    let script = rehearsal().on(
        "helm show chart oci://mirror.example/a/karpenter-crd",
        1,
        "",
        &absent,
    );
    let asked = ask(&script, ChartLock::compiled(), Some(&mirror)).unwrap();
    let checked = decide(&asked, Aws::Answers, &inputs().asker());
    let finding = &checked.findings[0];
    assert_eq!(brief(&checked.findings, "chart-registry"), "Fail CHART_NOT_FOUND");
    assert!(
        finding.message.contains("does not hold karpenter-crd 1.8.3."),
        "{}",
        finding.message
    );
    let remedy = finding.remediation.as_ref().unwrap();
    assert!(
        remedy.contains("helm show chart oci://mirror.example/a/karpenter-crd --version 1.8.3"),
        "{remedy}"
    );
}

#[test]
fn without_a_mirror_each_registry_is_asked_and_the_others_that_fail_are_named() {
    let refused = recorded("helm/show-chart/refused").stderr;
    let script = rehearsal().on("helm show chart", 1, "", &refused);
    let asked = ask(&script, ChartLock::compiled(), None).unwrap();
    assert_eq!(script.asked().len(), 3);
    let message = decide(&asked, Aws::Unknown, &inputs().asker()).findings[0]
        .message
        .clone();
    let repository = "https://aws.github.io/eks-charts";
    let others = format!("`oci://public.ecr.aws/karpenter` and `{repository}` gave none either.");
    assert!(
        message.contains("from `oci://public.ecr.aws/ingext`"),
        "{message}"
    );
    assert!(message.ends_with(&others), "{message}");
}

#[test]
fn a_name_in_the_url_decides_nothing() {
    let line =
        URL.replace("/v2/a/", "/v2/lookup x509: connection refused/") + "dial tcp 192.0.2.1:443: i/o timeout";
    assert_eq!(trouble(&line), Trouble::Timeout);
}

#[test]
fn only_the_chart_that_was_asked_for_is_taken() {
    let good = recorded("helm/show-chart/good").stdout;
    let chart = first();
    assert_eq!(parse_chart(&good, chart), Ok(()));
    let text = String::from_utf8(good).unwrap();
    for bad in [
        text.replace("name: ingext-aws-gp3", "name: ingext-aws"),
        text.replace("\nversion: 0.1.0", "\nversion: 0.1.1"),
        text.replace("\nversion:", "\n  version:"),
        text.replace("apiVersion", "kind"),
        format!("{text}name: ingext-aws-gp3\n"),
        "<html>".to_owned(),
        String::new(),
    ] {
        assert!(parse_chart(bad.as_bytes(), chart).is_err(), "{bad}");
    }
    let cut = text.find("\nversion: 0.1.0").unwrap() + "\nversion: 0.1.".len();
    assert!(
        parse_chart(&text.as_bytes()[..cut], chart).is_err(),
        "a cut version is another version"
    );
}

fn first() -> &'static LockedChart {
    ChartLock::compiled().chart("ingext-aws-gp3").unwrap()
}

fn judged(class: ErrorClass, said: &str, aws: Aws, mode: ExecMode) -> Finding {
    let mut inputs = inputs();
    inputs.mode = mode;
    let error = CallError {
        purpose: "read a chart".into(),
        action: "",
        class,
        code: None,
        said: said.to_owned(),
    };
    let asked = Asked {
        chart: first(),
        reference: first().reference(None),
        found: Err(error),
    };
    let checked = decide(&[asked], aws, &inputs.asker());
    assert_eq!(checked.evidence.chart_registry, None, "no answer is no evidence");
    checked.findings[0].clone()
}

#[test]
fn each_trouble_blocks_under_its_code_with_what_mends_it() {
    for (case, code, docker, local) in [
        (
            "absent",
            "CHART_NOT_FOUND",
            "--chart-registry",
            "--chart-registry",
        ),
        (
            "authority",
            "CHART_REGISTRY_UNREACHABLE",
            "LAKEHOUSE_CA_BUNDLE",
            "SSL_CERT_FILE",
        ),
        (
            "no-such-name",
            "CHART_REGISTRY_UNREACHABLE",
            "getent hosts public.ecr.aws",
            "nslookup public.ecr.aws",
        ),
        (
            "refused",
            "CHART_REGISTRY_UNREACHABLE",
            "--toolbox-network",
            "HTTPS_PROXY",
        ),
        (
            "proxy",
            "CHART_REGISTRY_UNREACHABLE",
            "`localhost` is the container itself",
            "NO_PROXY",
        ),
        (
            "private",
            "CHART_REGISTRY_UNREACHABLE",
            "--exec local",
            "helm registry logout public.ecr.aws",
        ),
        ("garbage", "CHART_REGISTRY_UNREACHABLE", "sign-in", "sign-in"),
    ] {
        let said = recorded(&format!("helm/show-chart/{case}")).stderr;
        for (mode, wanted) in [(ExecMode::Docker, docker), (ExecMode::Local, local)] {
            let finding = judged(ErrorClass::Other, &said, Aws::Unknown, mode);
            assert_eq!(
                brief(std::slice::from_ref(&finding), "chart-registry"),
                format!("Fail {code}"),
                "{case}"
            );
            let remedy = finding.remediation.unwrap();
            assert!(remedy.contains(wanted), "{case}: {remedy}");
            assert_eq!(finding.tool_output.as_deref(), Some(said.as_str()));
            assert!(!finding.message.contains("FetchReference"), "{}", finding.message);
        }
    }
}

#[test]
fn silence_says_how_long_it_lasted_and_what_is_not_understood_is_not_called_unreachable() {
    let slow = judged(ErrorClass::TimedOut, "", Aws::Unknown, ExecMode::Docker);
    assert!(slow.message.contains("20 s at most"), "{}", slow.message);
    assert_eq!(slow.code.unwrap().name(), "CHART_REGISTRY_UNREACHABLE");
    for (class, code) in [
        (ErrorClass::Other, "TOOL_FAILED"),
        (ErrorClass::BadOutput, "TOOL_FAILED"),
        (ErrorClass::Engine, "DOCKER_NOT_READY"),
        (ErrorClass::MissingTool, "TOOL_MISSING"),
        (ErrorClass::Interrupted, "INTERRUPTED"),
    ] {
        let finding = judged(class, "Error: boom", Aws::Unknown, ExecMode::Docker);
        assert_eq!(brief(&[finding], "chart-registry"), format!("Fail {code}"));
    }
}

#[test]
fn what_aws_said_from_the_same_place_tells_where_to_look() {
    let words = "dial tcp 192.0.2.1:443: connect: connection refused";
    let message = |aws, mode| judged(ErrorClass::Other, &format!("{URL}{words}"), aws, mode).message;
    assert!(message(Aws::Answers, ExecMode::Docker).contains("AWS does answer from there"));
    assert!(message(Aws::Unreachable, ExecMode::Docker).contains("the container's network first"));
    assert!(message(Aws::Unreachable, ExecMode::Local).contains("this machine's network first"));
    assert!(!message(Aws::Unknown, ExecMode::Docker).contains("AWS"));
}

#[test]
fn a_whole_run_holds_both_together() {
    let refused = recorded("helm/show-chart/refused").stderr;
    let outcome = run_all(&inputs(), &rehearsal().on("helm show chart", 1, "", &refused));
    let finding = find(&outcome.findings, "chart-registry");
    assert_eq!(finding.code.unwrap().name(), "CHART_REGISTRY_UNREACHABLE");
    assert!(
        finding.message.contains("AWS does answer from there"),
        "{}",
        finding.message
    );
    let neither = rehearsal()
        .on("helm show chart", 1, "", &refused)
        .replays("aws sts get-caller-identity", "aws/get-caller-identity/refused");
    let outcome = run_all(&inputs(), &neither);
    let finding = find(&outcome.findings, "chart-registry");
    assert!(
        finding.message.contains("can't be reached from there either"),
        "{}",
        finding.message
    );
    let identity = find(&outcome.findings, "identity").remediation.clone().unwrap();
    assert!(identity.contains("--toolbox-network"), "{identity}");
    let killed = rehearsal().fails(
        "helm show chart",
        GatewayError::TimedOut {
            tool: lakehouse::gateway::Tool::Helm,
            limit: Duration::from_secs(20),
        },
    );
    let outcome = run_all(&inputs(), &killed);
    assert_eq!(
        brief(&outcome.findings, "chart-registry"),
        "Fail CHART_REGISTRY_UNREACHABLE"
    );
    let outcome = run_all(&inputs(), &rehearsal());
    assert_eq!(
        outcome.evidence.chart_registry.as_deref(),
        Some("oci://public.ecr.aws/ingext")
    );
}
