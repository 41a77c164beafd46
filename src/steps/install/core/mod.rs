//! The phase core: what the lakehouse stands on: its account, its secret, Redis, `OpenSearch`, `VictoriaMetrics`, etcd.

pub mod app_secret;
pub mod namespace;
pub mod service_account;

use super::readiness::Workload;
use super::release::Wanted;
use super::{ChartStep, Desired, Step, Waits};
use crate::model::Phase;
use serde_json::json;

/// What must stand before a pod of the namespace starts: a node, volumes, its account with its role, its secret. A pod
/// that runs before its account's association exists never gets the role.
const BEFORE_PODS: [&str; 6] = [
    "storage-class",
    "addons",
    "node-group",
    "lake-association",
    "service-account",
    "app-secret",
];

/// The right of the services to work in their namespace.
pub const MANAGER_ROLE: ChartStep = ChartStep {
    id: "manager-role",
    phase: Phase::Core,
    after: &["namespace"],
    waits: Waits::new(5, 300, 1),
    wanted: |desired| plain("ingext-manager-role", desired),
    workloads: &[],
};

/// Redis, `OpenSearch` and `VictoriaMetrics`; the first has its release's name in its own.
pub const STACK: ChartStep = ChartStep {
    id: "stack",
    phase: Phase::Core,
    after: &BEFORE_PODS,
    waits: Waits::new(120, 15 * 60, 1),
    wanted: |desired| plain("ingext-stack", desired),
    workloads: &[
        Workload::stateful_set("ingext-stack-redis-master"),
        Workload::stateful_set("opensearch-master"),
        Workload::stateful_set("vmsingle"),
    ],
};

/// etcd.
pub const ETCD: ChartStep = ChartStep {
    id: "etcd",
    phase: Phase::Core,
    after: &BEFORE_PODS,
    waits: Waits::new(60, 15 * 60, 1),
    wanted: |desired| plain("etcd-single", desired),
    workloads: &[Workload::stateful_set("etcd")],
};

/// What defragments etcd each night: its pods come when their time does, and need an etcd then.
pub const ETCD_CRON_JOB: ChartStep = ChartStep {
    id: "etcd-cronjob",
    phase: Phase::Core,
    after: &["etcd"],
    waits: Waits::new(5, 300, 1),
    wanted: |desired| plain("etcd-single-cronjob", desired),
    workloads: &[],
};

/// A release of its chart's name in the namespace, with the chart's own values.
#[must_use]
pub fn plain(chart: &'static str, desired: &Desired) -> Wanted {
    Wanted {
        name: chart,
        namespace: desired.target.namespace.as_str().to_owned(),
        chart,
        values: json!({}),
    }
}

/// Its steps, in their order.
#[must_use]
pub fn steps() -> Vec<Box<dyn Step>> {
    vec![
        Box::new(namespace::TheNamespace),
        Box::new(service_account::TheServiceAccount),
        Box::new(app_secret::AppSecret::default()),
        Box::new(MANAGER_ROLE),
        Box::new(STACK),
        Box::new(ETCD),
        Box::new(ETCD_CRON_JOB),
    ]
}
