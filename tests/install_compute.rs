//! Compute's steps, decided: what a wrong decision here breaks is Karpenter, or another cluster's.

mod install_support;

use install_support::{code, desired, document, flag_value, ours, verbs, words};
use lakehouse::clients::aws::cloudformation::{Stack, parse_stack};
use lakehouse::clients::aws::ec2::{Route, RouteTable};
use lakehouse::clients::aws::eks::AccessEntry;
use lakehouse::clients::kubectl::{Crd, Deployment};
use lakehouse::model::CREATED_BY;
use lakehouse::report::{Code, StepAction};
use lakehouse::steps::install::compute::discovery_tags::{
    self, Bearer, DISCOVERY, Observed as Tagged, is_private,
};
use lakehouse::steps::install::compute::karpenter::{
    KINDS, decide_controller, decide_kinds, wanted_controller, wanted_kinds,
};
use lakehouse::steps::install::compute::{
    controller_policy, karpenter_association, karpenter_stack, karpenter_template, node_access, spot_role,
};
use lakehouse::steps::install::release::{Found, Observed};
use lakehouse::steps::install::{Decision, Desired, Verdict, stack};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const OTHER: &str = "lh-0000000000000000";

fn statements() -> Vec<Value> {
    let template = karpenter_template::template(&desired());
    let resources = &template["Resources"];
    let role = &resources["KarpenterControllerRole"]["Properties"];
    assert_eq!(
        role["ManagedPolicyArns"],
        json!([{"Ref": "KarpenterControllerPolicy"}])
    );
    let managed = &resources["KarpenterControllerPolicy"]["Properties"]["PolicyDocument"];
    let inline = &role["Policies"][0]["PolicyDocument"];
    [managed, inline]
        .iter()
        .flat_map(|policy| policy["Statement"].as_array().unwrap().clone())
        .collect()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().map(|it| it.as_str().unwrap().to_owned()).collect(),
        other => panic!("{other}"),
    }
}

/// Karpenter's own template of 1.8.3, statement by statement: Sid, actions, resource types or resources.
#[test]
fn the_controller_may_do_what_its_own_guide_says_and_no_more() {
    let launch = ["ec2:RunInstances", "ec2:CreateFleet"].as_slice();
    let ec2 = |types: &str| -> Vec<String> {
        types
            .split(' ')
            .map(|kind| match kind {
                "image" | "snapshot" => format!("arn:aws:ec2:us-east-2::{kind}/*"),
                _ => format!("arn:aws:ec2:us-east-2:*:{kind}/*"),
            })
            .collect()
    };
    let one = |text: &str| vec![text.to_owned()];
    let made = "fleet instance volume network-interface launch-template spot-instances-request";
    let profiles = one("arn:aws:iam::000000000000:instance-profile/*");
    let wanted: Vec<(&str, &[&str], Vec<String>)> = vec![
        (
            "AllowScopedEC2InstanceAccessActions",
            launch,
            ec2("image snapshot security-group subnet capacity-reservation"),
        ),
        (
            "AllowScopedEC2LaunchTemplateAccessActions",
            launch,
            ec2("launch-template"),
        ),
        (
            "AllowScopedEC2InstanceActionsWithTags",
            &["ec2:RunInstances", "ec2:CreateFleet", "ec2:CreateLaunchTemplate"],
            ec2(&format!("{made} capacity-reservation")),
        ),
        (
            "AllowScopedResourceCreationTagging",
            &["ec2:CreateTags"],
            ec2(made),
        ),
        ("AllowScopedResourceTagging", &["ec2:CreateTags"], ec2("instance")),
        (
            "AllowScopedDeletion",
            &["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"],
            ec2("instance launch-template"),
        ),
        (
            "AllowRegionalReadActions",
            &[
                "ec2:DescribeCapacityReservations",
                "ec2:DescribeImages",
                "ec2:DescribeInstances",
                "ec2:DescribeInstanceTypeOfferings",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSpotPriceHistory",
                "ec2:DescribeSubnets",
            ],
            one("*"),
        ),
        (
            "AllowSSMReadActions",
            &["ssm:GetParameter"],
            one("arn:aws:ssm:us-east-2::parameter/aws/service/*"),
        ),
        ("AllowPricingReadActions", &["pricing:GetProducts"], one("*")),
        (
            "AllowInterruptionQueueActions",
            &["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            one("arn:aws:sqs:us-east-2:000000000000:demo"),
        ),
        (
            "AllowPassingInstanceRole",
            &["iam:PassRole"],
            one("arn:aws:iam::000000000000:role/KarpenterNodeRole-demo"),
        ),
        (
            "AllowScopedInstanceProfileCreationActions",
            &["iam:CreateInstanceProfile"],
            profiles.clone(),
        ),
        (
            "AllowScopedInstanceProfileTagActions",
            &["iam:TagInstanceProfile"],
            profiles.clone(),
        ),
        (
            "AllowScopedInstanceProfileActions",
            &[
                "iam:AddRoleToInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
                "iam:DeleteInstanceProfile",
            ],
            profiles.clone(),
        ),
        (
            "AllowInstanceProfileReadActions",
            &["iam:GetInstanceProfile"],
            profiles,
        ),
        (
            "AllowUnscopedInstanceProfileListAction",
            &["iam:ListInstanceProfiles"],
            one("*"),
        ),
        (
            "AllowAPIServerEndpointDiscovery",
            &["eks:DescribeCluster"],
            one("arn:aws:eks:us-east-2:000000000000:cluster/demo"),
        ),
    ];
    let found = statements();
    assert_eq!(found.len(), wanted.len());
    for (sid, actions, resources) in wanted {
        let statement = found
            .iter()
            .find(|it| it["Sid"] == sid)
            .unwrap_or_else(|| panic!("{sid}"));
        assert_eq!(statement["Effect"], "Allow", "{sid}");
        assert_eq!(texts(&statement["Action"]), actions, "{sid}");
        assert_eq!(texts(&statement["Resource"]), resources, "{sid}");
    }
}

/// The conditions, in the same order of care: without one of them Karpenter could end somebody else's instances.
#[test]
fn the_controller_is_held_to_what_is_its_own_clusters() {
    let owned = "kubernetes.io/cluster/demo";
    let (resource, request) = (
        format!("aws:ResourceTag/{owned}"),
        format!("aws:RequestTag/{owned}"),
    );
    let name = "aws:RequestTag/eks:eks-cluster-name";
    let pool = |scope: &str| json!({ format!("aws:{scope}/karpenter.sh/nodepool"): "*" });
    let (region, class) = ("topology.kubernetes.io/region", "karpenter.k8s.aws/ec2nodeclass");
    let wanted = [
        ("AllowScopedEC2InstanceAccessActions", Value::Null),
        (
            "AllowScopedEC2LaunchTemplateAccessActions",
            json!({"StringEquals": {&resource: "owned"}, "StringLike": pool("ResourceTag")}),
        ),
        (
            "AllowScopedEC2InstanceActionsWithTags",
            json!({"StringEquals": {&request: "owned", name: "demo"}, "StringLike": pool("RequestTag")}),
        ),
        (
            "AllowScopedResourceCreationTagging",
            json!({"StringEquals": {&request: "owned", name: "demo",
                "ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"]},
                "StringLike": pool("RequestTag")}),
        ),
        (
            "AllowScopedResourceTagging",
            json!({"StringEquals": {&resource: "owned"}, "StringLike": pool("ResourceTag"),
                "StringEqualsIfExists": {name: "demo"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"]}}),
        ),
        (
            "AllowScopedDeletion",
            json!({"StringEquals": {&resource: "owned"}, "StringLike": pool("ResourceTag")}),
        ),
        (
            "AllowRegionalReadActions",
            json!({"StringEquals": {"aws:RequestedRegion": "us-east-2"}}),
        ),
        (
            "AllowPassingInstanceRole",
            json!({"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}}),
        ),
        (
            "AllowScopedInstanceProfileCreationActions",
            json!({"StringEquals": {&request: "owned", name: "demo", format!("aws:RequestTag/{region}"): "us-east-2"},
                "StringLike": {format!("aws:RequestTag/{class}"): "*"}}),
        ),
        (
            "AllowScopedInstanceProfileTagActions",
            json!({"StringEquals": {&resource: "owned", &request: "owned", name: "demo",
                format!("aws:ResourceTag/{region}"): "us-east-2", format!("aws:RequestTag/{region}"): "us-east-2"},
                "StringLike": {format!("aws:ResourceTag/{class}"): "*", format!("aws:RequestTag/{class}"): "*"}}),
        ),
        (
            "AllowScopedInstanceProfileActions",
            json!({"StringEquals": {&resource: "owned", format!("aws:ResourceTag/{region}"): "us-east-2"},
                "StringLike": {format!("aws:ResourceTag/{class}"): "*"}}),
        ),
        ("AllowInstanceProfileReadActions", Value::Null),
        ("AllowAPIServerEndpointDiscovery", Value::Null),
    ];
    let found = statements();
    for (sid, condition) in wanted {
        let statement = found.iter().find(|it| it["Sid"] == sid).unwrap();
        assert_eq!(statement["Condition"], condition, "{sid}");
    }
}

#[test]
fn the_policies_of_the_longest_cluster_name_fit_into_iams_limits() {
    let mut desired = desired();
    desired.target.cluster = "c".repeat(46).parse().unwrap();
    desired.target.region = "ap-southeast-2".parse().unwrap();
    let node_role = desired.target.role_arn(&desired.karpenter_node_role());
    let queue = format!(
        "arn:aws:sqs:ap-southeast-2:000000000000:{}",
        desired.karpenter_queue()
    );
    // IAM counts no white space; serde_json writes none, but for that in texts.
    let managed = controller_policy::document(&desired.target, &queue, &node_role).to_string();
    assert!(managed.len() <= 6144, "{}", managed.len());
    let inline = controller_policy::profiles_document(&desired.target).to_string();
    assert!(inline.len() <= 10_240, "{}", inline.len());
}

#[test]
fn the_stack_holds_roles_queue_and_rules_and_nothing_of_the_installation() {
    let template = karpenter_template::template(&desired());
    let resources = template["Resources"].as_object().unwrap();
    let kinds: BTreeMap<&str, &str> = resources
        .iter()
        .map(|(name, one)| (name.as_str(), one["Type"].as_str().unwrap()))
        .collect();
    let wanted = BTreeMap::from([
        ("KarpenterNodeRole", "AWS::IAM::Role"),
        ("KarpenterControllerRole", "AWS::IAM::Role"),
        ("KarpenterControllerPolicy", "AWS::IAM::ManagedPolicy"),
        ("KarpenterInterruptionQueue", "AWS::SQS::Queue"),
        ("KarpenterInterruptionQueuePolicy", "AWS::SQS::QueuePolicy"),
        ("ScheduledChangeRule", "AWS::Events::Rule"),
        ("SpotInterruptionRule", "AWS::Events::Rule"),
        ("RebalanceRule", "AWS::Events::Rule"),
        ("InstanceStateChangeRule", "AWS::Events::Rule"),
    ]);
    assert_eq!(kinds, wanted);
    let node = &resources["KarpenterNodeRole"]["Properties"];
    assert_eq!(node["RoleName"], "KarpenterNodeRole-demo");
    assert_eq!(
        node["ManagedPolicyArns"],
        json!([
            "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
            "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
            "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
            "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
        ])
    );
    let controller = &resources["KarpenterControllerRole"]["Properties"];
    assert_eq!(controller["RoleName"], "demo-karpenter");
    let trust = &controller["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(trust["Principal"], json!({"Service": "pods.eks.amazonaws.com"}));
    assert_eq!(
        trust["Condition"]["StringEquals"]["aws:RequestTag/kubernetes-service-account"],
        "karpenter"
    );
    assert_eq!(
        resources["KarpenterInterruptionQueue"]["Properties"],
        json!({"QueueName": "demo", "MessageRetentionPeriod": 300, "SqsManagedSseEnabled": true})
    );
    assert_eq!(
        resources["SpotInterruptionRule"]["Properties"]["EventPattern"],
        json!({"source": ["aws.ec2"], "detail-type": ["EC2 Spot Instance Interruption Warning"]})
    );
    assert_eq!(
        resources["ScheduledChangeRule"]["Properties"]["Targets"][0]["Id"],
        "KarpenterInterruptionQueueTarget"
    );
    let mut second = desired();
    second.target.namespace = "other".parse().unwrap();
    assert_eq!(template, karpenter_template::template(&second));
    assert!(template.to_string().len() <= 51_200);
}

fn karpenter_stack_of(mark: &str, status: &str) -> stack::Observed {
    let text = json!({"Stacks": [{
        "StackName": "Karpenter-demo",
        "StackId": "arn:aws:cloudformation:us-east-2:000000000000:stack/Karpenter-demo/1",
        "StackStatus": status,
        "CreationTime": "2026-11-24T00:00:00Z",
        "Tags": [{"Key": CREATED_BY, "Value": mark}],
    }]})
    .to_string();
    let stack: Stack = parse_stack(text.as_bytes(), "Karpenter-demo").unwrap();
    stack::Observed {
        changed_before: Some(stack.changed),
        stack: Some(stack),
        template: Some(karpenter_template::template(&desired())),
        failed: Vec::new(),
        parts: Some(
            [
                "role `KarpenterNodeRole-demo`",
                "role `demo-karpenter`",
                "queue `demo`",
            ]
            .map(str::to_owned)
            .to_vec(),
        ),
    }
}

fn of_stack(observed: &stack::Observed) -> Decision {
    stack::decide(&desired(), &karpenter_stack::wanted(&desired()), observed, true)
}

#[test]
fn another_installations_stack_is_used_as_it_is_or_stops_the_install() {
    let mine = of_stack(&karpenter_stack_of(&ours(), "CREATE_COMPLETE"));
    assert!(matches!(mine.verdict, Verdict::Settled) && !mine.adopted);
    let theirs = of_stack(&karpenter_stack_of(OTHER, "UPDATE_COMPLETE"));
    assert!(matches!(theirs.verdict, Verdict::Settled) && theirs.adopted);
    let mut older = karpenter_stack_of(OTHER, "CREATE_COMPLETE");
    older.template = Some(json!({"Resources": {}}));
    assert_eq!(code(&of_stack(&older)), Code::StackForeign);
    let busy = of_stack(&karpenter_stack_of(OTHER, "CREATE_IN_PROGRESS"));
    assert_eq!(code(&busy), Code::StackForeign);
    assert_eq!(
        code(&of_stack(&karpenter_stack_of("me", "CREATE_COMPLETE"))),
        Code::StackForeign
    );
}

#[test]
fn a_queue_or_role_of_somebody_else_stops_before_the_stack_is_made() {
    let observed = stack::Observed {
        stack: None,
        template: None,
        failed: Vec::new(),
        changed_before: None,
        parts: Some(vec!["queue `demo`".to_owned()]),
    };
    let decision = of_stack(&observed);
    assert_eq!(code(&decision), Code::StackPartTaken);
    let Verdict::Blocked(stops) = decision.verdict else {
        panic!()
    };
    assert!(stops[0].remedy.contains("aws sqs delete-queue") && !stops[0].remedy.contains("delete-role"));
}

fn entry(kind: &str, mark: Option<&str>) -> AccessEntry {
    AccessEntry {
        arn: "arn:aws:eks:us-east-2:000000000000:access-entry/demo/role/x".to_owned(),
        kind: kind.to_owned(),
        groups: Vec::new(),
        tags: mark
            .map(|mark| (CREATED_BY.to_owned(), mark.to_owned()))
            .into_iter()
            .collect(),
    }
}

#[test]
fn nodes_are_let_in_once_and_a_persons_entry_is_not_changed() {
    let desired = desired();
    let made = node_access::decide(&desired, None);
    assert_eq!(
        words(&made.writes()[0])[..8],
        [
            "eks",
            "create-access-entry",
            "--cluster-name",
            "demo",
            "--principal-arn",
            "arn:aws:iam::000000000000:role/KarpenterNodeRole-demo",
            "--type",
            "EC2_LINUX",
        ]
    );
    let id = ours();
    let settled = node_access::decide(&desired, Some(&entry("EC2_LINUX", Some(&id))));
    assert!(matches!(settled.verdict, Verdict::Settled) && !settled.adopted);
    assert_eq!(settled.desired, made.desired);
    for mark in [None, Some(OTHER)] {
        let theirs = node_access::decide(&desired, Some(&entry("EC2_LINUX", mark)));
        assert!(matches!(theirs.verdict, Verdict::Settled) && theirs.adopted);
    }
    let person = node_access::decide(&desired, Some(&entry("STANDARD", Some(&id))));
    assert_eq!(code(&person), Code::AccessEntryTaken);
}

#[test]
fn karpenters_service_account_is_the_one_that_its_role_trusts() {
    let wanted = karpenter_association::wanted(&desired());
    assert_eq!(wanted.subject(), "kube-system/karpenter");
    assert_eq!(wanted.role_arn, "arn:aws:iam::000000000000:role/demo-karpenter");
    let values = wanted_controller(&desired()).values;
    assert_eq!(values["serviceAccount"]["name"], "karpenter");
}

fn bearer(id: &str, value: Option<&str>) -> Bearer {
    Bearer {
        id: id.to_owned(),
        tags: value
            .map(|value| (DISCOVERY.to_owned(), value.to_owned()))
            .into_iter()
            .collect(),
    }
}

#[test]
fn only_what_lacks_the_tag_gets_it_and_another_clusters_is_left_alone() {
    let desired = desired();
    let before = discovery_tags::decide(&desired, &Tagged::NoCluster(Vec::new()));
    assert_eq!(before.action, StepAction::Create);
    assert!(words(&before.writes()[0]).contains(&"PRIVATE_SUBNETS".to_owned()));
    let half = discovery_tags::decide(
        &desired,
        &Tagged::Standing(vec![bearer("subnet-1", Some("demo")), bearer("sg-1", None)]),
    );
    assert_eq!(
        words(&half.writes()[0]),
        [
            "ec2",
            "create-tags",
            "--resources",
            "sg-1",
            "--tags",
            r#"[{"Key":"karpenter.sh/discovery","Value":"demo"}]"#,
            "--output",
            "json",
        ]
    );
    let after = discovery_tags::decide(
        &desired,
        &Tagged::Standing(vec![bearer("subnet-1", Some("demo"))]),
    );
    assert!(matches!(after.verdict, Verdict::Settled));
    assert_eq!(before.desired, half.desired);
    assert_eq!(before.desired, after.desired);
    let shared = vec![bearer("subnet-1", Some("prod")), bearer("subnet-2", None)];
    // With `--subnets` it is known in the plan of nothing: not after a cluster was made that can't be finished.
    for seen in [Tagged::Standing(shared.clone()), Tagged::NoCluster(shared)] {
        let taken = discovery_tags::decide(&desired, &seen);
        assert_eq!(code(&taken), Code::DiscoveryTagTaken);
        assert!(taken.writes().is_empty());
        assert_eq!(taken.desired, before.desired);
    }
}

#[test]
fn a_subnet_is_private_by_its_own_routes_or_else_by_the_vpcs_main_ones() {
    let table = |id: &str, is_main: bool, subnets: &[&str], target: &str| RouteTable {
        id: id.to_owned(),
        is_main,
        subnets: subnets.iter().map(|id| (*id).to_owned()).collect(),
        routes: vec![
            Route {
                destination: Some("10.0.0.0/16".to_owned()),
                target: Some("local".to_owned()),
                is_active: true,
            },
            Route {
                destination: Some("0.0.0.0/0".to_owned()),
                target: Some(target.to_owned()),
                is_active: true,
            },
        ],
    };
    let tables = [
        table("rtb-1", true, &[], "igw-1"),
        table("rtb-2", false, &["subnet-2"], "nat-1"),
        table("rtb-3", false, &["subnet-3"], "igw-1"),
    ];
    assert!(is_private("subnet-2", &tables));
    assert!(!is_private("subnet-3", &tables));
    assert!(!is_private("subnet-1", &tables), "the main table counts");
    assert!(
        !is_private("subnet-2", &[]),
        "without routes nothing is known to be private"
    );
}

#[test]
fn the_spot_role_is_made_once_an_account() {
    let made = spot_role::decide(false);
    assert_eq!(
        flag_value(&made.writes()[0], "--aws-service-name"),
        "spot.amazonaws.com"
    );
    assert!(made.writes()[0].exists_is_fine);
    let there = spot_role::decide(true);
    assert!(matches!(there.verdict, Verdict::Settled) && !there.adopted);
    assert_eq!(made.desired, there.desired);
}

#[test]
fn karpenters_values_are_those_of_its_guide_and_one_node_gets_one_controller() {
    let write = &decide_controller(&desired(), &Observed::NoCluster, None).writes()[0].clone();
    assert_eq!(
        document(write),
        json!({
            "replicas": 2,
            "serviceAccount": {"name": "karpenter"},
            "settings": {"clusterName": "demo", "interruptionQueue": "demo"},
            "controller": {"resources": {
                "requests": {"cpu": "1", "memory": "1Gi"},
                "limits": {"cpu": "1", "memory": "1Gi"},
            }},
        })
    );
    let one = Desired {
        node_count: 1,
        ..desired()
    };
    assert_eq!(wanted_controller(&one).values["replicas"], 1);
    assert!(words(write).contains(&"oci://public.ecr.aws/karpenter/karpenter".to_owned()));
    assert_eq!(flag_value(write, "--version"), "1.8.3");
}

fn release(chart: &str, values: Value, mark: Option<&str>) -> Observed {
    Observed::There(Found {
        chart: chart.to_owned(),
        version: "1.8.3".to_owned(),
        status: "deployed".to_owned(),
        since: None,
        values,
        created_by: mark.map(str::to_owned),
        ..Found::default()
    })
}

fn kinds(established: bool) -> Vec<Crd> {
    KINDS
        .iter()
        .map(|name| Crd {
            name: (*name).to_owned(),
            established,
            versions: vec!["v1".to_owned()],
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        })
        .collect()
}

#[test]
fn the_kinds_are_there_once_the_api_serves_all_of_them() {
    let id = ours();
    let of = |found: &[Crd]| {
        decide_kinds(
            &desired(),
            &release("karpenter-crd", wanted_kinds().values, Some(&id)),
            found,
        )
    };
    assert!(matches!(of(&kinds(true)).verdict, Verdict::Settled));
    assert!(matches!(of(&kinds(false)).verdict, Verdict::Waiting(_)));
    let mut one_less = kinds(true);
    one_less.pop();
    assert_eq!(code(&of(&one_less)), Code::KarpenterNotReady);
    assert_eq!(
        decide_kinds(&desired(), &Observed::Absent, &[]).desired,
        of(&kinds(true)).desired
    );
}

fn deployment(available: u32, observed: u64) -> Deployment {
    Deployment {
        name: "karpenter".to_owned(),
        desired: 2,
        updated: 2,
        ready: available,
        available,
        replicas: 2,
        generation: 3,
        observed,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        images: Vec::new(),
        stuck: None,
    }
}

#[test]
fn karpenter_is_ready_only_with_all_its_pods_in_their_newest_form() {
    let id = ours();
    let values = wanted_controller(&desired()).values;
    let of = |mark: &str, found: Option<&Deployment>| {
        decide_controller(
            &desired(),
            &release("karpenter", values.clone(), Some(mark)),
            found,
        )
    };
    let settled = of(&id, Some(&deployment(2, 3)));
    assert!(matches!(settled.verdict, Verdict::Settled));
    assert!(matches!(
        of(&id, Some(&deployment(1, 3))).verdict,
        Verdict::Waiting(_)
    ));
    assert!(matches!(
        of(&id, Some(&deployment(2, 2))).verdict,
        Verdict::Waiting(_)
    ));
    let mut stuck = deployment(1, 3);
    stuck.stuck = Some("ProgressDeadlineExceeded".to_owned());
    assert_eq!(of(&id, Some(&stuck)).warnings[0].code, Code::KarpenterNotReady);
    assert_eq!(code(&of(&id, None)), Code::KarpenterNotReady);
    let theirs = of(OTHER, Some(&deployment(2, 3)));
    assert!(matches!(theirs.verdict, Verdict::Settled) && theirs.adopted);
    assert_eq!(settled.desired, theirs.desired);
    let other_values = release("karpenter", json!({"replicas": 1}), Some(OTHER));
    assert_eq!(
        code(&decide_controller(&desired(), &other_values, None)),
        Code::ReleaseConflict
    );
    let drifted = release("karpenter", json!({"replicas": 1}), Some(&id));
    assert_eq!(
        verbs(&decide_controller(&desired(), &drifted, None)),
        ["--install"]
    );
}

/// The whole template, as the plan shows it; `LAKEHOUSE_BLESS=1` writes it anew.
#[test]
fn the_template_is_the_one_that_was_looked_over() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/karpenter-template.json"
    );
    let template = format!("{:#}\n", karpenter_template::template(&desired()));
    if std::env::var_os("LAKEHOUSE_BLESS").is_some() {
        std::fs::write(path, &template).unwrap();
    }
    assert_eq!(template, std::fs::read_to_string(path).unwrap());
}
