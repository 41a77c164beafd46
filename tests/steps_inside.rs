//! The rules of what stands in an existing cluster.

mod steps_support;

use lakehouse::clients::aws::eks::{Cluster, HealthIssue, NodeGroup};
use lakehouse::clients::helm::Release;
use lakehouse::clients::kubectl::{Node, Versions};
use lakehouse::clients::versions::Version;
use lakehouse::clients::{CallError, ErrorClass, Reach};
use lakehouse::gateway::GatewayError;
use lakehouse::model::ClusterName;
use lakehouse::report::ExecMode;
use lakehouse::steps::preflight::inside::access::{self, Shut};
use lakehouse::steps::preflight::inside::planned::PLANNED;
use lakehouse::steps::preflight::inside::{Subject, health, releases, skew};
use lakehouse::steps::preflight::{PreflightInputs, PreflightOutcome, run_all};
use steps_support::{brief, find, ids, inputs, rehearsal, with_cluster};

const INSIDE: [&str; 5] = [
    "cluster-health",
    "cluster-access",
    "version-skew",
    "releases",
    "namespace",
];

fn of(cluster: &str) -> PreflightInputs {
    PreflightInputs {
        cluster: cluster.parse().unwrap(),
        ..inputs()
    }
}

fn briefs(outcome: &PreflightOutcome) -> String {
    INSIDE
        .map(|id| format!("{id}: {}", brief(&outcome.findings, id)))
        .join("; ")
}

#[test]
fn each_cluster_of_the_rehearsal_is_judged_by_what_stands_in_it() {
    for (cluster, wanted) in [
        (
            "standing",
            "cluster-health: Pass; cluster-access: Pass; version-skew: Pass; releases: Pass; namespace: Pass",
        ),
        (
            "lagging",
            "cluster-health: Warn CLUSTER_UNHEALTHY; cluster-access: Pass; version-skew: Fail CLUSTER_VERSION_SKEW; releases: Pass; namespace: Pass",
        ),
        (
            "taken",
            "cluster-health: Pass; cluster-access: Pass; version-skew: Pass; releases: Fail RELEASE_CONFLICT; namespace: Fail NAMESPACE_TERMINATING",
        ),
        (
            "locked",
            "cluster-health: Pass; cluster-access: Fail CLUSTER_ACCESS_DENIED; version-skew: Skip; releases: Skip; namespace: Skip",
        ),
        (
            "narrow",
            "cluster-health: Pass; cluster-access: Pass; version-skew: Warn CLUSTER_ACCESS_DENIED; releases: Fail CLUSTER_ACCESS_DENIED; namespace: Fail CLUSTER_ACCESS_DENIED",
        ),
    ] {
        let outcome = run_all(&of(cluster), &with_cluster(cluster));
        assert_eq!(briefs(&outcome), wanted, "{cluster}");
        let inside = outcome.evidence.cluster_inside;
        assert_eq!(inside.is_some(), cluster != "locked", "{cluster}");
        let listed = inside.and_then(|inside| inside.releases).is_some();
        assert_eq!(
            listed,
            !["locked", "narrow"].contains(&cluster),
            "{cluster}: unknown is not none"
        );
    }
}

#[test]
fn without_an_active_cluster_nothing_is_asked_of_it_and_nothing_said() {
    for cluster in ["absent", "creating", "failed", "deleting", "denied"] {
        let mut script = rehearsal().replays(
            "aws eks describe-cluster ",
            &format!("aws/describe-cluster/{cluster}"),
        );
        if !["absent", "denied"].contains(&cluster) {
            script = script
                .replays(
                    "aws eks list-nodegroups",
                    &format!("aws/list-nodegroups/{cluster}"),
                )
                .replays("aws eks list-addons", &format!("aws/list-addons/{cluster}"));
        }
        let named = if ["absent", "denied"].contains(&cluster) {
            "ingext-lakehouse"
        } else {
            cluster
        };
        let outcome = run_all(&of(named), &script);
        assert!(
            !INSIDE
                .iter()
                .any(|id| ids(&outcome.findings).split(' ').any(|it| it == *id)),
            "{cluster}"
        );
        assert!(
            outcome.evidence.cluster_inside.is_none() && script.kept().is_empty(),
            "{cluster}"
        );
        assert!(
            !script.asked().iter().any(|line| line.contains("get-token")),
            "{cluster}"
        );
    }
}

#[test]
fn the_token_is_asked_once_and_goes_into_the_private_file_alone() {
    let script = with_cluster("standing");
    let outcome = run_all(&of("standing"), &script);
    assert_eq!(brief(&outcome.findings, "cluster-access"), "Pass");
    let asked = script.asked();
    assert_eq!(asked.iter().filter(|line| line.contains("get-token")).count(), 1);
    let kept = script.kept();
    assert_eq!(
        (kept.len(), kept[0].name.as_str()),
        (1, "kubeconfig-standing.json")
    );
    let token = &kept[0].secrets[0];
    assert!(kept[0].text.contains(token) && token.starts_with("k8s-aws-v1."));
    assert!(!asked.iter().any(|line| line.contains(token)), "never in argv");
    for line in asked
        .iter()
        .filter(|line| line.starts_with("kubectl get") || line.starts_with("helm list"))
    {
        assert!(
            line.contains("--kubeconfig /private/kubeconfig-standing.json"),
            "{line}"
        );
        assert!(line.contains("context lakehouse-standing"), "{line}");
    }
}

#[test]
fn a_private_file_that_cannot_be_written_asks_nothing_of_the_cluster() {
    struct Full<'a>(&'a steps_support::Script);
    impl lakehouse::gateway::Gateway for Full<'_> {
        fn run(
            &self,
            spec: &lakehouse::gateway::CommandSpec,
        ) -> Result<lakehouse::gateway::CommandOutput, GatewayError> {
            self.0.run(spec)
        }
    }
    let script = with_cluster("standing");
    let outcome = run_all(&of("standing"), &Full(&script));
    assert_eq!(brief(&outcome.findings, "cluster-access"), "Fail TOOL_FAILED");
    assert!(!script.asked().iter().any(|line| line.contains("--kubeconfig")));
}

fn error(class: ErrorClass, code: &str) -> CallError {
    CallError {
        purpose: "x".to_owned(),
        action: "",
        class,
        code: (!code.is_empty()).then(|| code.to_owned()),
        said: "the tool's words".to_owned(),
    }
}

/// Judges with a cluster and a caller of one's own.
fn with_subject<T>(cluster: &Cluster, caller: &str, judge: impl Fn(&Subject<'_>) -> T) -> T {
    let inputs = inputs();
    let name: ClusterName = "demo".parse().unwrap();
    judge(&Subject {
        name: &name,
        cluster,
        caller,
        asker: inputs.asker(),
    })
}

const ROLE: &str = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_1/me@example.com";

fn active() -> Cluster {
    Cluster {
        status: "ACTIVE".to_owned(),
        health: Some(Vec::new()),
        ..Cluster::default()
    }
}

#[test]
fn who_is_shut_out_reads_what_lets_them_in() {
    let shut = |cluster: &Cluster, caller: &str, class, code: &str| {
        let entered = Err(Shut::There(error(class, code)));
        with_subject(cluster, caller, |subject| {
            access::decide(&entered, subject).findings[0].clone()
        })
    };
    let unknown = shut(&active(), ROLE, ErrorClass::Denied, "Unauthorized");
    assert_eq!(
        brief(std::slice::from_ref(&unknown), access::ID),
        "Fail CLUSTER_ACCESS_DENIED"
    );
    let remedy = unknown.remediation.unwrap();
    let order = [
        "create-access-entry",
        "get-role --role-name AWSReservedSSO_Admin_1",
        "associate-access-policy",
        "AmazonEKSClusterAdminPolicy",
    ];
    let mut places = order
        .iter()
        .map(|word| remedy.find(word).unwrap_or_else(|| panic!("{word}: {remedy}")));
    assert!(
        places
            .clone()
            .zip(places.by_ref().skip(1))
            .all(|(one, next)| one < next),
        "{remedy}"
    );
    let known = shut(
        &active(),
        "arn:aws:iam::123456789012:user/me",
        ErrorClass::Denied,
        "Forbidden",
    );
    let remedy = known.remediation.unwrap();
    assert!(
        !remedy.contains("create-access-entry"),
        "the entry is there: {remedy}"
    );
    assert!(
        remedy.contains("--principal-arn arn:aws:iam::123456789012:user/me "),
        "{remedy}"
    );
    let old = Cluster {
        authentication_mode: Some("CONFIG_MAP".to_owned()),
        ..active()
    };
    let remedy = shut(&old, ROLE, ErrorClass::Denied, "Unauthorized")
        .remediation
        .unwrap();
    assert!(
        remedy.find("authenticationMode=API_AND_CONFIG_MAP").unwrap()
            < remedy.find("create-access-entry").unwrap()
    );
}

#[test]
fn an_api_server_that_cannot_be_reached_is_told_by_how_its_endpoint_is_open() {
    let shut = |public: Option<bool>, ranges: &[&str], reach| {
        let cluster = Cluster {
            public_access: public,
            public_cidrs: Some(ranges.iter().map(|range| (*range).to_owned()).collect()),
            ..active()
        };
        let entered = Err(Shut::There(error(ErrorClass::Unreachable(reach), "")));
        with_subject(&cluster, ROLE, |subject| {
            access::decide(&entered, subject).findings[0].clone()
        })
    };
    let open = shut(Some(true), &["0.0.0.0/0"], Reach::Timeout);
    let private = shut(Some(false), &[], Reach::Timeout);
    let limited = shut(Some(true), &["203.0.113.0/24"], Reach::Timeout);
    let foreign = shut(Some(true), &["0.0.0.0/0"], Reach::Tls);
    for finding in [&open, &private, &limited, &foreign] {
        assert_eq!(
            brief(std::slice::from_ref(finding), access::ID),
            "Fail CLUSTER_UNREACHABLE"
        );
        assert!(!finding.message.contains("the tool's words"));
    }
    assert!(private.message.contains("inside its VPC alone"));
    assert!(limited.message.contains("203.0.113.0/24"));
    assert!(
        limited
            .remediation
            .unwrap()
            .contains("publicAccessCidrs=203.0.113.0/24,ADDRESS/32"),
        "the old range stays"
    );
    assert!(foreign.message.contains("certificate"));
    // On this side of the way nothing is said of the cluster.
    let here = Err(Shut::Here(error(ErrorClass::ExpiredKeys, "ExpiredToken")));
    let here = with_subject(&active(), ROLE, |subject| {
        access::decide(&here, subject).findings[0].clone()
    });
    assert_eq!(brief(&[here], access::ID), "Fail AWS_KEYS_EXPIRED");
}

fn group(name: &str, status: &str, issues: Option<&[&str]>) -> NodeGroup {
    let issue = |code: &&str| HealthIssue {
        code: (*code).to_owned(),
        said: "what EKS says".to_owned(),
    };
    NodeGroup {
        name: name.to_owned(),
        status: status.to_owned(),
        version: Some("1.34".to_owned()),
        health: issues.map(|issues| issues.iter().map(issue).collect()),
        instance_types: None,
        wanted: None,
        tags: None,
    }
}

fn node(name: &str, minor: u32, ready: Option<bool>, group: Option<&str>) -> Node {
    Node {
        name: name.to_owned(),
        kubelet: version(minor),
        ready,
        cordoned: false,
        group: group.map(str::to_owned),
    }
}

const fn version(minor: u32) -> Version {
    Version {
        major: 1,
        minor,
        patch: 0,
        released: true,
    }
}

#[test]
fn health_is_well_only_where_eks_says_so_of_everything() {
    let judged = |cluster: &Cluster, groups: Vec<Result<NodeGroup, CallError>>, nodes: Option<&[Node]>| {
        let groups = Ok(groups);
        with_subject(cluster, ROLE, |subject| {
            brief(&health::decide(&groups, nodes, subject).findings, health::ID)
        })
    };
    let well = || Ok(group("a", "ACTIVE", Some(&[])));
    let degraded = || Ok(group("b", "DEGRADED", Some(&["AccessDenied"])));
    assert_eq!(judged(&active(), vec![well()], None), "Pass");
    assert_eq!(judged(&active(), vec![], None), "Pass");
    assert_eq!(
        judged(&active(), vec![well(), degraded()], None),
        "Warn CLUSTER_UNHEALTHY"
    );
    assert_eq!(
        judged(&active(), vec![degraded()], None),
        "Fail CLUSTER_UNHEALTHY"
    );
    assert_eq!(
        judged(&active(), vec![Ok(group("a", "CREATE_FAILED", Some(&[])))], None),
        "Fail CLUSTER_UNHEALTHY"
    );
    assert_eq!(
        judged(&active(), vec![Ok(group("a", "ACTIVE", None))], None),
        "Warn AWS_UNEXPECTED"
    );
    let denied = || Err(error(ErrorClass::Denied, "AccessDeniedException"));
    assert_eq!(
        judged(&active(), vec![well(), denied()], None),
        "Warn AWS_ACCESS_DENIED"
    );
    assert_eq!(
        judged(&active(), vec![degraded(), denied()], None),
        "Warn CLUSTER_UNHEALTHY",
        "one of two is unknown"
    );
    let silent = Cluster {
        health: None,
        ..active()
    };
    assert_eq!(judged(&silent, vec![well()], None), "Warn AWS_UNEXPECTED");
    let ill = Cluster {
        health: Some(vec![HealthIssue {
            code: "Ec2SubnetNotFound".to_owned(),
            said: "gone".to_owned(),
        }]),
        ..active()
    };
    assert_eq!(judged(&ill, vec![well()], None), "Fail CLUSTER_UNHEALTHY");
    let (up, down) = (node("n1", 34, Some(true), None), node("n2", 34, None, None));
    assert_eq!(
        judged(&active(), vec![well()], Some(&[up.clone(), down.clone()])),
        "Warn CLUSTER_UNHEALTHY"
    );
    assert_eq!(
        judged(&active(), vec![well()], Some(&[down])),
        "Fail CLUSTER_UNHEALTHY"
    );
    assert_eq!(judged(&active(), vec![well()], Some(&[up])), "Pass");
    let unlisted = Err(error(ErrorClass::Throttled, "ThrottlingException"));
    let unlisted = with_subject(&active(), ROLE, |subject| {
        brief(&health::decide(&unlisted, None, subject).findings, health::ID)
    });
    assert_eq!(unlisted, "Warn AWS_THROTTLED");
}

#[test]
fn versions_are_held_against_kubernetes_own_rule() {
    let versions = |client, server| Versions {
        client: version(client),
        server: version(server),
        server_text: format!("v1.{server}.0"),
    };
    let judged = |versions: &Versions, nodes: Result<Vec<Node>, CallError>, groups: &[&NodeGroup]| {
        with_subject(&active(), ROLE, |subject| {
            skew::decide(versions, &nodes, groups, subject).findings[0].clone()
        })
    };
    let at = |minor| {
        let nodes = Ok(vec![
            node("n1", 34, Some(true), Some("fresh")),
            node("n2", minor, Some(true), Some("aged")),
        ]);
        judged(&versions(34, 34), nodes, &[])
    };
    for (minor, wanted) in [
        (34, "Pass"),
        (32, "Pass"),
        (31, "Warn CLUSTER_VERSION_SKEW"),
        (30, "Fail CLUSTER_VERSION_SKEW"),
        (35, "Fail CLUSTER_VERSION_SKEW"),
    ] {
        let finding = at(minor);
        assert_eq!(
            brief(std::slice::from_ref(&finding), skew::ID),
            wanted,
            "1.{minor}"
        );
        assert_eq!(
            finding.message.contains("`aged`"),
            wanted != "Pass",
            "{}",
            finding.message
        );
        assert!(!finding.message.contains("`fresh`"), "{}", finding.message);
    }
    assert!(at(30).remediation.unwrap().contains("--nodegroup-name aged"));
    assert!(at(35).remediation.unwrap().contains("eksctl upgrade cluster"));
    assert_eq!(
        brief(&[judged(&versions(34, 34), Ok(vec![]), &[])], skew::ID),
        "Pass"
    );
    // kubectl: one minor version either way.
    for (client, wanted) in [
        (33, "Pass"),
        (35, "Pass"),
        (36, "Warn CLUSTER_VERSION_SKEW"),
        (32, "Warn CLUSTER_VERSION_SKEW"),
    ] {
        assert_eq!(
            brief(&[judged(&versions(client, 34), Ok(vec![]), &[])], skew::ID),
            wanted,
            "kubectl 1.{client}"
        );
    }
    // Without the nodes, EKS's word can show what is wrong, and never that all is well.
    let denied = || Err(error(ErrorClass::Denied, "Forbidden"));
    let of = |version: &str| NodeGroup {
        version: Some(version.to_owned()),
        ..group("g", "ACTIVE", Some(&[]))
    };
    assert_eq!(
        brief(&[judged(&versions(34, 34), denied(), &[&of("1.34")])], skew::ID),
        "Warn CLUSTER_ACCESS_DENIED"
    );
    assert_eq!(
        brief(&[judged(&versions(34, 34), denied(), &[&of("1.30")])], skew::ID),
        "Fail CLUSTER_VERSION_SKEW"
    );
    assert_eq!(
        brief(&[judged(&versions(34, 34), denied(), &[])], skew::ID),
        "Warn CLUSTER_ACCESS_DENIED"
    );
}

fn release(namespace: &str, name: &str, chart: &str, status: &str) -> Release {
    Release {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        chart: chart.to_owned(),
        version: "1.0.0".to_owned(),
        status: status.to_owned(),
        day: Some("2026-01-01".to_owned()),
    }
}

#[test]
fn a_release_is_in_the_way_by_its_place_or_by_what_it_does() {
    let judged = |all: &[Release]| {
        let (all, namespace) = (Ok(all.to_vec()), "ingext".parse().unwrap());
        with_subject(&active(), ROLE, |subject| {
            releases::decide(&all, &namespace, subject).findings[0].clone()
        })
    };
    for (one, wanted) in [
        (
            release("ingext", "ingext-lake", "ingext-lake", "deployed"),
            "Pass",
        ),
        (release("other", "ingext-lake", "ingext-lake", "deployed"), "Pass"),
        (release("other", "ingext-lake", "something", "failed"), "Pass"),
        (
            release("ingext", "ingext-lake", "something", "deployed"),
            "Fail RELEASE_CONFLICT",
        ),
        (
            release("ingext", "ingext-lake", "ingext-lake", "failed"),
            "Warn RELEASE_CONFLICT",
        ),
        (
            release("ingext", "ingext-lake", "ingext-lake", "pending-upgrade"),
            "Warn RELEASE_CONFLICT",
        ),
        (
            release("ingext", "ingext-lake", "ingext-lake", "word-of-tomorrow"),
            "Warn RELEASE_CONFLICT",
        ),
        (
            release("kube-system", "karpenter", "karpenter", "deployed"),
            "Pass",
        ),
        (
            release("karpenter", "karpenter", "karpenter", "deployed"),
            "Fail RELEASE_CONFLICT",
        ),
        (
            release("karpenter", "karpenter", "karpenter", "uninstalled"),
            "Pass",
        ),
        (
            release("kube-system", "alb", "aws-load-balancer-controller", "deployed"),
            "Fail RELEASE_CONFLICT",
        ),
        (
            release("other", "ingext-merge-pool", "ingext-eks-pool", "deployed"),
            "Fail RELEASE_CONFLICT",
        ),
        // A pool of somebody's own has a name of its own.
        (release("other", "my-pool", "ingext-eks-pool", "deployed"), "Pass"),
        (
            release("other", "lake", "ingext-s3-lake", "deployed"),
            "Fail RELEASE_CONFLICT",
        ),
    ] {
        let finding = judged(std::slice::from_ref(&one));
        assert_eq!(
            brief(std::slice::from_ref(&finding), releases::ID),
            wanted,
            "{one:?}"
        );
        if wanted != "Pass" {
            assert!(
                finding
                    .message
                    .contains(&format!("`{}` in `{}`", one.name, one.namespace)),
                "{}",
                finding.message
            );
            assert!(
                finding
                    .remediation
                    .unwrap()
                    .contains(&format!("helm history {} -n {}", one.name, one.namespace))
            );
        }
    }
    assert_eq!(brief(&[judged(&[])], releases::ID), "Pass");
    let many: Vec<Release> = PLANNED
        .iter()
        .map(|it| release(it.namespace("ingext"), it.name, it.chart, "deployed"))
        .collect();
    assert!(
        judged(&many).message.contains("18"),
        "a finished install is a pass"
    );
}

#[test]
fn the_commands_of_a_remedy_fit_the_mode() {
    let mut inputs = of("taken");
    inputs.mode = ExecMode::Local;
    let outcome = run_all(&inputs, &with_cluster("taken"));
    let remedy = find(&outcome.findings, "namespace").remediation.clone().unwrap();
    assert!(
        remedy.contains("aws eks update-kubeconfig --name taken --region us-east-2 --profile rehearsal"),
        "{remedy}"
    );
    assert!(!remedy.contains("toolbox"), "{remedy}");
    let docker = run_all(&of("taken"), &with_cluster("taken"));
    assert!(
        find(&docker.findings, "namespace")
            .remediation
            .as_ref()
            .unwrap()
            .contains("lakehouse toolbox shell")
    );
    assert!(
        find(&docker.findings, "namespace")
            .tool_output
            .as_ref()
            .unwrap()
            .contains("finalizers")
    );
}
