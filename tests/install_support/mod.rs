//! What the tests of the install's steps share.
#![allow(dead_code, missing_docs)] // each test file uses a part of it

use lakehouse::model::{AccountId, Target};
use lakehouse::report::{Code, ExecMode};
use lakehouse::steps::install::{Decision, Desired, Verdict, Write};
use serde_json::Value;

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

/// The installation's id.
pub fn ours() -> String {
    desired().installation().to_string()
}

pub fn code(decision: &Decision) -> Code {
    match &decision.verdict {
        Verdict::Blocked(stops) => stops[0].code,
        other => panic!("not blocked: {other:?}"),
    }
}

pub fn words(write: &Write) -> &[String] {
    &write.ask.spec.args
}

/// The second word of each command, `create-bucket`.
pub fn verbs(decision: &Decision) -> Vec<String> {
    decision
        .writes()
        .iter()
        .map(|write| words(write)[1].clone())
        .collect()
}

pub fn flag_value(write: &Write, flag: &str) -> String {
    let words = words(write);
    let at = words.iter().position(|word| word == flag).expect(flag);
    words[at + 1].clone()
}

/// What goes by stdin.
pub fn document(write: &Write) -> Value {
    serde_json::from_slice(write.ask.spec.stdin.as_ref().unwrap()).unwrap()
}
