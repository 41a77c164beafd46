//! The foundation's steps, decided. What a wrong decision here breaks is a cluster that somebody else works with, an
//! install that can't go on after it was cut short, or a plan that is not what is carried out.

mod install_cases;

use install_cases::{desired, eks_ours, given_network, seen_stack, settled, stops};
use lakehouse::clients::aws::ec2::{Route, RouteTable, Subnet};
use lakehouse::clients::aws::eks::{Addon, Cluster, HealthIssue, NodeGroup};
use lakehouse::clients::kubectl::{Node, StorageClass};
use lakehouse::clients::versions::Version;
use lakehouse::clients::{CallError, ErrorClass, Reach};
use lakehouse::model::{CREATED_BY, USED_BY};
use lakehouse::report::{Code, StepAction};
use lakehouse::steps::install::foundation::addons::{self, Role};
use lakehouse::steps::install::foundation::cluster_config::{ADDONS, Network, cluster_config};
use lakehouse::steps::install::foundation::subnets::{Judged, judge};
use lakehouse::steps::install::foundation::{cluster, node_group, stacks, steps, storage_class};
use lakehouse::steps::install::release::{Found, Observed as Release};
use lakehouse::steps::install::{Decision, Desired, Verdict, WriteTo};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn golden(name: &str, text: &str) {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("LAKEHOUSE_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, kept, "{name}: LAKEHOUSE_BLESS=1 writes it anew");
}

fn argv(decision: &Decision) -> Vec<String> {
    let writes = decision.writes().iter();
    writes.map(|write| write.ask.spec.argv().join(" ")).collect()
}

fn is_waiting(decision: &Decision) -> bool {
    matches!(decision.verdict, Verdict::Waiting(_))
}

fn made() -> Judged {
    Judged {
        network: Ok(Network::Made),
        warnings: Vec::new(),
    }
}

fn nothing() -> cluster::Observed {
    cluster::Observed {
        network: Some(made()),
        ..cluster::Observed::default()
    }
}

fn standing(cluster: Cluster) -> cluster::Observed {
    cluster::Observed {
        cluster: Some(cluster),
        way_in: Some(Ok(())),
        ..cluster::Observed::default()
    }
}

fn foreign() -> Cluster {
    Cluster {
        tags: Some(BTreeMap::new()),
        ..eks_ours()
    }
}

#[test]
fn the_configuration_is_the_golden_one_and_eksctl_gets_those_very_bytes() {
    let desired = desired();
    golden("cluster-config.yaml", &cluster_config(&desired, &Network::Made));
    golden(
        "cluster-config-subnets.yaml",
        &cluster_config(&desired, &given_network()),
    );
    let decision = cluster::decide(&desired, &nothing());
    assert_eq!(
        argv(&decision),
        ["eksctl create cluster -f - --write-kubeconfig=false --timeout 40m --color false"]
    );
    let write = &decision.writes()[0];
    assert_eq!(write.document, Some("cluster-config.yaml"));
    assert_eq!(write.to, WriteTo::Eks);
    let stdin = write.ask.spec.stdin.as_ref().unwrap();
    assert_eq!(*stdin, cluster_config(&desired, &Network::Made).into_bytes());
}

/// Whatever is wished, the configuration holds what no install can do without.
#[test]
fn every_configuration_holds_a_group_the_add_ons_and_our_mark() {
    for (name, count, kind) in [
        ("a", 1, "t3.large"),
        ("Zz-9", 100, "m7i.48xlarge"),
        ("x-y-z", 7, "c5.large"),
    ] {
        for network in [Network::Made, given_network()] {
            let mut desired = desired();
            desired.target.cluster = name.parse().unwrap();
            desired.node_count = count;
            desired.node_type = kind.parse().unwrap();
            let config: Value = serde_json::from_str(&cluster_config(&desired, &network)).unwrap();
            let group = &config["managedNodeGroups"][0];
            assert_eq!(group["name"], desired.node_group());
            assert_eq!(group["instanceType"], kind);
            for size in ["desiredCapacity", "minSize", "maxSize"] {
                assert_eq!(group[size], count);
            }
            assert_eq!(group["privateNetworking"], true);
            assert_eq!(group["disableIMDSv1"], true);
            let names: Vec<&str> = config["addons"]
                .as_array()
                .unwrap()
                .iter()
                .map(|addon| addon["name"].as_str().unwrap())
                .collect();
            assert_eq!(names, ADDONS);
            let id = desired.installation().to_string();
            for tags in [
                &config["metadata"]["tags"],
                &group["tags"],
                &config["addons"][5]["tags"],
            ] {
                assert_eq!(tags[CREATED_BY], id);
            }
            assert_eq!(
                config["metadata"]["version"], "1.34",
                "a version that is a number is another version"
            );
        }
    }
}

#[test]
fn a_second_subnet_of_a_zone_is_not_lost() {
    let mut network = given_network();
    let Network::Given(given) = &mut network else {
        panic!()
    };
    let mut more = given.subnets[0].clone();
    more.id = "subnet-0cccccccccccccccc".to_owned();
    given.subnets.push(more);
    let text = cluster_config(&desired(), &network);
    assert!(text.contains("\"us-east-2a-subnet-0cccccccccccccccc\""), "{text}");
    assert!(text.contains("\"subnet-0aaaaaaaaaaaaaaaa\""));
}

#[test]
fn each_state_of_a_stack_without_its_cluster_has_its_own_answer() {
    let id = desired().installation().to_string();
    for (status, by, expected) in [
        ("ROLLBACK_COMPLETE", id.as_str(), Some(Code::StackRolledBack)),
        ("ROLLBACK_COMPLETE", "", Some(Code::StackRolledBack)),
        ("DELETE_FAILED", "", Some(Code::StackDeleteFailed)),
        ("DELETE_IN_PROGRESS", &id, Some(Code::StackInProgress)),
        ("ROLLBACK_IN_PROGRESS", &id, Some(Code::StackInProgress)),
        ("CREATE_IN_PROGRESS", "", Some(Code::StackInProgress)),
        (
            "CREATE_IN_PROGRESS",
            "lh-0000000000000000",
            Some(Code::StackInProgress),
        ),
        ("CREATE_IN_PROGRESS", &id, None),
        ("CREATE_COMPLETE", &id, Some(Code::StackLeftOver)),
        ("UPDATE_ROLLBACK_COMPLETE", "", Some(Code::StackLeftOver)),
        ("CREATE_FAILED", &id, Some(Code::StackFailed)),
        ("ROLLBACK_FAILED", &id, Some(Code::StackFailed)),
        ("REVIEW_IN_PROGRESS", "", Some(Code::StackFailed)),
    ] {
        let seen = cluster::Observed {
            stacks: vec![seen_stack("eksctl-demo-cluster", status, by)],
            ..nothing()
        };
        let decision = cluster::decide(&desired(), &seen);
        assert!(
            decision.writes().is_empty(),
            "{status}: nothing is written beside a stack"
        );
        match expected {
            None => assert!(is_waiting(&decision), "{status}"),
            Some(code) => {
                let stop = &stops(&decision)[0];
                assert_eq!(stop.code, code, "{status} by {by:?}");
                assert!(
                    stop.remedy
                        .contains("--stack-name eksctl-demo-cluster --region us-east-2 --profile dev"),
                    "{}",
                    stop.remedy
                );
                assert!(
                    !stop.message.contains("limit exceeded"),
                    "a tool's words stand in their own field"
                );
            }
        }
    }
    let rolled = cluster::Observed {
        stacks: vec![seen_stack("eksctl-demo-cluster", "ROLLBACK_COMPLETE", &id)],
        ..nothing()
    };
    let decision = cluster::decide(&desired(), &rolled);
    assert!(
        stops(&decision)[0]
            .remedy
            .contains("`aws cloudformation delete-stack --stack-name")
    );
    assert_eq!(
        stops(&decision)[0].said.as_deref(),
        Some("VPC (AWS::EC2::VPC): limit exceeded")
    );
}

#[test]
fn a_node_groups_stack_of_a_former_cluster_is_told_before_eksctl_trips_over_it() {
    let name = stacks::of_node_group(&desired());
    let seen = cluster::Observed {
        stacks: vec![seen_stack(&name, "CREATE_COMPLETE", "")],
        ..nothing()
    };
    let decision = cluster::decide(&desired(), &seen);
    assert_eq!(stops(&decision)[0].code, Code::StackLeftOver);
    assert!(stops(&decision)[0].message.contains(&name));
}

#[test]
fn what_eksctl_refuses_is_known_before_anything_is_approved() {
    let seen = cluster::Observed {
        refused: Some(CallError {
            purpose: "check".to_owned(),
            action: "",
            class: ErrorClass::Invalid,
            code: None,
            said: "Error: nope".to_owned(),
        }),
        ..nothing()
    };
    let decision = cluster::decide(&desired(), &seen);
    assert_eq!(stops(&decision)[0].code, Code::InputRefused);
    assert_eq!(stops(&decision)[0].said.as_deref(), Some("Error: nope"));
}

#[test]
fn a_cluster_of_ours_is_waited_for_and_then_left_alone() {
    for status in ["CREATING", "PENDING"] {
        let cluster = Cluster {
            status: status.to_owned(),
            ..eks_ours()
        };
        assert!(is_waiting(&cluster::decide(&desired(), &standing(cluster))));
    }
    let mut half = standing(eks_ours());
    half.stacks = vec![seen_stack(
        "eksctl-demo-cluster",
        "CREATE_IN_PROGRESS",
        desired().installation().as_str(),
    )];
    assert!(
        is_waiting(&cluster::decide(&desired(), &half)),
        "its stack is not whole: a node group can't be made"
    );
    half.stacks = vec![seen_stack("eksctl-demo-cluster", "ROLLBACK_COMPLETE", "")];
    assert_eq!(
        stops(&cluster::decide(&desired(), &half))[0].code,
        Code::StackRolledBack
    );
    let decision = cluster::decide(&desired(), &standing(eks_ours()));
    assert!(settled(&decision) && !decision.adopted);
    for status in ["DELETING", "FAILED", "SOMETHING_NEW"] {
        let cluster = Cluster {
            status: status.to_owned(),
            ..eks_ours()
        };
        let decision = cluster::decide(&desired(), &standing(cluster));
        assert_eq!(stops(&decision)[0].code, Code::EksClusterNotActive, "{status}");
    }
}

#[test]
fn a_foreign_cluster_gets_one_tag_and_keeps_those_of_others() {
    let decision = cluster::decide(&desired(), &standing(foreign()));
    let id = desired().installation().to_string();
    assert!(decision.adopted);
    assert_eq!(decision.action, StepAction::Adopt);
    assert_eq!(
        argv(&decision),
        [format!(
            "aws eks tag-resource --resource-arn arn:aws:eks:us-east-2:000000000000:cluster/demo --tags {{\"{USED_BY}\":\"{id}\"}} --output json"
        )]
    );
    let mut used = foreign();
    used.tags = Some(BTreeMap::from([
        (USED_BY.to_owned(), "lh-1111111111111111".to_owned()),
        (CREATED_BY.to_owned(), "lh-2222222222222222".to_owned()),
    ]));
    let decision = cluster::decide(&desired(), &standing(used.clone()));
    assert!(
        argv(&decision)[0].contains(&format!("lh-1111111111111111 {id}")),
        "another's mark stays"
    );
    assert!(
        !argv(&decision)[0].contains(CREATED_BY),
        "the mark of creation is never written later"
    );
    used.tags
        .as_mut()
        .unwrap()
        .insert(USED_BY.to_owned(), format!("lh-1111111111111111 {id}"));
    let decision = cluster::decide(&desired(), &standing(used.clone()));
    assert!(
        settled(&decision) && decision.adopted,
        "the second run writes nothing"
    );
    used.tags
        .as_mut()
        .unwrap()
        .insert(USED_BY.to_owned(), "x".repeat(250));
    let decision = cluster::decide(&desired(), &standing(used));
    assert!(settled(&decision));
    assert_eq!(decision.warnings[0].code, Code::OwnedByOthers);
}

#[test]
fn what_forbids_the_use_of_a_cluster_stops_before_the_first_write() {
    let cases = [
        (
            Cluster {
                version: Some("1.30".to_owned()),
                ..foreign()
            },
            Code::EksVersionUnsupported,
        ),
        (
            Cluster {
                version: Some("1.36".to_owned()),
                ..foreign()
            },
            Code::EksVersionUnsupported,
        ),
        (
            Cluster {
                version: Some("2.0".to_owned()),
                ..foreign()
            },
            Code::EksVersionUnsupported,
        ),
        (
            Cluster {
                version: None,
                ..foreign()
            },
            Code::AwsUnexpected,
        ),
        (
            Cluster {
                tags: None,
                ..foreign()
            },
            Code::AwsUnexpected,
        ),
        (
            Cluster {
                authentication_mode: None,
                ..foreign()
            },
            Code::AwsUnexpected,
        ),
        (
            Cluster {
                authentication_mode: Some("CONFIG_MAP".to_owned()),
                ..foreign()
            },
            Code::EksAuthenticationMode,
        ),
    ];
    for (cluster, code) in cases {
        let decision = cluster::decide(&desired(), &standing(cluster));
        assert_eq!(stops(&decision)[0].code, code);
        assert!(decision.writes().is_empty());
    }
    for version in ["1.31", "1.35"] {
        let cluster = Cluster {
            version: Some(version.to_owned()),
            ..eks_ours()
        };
        assert!(
            settled(&cluster::decide(&desired(), &standing(cluster))),
            "{version}"
        );
    }
    let config_map = Cluster {
        authentication_mode: Some("CONFIG_MAP".to_owned()),
        ..foreign()
    };
    let decision = cluster::decide(&desired(), &standing(config_map));
    assert!(stops(&decision)[0].remedy.contains(
        "`aws eks update-cluster-config --name demo --region us-east-2 --profile dev --access-config authenticationMode=API_AND_CONFIG_MAP`"
    ));
}

#[test]
fn subnets_that_a_standing_cluster_does_not_have_are_not_passed_over_in_silence() {
    let there = || Cluster {
        subnets: Some(vec![
            "subnet-0aaaaaaaaaaaaaaaa".to_owned(),
            "subnet-0bbbbbbbbbbbbbbbb".to_owned(),
        ]),
        ..eks_ours()
    };
    let with = |ids: &[&str]| Desired {
        subnets: ids.iter().map(|id| id.parse().unwrap()).collect(),
        ..desired()
    };
    let ids = ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0cccccccccccccccc"];
    let decision = cluster::decide(&with(&ids), &standing(there()));
    let stop = &stops(&decision)[0];
    assert_eq!(stop.code, Code::SubnetsUnusable);
    assert!(
        stop.message.contains("not in `subnet-0cccccccccccccccc`;"),
        "{}",
        stop.message
    );
    for ids in [&ids[..1], &[]] {
        assert!(
            settled(&cluster::decide(&with(ids), &standing(there()))),
            "{ids:?}"
        );
    }
}

#[test]
fn an_api_server_that_can_not_be_reached_is_no_cluster_that_can_be_used() {
    let call = |class| CallError {
        purpose: "ask the cluster's API server for its version".to_owned(),
        action: "",
        class,
        code: None,
        said: "dial tcp 10.0.0.1:443: i/o timeout".to_owned(),
    };
    for (class, code) in [
        (ErrorClass::Unreachable(Reach::Timeout), Code::ClusterUnreachable),
        (ErrorClass::Unreachable(Reach::Tls), Code::ClusterUnreachable),
        (ErrorClass::Denied, Code::ClusterAccessDenied),
    ] {
        for cluster in [foreign(), eks_ours()] {
            let mut seen = standing(cluster);
            seen.way_in = Some(Err(call(class)));
            let decision = cluster::decide(&desired(), &seen);
            let stop = &stops(&decision)[0];
            assert_eq!(stop.code, code);
            assert!(!stop.message.contains("10.0.0.1"), "{}", stop.message);
            assert!(stop.said.as_ref().unwrap().contains("10.0.0.1"));
        }
    }
}

fn subnet(id: &str, zone: &str, free: u32) -> Subnet {
    Subnet {
        id: id.to_owned(),
        vpc: "vpc-1".to_owned(),
        zone: zone.to_owned(),
        zone_id: None,
        free_addresses: free,
        public_ip_on_launch: false,
        cidr: "10.0.0.0/24".to_owned(),
        tags: BTreeMap::from([("kubernetes.io/role/internal-elb".to_owned(), "1".to_owned())]),
    }
}

fn table(id: &str, main: bool, subnets: &[&str], target: &str) -> RouteTable {
    RouteTable {
        id: id.to_owned(),
        is_main: main,
        subnets: subnets.iter().map(|&it| it.to_owned()).collect(),
        routes: vec![Route {
            destination: Some("0.0.0.0/0".to_owned()),
            target: Some(target.to_owned()),
            is_active: true,
        }],
    }
}

const A: &str = "subnet-0aaaaaaaaaaaaaaaa";
const B: &str = "subnet-0bbbbbbbbbbbbbbbb";

fn in_subnets() -> Desired {
    let mut desired = desired();
    desired.subnets = vec![A.parse().unwrap(), B.parse().unwrap()];
    desired
}

#[test]
fn subnets_are_placed_by_their_routes_and_what_can_not_hold_a_cluster_stops() {
    let tables = [table("rtb-1", true, &[], "nat-1")];
    let good = [subnet(A, "us-east-2a", 200), subnet(B, "us-east-2b", 200)];
    let judged = judge(&in_subnets(), &good, &tables);
    let Ok(Network::Given(given)) = &judged.network else {
        panic!("{judged:?}")
    };
    assert_eq!(given.vpc, "vpc-1");
    assert!(given.subnets.iter().all(|subnet| !subnet.public));
    assert!(judged.warnings.is_empty(), "{:?}", judged.warnings);

    let mut two_vpcs = good.clone();
    two_vpcs[1].vpc = "vpc-2".to_owned();
    let cases: [(&[Subnet], &[RouteTable], &str); 6] = [
        (&two_vpcs, &tables, "more than one VPC"),
        (
            &[subnet(A, "us-east-2a", 200), subnet(B, "us-east-2a", 200)],
            &tables,
            "one availability zone",
        ),
        (&good[..1], &tables, "`subnet-0bbbbbbbbbbbbbbbb` does not exist"),
        (&[], &[], "do not exist"),
        (
            &[subnet(A, "us-east-2a", 200), subnet(B, "us-east-2b", 7)],
            &tables,
            "7 free addresses; 24 are needed",
        ),
        (
            &good,
            &[table("rtb-1", true, &[], "igw-1")],
            "None of the subnets is private",
        ),
    ];
    for (subnets, tables, words) in cases {
        let judged = judge(&in_subnets(), subnets, tables);
        let stops = judged.network.clone().unwrap_err();
        assert!(
            stops.iter().any(|stop| stop.message.contains(words)),
            "{words}: {stops:?}"
        );
        assert!(stops.iter().all(|stop| stop.code == Code::SubnetsUnusable));
        let seen = cluster::Observed {
            network: Some(judged),
            ..cluster::Observed::default()
        };
        assert!(cluster::decide(&in_subnets(), &seen).writes().is_empty());
    }
    let mut many = in_subnets();
    many.node_count = 20;
    let stops = judge(&many, &good, &tables).network.unwrap_err();
    assert!(
        stops[0]
            .message
            .contains("400 free addresses together; 768 are needed"),
        "{}",
        stops[0].message
    );
}

#[test]
fn missing_tags_and_ways_out_warn_and_name_the_command() {
    let mut bare = [subnet(A, "us-east-2a", 200), subnet(B, "us-east-2b", 200)];
    bare[0].tags.clear();
    let shut = [table("rtb-1", true, &[A], "nat-1")];
    let judged = judge(&in_subnets(), &bare, &shut);
    assert!(judged.network.is_ok());
    assert!(judged.warnings[0].remedy.contains(&format!(
        "`aws ec2 create-tags --resources {A} --tags Key=kubernetes.io/role/internal-elb,Value=1 --region us-east-2 --profile dev`"
    )), "{:?}", judged.warnings);
    let blackhole = [RouteTable {
        routes: Vec::new(),
        ..table("rtb-1", true, &[], "nat-1")
    }];
    let judged = judge(&in_subnets(), &bare, &blackhole);
    assert!(judged.warnings.iter().any(|it| it.message.contains("0.0.0.0/0")));
    let seen = cluster::Observed {
        network: Some(judged),
        ..cluster::Observed::default()
    };
    let decision = cluster::decide(&in_subnets(), &seen);
    assert_eq!(decision.action, StepAction::Create);
    assert_eq!(decision.warnings.len(), 2);
}

fn node(name: &str, group: Option<&str>, ready: bool) -> Node {
    Node {
        name: name.to_owned(),
        kubelet: Version {
            major: 1,
            minor: 34,
            patch: 0,
            released: true,
        },
        ready: Some(ready),
        cordoned: false,
        group: group.map(str::to_owned),
    }
}

fn group(status: &str) -> NodeGroup {
    NodeGroup {
        name: desired().node_group(),
        status: status.to_owned(),
        version: Some("1.34".to_owned()),
        health: Some(Vec::new()),
        instance_types: Some(vec!["t3.large".to_owned()]),
        wanted: Some(2),
        tags: Some(BTreeMap::new()),
    }
}

fn nodes(group: Option<NodeGroup>, nodes: Vec<Node>, ours: bool) -> node_group::Observed {
    node_group::Observed::Standing(Box::new(node_group::Seen {
        ours,
        group,
        stack: None,
        network: Network::Made,
        nodes,
    }))
}

#[test]
fn the_node_group_is_ready_when_its_own_nodes_are() {
    let name = desired().node_group();
    let two = || vec![node("a", Some(&name), true), node("b", Some(&name), true)];
    let decision = node_group::decide(&desired(), &nodes(Some(group("ACTIVE")), two(), true));
    assert!(settled(&decision), "{decision:?}");
    let one = vec![
        node("a", Some(&name), true),
        node("b", Some(&name), false),
        node("c", None, true),
    ];
    let decision = node_group::decide(&desired(), &nodes(Some(group("ACTIVE")), one, true));
    assert!(
        is_waiting(&decision),
        "another's node is none of the group's: {decision:?}"
    );
    let decision = node_group::decide(&desired(), &nodes(Some(group("CREATING")), Vec::new(), true));
    assert!(is_waiting(&decision));
    let bigger = NodeGroup {
        wanted: Some(5),
        ..group("ACTIVE")
    };
    let decision = node_group::decide(&desired(), &nodes(Some(bigger), two(), true));
    assert!(
        settled(&decision) && decision.detail.contains("left as it is"),
        "{}",
        decision.detail
    );
    let theirs = node_group::decide(&desired(), &nodes(Some(group("ACTIVE")), two(), false));
    assert!(
        settled(&theirs) && theirs.adopted,
        "a group of the name, in a foreign cluster and without our mark"
    );
    let mut marked = group("ACTIVE");
    marked.tags = Some(BTreeMap::from([(
        CREATED_BY.to_owned(),
        desired().installation().to_string(),
    )]));
    assert!(!node_group::decide(&desired(), &nodes(Some(marked), two(), false)).adopted);
}

#[test]
fn a_node_group_that_is_not_well_or_not_as_wanted_stops() {
    let sick = NodeGroup {
        health: Some(vec![HealthIssue {
            code: "AccessDenied".to_owned(),
            said: "AccessDenied: <b>".to_owned(),
        }]),
        ..group("DEGRADED")
    };
    let decision = node_group::decide(&desired(), &nodes(Some(sick), Vec::new(), true));
    assert_eq!(stops(&decision)[0].code, Code::NodeGroupFailed);
    assert!(
        stops(&decision)[0].message.contains("`AccessDenied`")
            && !stops(&decision)[0].message.contains("<b>")
    );
    for status in ["CREATE_FAILED", "DELETE_FAILED", "DELETING", "NEW_WORD"] {
        let decision = node_group::decide(&desired(), &nodes(Some(group(status)), Vec::new(), true));
        assert_eq!(stops(&decision)[0].code, Code::NodeGroupFailed, "{status}");
    }
    let other = NodeGroup {
        instance_types: Some(vec!["m5.large".to_owned()]),
        ..group("ACTIVE")
    };
    let decision = node_group::decide(&desired(), &nodes(Some(other), Vec::new(), true));
    assert_eq!(stops(&decision)[0].code, Code::NodeGroupDiffers);
    assert!(stops(&decision)[0].remedy.contains("`--node-type m5.large`"));
}

#[test]
fn more_nodes_than_a_standing_group_has_are_told_and_somebodys_scaling_stays() {
    let seen = nodes(
        Some(group("ACTIVE")),
        vec![
            node("a", Some("ingext-demo-workers"), true),
            node("b", Some("ingext-demo-workers"), true),
        ],
        true,
    );
    let of = |node_count| {
        node_group::decide(
            &Desired {
                node_count,
                ..desired()
            },
            &seen,
        )
    };
    let more = of(3);
    assert!(settled(&more));
    assert_eq!(more.warnings[0].code, Code::NodeGroupDiffers);
    assert!(
        more.warnings[0].remedy.contains("--nodes 3 "),
        "{}",
        more.warnings[0].remedy
    );
    assert!(of(2).warnings.is_empty() && of(1).warnings.is_empty());
}

#[test]
fn a_group_that_a_killed_run_did_not_make_is_made_and_a_foreign_clusters_nodes_are_used() {
    let decision = node_group::decide(&desired(), &nodes(None, Vec::new(), true));
    assert_eq!(
        argv(&decision),
        ["eksctl create nodegroup -f - --timeout 40m --color false"]
    );
    assert_eq!(decision.action, StepAction::Create);
    let ready = vec![node("a", Some("theirs"), true), node("b", None, true)];
    let decision = node_group::decide(&desired(), &nodes(None, ready, false));
    assert!(settled(&decision) && decision.adopted);
    let mut cordoned = vec![node("a", Some("theirs"), true), node("b", None, true)];
    cordoned[1].cordoned = true;
    let decision = node_group::decide(&desired(), &nodes(None, cordoned, false));
    assert_eq!(
        decision.writes().len(),
        1,
        "Karpenter's two replicas need two nodes"
    );
    for (status, by_us, waits) in [
        ("CREATE_IN_PROGRESS", true, true),
        ("ROLLBACK_COMPLETE", true, false),
        ("CREATE_COMPLETE", true, false),
    ] {
        let id = desired().installation().to_string();
        let stack = seen_stack(
            &stacks::of_node_group(&desired()),
            status,
            if by_us { &id } else { "" },
        );
        let seen = node_group::Observed::Standing(Box::new(node_group::Seen {
            ours: true,
            group: None,
            stack: Some(stack),
            network: Network::Made,
            nodes: Vec::new(),
        }));
        let decision = node_group::decide(&desired(), &seen);
        assert_eq!(is_waiting(&decision), waits, "{status}");
        assert!(decision.writes().is_empty());
    }
}

fn addon(name: &str, status: &str) -> Addon {
    Addon {
        name: name.to_owned(),
        arn: format!("arn:aws:eks:us-east-2:000000000000:addon/demo/{name}/1"),
        version: Some("v1.0.0-eksbuild.1".to_owned()),
        status: status.to_owned(),
        health_issues: Some(Vec::new()),
        service_account_role: None,
        pod_identity_associations: Vec::new(),
        tags: BTreeMap::new(),
        configuration: None,
    }
}

fn all_addons() -> addons::Seen {
    addons::Seen {
        ours: true,
        addons: ADDONS.iter().map(|name| (*name, addon(name, "ACTIVE"))).collect(),
        role: Role::Of(
            "ebs".to_owned(),
            Some(vec![
                "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicyV2".to_owned(),
            ]),
        ),
        stack: None,
    }
}

fn addons_of(seen: addons::Seen) -> Decision {
    addons::decide(&desired(), &addons::Observed::Standing(Box::new(seen)))
}

#[test]
fn all_add_ons_active_with_the_drivers_role_are_settled() {
    let decision = addons_of(all_addons());
    assert!(settled(&decision) && decision.warnings.is_empty());
}

#[test]
fn missing_add_ons_are_made_each_by_a_call_of_its_own() {
    let mut seen = all_addons();
    seen.addons.remove("coredns");
    seen.addons.remove("aws-mountpoint-s3-csi-driver");
    let id = desired().installation().to_string();
    let tags = format!("--tags {{\"{CREATED_BY}\":\"{id}\"}} --output json");
    assert_eq!(
        argv(&addons_of(seen)),
        [
            format!("aws eks create-addon --cluster-name demo --addon-name coredns {tags}"),
            format!(
                "aws eks create-addon --cluster-name demo --addon-name aws-mountpoint-s3-csi-driver {tags}"
            ),
        ]
    );
}

#[test]
fn the_ebs_driver_gets_its_role_whether_or_not_a_killed_run_had_made_it() {
    let mut seen = all_addons();
    seen.addons.remove("aws-ebs-csi-driver");
    let decision = addons_of(seen.clone());
    assert_eq!(
        argv(&decision),
        ["eksctl create addon -f - --wait --timeout 40m --color false"]
    );
    let config = decision.writes()[0].ask.spec.stdin.clone().unwrap();
    golden("addons.yaml", &String::from_utf8(config).unwrap());
    let id = desired().installation().to_string();
    let name = stacks::of_ebs_role(&desired());
    let mut stack = seen_stack(&name, "CREATE_COMPLETE", &id);
    seen.stack = Some(stack.clone());
    let decision = addons_of(seen.clone());
    assert_eq!(
        stops(&decision)[0].code,
        Code::StackLeftOver,
        "a stack without the role's name"
    );
    let role = "arn:aws:iam::000000000000:role/eksctl-demo-addon-aws-ebs-csi-driver-podi-Role1-x";
    stack.stack.outputs.insert("Role1".to_owned(), role.to_owned());
    seen.stack = Some(stack);
    let decision = addons_of(seen.clone());
    assert!(
        argv(&decision)[0].contains(&format!(
            "--addon-name aws-ebs-csi-driver --pod-identity-associations [{{\"roleArn\":\"{role}\",\"serviceAccount\":\"ebs-csi-controller-sa\"}}]"
        )),
        "{:?}",
        argv(&decision)
    );
    seen.stack = Some(seen_stack(&name, "CREATE_IN_PROGRESS", &id));
    assert!(is_waiting(&addons_of(seen.clone())));
    seen.addons.remove("coredns");
    assert_eq!(
        addons_of(seen.clone()).writes().len(),
        1,
        "the others don't wait for the role"
    );
    seen.stack = Some(seen_stack(&name, "ROLLBACK_COMPLETE", &id));
    assert_eq!(stops(&addons_of(seen))[0].code, Code::StackRolledBack);
}

#[test]
fn an_add_on_that_is_not_active_is_waited_for_or_told_with_its_issue() {
    for status in ["CREATING", "UPDATING", "DEGRADED"] {
        let mut seen = all_addons();
        let mut one = addon("coredns", status);
        one.health_issues = Some(vec![HealthIssue {
            code: "InsufficientNumberOfReplicas".to_owned(),
            said: "x".to_owned(),
        }]);
        seen.addons.insert("coredns", one);
        let decision = addons_of(seen);
        let Verdict::Waiting(what) = &decision.verdict else {
            panic!("{status}")
        };
        assert!(what.what.contains("InsufficientNumberOfReplicas"), "{what:?}");
    }
    for (ours, status) in [
        (true, "CREATE_FAILED"),
        (false, "UPDATE_FAILED"),
        (true, "DELETING"),
    ] {
        let mut seen = all_addons();
        seen.ours = ours;
        seen.addons
            .insert("eks-pod-identity-agent", addon("eks-pod-identity-agent", status));
        let decision = addons_of(seen);
        assert_eq!(stops(&decision)[0].code, Code::AddonFailed, "{status}");
        assert_eq!(
            stops(&decision)[0].remedy.contains("delete-addon"),
            ours,
            "what is somebody else's is not to be deleted"
        );
        assert_eq!(decision.adopted, !ours);
    }
}

#[test]
fn on_a_foreign_cluster_only_what_must_be_there_is_made() {
    let mut seen = all_addons();
    seen.ours = false;
    for name in ["vpc-cni", "coredns", "kube-proxy"] {
        seen.addons.remove(name);
    }
    assert!(
        settled(&addons_of(seen.clone())),
        "it may have these by other means"
    );
    seen.addons.remove("eks-pod-identity-agent");
    let decision = addons_of(seen);
    assert!(decision.adopted);
    assert_eq!(decision.writes().len(), 1);
    assert!(argv(&decision)[0].contains("--addon-name eks-pod-identity-agent"));
}

#[test]
fn a_driver_without_a_role_is_not_taken_for_well() {
    for (role, blocked) in [
        (Role::None, true),
        (Role::Of("gone".to_owned(), None), true),
        (
            Role::Of(
                "own".to_owned(),
                Some(vec!["arn:aws:iam::000000000000:policy/own".to_owned()]),
            ),
            false,
        ),
        (
            Role::Of(
                "old".to_owned(),
                Some(vec![
                    "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy".to_owned(),
                ]),
            ),
            false,
        ),
    ] {
        let seen = addons::Seen {
            role: role.clone(),
            ..all_addons()
        };
        let decision = addons_of(seen);
        if blocked {
            assert_eq!(stops(&decision)[0].code, Code::AddonWithoutRole, "{role:?}");
            assert!(
                stops(&decision)[0]
                    .remedy
                    .contains("eksctl create podidentityassociation --cluster demo")
            );
        } else {
            assert!(settled(&decision));
            assert_eq!(
                decision.warnings.len(),
                usize::from(matches!(&role, Role::Of(name, _) if name == "own"))
            );
        }
    }
}

fn class() -> StorageClass {
    StorageClass {
        name: "ingext-aws-gp3".to_owned(),
        provisioner: "ebs.csi.aws.com".to_owned(),
        parameters: BTreeMap::new(),
        binding_mode: "WaitForFirstConsumer".to_owned(),
        expandable: true,
        is_default: true,
        labels: BTreeMap::new(),
        annotations: BTreeMap::from([
            (
                "meta.helm.sh/release-name".to_owned(),
                "ingext-aws-gp3".to_owned(),
            ),
            (
                "meta.helm.sh/release-namespace".to_owned(),
                "kube-system".to_owned(),
            ),
        ]),
    }
}

fn release(created_by: Option<String>) -> Release {
    Release::There(Found {
        chart: "ingext-aws-gp3".to_owned(),
        version: "0.1.0".to_owned(),
        status: "deployed".to_owned(),
        since: None,
        values: json!({}),
        created_by,
        ..Found::default()
    })
}

fn class_of(release: Release, class: Option<StorageClass>) -> Decision {
    let classes = class.into_iter().collect();
    storage_class::decide(&desired(), &storage_class::Observed::of(release, classes))
}

#[test]
fn a_cluster_with_a_default_class_of_its_own_is_told_that_it_will_have_two() {
    let named = |name: &str, is_default| StorageClass {
        name: name.to_owned(),
        is_default,
        ..class()
    };
    let of = |release, classes| {
        storage_class::decide(&desired(), &storage_class::Observed::of(release, classes)).detail
    };
    let plain = of(Release::Absent, vec![named("gp3", false)]);
    assert!(!plain.contains("gp3`") || !plain.contains("too"), "{plain}");
    let two = of(Release::Absent, vec![named("gp2", true), named("gp3", false)]);
    assert!(two.contains("`gp2` is a default class too"), "{two}");
    let settled = of(
        release(Some(desired().installation().to_string())),
        vec![class(), named("gp2", true)],
    );
    assert!(!settled.contains("gp2"), "nothing is changed: {settled}");
}

#[test]
fn the_storage_class_is_settled_only_when_the_class_itself_is_as_its_chart_makes_it() {
    let id = Some(desired().installation().to_string());
    assert!(settled(&class_of(release(id.clone()), Some(class()))));
    let decision = class_of(release(id.clone()), None);
    assert_eq!(
        decision.action,
        StepAction::Update,
        "taken away by hand: put back"
    );
    assert!(argv(&decision)[0].starts_with("helm upgrade --install ingext-aws-gp3 oci://public.ecr.aws/ingext/ingext-aws-gp3 --version 0.1.0 -n kube-system -f - --labels "));
    let plain = StorageClass {
        is_default: false,
        ..class()
    };
    assert_eq!(
        class_of(release(id.clone()), Some(plain.clone())).writes().len(),
        1
    );
    let other = StorageClass {
        provisioner: "kubernetes.io/aws-ebs".to_owned(),
        ..class()
    };
    assert_eq!(
        stops(&class_of(release(id), Some(other)))[0].code,
        Code::ReleaseConflict
    );
    let decision = class_of(release(None), Some(class()));
    assert!(settled(&decision) && decision.adopted);
    for theirs in [None, Some(plain)] {
        let decision = class_of(release(None), theirs);
        assert!(
            decision.adopted && stops(&decision)[0].code == Code::ReleaseConflict,
            "never written"
        );
    }
}

#[test]
fn a_class_made_by_hand_is_told_before_helm_refuses_it() {
    let by_hand = StorageClass {
        annotations: BTreeMap::new(),
        ..class()
    };
    assert_eq!(
        stops(&class_of(Release::Absent, Some(by_hand)))[0].code,
        Code::OwnedByOthers
    );
    assert_eq!(
        class_of(Release::Absent, Some(class())).action,
        StepAction::Create,
        "left by an uninstall"
    );
    for release in [Release::Absent, Release::NoCluster] {
        assert_eq!(class_of(release, None).action, StepAction::Create);
    }
}

#[test]
fn the_plan_of_nothing_names_every_step_and_no_command_twice() {
    let nodes = node_group::decide(&desired(), &node_group::Observed::NoCluster);
    let addons = addons::decide(&desired(), &addons::Observed::NoCluster);
    for decision in [&nodes, &addons] {
        assert_eq!(decision.action, StepAction::Create);
        assert!(decision.writes().is_empty(), "eksctl makes it with the cluster");
    }
    let ids: Vec<&str> = steps().iter().map(|step| step.id()).collect();
    assert_eq!(ids, ["cluster", "node-group", "addons", "storage-class"]);
}

/// An approval holds from nothing to the end: at each point of the way the wanted state has the same digest.
#[test]
fn what_is_left_of_an_approved_plan_is_a_part_of_it() {
    let desired = desired();
    let id = desired.installation().to_string();
    let creating = Cluster {
        status: "CREATING".to_owned(),
        ..eks_ours()
    };
    let mut begun = nothing();
    begun.stacks = vec![seen_stack("eksctl-demo-cluster", "CREATE_IN_PROGRESS", &id)];
    let clusters =
        [nothing(), begun, standing(creating), standing(eks_ours())].map(|it| cluster::decide(&desired, &it));
    let name = desired.node_group();
    let ready = vec![node("a", Some(&name), true), node("b", Some(&name), true)];
    let groups = [
        node_group::Observed::NoCluster,
        nodes(None, Vec::new(), true),
        nodes(Some(group("CREATING")), Vec::new(), true),
        nodes(Some(group("ACTIVE")), Vec::new(), true),
        nodes(Some(group("ACTIVE")), ready, true),
    ]
    .map(|it| node_group::decide(&desired, &it));
    let mut half = all_addons();
    half.addons.remove("coredns");
    let addons = [
        addons::Observed::NoCluster,
        addons::Observed::Standing(Box::new(addons::Seen {
            ours: true,
            ..addons::Seen::default()
        })),
        addons::Observed::Standing(Box::new(half)),
        addons::Observed::Standing(Box::new(all_addons())),
    ]
    .map(|it| addons::decide(&desired, &it));
    let classes = [
        class_of(Release::NoCluster, None),
        class_of(Release::Absent, None),
        class_of(release(Some(id.clone())), None),
        class_of(release(Some(id)), Some(class())),
    ];
    for way in [&clusters[..], &groups[..], &addons[..], &classes[..]] {
        for decision in way {
            assert_eq!(decision.desired, way[0].desired, "{}", decision.detail);
            assert_eq!(decision.adopted, way[0].adopted, "{}", decision.detail);
        }
    }
}
