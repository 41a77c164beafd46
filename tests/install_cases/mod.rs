//! What the tests of the install's decisions begin with: wishes, a cluster, a stack.

#![allow(dead_code, reason = "each test file takes what it needs")]

use lakehouse::clients::aws::cloudformation::parse_stack;
use lakehouse::clients::aws::eks::Cluster;
use lakehouse::model::{AccountId, CREATED_BY, Target};
use lakehouse::report::ExecMode;
use lakehouse::steps::install::foundation::cluster_config::{Given, Network, Placed};
use lakehouse::steps::install::foundation::stacks::SeenStack;
use lakehouse::steps::install::{Decision, Desired, Stop, Verdict};
use serde_json::json;
use std::collections::BTreeMap;

/// A cluster `demo` with two nodes, by the profile `dev`.
pub fn desired() -> Desired {
    Desired {
        target: Target {
            account: "000000000000".parse::<AccountId>().unwrap(),
            region: "us-east-2".parse().unwrap(),
            cluster: "demo".parse().unwrap(),
            namespace: "ingext".parse().unwrap(),
        },
        caller_arn: "arn:aws:iam::000000000000:root".to_owned(),
        profile: Some("dev".parse().unwrap()),
        mode: ExecMode::Local,
        node_type: "t3.large".parse().unwrap(),
        node_count: 2,
        subnets: Vec::new(),
        bucket: "demo-000000000000".parse().unwrap(),
        bucket_is_named: true,
        versioning: false,
        chart_mirror: None,
        site: lakehouse::steps::install::Site {
            domain: "lakehouse.k8.rehearsal.test".parse().unwrap(),
            certificate: "arn:aws:acm:us-east-2:000000000000:certificate/0123-4567"
                .parse()
                .unwrap(),
            dns: lakehouse::steps::install::Dns::Route53 {
                zone_id: "/hostedzone/Z0MLWEORIKCRYDP0R01N1".to_owned(),
                zone_name: "rehearsal.test".to_owned(),
            },
            scheme: lakehouse::model::Scheme::InternetFacing,
        },
        set_values: std::collections::BTreeMap::new(),
        charts: lakehouse::model::ChartLock::compiled(),
    }
}

/// The cluster as install makes it, active.
pub fn eks_ours() -> Cluster {
    Cluster {
        arn: Some("arn:aws:eks:us-east-2:000000000000:cluster/demo".to_owned()),
        status: "ACTIVE".to_owned(),
        version: Some("1.34".to_owned()),
        endpoint: Some("https://e.example".to_owned()),
        authority: Some("QUJD".to_owned()),
        authentication_mode: Some("API_AND_CONFIG_MAP".to_owned()),
        vpc: Some("vpc-1".to_owned()),
        tags: Some(BTreeMap::from([(
            CREATED_BY.to_owned(),
            desired().installation().to_string(),
        )])),
        ..Cluster::default()
    }
}

/// A private and a public subnet in each of two zones.
pub fn given_network() -> Network {
    let placed = |id: &str, zone: &str, public| Placed {
        id: id.to_owned(),
        zone: zone.to_owned(),
        public,
    };
    Network::Given(Given {
        vpc: "vpc-1".to_owned(),
        security_group: None,
        subnets: vec![
            placed("subnet-0aaaaaaaaaaaaaaaa", "us-east-2a", false),
            placed("subnet-0bbbbbbbbbbbbbbbb", "us-east-2b", false),
            placed("subnet-0dddddddddddddddd", "us-east-2a", true),
            placed("subnet-0eeeeeeeeeeeeeeee", "us-east-2b", true),
        ],
    })
}

/// A stack in this state, made by the installation `by`; by none where that is empty.
pub fn seen_stack(name: &str, status: &str, by: &str) -> SeenStack {
    let tags = if by.is_empty() {
        json!([])
    } else {
        json!([{"Key": CREATED_BY, "Value": by}])
    };
    let answer = json!({"Stacks": [{
        "StackName": name,
        "StackId": format!("arn:aws:cloudformation:us-east-2:000000000000:stack/{name}/1"),
        "StackStatus": status,
        "CreationTime": "2026-01-01T00:00:00Z",
        "Tags": tags,
    }]});
    SeenStack {
        stack: parse_stack(answer.to_string().as_bytes(), name).unwrap(),
        failed: Some("VPC (AWS::EC2::VPC): limit exceeded".to_owned()),
    }
}

/// Whether nothing is to be done.
pub fn settled(decision: &Decision) -> bool {
    matches!(decision.verdict, Verdict::Settled)
}

/// What stands in the way.
pub fn stops(decision: &Decision) -> &[Stop] {
    match &decision.verdict {
        Verdict::Blocked(stops) => stops,
        other => panic!("not blocked: {other:?}"),
    }
}
