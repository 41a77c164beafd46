//! The load balancer controller with its role, the site's Ingress and its load balancer: what each step decides, for
//! every state in which it can find them.

mod install_support;

use install_support::{code, desired, document, flag_value, ours, verbs, words};
use lakehouse::clients::aws::cloudformation::Stack;
use lakehouse::clients::aws::eks::Association;
use lakehouse::clients::aws::elbv2::{Balancer, Target};
use lakehouse::clients::kubectl::{Controller, Event, Ingress, IngressClass};
use lakehouse::model::{CREATED_BY, Scheme};
use lakehouse::report::{Code, StepAction};
use lakehouse::steps::install::foundation::stacks::SeenStack;
use lakehouse::steps::install::ingress::balancer::{Group, Seen as Balanced};
use lakehouse::steps::install::ingress::{balancer, controller, redirect, role, site_ingress};
use lakehouse::steps::install::readiness;
use lakehouse::steps::install::release::{Found, Observed as Release};
use lakehouse::steps::install::{Decision, Desired, Reason, Verdict, Waiting, WriteTo};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::000000000000:role/eksctl-demo-podidentityrole-kube-Role1-x";
const OTHER: &str = "lh-0123456789abcdef";

fn waiting(decision: &Decision) -> &Waiting {
    match &decision.verdict {
        Verdict::Waiting(waiting) => waiting,
        other => panic!("not waiting: {other:?}"),
    }
}

fn settled(decision: &Decision) {
    assert!(
        matches!(decision.verdict, Verdict::Settled),
        "{:?}",
        decision.verdict
    );
}

fn first_reason(decision: &Decision) -> &Reason {
    waiting(decision).why.first().expect("no reason")
}

// ── the role ────────────────────────────────────────────────────────────────────────────────────────────────────────

#[allow(clippy::needless_pass_by_value, reason = "reads better where it is called")]
fn stack(status: &str, tags: Value, outputs: Value) -> SeenStack {
    let answer = json!({"Stacks": [{
        "StackId": format!("arn:aws:cloudformation:us-east-2:000000000000:stack/{}/1", role::stack_of(&desired())), "StackName": role::stack_of(&desired()),
        "CreationTime": "2026-11-24T03:00:00Z", "StackStatus": status, "EnableTerminationProtection": false,
        "Tags": tags, "Outputs": outputs
    }]});
    let stack: Stack = lakehouse::clients::aws::cloudformation::parse_stack(
        answer.to_string().as_bytes(),
        &role::stack_of(&desired()),
    )
    .unwrap();
    SeenStack { stack, failed: None }
}

fn whole() -> SeenStack {
    stack(
        "CREATE_COMPLETE",
        json!([{"Key": CREATED_BY, "Value": ours()}]),
        json!([{"OutputKey": "Role1", "OutputValue": ROLE}]),
    )
}

fn association(role: &str, mark: Option<&str>) -> Association {
    Association {
        id: "a-0123456789abcdef0".to_owned(),
        arn: "arn:aws:eks:us-east-2:000000000000:podidentityassociation/demo/a-0123456789abcdef0".to_owned(),
        namespace: "kube-system".to_owned(),
        service_account: "aws-load-balancer-controller".to_owned(),
        role_arn: role.to_owned(),
        target_role_arn: None,
        owner_arn: None,
        tags: mark
            .map(|mark| (CREATED_BY.to_owned(), mark.to_owned()))
            .into_iter()
            .collect(),
    }
}

fn controller_of(release: Option<&str>) -> Controller {
    Controller {
        namespace: "kube-system".to_owned(),
        name: "aws-load-balancer-controller".to_owned(),
        release: release.map(str::to_owned),
        cluster: Some("demo".to_owned()),
        service_account: "aws-load-balancer-controller".to_owned(),
        available: 2,
    }
}

const OWN_RELEASE: Option<&str> = Some("kube-system/aws-load-balancer-controller");

#[test]
fn the_role_comes_of_eksctl_s_own_policy_by_one_command_with_our_mark() {
    let decision = role::decide(&desired(), &role::Seen::default());
    assert_eq!(decision.action, StepAction::Create);
    let [write] = decision.writes() else {
        panic!("one write")
    };
    assert_eq!(write.to, WriteTo::Eks);
    assert_eq!(
        words(write).join(" "),
        "create podidentityassociation -f - --timeout 40m --color false"
    );
    let config = document(write);
    assert_eq!(
        config,
        json!({
            "apiVersion": "eksctl.io/v1alpha5", "kind": "ClusterConfig",
            "metadata": {"name": "demo", "region": "us-east-2"},
            "addons": [{"name": "eks-pod-identity-agent"}],
            "iam": {"podIdentityAssociations": [{
                "namespace": "kube-system", "serviceAccountName": "aws-load-balancer-controller",
                "wellKnownPolicies": {"awsLoadBalancerController": true}, "tags": {CREATED_BY: ours()}
            }]}
        })
    );
}

#[test]
fn an_eksctl_that_died_between_stack_and_association_is_gone_on_from() {
    let seen = role::Seen {
        stack: Some(whole()),
        ..role::Seen::default()
    };
    let decision = role::decide(&desired(), &seen);
    assert_eq!(verbs(&decision), ["create-pod-identity-association"]);
    assert_eq!(flag_value(&decision.writes()[0], "--role-arn"), ROLE);
    let coming = stack(
        "CREATE_IN_PROGRESS",
        json!([{"Key": CREATED_BY, "Value": ours()}]),
        json!([]),
    );
    let seen = role::Seen {
        stack: Some(coming),
        ..role::Seen::default()
    };
    assert!(waiting(&role::decide(&desired(), &seen)).what.contains("stack"));
    for (status, wanted) in [
        ("ROLLBACK_COMPLETE", Code::StackRolledBack),
        ("DELETE_FAILED", Code::StackDeleteFailed),
        ("CREATE_COMPLETE", Code::StackLeftOver),
    ] {
        let seen = role::Seen {
            stack: Some(stack(status, json!([]), json!([]))),
            ..role::Seen::default()
        };
        assert_eq!(code(&role::decide(&desired(), &seen)), wanted, "{status}");
    }
}

#[test]
fn the_role_stands_only_with_its_own_stack_and_others_are_used_as_they_are() {
    let judged = |association: Association, stack: Option<SeenStack>| {
        role::decide(
            &desired(),
            &role::Seen {
                association: Some(association),
                stack,
                controllers: Vec::new(),
            },
        )
    };
    let own = judged(association(ROLE, Some(&ours())), Some(whole()));
    settled(&own);
    assert!(!own.adopted);
    for mark in [None, Some(OTHER)] {
        let other = judged(association("arn:aws:iam::000000000000:role/theirs", mark), None);
        settled(&other);
        assert!(other.adopted && other.action == StepAction::Adopt);
    }
    // Ours, with another role than its stack has: given back the right one.
    let moved = judged(
        association("arn:aws:iam::000000000000:role/x", Some(&ours())),
        Some(whole()),
    );
    assert_eq!(verbs(&moved), ["update-pod-identity-association"]);
    // Ours, and the role is gone.
    let stray = judged(association(ROLE, Some(&ours())), None);
    assert_eq!(code(&stray), Code::AssociationTaken);
    let mut chained = association(ROLE, Some(&ours()));
    chained.target_role_arn = Some("arn:aws:iam::111122223333:role/x".to_owned());
    assert_eq!(code(&judged(chained, Some(whole()))), Code::AssociationTaken);
}

#[test]
fn a_controller_of_somebody_s_keeps_the_rights_that_it_has() {
    let seen = |release: Option<&str>| role::Seen {
        controllers: vec![controller_of(release)],
        ..role::Seen::default()
    };
    let decision = role::decide(&desired(), &seen(None));
    settled(&decision);
    assert!(decision.adopted);
    // Install's own controller without an association: that is made.
    assert_eq!(
        role::decide(&desired(), &seen(OWN_RELEASE)).action,
        StepAction::Create
    );
}

// ── the controller ──────────────────────────────────────────────────────────────────────────────────────────────────

fn class() -> IngressClass {
    IngressClass {
        name: "alb".to_owned(),
        controller: "ingress.k8s.aws/alb".to_owned(),
        parameters: Some("alb".to_owned()),
        release: OWN_RELEASE.map(str::to_owned),
    }
}

fn release(chart: &str, version: &str, values: Value, mark: Option<&str>) -> Release {
    Release::There(Found {
        chart: chart.to_owned(),
        version: version.to_owned(),
        status: "deployed".to_owned(),
        since: None,
        values,
        created_by: mark.map(str::to_owned),
        ..Found::default()
    })
}

fn controller_seen(desired: &Desired) -> controller::Seen {
    let values = controller::wanted(desired, Some("vpc-1")).values;
    controller::Seen {
        vpc: Some("vpc-1".to_owned()),
        release: release("aws-load-balancer-controller", "3.5.0", values, Some(&ours())),
        class: Some(class()),
        class_scheme: None,
        controllers: vec![controller_of(OWN_RELEASE)],
        ingresses: Vec::new(),
        workloads: vec![readiness::Seen {
            workload: controller::WORKLOADS[0],
            ready: 2,
            wanted: 2,
            is_ready: true,
            troubles: Vec::new(),
        }],
    }
}

fn no_controller() -> controller::Seen {
    controller::Seen {
        vpc: Some("vpc-1".to_owned()),
        release: Release::Absent,
        class: None,
        class_scheme: None,
        controllers: Vec::new(),
        ingresses: Vec::new(),
        workloads: Vec::new(),
    }
}

#[test]
fn the_controller_gets_region_and_vpc_and_its_plan_is_the_same_before_the_vpc_is_known() {
    let decision = controller::decide(&desired(), &no_controller());
    let [write] = decision.writes() else {
        panic!("one write")
    };
    assert_eq!(
        document(write),
        json!({
            "clusterName": "demo", "region": "us-east-2", "vpcId": "vpc-1", "enableServiceMutatorWebhook": false,
            "serviceAccount": {"create": true, "name": "aws-load-balancer-controller"}
        })
    );
    assert_eq!(flag_value(write, "--version"), "3.5.0");
    assert_eq!(flag_value(write, "-n"), "kube-system");
    let before = controller::Seen {
        vpc: None,
        release: Release::NoCluster,
        ..no_controller()
    };
    let planned = controller::decide(&desired(), &before);
    assert_eq!(planned.desired, decision.desired);
    assert_eq!(planned.adopted, decision.adopted);
    let standing = controller::decide(&desired(), &controller_seen(&desired()));
    settled(&standing);
    assert_eq!(standing.desired, decision.desired);
}

#[test]
fn what_a_cut_recovery_left_of_our_own_controller_is_installed_over_and_never_taken_for_somebody_s() {
    let left = controller::Seen {
        release: Release::Absent,
        workloads: Vec::new(),
        ..controller_seen(&desired())
    };
    let decision = controller::decide(&desired(), &left);
    assert_eq!(decision.action, StepAction::Create, "{decision:?}");
    assert!(!decision.adopted && decision.writes().len() == 1);
    let only_its_class = controller::Seen {
        controllers: Vec::new(),
        ..left
    };
    assert_eq!(
        controller::decide(&desired(), &only_its_class).action,
        StepAction::Create
    );
}

#[test]
fn a_controller_of_ours_is_waited_for_and_its_class_is_put_back() {
    let mut seen = controller_seen(&desired());
    seen.workloads[0].ready = 1;
    seen.workloads[0].is_ready = false;
    assert!(
        waiting(&controller::decide(&desired(), &seen))
            .what
            .contains("1 of 2")
    );
    let mut seen = controller_seen(&desired());
    seen.class = None;
    let decision = controller::decide(&desired(), &seen);
    assert_eq!(
        (decision.action, decision.writes().len()),
        (StepAction::Update, 1)
    );
}

#[test]
fn an_ingress_class_of_another_controller_is_in_the_way() {
    let mut seen = no_controller();
    seen.class = Some(IngressClass {
        controller: "eks.amazonaws.com/alb".to_owned(),
        ..class()
    });
    let decision = controller::decide(&desired(), &seen);
    assert_eq!(code(&decision), Code::IngressClassTaken);
    let Verdict::Blocked(stops) = &decision.verdict else {
        unreachable!()
    };
    assert!(
        stops[0].message.contains("`eks.amazonaws.com/alb`"),
        "{}",
        stops[0].message
    );
    // Left behind by a controller that is gone: helm would refuse to take it over.
    let mut seen = no_controller();
    seen.class = Some(IngressClass {
        release: None,
        ..class()
    });
    assert_eq!(
        code(&controller::decide(&desired(), &seen)),
        Code::IngressClassTaken
    );
}

#[test]
fn somebody_s_controller_is_used_if_it_can_be_and_never_replaced() {
    let theirs = || controller::Seen {
        controllers: vec![Controller {
            namespace: "ingress".to_owned(),
            ..controller_of(None)
        }],
        class: Some(class()),
        ..no_controller()
    };
    let judged = |change: &dyn Fn(&mut controller::Seen)| {
        let mut seen = theirs();
        change(&mut seen);
        let decision = controller::decide(&desired(), &seen);
        assert!(decision.writes().is_empty() && decision.adopted, "{decision:?}");
        decision
    };
    settled(&judged(&|_| ()));
    let unusable = Code::LoadBalancerControllerUnusable;
    assert_eq!(
        code(&judged(
            &|seen| seen.controllers[0].cluster = Some("other".to_owned())
        )),
        unusable
    );
    assert_eq!(code(&judged(&|seen| seen.controllers[0].available = 0)), unusable);
    assert_eq!(code(&judged(&|seen| seen.class = None)), unusable);
    assert_eq!(
        code(&judged(&|seen| seen.class_scheme = Some("internal".to_owned()))),
        unusable
    );
    // By the same release name, another version and other values.
    let by_helm = |mark: Option<&'static str>| {
        move |seen: &mut controller::Seen| {
            seen.release = release("aws-load-balancer-controller", "1.8.1", json!({"a": 1}), mark);
            seen.controllers = vec![controller_of(OWN_RELEASE)];
        }
    };
    let decision = judged(&by_helm(None));
    settled(&decision);
    assert!(decision.detail.contains("1.8.1"), "{}", decision.detail);
    settled(&judged(&by_helm(Some(OTHER))));
    // Another installation's that starts is waited for.
    let starting = judged(&|seen| {
        by_helm(Some(OTHER))(seen);
        seen.controllers[0].available = 0;
    });
    assert!(waiting(&starting).what.contains("available"));
    // A release of that name without a deployment makes no load balancer.
    let gone = judged(&|seen| {
        let values = controller::wanted(&desired(), Some("vpc-1")).values;
        seen.release = release("aws-load-balancer-controller", "3.5.0", values, None);
        seen.controllers = Vec::new();
    });
    assert_eq!(code(&gone), unusable);
}

#[test]
fn internal_is_the_class_s_word_and_is_not_laid_upon_others() {
    let mut internal = desired();
    internal.site.scheme = Scheme::Internal;
    let decision = controller::decide(&internal, &no_controller());
    assert_eq!(
        document(&decision.writes()[0])["ingressClassParams"],
        json!({"spec": {"scheme": "internal"}})
    );
    let mut seen = controller_seen(&desired());
    let update = controller::decide(&internal, &seen);
    assert_eq!(update.action, StepAction::Update);
    // The site's own Ingress of today is no other; somebody's is.
    seen.ingresses = vec![ingress()];
    assert_eq!(controller::decide(&internal, &seen).action, StepAction::Update);
    seen.ingresses.push(Ingress {
        namespace: "shop".to_owned(),
        name: "shop".to_owned(),
        annotations: notes(&[("scheme", "internet-facing")]),
        ..ingress()
    });
    let decision = controller::decide(&internal, &seen);
    assert_eq!(code(&decision), Code::LoadBalancerScheme);
    let Verdict::Blocked(stops) = &decision.verdict else {
        unreachable!()
    };
    assert!(stops[0].message.contains("`shop/shop`"));
    // Where the class is internal already nothing changes for anybody.
    seen.release = release(
        "aws-load-balancer-controller",
        "3.5.0",
        controller::wanted(&internal, Some("vpc-1")).values,
        Some(&ours()),
    );
    seen.class_scheme = Some("internal".to_owned());
    settled(&controller::decide(&internal, &seen));
    // Somebody's controller whose class does not say so can't serve an internal site.
    let theirs = controller::Seen {
        controllers: vec![controller_of(None)],
        class: Some(class()),
        ..no_controller()
    };
    assert_eq!(
        code(&controller::decide(&internal, &theirs)),
        Code::LoadBalancerControllerUnusable
    );
}

// ── the Ingress ─────────────────────────────────────────────────────────────────────────────────────────────────────

fn notes(pairs: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| (format!("alb.ingress.kubernetes.io/{name}"), (*value).to_owned()))
        .collect()
}

const DNS_NAME: &str = "albingextdemoingress-1234567890.us-east-2.elb.amazonaws.com";

fn ingress() -> Ingress {
    let mut annotations = notes(&[
        ("group.name", "ingext-community"),
        ("scheme", "internet-facing"),
        ("load-balancer-name", "albingextdemoingress"),
    ]);
    annotations.insert(
        "meta.helm.sh/release-name".to_owned(),
        "ingext-community-ingress-aws".to_owned(),
    );
    annotations.insert("meta.helm.sh/release-namespace".to_owned(), "ingext".to_owned());
    Ingress {
        namespace: "ingext".to_owned(),
        name: "ingext-ingress".to_owned(),
        class: Some("alb".to_owned()),
        annotations,
        hosts: vec!["lakehouse.k8.rehearsal.test".to_owned()],
        services: ["api", "fluency8", "platform-service"].map(str::to_owned).into(),
        address: Some(DNS_NAME.to_owned()),
        ..Ingress::default()
    }
}

fn redirecting() -> Ingress {
    let object = redirect::object(&desired());
    let marks = |at: &str| serde_json::from_value(object.pointer(at).unwrap().clone()).unwrap();
    Ingress {
        namespace: "ingext".to_owned(),
        name: redirect::name(&desired()),
        class: Some("alb".to_owned()),
        labels: marks("/metadata/labels"),
        annotations: marks("/metadata/annotations"),
        hosts: vec!["lakehouse.k8.rehearsal.test".to_owned()],
        ..Ingress::default()
    }
}

fn target(state: &str) -> Target {
    Target {
        id: "192.168.1.2".to_owned(),
        port: Some(8002),
        state: state.to_owned(),
        reason: (state == "unhealthy").then(|| "Target.ResponseCodeMismatch".to_owned()),
        said: if state == "unhealthy" {
            "Health checks failed with these codes: [503]".to_owned()
        } else {
            String::new()
        },
    }
}

fn balanced() -> Balanced {
    Balanced {
        balancer: Some(Balancer {
            arn:
                "arn:aws:elasticloadbalancing:us-east-2:000000000000:loadbalancer/app/albingextdemoingress/1"
                    .to_owned(),
            name: "albingextdemoingress".to_owned(),
            dns_name: DNS_NAME.to_owned(),
            zone_id: "Z3AADJGX6KTTL2".to_owned(),
            scheme: "internet-facing".to_owned(),
            state: "active".to_owned(),
            said: String::new(),
            vpc: "vpc-1".to_owned(),
        }),
        tags: [
            ("elbv2.k8s.aws/cluster", "demo"),
            ("ingress.k8s.aws/stack", "ingext-community"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into(),
        groups: ["a", "b", "c"]
            .map(|name| Group {
                name: format!("k8s-ingext-{name}-0123456789"),
                targets: vec![target("healthy")],
            })
            .into(),
        events: Vec::new(),
        at: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn standing() -> site_ingress::Seen {
    let values = site_ingress::wanted(&desired()).values;
    site_ingress::Seen {
        release: release("ingext-community-ingress-aws", "1.0.0", values, Some(&ours())),
        ingresses: vec![ingress(), redirecting()],
        balanced: balanced(),
    }
}

fn nothing() -> site_ingress::Seen {
    site_ingress::Seen {
        release: Release::Absent,
        ingresses: Vec::new(),
        balanced: Balanced::default(),
    }
}

fn event(reason: &str, said: &str) -> Event {
    Event {
        of: "Ingress".to_owned(),
        name: "ingext-ingress".to_owned(),
        source: "ingress".to_owned(),
        kind: "Warning".to_owned(),
        reason: reason.to_owned(),
        said: said.to_owned(),
        count: 1,
        last: None,
    }
}

#[test]
fn the_site_s_ingress_comes_by_its_chart_and_its_redirect_beside_it() {
    let decision = site_ingress::decide(&desired(), &nothing());
    assert_eq!(decision.action, StepAction::Create);
    let [chart, redirect] = decision.writes() else {
        panic!("two writes")
    };
    assert_eq!(
        document(chart),
        json!({
            "siteDomain": "lakehouse.k8.rehearsal.test", "loadBalancerName": "albingextdemoingress",
            "certArn": "arn:aws:acm:us-east-2:000000000000:certificate/0123-4567"
        })
    );
    assert_eq!(
        words(redirect).join(" "),
        "apply --server-side --field-manager lakehouse -f - -o name --request-timeout 15s"
    );
    assert_eq!(redirect.to, WriteTo::Cluster);
    assert_eq!(
        document(redirect),
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {
                "name": "ingext-https-redirect", "namespace": "ingext", "labels": {CREATED_BY: ours()},
                "annotations": {
                    "alb.ingress.kubernetes.io/group.name": "ingext-community",
                    "alb.ingress.kubernetes.io/listen-ports": "[{\"HTTP\":80}]",
                    "alb.ingress.kubernetes.io/ssl-redirect": "443"
                }
            },
            "spec": {"ingressClassName": "alb", "rules": [{"host": "lakehouse.k8.rehearsal.test"}]}
        })
    );
    let done = site_ingress::decide(&desired(), &standing());
    settled(&done);
    assert_eq!(
        (done.action, &done.desired),
        (StepAction::Unchanged, &decision.desired)
    );
    assert!(done.detail.contains("3 of 3"), "{}", done.detail);
}

#[test]
fn a_redirect_that_is_being_deleted_is_never_taken_for_one_that_leads_to_https() {
    for change in [false, true] {
        let mut seen = standing();
        seen.ingresses[1].leaving = true;
        if change {
            seen.ingresses[1].annotations.clear();
        }
        let decision = site_ingress::decide(&desired(), &seen);
        assert_eq!(code(&decision), Code::OperationInProgress);
        assert!(decision.writes().is_empty());
    }
}

#[test]
fn a_redirect_that_was_changed_is_put_back_and_one_of_somebody_s_is_in_the_way() {
    let mut seen = standing();
    seen.ingresses[1].annotations.clear();
    let decision = site_ingress::decide(&desired(), &seen);
    assert_eq!(
        (decision.action, verbs(&decision)),
        (StepAction::Update, vec!["--server-side".to_owned()])
    );
    seen.ingresses[1].labels.clear();
    assert_eq!(
        code(&site_ingress::decide(&desired(), &seen)),
        Code::OwnedByOthers
    );
    // The chart's own Ingress, made by somebody by hand.
    let mut seen = nothing();
    seen.ingresses = vec![Ingress {
        annotations: notes(&[]),
        ..ingress()
    }];
    assert_eq!(
        code(&site_ingress::decide(&desired(), &seen)),
        Code::OwnedByOthers
    );
}

#[test]
fn another_namespace_s_ingress_in_the_group_is_named_and_a_guest_is_let_be() {
    let mut seen = nothing();
    let other = |pairs: &[(&str, &str)]| Ingress {
        namespace: "other".to_owned(),
        name: "other-ingress".to_owned(),
        annotations: notes(pairs),
        ..ingress()
    };
    for (name, value) in [
        ("load-balancer-name", "alb-other-demo-01234567"),
        ("scheme", "internal"),
        ("ssl-redirect", "8443"),
    ] {
        seen.ingresses = vec![other(&[("group.name", "ingext-community"), (name, value)])];
        let decision = site_ingress::decide(&desired(), &seen);
        assert_eq!(code(&decision), Code::IngressGroupTaken, "{name}");
        let Verdict::Blocked(stops) = &decision.verdict else {
            unreachable!()
        };
        assert!(
            stops[0].message.contains("`other/other-ingress`"),
            "{}",
            stops[0].message
        );
    }
    for guest in [
        other(&[("group.name", "ingext-community")]),
        other(&[("group.name", "shop"), ("load-balancer-name", "shop")]),
        Ingress {
            class: Some("nginx".to_owned()),
            ..other(&[("group.name", "ingext-community"), ("load-balancer-name", "x")])
        },
    ] {
        seen.ingresses = vec![guest];
        assert_eq!(site_ingress::decide(&desired(), &seen).action, StepAction::Create);
    }
}

#[test]
fn a_load_balancer_of_the_name_that_is_not_the_cluster_s_is_in_the_way() {
    for tags in [
        &[][..],
        &[
            ("elbv2.k8s.aws/cluster", "other"),
            ("ingress.k8s.aws/stack", "ingext-community"),
        ],
    ] {
        let mut seen = nothing();
        seen.balanced = balanced();
        seen.balanced.tags = tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(
            code(&site_ingress::decide(&desired(), &seen)),
            Code::LoadBalancerNameTaken
        );
    }
}

#[test]
fn until_the_load_balancer_answers_it_is_said_what_is_missing_and_why() {
    let judged = |change: &dyn Fn(&mut site_ingress::Seen)| {
        let mut seen = standing();
        change(&mut seen);
        site_ingress::decide(&desired(), &seen)
    };
    let what = |decision: &Decision| waiting(decision).what.clone();
    assert!(what(&judged(&|seen| seen.ingresses[0].address = None)).contains("address"));
    assert!(what(&judged(&|seen| seen.balanced.balancer = None)).contains("load balancer"));
    let state = |state: &'static str| {
        judged(&move |seen| seen.balanced.balancer.as_mut().unwrap().state = state.to_owned())
    };
    assert!(waiting(&state("provisioning")).why.is_empty());
    assert!(first_reason(&state("failed")).hopeless);
    assert!(!first_reason(&state("active_impaired")).hopeless);
    assert!(
        what(&judged(&|seen| {
            seen.balanced.groups.pop();
        }))
        .contains("2 of 3 services")
    );
    let targets =
        |targets: Vec<Target>| judged(&move |seen| seen.balanced.groups[1].targets.clone_from(&targets));
    let initial = targets(vec![target("initial")]);
    assert!(waiting(&initial).why.is_empty() && what(&initial).contains("2 of 3 are healthy"));
    let sick = targets(vec![target("healthy"), target("unhealthy")]);
    let reason = first_reason(&sick);
    assert_eq!(reason.stop.code, Code::TargetsUnhealthy);
    assert!(reason.stop.message.contains("Target.ResponseCodeMismatch"));
    assert_eq!(
        reason.stop.said.as_deref(),
        Some("Health checks failed with these codes: [503]")
    );
    assert!(
        !reason.stop.message.contains("[503]"),
        "AWS's words stand only where they may"
    );
    let empty = targets(Vec::new());
    assert!(first_reason(&empty).stop.message.contains("no targets"));
    settled(&targets(vec![target("healthy"), target("draining")]));
    assert!(
        first_reason(&targets(vec![target("draining")]))
            .stop
            .message
            .contains("no targets")
    );
}

#[test]
fn the_controller_s_last_word_counts_and_says_whether_waiting_helps() {
    let judged = |events: Vec<Event>| {
        let mut seen = standing();
        seen.balanced.balancer = None;
        seen.ingresses[0].address = None;
        seen.balanced.events = events;
        site_ingress::decide(&desired(), &seen)
    };
    let failed = |said: &str| judged(vec![event("FailedDeployModel", said)]);
    let denied = failed(
        "Failed deploy model due to operation error EC2: CreateSecurityGroup, api error UnauthorizedOperation: You are not authorized",
    );
    assert!(!first_reason(&denied).hopeless);
    assert!(first_reason(&denied).stop.message.contains("role does not allow"));
    let subnets = judged(vec![event(
        "FailedBuildModel",
        "Failed build model due to couldn't auto-discover subnets: …",
    )]);
    assert!(first_reason(&subnets).hopeless);
    assert!(
        first_reason(&subnets)
            .stop
            .message
            .contains("kubernetes.io/role/elb")
    );
    let no_role = failed("… no EC2 IMDS role found, operation error ec2imds: GetMetadata …");
    assert!(first_reason(&no_role).stop.remedy.contains("rollout restart"));
    assert!(!first_reason(&failed("something new")).hopeless);
    assert_eq!(
        first_reason(&failed("something new")).stop.said.as_deref(),
        Some("something new")
    );
    let mended = judged(vec![
        event("FailedDeployModel", "x"),
        event("SuccessfullyReconciled", "y"),
    ]);
    assert!(waiting(&mended).why.is_empty());
    // Words of the same second: the good one counts. An old one is no proof of what it would say now.
    let at = |seconds: i64, event: Event| Event {
        last: jiff::Timestamp::from_second(seconds).ok(),
        ..event
    };
    let aged = |age: i64| {
        let mut seen = standing();
        seen.balanced.at = jiff::Timestamp::from_second(1000 + age).unwrap();
        seen.balanced.events = vec![at(
            1000,
            event("FailedBuildModel", "couldn't auto-discover subnets"),
        )];
        site_ingress::decide(&desired(), &seen)
    };
    assert!(first_reason(&aged(100)).hopeless && !first_reason(&aged(200)).hopeless);
    let tied = judged(vec![
        at(1000, event("SuccessfullyReconciled", "y")),
        at(1000, event("FailedDeployModel", "x")),
    ]);
    assert!(waiting(&tied).why.is_empty());
    let broken = judged(vec![
        at(1000, event("SuccessfullyReconciled", "y")),
        at(1001, event("FailedDeployModel", "x")),
    ]);
    assert_eq!(first_reason(&broken).stop.code, Code::LoadBalancerNotMade);
    // What stood before, and can't be changed now, is no success.
    let mut seen = standing();
    seen.balanced.events = vec![event(
        "FailedBuildModel",
        "conflicting load balancer name: map[a:{} b:{}]",
    )];
    assert!(first_reason(&site_ingress::decide(&desired(), &seen)).hopeless);
}

#[test]
fn another_scheme_is_told_as_a_load_balancer_that_is_made_anew() {
    let mut internal = desired();
    internal.site.scheme = Scheme::Internal;
    let decision = site_ingress::decide(&internal, &standing());
    assert!(waiting(&decision).what.contains("internet-facing → internal"));
    assert_eq!(decision.warnings[0].code, Code::LoadBalancerScheme);
    assert_ne!(
        decision.desired,
        site_ingress::decide(&desired(), &standing()).desired
    );
}

#[test]
fn a_target_that_leaves_is_not_counted() {
    let mut seen = balanced();
    seen.groups[0].targets.push(target("draining"));
    seen.groups[0].targets.push(target("unhealthy"));
    let health = balancer::health(&seen);
    assert_eq!((health.healthy, health.total), (3, 4));
}
