//! The user's own values of a release (`--set-values`): laid over install's own, and never over what install needs.

use super::{Wanted, alike, shown};
use crate::gateway::journal::sha256_hex;
use crate::model::set_values::texts;
use crate::report::Code;
use crate::steps::install::{Desired, Stop};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What install sets as a beginning, and a user may set otherwise, by release and path. All else that it sets, another
/// part of the install relies on: the bucket, the site's name, the cluster.
const FREE: [(&str, &[&str]); 4] = [
    ("karpenter", &["replicas"]),
    ("karpenter", &["controller", "resources"]),
    ("ingext-search-pool", &["cpuLimit"]),
    ("ingext-search-pool", &["memoryLimit"]),
];

/// The user's values of this release, where there are any.
pub(super) fn of_user<'a>(desired: &'a Desired, wanted: &Wanted) -> Option<&'a Value> {
    desired
        .set_values
        .get(wanted.name)
        .filter(|values| values.as_object().is_some_and(|fields| !fields.is_empty()))
}

/// Install's values with the user's over them.
pub(super) fn merged(desired: &Desired, wanted: &Wanted) -> Value {
    let mut all = wanted.values.clone();
    if let Some(user) = of_user(desired, wanted) {
        lay(&mut all, user);
    }
    all
}

/// Lays `over` upon `base`: objects field by field, all else whole, as helm merges files of values.
fn lay(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                match base.get_mut(key) {
                    Some(below) => lay(below, value),
                    None => {
                        base.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (base, over) => *base = over.clone(),
    }
}

/// What the digest holds of them: a hash, for they may be secrets.
pub(super) fn digested(desired: &Desired, wanted: &Wanted) -> Option<Value> {
    let user = of_user(desired, wanted)?;
    Some(json!(sha256_hex(user.to_string().as_bytes())))
}

/// What a detail says of them, `; with your own values at …`: the names at the top alone.
pub(super) fn words(desired: &Desired, wanted: &Wanted) -> String {
    let names: Vec<String> = of_user(desired, wanted)
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(serde_json::Map::keys)
        .map(|name| format!("`{}`", shown(name)))
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("; with your own values at {}", names.join(", "))
    }
}

/// Values as helm is handed them: JSON, without the characters that YAML refuses or takes for a line's end where JSON
/// leaves them as they are (YAML 1.1, `c-printable` and `b-char`).
pub(super) fn document(values: &Value) -> String {
    let is_told_apart = |letter: char| {
        matches!(
            letter,
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
    };
    format!("{values:#}")
        .chars()
        .fold(String::new(), |mut text, letter| {
            if is_told_apart(letter) {
                let _ = write!(text, "\\u{:04x}", u32::from(letter));
            } else {
                text.push(letter);
            }
            text
        })
}

/// Texts of them that must not be shown of a command with these words: not those that stand in it anyway.
pub(super) fn secrets(desired: &Desired, wanted: &Wanted, args: &[String]) -> Vec<String> {
    let mut found = of_user(desired, wanted).map_or_else(Vec::new, texts);
    found.retain(|text| !args.iter().any(|word| word.contains(text.as_str())));
    found
}

/// What stands in the way where the user's values would change what install itself needs.
pub(super) fn refused(desired: &Desired, wanted: &Wanted) -> Option<Stop> {
    let user = of_user(desired, wanted)?;
    let mut taken = Vec::new();
    overridden(&wanted.values, user, &mut Vec::new(), &mut taken);
    taken.retain(|path| {
        !FREE.iter().any(|(release, free)| {
            *release == wanted.name
                && free.len() <= path.len()
                && free.iter().zip(path).all(|(free, at)| *free == at)
        })
    });
    if taken.is_empty() {
        return None;
    }
    let paths: Vec<String> = taken
        .iter()
        .map(|path| {
            let names: Vec<&str> = path.iter().map(|name| shown(name)).collect();
            format!("`{}.{}`", wanted.name, names.join("."))
        })
        .collect();
    Some(Stop::new(
        Code::SetValuesRefused,
        format!(
            "`--set-values` sets {}, which install itself sets and needs: other parts of the lakehouse rely on it.",
            paths.join(", ")
        ),
        "Take that key out of the file; flags such as `--bucket`, `--domain` and `--cluster` set what stands behind it. Then run the same command. Values that an earlier run kept are replaced by those of the file.",
    ))
}

/// The paths at which `user` would change what `own` says.
fn overridden(own: &Value, user: &Value, path: &mut Vec<String>, taken: &mut Vec<Vec<String>>) {
    match (own, user) {
        (Value::Object(own), Value::Object(user)) => {
            for (key, value) in user {
                if let Some(below) = own.get(key) {
                    path.push(key.clone());
                    overridden(below, value, path, taken);
                    path.pop();
                }
            }
        }
        (own, user) if alike(own, user) => {}
        _ => taken.push(path.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_laid_over_field_by_field_and_lists_whole() {
        let mut base = json!({"a": {"b": 1, "c": [1, 2]}, "d": 1});
        lay(&mut base, &json!({"a": {"c": [3], "e": null}, "f": {"g": 1}}));
        assert_eq!(
            base,
            json!({"a": {"b": 1, "c": [3], "e": null}, "d": 1, "f": {"g": 1}})
        );
    }

    #[test]
    fn a_text_reaches_the_chart_unharmed_where_yaml_knows_more_line_ends_than_json() {
        let values = json!({"a": "x\u{2028}y\u{85}z\u{7f}\u{feff}é, = {\n"});
        let text = document(&values);
        assert!(
            text.chars().all(|letter| letter == 'é' || letter.is_ascii()),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), values);
        let yaml: serde_norway::Value = serde_norway::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(yaml).unwrap(), values);
    }

    #[test]
    fn only_what_would_change_is_an_override() {
        let own = json!({"bucket": {"name": "b-1", "region": "r"}, "replicas": 2});
        let paths = |user: Value| {
            let mut taken = Vec::new();
            overridden(&own, &user, &mut Vec::new(), &mut taken);
            taken.iter().map(|path| path.join(".")).collect::<Vec<_>>()
        };
        assert!(paths(json!({"bucket": {"name": "b-1"}, "replicas": 2.0, "x": 1})).is_empty());
        assert_eq!(paths(json!({"bucket": {"name": "other"}})), ["bucket.name"]);
        assert_eq!(paths(json!({"bucket": null})), ["bucket"], "the whole of it");
        assert_eq!(paths(json!({"replicas": {"a": 1}})), ["replicas"]);
    }
}
