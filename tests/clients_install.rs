//! The clients that write: the exact command lines, what goes by standard input, and what each failure means.

mod steps_support;

use lakehouse::clients::eksctl::milestone::Phase;
use lakehouse::clients::eksctl::words::{classify_eksctl, reasons};
use lakehouse::clients::eksctl::{Eksctl, milestone, parse_cluster_config};
use lakehouse::clients::helm::upgrade::{parse_history, parse_metadata, parse_upgraded, parse_values};
use lakehouse::clients::helm::{Helm, Upgrade};
use lakehouse::clients::helm_words::{REGISTRY, classify_helm};
use lakehouse::clients::kube::classify_kube;
use lakehouse::clients::kubeconfig::ClusterAccess;
use lakehouse::clients::kubectl::objects::{parse_object, parse_objects};
use lakehouse::clients::kubectl::releases::parse_release_labels;
use lakehouse::clients::kubectl::writes::{parse_names, parse_written};
use lakehouse::clients::kubectl::{Kubectl, Manifest, Resource};
use lakehouse::clients::{ErrorClass as C, ParseFailure, Reach};
use lakehouse::gateway::read_only::{ReadOnly, is_reading};
use lakehouse::gateway::{CommandSpec, LineListener};
use lakehouse::report::Effect;
use std::time::Duration;
use steps_support::{Script, recorded};

const CONFIG: &str = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\n";

fn access() -> ClusterAccess {
    ClusterAccess {
        kubeconfig: "/home/lakehouse/demo.json".to_owned(),
        context: "lakehouse-demo".to_owned(),
        expires: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn upgrade() -> Upgrade {
    Upgrade {
        release: "demo".into(),
        namespace: "ingext".into(),
        chart: "oci://registry.rehearsal.test:5443/ingext/demo".into(),
        version: "1.2.3".into(),
        values: serde_json::json!({"size": 2, "password": "of-the-values"}),
        secrets: vec!["of-the-values".into()],
        labels: [
            ("lakehouse.ingext.io/created-by".into(), "i1".into()),
            ("a".into(), "b".into()),
        ]
        .into(),
        create_namespace: false,
        wait: false,
        timeout: Duration::from_secs(20),
        listener: None,
    }
}

fn stdin(spec: &CommandSpec) -> &str {
    std::str::from_utf8(spec.stdin.as_deref().unwrap_or_default()).unwrap()
}

/// The recorded line and the client's, as sets of words: the recordings give the same flags in another order.
fn same_words(case: &str, spec: &CommandSpec) {
    let (mut wanted, mut got) = (recorded(case).argv, spec.argv());
    wanted.sort();
    got.sort();
    assert_eq!(got, wanted, "{case}");
}

#[test]
fn eksctl_is_asked_as_recorded_with_the_config_by_standard_input() {
    let script = Script::default().on("eksctl", 0, "", "").writing();
    let listener = LineListener::new(|_, _| ());
    let eksctl = Eksctl {
        gateway: &script,
        listener: Some(&listener),
    };
    let _ = eksctl.dry_run(CONFIG);
    eksctl.create_cluster(CONFIG).unwrap();
    eksctl.create_node_group(CONFIG).unwrap();
    eksctl.create_addons(CONFIG).unwrap();
    eksctl.create_associations(CONFIG).unwrap();
    let given = script.given();
    for (spec, case) in given.iter().zip([
        "dry-run/good",
        "create-cluster/made",
        "create-nodegroup/absent",
        "create-addon/absent",
    ]) {
        assert_eq!(spec.argv(), recorded(&format!("eksctl/{case}")).argv);
    }
    assert_eq!(
        given[4].argv().join(" "),
        "eksctl create podidentityassociation -f - --timeout 40m --color false"
    );
    for (spec, effect) in given.iter().zip([
        Effect::Read,
        Effect::Write,
        Effect::Write,
        Effect::Write,
        Effect::Write,
    ]) {
        assert_eq!((stdin(spec), spec.effect), (CONFIG, effect));
        assert_eq!(
            spec.listener.is_some(),
            effect == Effect::Write,
            "its progress reaches the user"
        );
        assert_eq!(
            is_reading(spec.tool, &spec.args),
            effect == Effect::Read,
            "{:?}",
            spec.argv()
        );
        // eksctl's own limit comes first, so that it says what it waited for.
        assert!(effect == Effect::Read || spec.timeout > Duration::from_secs(40 * 60));
    }
}

#[test]
fn a_question_whose_connection_was_cut_is_asked_once_more_and_a_refused_one_is_not() {
    let cut = "Error: checking AWS STS access – cannot get role ARN for current session: operation error STS: GetCallerIdentity, https response error StatusCode: 200, RequestID: x, deserialization failed, failed to decode response body, read tcp 172.29.77.129:43716->172.29.77.2:4566: use of closed network connection";
    let refused =
        "Error: operation error STS: GetCallerIdentity, dial tcp 127.0.0.1:9: connect: connection refused";
    for (words, times) in [(cut, 2), (refused, 1)] {
        let script = Script::default().on("eksctl", 1, "", words);
        let eksctl = Eksctl {
            gateway: &script,
            listener: None,
        };
        let error = eksctl.dry_run(CONFIG).unwrap_err();
        assert_eq!(error.class, C::Unreachable(Reach::Connect), "{words}");
        assert_eq!(script.asked().len(), times, "{words}");
    }
}

#[test]
fn a_dry_run_is_a_whole_cluster_config_or_nothing() {
    let whole = recorded("eksctl/dry-run/good").stdout;
    assert!(parse_cluster_config(&whole).unwrap().contains("kubec-probe"));
    let text = String::from_utf8(whole).unwrap();
    let before = text.find("\nmetadata:").unwrap();
    for length in 0..before {
        if text.is_char_boundary(length) {
            assert!(
                parse_cluster_config(&text.as_bytes()[..length]).is_err(),
                "cut after {length}"
            );
        }
    }
    assert_eq!(
        parse_cluster_config(text.trim_end().as_bytes()),
        Err(ParseFailure::Cut)
    );
    assert_eq!(parse_cluster_config(b" \n"), Err(ParseFailure::Empty));
    assert!(parse_cluster_config(b"<html>\n").is_err());
}

#[test]
fn eksctls_recorded_failures_have_the_class_of_their_cause() {
    for (case, class, code) in [
        ("dry-run/unknown-field", C::BadUsage, None),
        ("dry-run/flag-with-file", C::BadUsage, None),
        ("dry-run/denied", C::Denied, Some("AccessDeniedException")),
        ("dry-run/throttled", C::Throttled, Some("Throttling")),
        ("dry-run/expired-keys", C::ExpiredKeys, Some("ExpiredToken")),
        ("dry-run/wrong-keys", C::InvalidKeys, Some("InvalidClientTokenId")),
        ("dry-run/sso-expired", C::SsoExpired, None),
        ("dry-run/no-profile", C::UnknownProfile, None),
        ("dry-run/refused", C::Unreachable(Reach::Connect), None),
        ("dry-run/no-such-name", C::Unreachable(Reach::Connect), None),
        (
            "create-cluster/rolled-back",
            C::Exists,
            Some("ResourceInUseException"),
        ),
        ("create-cluster/made", C::Unreachable(Reach::Connect), None),
        (
            "create-nodegroup/absent",
            C::Absent,
            Some("ResourceNotFoundException"),
        ),
        (
            "create-addon/absent",
            C::Absent,
            Some("ResourceNotFoundException"),
        ),
    ] {
        let it = recorded(&format!("eksctl/{case}"));
        assert_eq!(it.exit, 1, "{case}");
        let got = classify_eksctl(&String::from_utf8(it.stdout).unwrap(), &it.stderr);
        assert_eq!(got, (class, code.map(str::to_owned)), "{case}");
    }
}

#[test]
fn eksctls_other_words_are_known() {
    let log = |text: &str| format!("2026-11-24 03:00:00 [✖]  {text}\n");
    let failed = "Error: failed to create cluster \"demo\"";
    let event = |said: &str| log(&format!("AWS::EC2::VPC/VPC: CREATE_FAILED – \"{said}\""));
    for (stdout, stderr, class, code) in [
        // eksctl-io/eksctl#7718.
        (
            log(
                "creating CloudFormation stack \"eksctl-demo-cluster\": operation error CloudFormation: CreateStack, https response error StatusCode: 400, RequestID: x, AlreadyExistsException: Stack [eksctl-demo-cluster] already exists",
            ),
            failed,
            C::Exists,
            Some("AlreadyExistsException"),
        ),
        (
            event(
                "Resource handler returned message: \\\"The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400, Request ID: x)\\\" (RequestToken: x, HandlerErrorCode: ServiceLimitExceeded)",
            ),
            failed,
            C::StackFailed,
            None,
        ),
        (
            event(
                "User: arn:aws:iam::1:user/u is not authorized (Service: Ec2, Error Code: UnauthorizedOperation; Request ID: x)",
            ),
            failed,
            C::Denied,
            Some("UnauthorizedOperation"),
        ),
        (
            log(
                "unexpected status \"ROLLBACK_IN_PROGRESS\" while waiting for CloudFormation stack \"eksctl-demo-cluster\"",
            ),
            failed,
            C::StackFailed,
            Some("ROLLBACK_IN_PROGRESS"),
        ),
        (
            log("exceeded max wait time for StackCreateComplete waiter"),
            failed,
            C::NotReady,
            None,
        ),
        (
            String::new(),
            "Error: timed out waiting for at least 2 nodes to join the cluster and become ready in \"w\" after 40m0s: context deadline exceeded",
            C::NotReady,
            None,
        ),
        (
            String::new(),
            "Error: operation error EKS: CreateAddon, https response error StatusCode: 400, RequestID: x, ResourceLimitExceededException: too many",
            C::LimitReached,
            Some("ResourceLimitExceededException"),
        ),
        (
            String::new(),
            "Error: operation error EC2: DescribeImages, api error RequestLimitExceeded: Request limit exceeded.",
            C::Throttled,
            Some("RequestLimitExceeded"),
        ),
        // Said by eksctl 0.230 on the rehearsal account: its first connection ended in the midst of an answer.
        (
            String::new(),
            "Error: checking AWS STS access – cannot get role ARN for current session: operation error STS: GetCallerIdentity, https response error StatusCode: 200, RequestID: x, deserialization failed, failed to decode response body, read tcp 192.0.2.9:45762->192.0.2.2:4566: use of closed network connection",
            C::Unreachable(Reach::Connect),
            None,
        ),
        (
            String::new(),
            "Error: unknown flag: --frobnicate",
            C::BadUsage,
            None,
        ),
        // A name that the user chose holds a code's text: no code.
        (
            String::new(),
            "Error: something about cluster \"AccessDenied-lake\"",
            C::Other,
            None,
        ),
        (String::new(), "", C::Other, None),
    ] {
        assert_eq!(
            classify_eksctl(&stdout, stderr),
            (class, code.map(str::to_owned)),
            "{stdout}{stderr}"
        );
    }
}

#[test]
fn a_failed_create_tells_eksctls_reasons_once_and_not_its_whole_log() {
    let it = recorded("eksctl/create-cluster/rolled-back");
    let stdout = String::from_utf8(it.stdout).unwrap();
    let script = Script::default().on("eksctl", 1, &stdout, &it.stderr).writing();
    let error = Eksctl {
        gateway: &script,
        listener: None,
    }
    .create_cluster(CONFIG)
    .unwrap_err();
    assert_eq!(
        error.said.matches("ROLLBACK_COMPLETE").count(),
        1,
        "{}",
        error.said
    );
    assert!(error.said.contains("Cluster already exists with name") && error.said.ends_with("\"standing\""));
    assert!(!error.said.contains("using region"), "{}", error.said);
    // The log is a tool's stdout, which the gateway leaves as it is: it must not carry a secret into the report.
    let leaking = "2026-11-24 03:00:00 [✖]  cannot use k8s-aws-v1.aHR0cHM6Ly9z\n";
    let script = Script::default().on("eksctl", 1, leaking, "Error: x").writing();
    let error = Eksctl {
        gateway: &script,
        listener: None,
    }
    .create_cluster(CONFIG)
    .unwrap_err();
    assert!(
        error.said.contains("cannot use") && !error.said.contains("aHR0"),
        "{}",
        error.said
    );
    assert_eq!(reasons("no log\n[✖] half a line"), "");
}

#[test]
fn eksctls_log_becomes_short_lines_of_our_own() {
    let log = String::from_utf8(recorded("eksctl/create-cluster/made").stdout).unwrap();
    let told: Vec<String> = log.lines().filter_map(milestone).map(|it| it.text).collect();
    assert_eq!(
        told,
        [
            "making the cluster `kubec-probe`",
            "preparing the stack `eksctl-kubec-probe-cluster`",
            "making the stack `eksctl-kubec-probe-cluster`",
            "waiting for the stack `eksctl-kubec-probe-cluster`",
            "making the add-on `eks-pod-identity-agent`",
            "the add-on `eks-pod-identity-agent` is made",
            "making the add-on `vpc-cni`",
            "the add-on `vpc-cni` is made",
            "eksctl could not reach the cluster's API server",
            "preparing the stack `eksctl-kubec-probe-nodegroup-w`",
            "making the stack `eksctl-kubec-probe-nodegroup-w`",
            "waiting for the stack `eksctl-kubec-probe-nodegroup-w`",
            "waiting for the control plane",
            "all stacks of `kubec-probe` are made",
        ]
    );
    let log = String::from_utf8(recorded("eksctl/create-cluster/rolled-back").stdout).unwrap();
    let failed: Vec<_> = log
        .lines()
        .filter_map(milestone)
        .filter(|it| it.phase == Phase::Failed)
        .collect();
    assert_eq!(
        failed[0].text,
        "the stack `eksctl-standing-cluster` ended in ROLLBACK_COMPLETE"
    );
    assert_eq!(
        failed.last().unwrap().text,
        "CloudFormation could not make `ControlPlane` (AWS::EKS::Cluster)"
    );
    for none in [
        "",
        "waiting for CloudFormation stack \"x\"",
        "2026-11-24 03:00:00 [ℹ]  waiting for CloudFormation stack \"`x; rm -rf`\"",
        "2026-11-24 03:00:00 [ℹ]  creating addon: \u{1b}[31mx",
        "2026-11-24 03:00:00 [✖]  AWS::EC2::VPC/<b>: CREATE_FAILED – \"x\"",
        "2026-11-24 03:00:00 [ℹ]  using region us-east-2",
        "ℹℹℹℹℹℹℹℹℹℹ",
    ] {
        assert_eq!(milestone(none), None, "{none}");
    }
}

#[test]
fn helm_gets_values_by_standard_input_and_names_its_cluster() {
    let script = Script::default()
        .replays("helm upgrade", "helm/upgrade/good")
        .writing();
    let access = access();
    let helm = Helm {
        gateway: &script,
        access: &access,
    };
    let made = helm.upgrade(&upgrade()).unwrap();
    assert_eq!((made.revision, made.status.as_str()), (4, "deployed"));
    let waiting = Upgrade {
        wait: true,
        create_namespace: true,
        labels: [].into(),
        ..upgrade()
    };
    helm.upgrade(&waiting).unwrap();
    let given = script.given();
    same_words("helm/upgrade/good", &given[0]);
    assert_eq!(stdin(&given[0]), r#"{"password":"of-the-values","size":2}"#);
    for spec in &given {
        let line = spec.argv().join(" ");
        assert!(
            !line.contains("of-the-values") && !line.contains("--set"),
            "{line}"
        );
        assert!(
            line.contains("--reset-values"),
            "empty values would mean those of the last revision: {line}"
        );
        assert_eq!((spec.effect, spec.secrets.len()), (Effect::Write, 1));
        assert!(
            spec.timeout > Duration::from_secs(20),
            "helm's own limit comes first"
        );
    }
    let line = given[1].argv().join(" ");
    assert!(
        line.contains("--create-namespace --wait -o json") && !line.contains("--labels"),
        "{line}"
    );
    let odd = Upgrade {
        labels: [("a".into(), "b,owner=me".into())].into(),
        ..upgrade()
    };
    assert_eq!(helm.upgrade(&odd).unwrap_err().class, C::BadUsage);
    assert_eq!(
        script.given().len(),
        2,
        "a label that would be two is not given to helm"
    );
}

#[test]
fn a_release_is_read_with_the_labels_of_its_newest_revision() {
    let script = Script::default()
        .replays("helm get metadata demo", "helm/get-metadata/good")
        .replays("helm get values demo", "helm/get-values/good")
        .replays("helm history demo", "helm/history/good")
        .replays("kubectl get secrets", "kubectl/get-release-labels/good");
    let access = access();
    let helm = Helm {
        gateway: &script,
        access: &access,
    };
    let release = helm.release("ingext", "demo").unwrap().unwrap();
    assert_eq!(
        (release.chart.as_str(), release.version.as_str(), release.revision),
        ("demo", "1.2.3", 4)
    );
    let labels = release.labels.unwrap();
    assert_eq!(labels["lakehouse.ingext.io/created-by"], "i1");
    assert_eq!(
        labels.len(),
        2,
        "helm's own labels are none of the user's: {labels:?}"
    );
    assert_eq!(
        helm.values("ingext", "demo").unwrap().unwrap(),
        serde_json::json!({"size": 2})
    );
    let history = helm.history("ingext", "demo").unwrap().unwrap();
    assert_eq!(
        (history.len(), history[0].revision, history[3].status.as_str()),
        (4, 1, "deployed")
    );
    let given = script.given();
    for (spec, case) in given.iter().zip([
        "helm/get-metadata/good",
        "kubectl/get-release-labels/good",
        "helm/get-values/good",
        "helm/history/good",
    ]) {
        assert_eq!(spec.argv(), recorded(case).argv);
        assert!(is_reading(spec.tool, &spec.args), "{case}");
    }
}

#[test]
fn a_release_is_absent_only_by_helms_own_word_for_it() {
    let ask = |stderr: &str| {
        let script = Script::default().on("helm", 1, "", stderr);
        let access = access();
        Helm {
            gateway: &script,
            access: &access,
        }
        .values("ingext", "demo")
    };
    for case in ["get-values", "get-metadata", "history"] {
        assert_eq!(
            ask(&recorded(&format!("helm/{case}/absent")).stderr),
            Ok(None),
            "{case}"
        );
    }
    for other in [
        "Error: query: failed: Error from server (NotFound): the server could not find the requested resource",
        "Error: chart not found",
        "Error: release: not found: secrets \"x\" is forbidden",
        "",
    ] {
        let error = ask(other).unwrap_err();
        assert_ne!(error.class, C::Absent, "{other}");
    }
    assert_eq!(
        ask(&recorded("helm/get-values/forbidden").stderr)
            .unwrap_err()
            .class,
        C::Denied
    );
}

#[test]
fn helms_failures_have_the_class_of_their_cause() {
    for (case, class, code) in [
        ("upgrade/pending", C::Busy, "ReleasePending"),
        ("upgrade/schema", C::Invalid, "ValuesSchema"),
        ("upgrade/foreign", C::Foreign, "OwnedByOthers"),
        ("upgrade/forbidden", C::Denied, "Forbidden"),
        ("upgrade/leader-changed", C::ServiceFault, "Etcd"),
        ("upgrade/webhook", C::ServiceFault, "Webhook"),
        ("upgrade/no-namespace", C::Other, "NamespaceNotFound"),
        ("show-chart/absent", C::Absent, REGISTRY),
        ("show-chart/private", C::Denied, REGISTRY),
        ("show-chart/authority", C::Unreachable(Reach::Tls), REGISTRY),
        ("show-chart/refused", C::Unreachable(Reach::Connect), REGISTRY),
        ("show-chart/broken", C::ServiceFault, REGISTRY),
        ("list/locked", C::Denied, "Unauthorized"),
    ] {
        let it = recorded(&format!("helm/{case}"));
        assert_eq!(
            classify_helm(&it.stderr),
            (class, Some(code.to_owned())),
            "{case}"
        );
    }
    for (words, class) in [
        ("Error: cannot re-use a name that is still in use", C::Exists),
        ("Error: UPGRADE FAILED: context deadline exceeded", C::NotReady),
        (
            "Error: UPGRADE FAILED: timed out waiting for the condition",
            C::NotReady,
        ),
        (
            "Error: UPGRADE FAILED: \"demo\" has no deployed releases",
            C::Busy,
        ),
        (
            "Error: Kubernetes cluster unreachable: Get \"https://127.0.0.1:9/version\": context deadline exceeded",
            C::Unreachable(Reach::Timeout),
        ),
        ("Error: unknown flag: --labelz", C::BadUsage),
        // A warning before the error is about something else.
        (
            "W1124 warnings.go:70] another operation (x)\nError: Kubernetes cluster unreachable: Get \"https://127.0.0.1\": dial tcp: connection refused",
            C::Unreachable(Reach::Connect),
        ),
        ("", C::Other),
    ] {
        assert_eq!(classify_helm(words).0, class, "{words}");
    }
}

#[test]
fn helms_answers_are_read_whole_or_not_at_all() {
    type Parse = fn(&[u8]) -> bool;
    let cases: [(&str, Parse); 4] = [
        ("helm/upgrade/good", |it| {
            parse_upgraded(it, "ingext", "demo").is_ok()
        }),
        ("helm/get-metadata/good", |it| {
            parse_metadata(it, "ingext", "demo").is_ok()
        }),
        ("helm/get-values/good", |it| parse_values(it).is_ok()),
        ("helm/history/good", |it| parse_history(it).is_ok()),
    ];
    for (case, parses) in cases {
        let whole = recorded(case).stdout;
        assert!(parses(&whole), "{case}");
        for length in 0..whole.trim_ascii_end().len() {
            assert!(!parses(&whole[..length]), "{case} cut after {length}");
        }
    }
    let whole = recorded("helm/upgrade/good").stdout;
    assert!(
        parse_upgraded(&whole, "other", "demo").is_err()
            && parse_upgraded(&whole, "ingext", "other").is_err()
    );
    assert_eq!(parse_values(b"null\n"), Ok(serde_json::json!({})));
    assert!(parse_values(b"[1]").is_err());
}

#[test]
fn objects_go_to_the_cluster_by_standard_input_and_come_back_without_content() {
    let script = Script::default()
        .replays("kubectl create", "kubectl/create/good")
        .replays("kubectl replace", "kubectl/replace/good")
        .replays("kubectl apply", "kubectl/apply/good")
        .on("kubectl delete", 0, "lease.coordination.k8s.io/lakehouse\n", "")
        .writing();
    let access = access();
    let kubectl = Kubectl {
        gateway: &script,
        access: &access,
    };
    let secrets = ["the-token".to_owned()];
    let object = Manifest {
        text: r#"{"kind":"Secret","stringData":{"t":"the-token"}}"#,
        secrets: &secrets,
    };
    let created = kubectl.create("create it", &object).unwrap();
    assert_eq!(
        (created.kind.as_str(), created.resource_version.as_str()),
        ("Lease", "124")
    );
    kubectl.replace("replace it", &object).unwrap();
    assert_eq!(
        kubectl.apply("apply it", &object).unwrap(),
        ["lease.coordination.k8s.io/lakehouse"]
    );
    assert!(
        kubectl
            .delete(Resource::LEASE, Some("ingext"), "lakehouse")
            .unwrap()
    );
    let given = script.given();
    for (spec, case) in given.iter().zip(["create/good", "replace/good", "apply/good"]) {
        assert_eq!(spec.argv(), recorded(&format!("kubectl/{case}")).argv);
        assert_eq!((stdin(spec), &spec.secrets[..]), (object.text, &secrets[..]));
    }
    for spec in &given {
        let line = spec.argv().join(" ");
        assert!(line.ends_with(
            "--kubeconfig /home/lakehouse/demo.json --context lakehouse-demo --request-timeout 15s"
        ));
        assert!(!line.contains("the-token") && !line.contains("force"), "{line}");
        assert!(
            !spec.args.contains(&"json".to_owned()),
            "a secret would be printed: {line}"
        );
        assert_eq!(spec.effect, Effect::Write);
        let read_only = ReadOnly(&script);
        assert!(
            lakehouse::gateway::Gateway::run(&read_only, spec).is_err(),
            "{line}"
        );
        let mut disguised = spec.clone();
        disguised.effect = Effect::Read;
        assert!(
            lakehouse::gateway::Gateway::run(&read_only, &disguised).is_err(),
            "{line}"
        );
    }
}

#[test]
fn the_api_servers_refusals_have_the_class_of_their_cause() {
    for (case, class, code) in [
        ("create/exists", C::Exists, "AlreadyExists"),
        ("replace/conflict", C::Conflict, "Conflict"),
        ("apply/conflict", C::Conflict, "Conflict"),
        ("apply/no-such-kind", C::Invalid, "NoSuchKind"),
        ("apply/broken", C::Invalid, "Validation"),
        ("apply/invalid", C::Invalid, "Invalid"),
        ("apply/webhook", C::ServiceFault, "Webhook"),
        ("apply/webhook-denied", C::Invalid, "WebhookDenied"),
        ("apply/terminating", C::Busy, "NamespaceTerminating"),
        ("get-object/no-such-kind", C::Other, "NoResourceType"),
        ("get-lease/absent", C::Absent, "NotFound"),
    ] {
        let it = recorded(&format!("kubectl/{case}"));
        assert_eq!(it.exit, 1, "{case}");
        assert_eq!(
            classify_kube(&it.stderr),
            (class, Some(code.to_owned())),
            "{case}"
        );
    }
    for (words, class) in [
        ("Error from server: etcdserver: leader changed", C::ServiceFault),
        (
            "Error from server: etcdserver: request timed out",
            C::ServiceFault,
        ),
        (
            "Error from server (BadRequest): error when creating \"STDIN\": NodePool in version \"v1\" cannot be handled as a NodePool: strict decoding error: unknown field \"spec.x\"",
            C::Invalid,
        ),
        (
            "Error from server (Forbidden): error when creating \"STDIN\": pods \"x\" is forbidden: exceeded quota: q, requested: pods=1",
            C::LimitReached,
        ),
        (
            "The Lease \"x\" is invalid: spec.leaseDurationSeconds: Invalid value: 0",
            C::Invalid,
        ),
    ] {
        assert_eq!(classify_kube(words).0, class, "{words}");
    }
}

#[test]
fn an_object_is_absent_only_by_the_api_servers_own_word_for_it() {
    let ask = |stderr: &str| {
        let script = Script::default().on("kubectl", 1, "", stderr);
        let access = access();
        Kubectl {
            gateway: &script,
            access: &access,
        }
        .lease("ingext", "lakehouse")
    };
    for absent in [
        "Error from server (NotFound): leases.coordination.k8s.io \"lakehouse\" not found",
        "Error from server (NotFound): namespaces \"ingext\" not found",
    ] {
        assert_eq!(ask(absent), Ok(None), "{absent}");
    }
    for other in [
        "Error from server (NotFound): leases.coordination.k8s.io \"other\" not found",
        "Error from server (NotFound): namespaces \"other\" not found",
        "Error from server (NotFound): the server could not find the requested resource",
        "error: the server doesn't have a resource type \"leases\"",
        "leases.coordination.k8s.io \"lakehouse\" not found",
        "",
    ] {
        let error = ask(other).unwrap_err();
        assert_ne!(error.class, C::Absent, "{other}");
    }
}

#[test]
fn objects_are_read_whole_or_not_at_all() {
    let whole = recorded("kubectl/get-lease/good").stdout;
    let read = |bytes: &[u8]| parse_object(bytes, Resource::LEASE, Some("ingext"), "lakehouse");
    assert!(read(&whole).is_ok());
    for length in 0..whole.trim_ascii_end().len() {
        assert!(read(&whole[..length]).is_err(), "cut after {length}");
    }
    assert!(parse_object(&whole, Resource::LEASE, Some("ingext"), "other").is_err());
    assert!(parse_object(&whole, Resource::LEASE, Some("other"), "lakehouse").is_err());
    assert!(parse_object(&whole, Resource::POD, Some("ingext"), "lakehouse").is_err());
    let none = recorded("kubectl/get-storage-classes/none").stdout;
    assert_eq!(parse_objects(&none, Resource::STORAGE_CLASS), Ok(Vec::new()));
    for more in [
        r#"{"kind":"List","items":[],"metadata":{"continue":"x"}}"#,
        r#"{"kind":"List","items":[],"metadata":{"remainingItemCount":3}}"#,
    ] {
        assert_eq!(
            parse_objects(more.as_bytes(), Resource::POD),
            Err(ParseFailure::Cut)
        );
    }
    let foreign = br#"{"kind":"List","items":[{"kind":"Pod"}],"metadata":{}}"#;
    assert!(parse_objects(foreign, Resource::LEASE).is_err());
    let labels = recorded("kubectl/get-release-labels/good").stdout;
    assert_eq!(parse_release_labels(&labels, "demo").unwrap().len(), 4);
    for length in 0..labels.len() {
        assert!(
            parse_release_labels(&labels[..length], "demo").is_err(),
            "cut after {length}"
        );
    }
    for (case, parses) in [
        (
            "create/good",
            (|it| parse_written(it).is_ok()) as fn(&[u8]) -> bool,
        ),
        ("apply/good", |it| parse_names(it).is_ok()),
    ] {
        let whole = recorded(&format!("kubectl/{case}")).stdout;
        assert!(parses(&whole));
        for length in 0..whole.len() {
            assert!(!parses(&whole[..length]), "{case} cut after {length}");
        }
    }
}

/// Answers of the real shapes (Kubernetes 1.34's API reference), written by hand: no API server at hand made them.
fn seen(resource: &str, text: &str) -> Script {
    Script::default().on(&format!("kubectl get {resource}"), 0, text, "")
}

#[test]
fn a_deployment_is_ready_only_when_the_newest_form_stands_alone() {
    let read = |generation: u32, status: &str| {
        let text = format!(
            r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"karpenter","namespace":"kube-system","generation":{generation},"labels":{{"a":"b"}}}},"spec":{{"replicas":2,"template":{{"spec":{{"containers":[{{"name":"c","image":"public.ecr.aws/karpenter/controller:1.8.3@sha256:2814"}}]}}}}}},"status":{status}}}"#
        );
        let (script, access) = (seen("deployments.apps karpenter", &text), access());
        Kubectl {
            gateway: &script,
            access: &access,
        }
        .deployment("kube-system", "karpenter")
        .unwrap()
        .unwrap()
    };
    let whole = r#"{"observedGeneration":3,"replicas":2,"updatedReplicas":2,"readyReplicas":2,"availableReplicas":2}"#;
    let ready = read(3, whole);
    assert!(ready.is_ready() && ready.images[0].ends_with("1.8.3@sha256:2814"));
    assert!(
        !read(4, whole).is_ready(),
        "the controller has not seen the newest form"
    );
    assert!(!read(3, "{}").is_ready(), "nothing told is not ready");
    assert!(
        !read(3, &whole.replace("\"replicas\":2", "\"replicas\":3")).is_ready(),
        "an old pod is left"
    );
    assert!(
        !read(
            3,
            &whole.replace("\"availableReplicas\":2", "\"availableReplicas\":1")
        )
        .is_ready()
    );
    let stuck = r#"{"observedGeneration":3,"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded","message":"m"}]}"#;
    assert_eq!(read(3, stuck).stuck.as_deref(), Some("ProgressDeadlineExceeded"));
}

#[test]
fn a_pod_that_is_not_ready_says_why() {
    let pod = |name: &str, rest: &str| {
        format!(r#"{{"kind":"Pod","metadata":{{"name":"{name}","namespace":"n"}},{rest}}}"#)
    };
    let items = [
        pod(
            "good",
            r#""spec":{"nodeName":"ip-10-0-0-1.internal"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"initContainerStatuses":[{"ready":false,"restartCount":0,"state":{"terminated":{"reason":"Completed"}}}],"containerStatuses":[{"ready":true,"restartCount":1,"state":{}}]}"#,
        ),
        pod(
            "pending",
            r#""spec":{},"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/2 nodes are available"}]}"#,
        ),
        pod(
            "pulling",
            r#""spec":{},"status":{"phase":"Pending","containerStatuses":[{"ready":false,"restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling"}}}]}"#,
        ),
        pod(
            "crashing",
            r#""spec":{},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"ready":false,"restartCount":7,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"reason":"OOMKilled"}}}]}"#,
        ),
        pod(
            "finished",
            r#""spec":{},"status":{"phase":"Succeeded","containerStatuses":[{"ready":false,"restartCount":0,"state":{"terminated":{"reason":"Completed"}}}]}"#,
        ),
        pod("untold", r#""spec":{},"status":{"phase":"Running"}"#),
    ];
    let text = format!(
        r#"{{"apiVersion":"v1","kind":"List","metadata":{{"resourceVersion":""}},"items":[{}]}}"#,
        items.join(",")
    );
    let (script, access) = (seen("pods -n n -l app=x -o json", &text), access());
    let pods = Kubectl {
        gateway: &script,
        access: &access,
    }
    .pods("n", "app=x")
    .unwrap();
    let told: Vec<_> = pods
        .iter()
        .map(|it| (it.name.as_str(), it.ready, it.why.join(" "), it.restarts))
        .collect();
    assert_eq!(
        told,
        [
            ("good", true, String::new(), 1),
            ("pending", false, "Unschedulable".to_owned(), 0),
            ("pulling", false, "ImagePullBackOff".to_owned(), 0),
            ("crashing", false, "CrashLoopBackOff OOMKilled".to_owned(), 7),
            ("finished", false, String::new(), 0),
            ("untold", false, String::new(), 0),
        ]
    );
    assert!(pods[4].succeeded && pods[1].said.contains("0/2 nodes"));
}

#[test]
fn leases_kinds_classes_accounts_and_events_are_read() {
    let access = access();
    let lease = recorded("kubectl/get-lease/good");
    let script = Script::default()
        .on("kubectl get leases", 0, std::str::from_utf8(&lease.stdout).unwrap(), "")
        .on("kubectl get customresource", 0, r#"{"kind":"CustomResourceDefinition","metadata":{"name":"nodepools.karpenter.sh","annotations":{"meta.helm.sh/release-name":"karpenter-crd"}},"spec":{"versions":[{"name":"v1","served":true},{"name":"v1beta1","served":false}]},"status":{"conditions":[{"type":"Established","status":"True"}]}}"#, "")
        .on("kubectl get storageclasses", 0, r#"{"kind":"List","metadata":{"resourceVersion":""},"items":[{"kind":"StorageClass","metadata":{"name":"ingext-aws-gp3","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},"provisioner":"ebs.csi.aws.com","parameters":{"type":"gp3"},"volumeBindingMode":"WaitForFirstConsumer","allowVolumeExpansion":true},{"kind":"StorageClass","metadata":{"name":"gp2"},"provisioner":"kubernetes.io/aws-ebs"}]}"#, "")
        .on("kubectl get serviceaccounts", 0, r#"{"kind":"ServiceAccount","metadata":{"name":"ingext-sa","namespace":"ingext"}}"#, "")
        .on("kubectl get events", 0, r#"{"kind":"List","metadata":{},"items":[{"kind":"Event","type":"Warning","reason":"FailedScheduling","message":"b","eventTime":"2026-11-24T03:00:01.000000Z","series":{"count":3,"lastObservedTime":"2026-11-24T03:05:01.000000Z"}},{"kind":"Event","type":"Normal","reason":"Scheduled","message":"a","count":2,"lastTimestamp":"2026-11-24T03:01:00Z","eventTime":null}]}"#, "");
    let kubectl = Kubectl {
        gateway: &script,
        access: &access,
    };
    let it = kubectl.lease("ingext", "lakehouse").unwrap().unwrap();
    assert_eq!(
        (it.holder.as_deref(), it.duration, it.resource_version.as_str()),
        (Some("me@host/1"), Some(60), "126")
    );
    assert_eq!(it.renewed, Some("2026-11-24T03:00:00Z".parse().unwrap()));
    let it = kubectl.crd("nodepools.karpenter.sh").unwrap().unwrap();
    assert!(it.established && it.versions == ["v1"], "{it:?}");
    assert_eq!(it.annotations["meta.helm.sh/release-name"], "karpenter-crd");
    let classes = kubectl.storage_classes().unwrap();
    assert!(classes[0].is_default && classes[0].expandable && !classes[1].is_default);
    assert_eq!(
        (
            classes[0].parameters["type"].as_str(),
            classes[1].binding_mode.as_str()
        ),
        ("gp3", "Immediate")
    );
    assert_eq!(
        kubectl
            .service_account("ingext", "ingext-sa")
            .unwrap()
            .unwrap()
            .name,
        "ingext-sa"
    );
    let events = kubectl.events("ingext", Resource::POD, "p").unwrap();
    let told: Vec<_> = events.iter().map(|it| (it.reason.as_str(), it.count)).collect();
    assert_eq!(
        told,
        [("Scheduled", 2), ("FailedScheduling", 3)],
        "the newest last"
    );
    for spec in script.given() {
        assert!(is_reading(spec.tool, &spec.args), "{:?}", spec.argv());
        assert!(spec.argv().join(" ").contains("--context lakehouse-demo"));
    }
}
