//! A command's input: its flags and words as the JSON Schema of one object.

use super::catalog::Entry;
use crate::cli::resolve::{form_of, rule_of, takes};
use crate::model::{NodeCount, ToolboxSource};
use clap::{Arg, Command};
use serde_json::{Map, Value, json};

/// Flags that are no input: `action` names the command too, and the others only print.
pub const NO_INPUT: [&str; 3] = ["action", "help", "version"];

/// The schema of what `leaf` takes; `shape` has the flags of every command.
pub(super) fn schema(shape: &Command, leaf: &Command, entry: &Entry) -> Value {
    let mut properties = Map::new();
    let mut needed: Vec<String> = entry.required.iter().map(|&name| name.to_owned()).collect();
    let flags = shape.get_arguments().chain(leaf.get_arguments());
    for (name, arg) in flags.filter_map(|arg| Some((arg.get_long()?, arg))) {
        if !NO_INPUT.contains(&name) {
            let mut property = flag(name, arg);
            // Taken all the same: every flag is a flag of every command.
            let group = arg.get_help_heading().unwrap_or_default();
            if arg.is_global_set() && !entry.groups.contains(&group) && !entry.flags.contains(&name) {
                property.insert("x-noEffect".to_owned(), true.into());
            }
            properties.insert(name.to_owned(), property.into());
        }
    }
    for arg in leaf.get_positionals() {
        let name = arg.get_id().to_string();
        if arg.is_required_set() {
            needed.push(name.clone());
        }
        properties.insert(name, positional(arg));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("Input of lakehouse {}", leaf.get_bin_name().unwrap_or_default().trim_start_matches("lakehouse ")),
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": false,
    })
}

fn flag(name: &str, arg: &Arg) -> Map<String, Value> {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let rule = rule_of(name);
    let words = words(name, arg);
    let mut schema = Map::new();
    let mut set = |key: &str, value: Value| schema.insert(key.to_owned(), value);
    let stated = default(&help);
    if words == ["true", "false"] {
        set("type", "boolean".into());
        if let Some(value) = stated.and_then(|text| text.parse::<bool>().ok()) {
            set("default", value.into());
        }
    } else if name == "node-count" {
        set("type", "integer".into());
        set("minimum", NodeCount::LEAST.into());
        set("maximum", NodeCount::MOST.into());
        if let Some(value) = stated.and_then(|text| text.parse::<u32>().ok()) {
            set("default", value.into());
        }
    } else {
        set("type", "string".into());
        if let Some(form) = form_of(name) {
            set("pattern", form.pattern.into());
            set("minLength", form.length.0.into());
            set("maxLength", form.length.1.into());
        }
        let known = |text: &&str| words.iter().any(|word| word == text) || takes(name, text);
        if let Some(value) = stated.filter(known) {
            set("default", value.into());
        }
        if !words.is_empty() {
            set("enum", words.into());
        }
    }
    if let Some(rule) = &rule {
        let example = match schema.get("type").and_then(Value::as_str) {
            Some("boolean") => Value::from(rule.example == "true"),
            Some("integer") => rule.example.parse::<u32>().map_or(Value::Null, Value::from),
            _ => rule.example.clone().into(),
        };
        schema.insert("examples".to_owned(), json!([example]));
    }
    let must = rule
        .map(|rule| format!(" Must be {}.", rule.rule))
        .unwrap_or_default();
    schema.insert("description".to_owned(), format!("{help}.{must}").into());
    if let Some(group) = arg.get_help_heading() {
        schema.insert("x-group".to_owned(), group.into());
    }
    schema
}

fn positional(arg: &Arg) -> Value {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let mut one = json!({ "type": "string" });
    let words = words("", arg);
    if !words.is_empty() {
        one["enum"] = words.into();
    }
    let many = arg.get_num_args().is_some_and(|count| count.max_values() > 1);
    if many {
        let most = arg.get_num_args().map_or(1, |count| count.max_values());
        one = json!({ "type": "array", "items": one, "maxItems": most });
    }
    one["description"] = format!("{help}.").into();
    one
}

/// The words of which a value must be one; empty where it is free text.
fn words(name: &str, arg: &Arg) -> Vec<String> {
    if name == "toolbox-source" {
        return ToolboxSource::WORDS.iter().map(|&word| word.to_owned()).collect();
    }
    let possible = arg.get_possible_values();
    possible
        .iter()
        .filter(|word| !word.is_hide_set())
        .map(|word| word.get_name().to_owned())
        .collect()
}

/// The default that the help states, where it is a value and no explanation: `[CLUSTER_NAME; default: ingext-lakehouse]`.
fn default(help: &str) -> Option<&str> {
    let (_, text) = help.rsplit_once("default: ")?;
    let text = text.strip_suffix(']')?;
    (!text.contains([' ', ';'])).then_some(text)
}
