//! A command's output: the report with the parts that the command gives, or a text.

use super::catalog::Output;
use crate::report::Report;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What every report has.
const ALWAYS: [&str; 2] = ["schemaVersion", "run"];

/// The schema of what stdout gets with `--output json` and without `--events -`.
pub(super) fn schema(output: &Output) -> Value {
    match output {
        Output::Report(parts) => report(parts),
        Output::Text(what) => json!({ "type": "string", "description": what }),
        Output::Document(what) => json!({ "type": "object", "description": what }),
    }
}

fn report(parts: &[&str]) -> Value {
    let mut schema = Value::from(schemars::schema_for!(Report));
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| ALWAYS.contains(&name.as_str()) || parts.contains(&name.as_str()));
    }
    let mut used = BTreeSet::new();
    reach(&schema["properties"], &schema["$defs"], &mut used);
    if let Some(defs) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        defs.retain(|name, _| used.contains(name));
    }
    schema["description"] =
        "One JSON document with `--output json`, the default where stdout is no terminal. With \
        `--events -` it stands in the last event line instead."
            .into();
    schema
}

/// The definitions that `schema` refers to, and those that these refer to.
fn reach(schema: &Value, defs: &Value, used: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            let name = map.get("$ref").and_then(Value::as_str);
            if let Some(name) = name.and_then(|name| name.strip_prefix("#/$defs/"))
                && used.insert(name.to_owned())
            {
                reach(&defs[name], defs, used);
            }
            map.values().for_each(|value| reach(value, defs, used));
        }
        Value::Array(list) => list.iter().for_each(|value| reach(value, defs, used)),
        _ => {}
    }
}
