//! The clients of load balancers, of Route53's changes and of Ingresses: their command lines, and what they make of
//! recorded answers, of cut ones and of refusals.

mod steps_support;

use lakehouse::clients::aws::classify::classify_aws;
use lakehouse::clients::aws::elbv2::balancer::{
    parse_balancer, parse_balancer_tags, parse_target_groups, parse_targets,
};
use lakehouse::clients::aws::route53::changes::{alias_batch, change_ask, parse_change};
use lakehouse::clients::aws::{Elbv2, Route53};
use lakehouse::clients::kubeconfig::ClusterAccess;
use lakehouse::clients::kubectl::Kubectl;
use lakehouse::clients::{ErrorClass, ParseFailure};
use lakehouse::gateway::read_only::is_reading;
use serde_json::json;
use steps_support::{Script, recorded};

fn arn_of(case: &str) -> String {
    let argv = recorded(case).argv;
    argv[4].clone()
}

/// The answer is taken whole, and no beginning of it.
fn whole<T>(case: &str, parse: impl Fn(&[u8]) -> Result<T, ParseFailure>) -> T {
    let bytes = recorded(case).stdout;
    let end = bytes.trim_ascii_end().len();
    for cut in 0..end {
        assert!(parse(&bytes[..cut]).is_err(), "{case} cut at {cut}");
    }
    parse(&bytes).unwrap_or_else(|failure| panic!("{case}: {failure:?}"))
}

#[test]
fn recorded_answers_are_read() {
    let active = whole("aws/describe-load-balancers/active", |bytes| {
        parse_balancer(bytes, "recorded")
    });
    assert_eq!(
        (active.state.as_str(), active.scheme.as_str()),
        ("active", "internet-facing")
    );
    assert_eq!(active.zone_id, "Z3AADJGX6KTTL2");
    assert!(active.dns_name.starts_with("recorded-") && active.vpc == "vpc-0b000000000000001");
    let fresh = whole("aws/describe-load-balancers/provisioning", |bytes| {
        parse_balancer(bytes, "recorded")
    });
    assert_eq!(fresh.state, "provisioning");
    let tags = whole("aws/describe-tags/good", |bytes| {
        parse_balancer_tags(bytes, &arn_of("aws/describe-tags/good"))
    });
    assert_eq!(tags["elbv2.k8s.aws/cluster"], "demo");
    let groups = whole("aws/describe-target-groups/good", parse_target_groups);
    assert_eq!(groups[0].name, "k8s-ingext-api-0123456789");
    assert!(whole("aws/describe-target-groups/none", parse_target_groups).is_empty());
    let targets = whole("aws/describe-target-health/good", parse_targets);
    assert_eq!(
        (targets[0].id.as_str(), targets[0].port),
        ("10.0.0.7", Some(8002))
    );
    assert_eq!(
        (targets[0].state.as_str(), &targets[0].reason),
        ("healthy", &None)
    );
    assert!(whole("aws/describe-target-health/none", parse_targets).is_empty());
    assert!(!whole("aws/change-resource-record-sets/good", parse_change).in_sync);
    assert!(!whole("aws/get-change/pending", parse_change).in_sync);
    assert!(whole("aws/get-change/good", parse_change).in_sync);
}

#[test]
fn an_answer_about_another_thing_is_none() {
    let bytes = recorded("aws/describe-load-balancers/active").stdout;
    assert!(parse_balancer(&bytes, "other").is_err());
    let bytes = recorded("aws/describe-tags/good").stdout;
    assert!(
        parse_balancer_tags(
            &bytes,
            "arn:aws:elasticloadbalancing:us-east-2:0:loadbalancer/app/x/1"
        )
        .is_err()
    );
    let none = br#"{"LoadBalancers": []}"#;
    assert!(
        parse_balancer(none, "recorded").is_err(),
        "an empty list is no load balancer"
    );
    let more = br#"{"TargetGroups": [], "NextMarker": "x"}"#;
    assert_eq!(parse_target_groups(more), Err(ParseFailure::Cut));
    let unhealthy = json!({"TargetHealthDescriptions": [{
        "Target": {"Id": "i-0123456789abcdef0"},
        "TargetHealth": {"State": "unhealthy", "Reason": "Target.FailedHealthChecks", "Description": "Health checks failed\u{1b}[2J"}
    }]});
    let found = parse_targets(unhealthy.to_string().as_bytes()).unwrap();
    assert_eq!(found[0].reason.as_deref(), Some("Target.FailedHealthChecks"));
    assert!(!found[0].said.contains('\u{1b}'));
}

#[test]
fn absence_is_aws_s_own_word_and_a_record_that_is_there_is_told_apart() {
    let class = |case: &str| classify_aws(254, &recorded(case).stderr).0;
    assert_eq!(class("aws/describe-load-balancers/absent"), ErrorClass::Absent);
    assert_eq!(class("aws/get-change/absent"), ErrorClass::Absent);
    assert_eq!(class("aws/change-resource-record-sets/again"), ErrorClass::Exists);
    let other = "\nAn error occurred (InvalidChangeBatch) when calling the ChangeResourceRecordSets operation: [RRSet with DNS name x. is not permitted in zone y.]\n";
    assert_eq!(classify_aws(254, other).0, ErrorClass::Rejected);
    let absent = Script::default().on(
        "aws elbv2 describe-load-balancers",
        254,
        "",
        &recorded("aws/describe-load-balancers/absent").stderr,
    );
    assert_eq!(Elbv2 { gateway: &absent }.balancer("recorded"), Ok(None));
    let denied = "\nAn error occurred (AccessDenied) when calling the DescribeLoadBalancers operation: no\n";
    let denied = Script::default().on("aws elbv2 describe-load-balancers", 254, "", denied);
    let error = Elbv2 { gateway: &denied }.balancer("recorded").unwrap_err();
    assert_eq!(
        (error.class, error.action),
        (ErrorClass::Denied, "elasticloadbalancing:DescribeLoadBalancers")
    );
}

#[test]
fn command_lines_are_as_agreed_and_only_look() {
    let script = Script::default().on("", 1, "", "no");
    let gateway = &script;
    let arn = "arn:aws:elasticloadbalancing:us-east-2:000000000000:x/1";
    let elbv2 = Elbv2 { gateway };
    let _ = elbv2.balancer("b");
    let _ = elbv2.balancer_tags(arn);
    let _ = elbv2.target_groups(arn);
    let _ = elbv2.targets(arn);
    let _ = Route53 { gateway }.change("/change/C1");
    let access = ClusterAccess {
        kubeconfig: "/k".to_owned(),
        context: "c".to_owned(),
        expires: jiff::Timestamp::UNIX_EPOCH,
    };
    let kubectl = Kubectl {
        gateway,
        access: &access,
    };
    let _ = kubectl.ingresses();
    let _ = kubectl.ingress_class("alb");
    let _ = kubectl.class_scheme("alb");
    let _ = kubectl.controllers("aws-load-balancer-controller");
    let lines: Vec<String> = script
        .given()
        .iter()
        .map(|spec| {
            assert!(is_reading(spec.tool, &spec.args), "{:?}", spec.argv());
            spec.argv().join(" ")
        })
        .collect();
    let flags = "-o json --kubeconfig /k --context c --request-timeout 15s";
    assert_eq!(
        lines,
        [
            "aws elbv2 describe-load-balancers --names b --output json".to_owned(),
            format!("aws elbv2 describe-tags --resource-arns {arn} --output json"),
            format!("aws elbv2 describe-target-groups --load-balancer-arn {arn} --output json"),
            format!("aws elbv2 describe-target-health --target-group-arn {arn} --output json"),
            "aws route53 get-change --id /change/C1 --output json".to_owned(),
            format!("kubectl get ingresses.networking.k8s.io -A {flags}"),
            format!("kubectl get ingressclasses.networking.k8s.io alb {flags}"),
            format!("kubectl get ingressclassparams.elbv2.k8s.aws alb {flags}"),
            format!(
                "kubectl get deployments.apps -A -l app.kubernetes.io/name=aws-load-balancer-controller {flags}"
            ),
        ]
    );
    let write = change_ask(
        "/hostedzone/Z1",
        "a.test",
        &alias_batch(None, "a.test", "b.test", "Z2"),
    );
    assert!(!is_reading(write.spec.tool, &write.spec.args));
    assert_eq!(write.action, "route53:ChangeResourceRecordSets");
}
