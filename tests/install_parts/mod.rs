//! Releases and objects of charts, as the tests of core, stream and datalake see them.

#![allow(dead_code, reason = "each test file takes what it needs")]

use crate::install_cases::desired;
use lakehouse::model::ChartLock;
use lakehouse::steps::install::release::{Found, Observed, Wanted, decide};
use serde_json::{Value, json};
use std::path::Path;

/// The release as it is wanted, made by us.
pub fn found(wanted: &Wanted) -> Observed {
    by(wanted, Some(desired().installation().to_string()))
}

/// The same, made by somebody else.
pub fn theirs(wanted: &Wanted) -> Observed {
    by(wanted, None)
}

fn by(wanted: &Wanted, created_by: Option<String>) -> Observed {
    Observed::There(Found {
        chart: wanted.chart.to_owned(),
        version: ChartLock::compiled().chart(wanted.chart).unwrap().version.clone(),
        status: "deployed".to_owned(),
        since: None,
        values: wanted.values.clone(),
        created_by,
        revision: Some(3),
        ..Found::default()
    })
}

/// Ours of an older version of the chart.
pub fn older(wanted: &Wanted) -> Observed {
    match found(wanted) {
        Observed::There(found) => Observed::There(Found {
            version: "0.0.1".to_owned(),
            ..found
        }),
        other => other,
    }
}

/// An object of the release, by helm's marks, with what it has beside.
pub fn ours(wanted: &Wanted, more: Value) -> Value {
    of(wanted.name, &wanted.namespace, more)
}

/// An object of a release.
pub fn of(release: &str, namespace: &str, mut more: Value) -> Value {
    more["metadata"]["labels"] = json!({ "app.kubernetes.io/managed-by": "Helm" });
    more["metadata"]["annotations"] = json!({
        "meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace
    });
    more
}

/// The command that installs the release, and its values, as `tests/golden/releases.json` has them.
pub fn golden(step: &str, wanted: &Wanted) {
    let decision = decide(&desired(), wanted, &Observed::Absent);
    let [write] = decision.writes() else {
        panic!("{decision:?}")
    };
    let values: Value = serde_json::from_slice(write.ask.spec.stdin.as_ref().unwrap()).unwrap();
    let seen = json!({ "argv": write.ask.spec.argv().join(" "), "values": values });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/releases.json");
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(seen, golden[step], "{step}");
    fits_the_schema(wanted);
}

/// Every value is one that the chart knows: the schemas of the stand-in charts refuse all others.
fn fits_the_schema(wanted: &Wanted) {
    let charts = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker/rehearsal/charts");
    let schema = std::fs::read(charts.join(wanted.chart).join("values.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let wrong: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&wanted.values)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "{}", wanted.chart);
}
