//! Tags, in the two forms that AWS's services write them: a map, and a list of `Key` and `Value`.

use crate::clients::failure::ParseFailure;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A thing's tags. Keys and values are whatever somebody wrote: untrusted text, to be compared and not to be said.
pub type Tags = BTreeMap<String, String>;

/// One tag of a list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    value: String,
}

/// The list as a map. A key that stands there twice with one value is that value: eksctl 0.230 writes a stack's tags so.
///
/// # Errors
/// [`ParseFailure::Form`] with `field` where a key has two values.
pub(super) fn map_of(list: Vec<Tag>, field: &'static str) -> Result<Tags, ParseFailure> {
    let mut tags = Tags::new();
    for tag in list {
        let known = tags.insert(tag.key, tag.value.clone());
        if known.is_some_and(|known| known != tag.value) {
            return Err(ParseFailure::Form(field));
        }
    }
    Ok(tags)
}

/// The tags as an argument: `[{"Key":"a","Value":"b"}]`. JSON, because aws's own short form gives commas and quotes
/// in a value a meaning.
pub(super) fn list(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}

/// The tags as an argument: `{"a":"b"}`.
pub(super) fn map(tags: &Tags) -> String {
    json!(tags).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag {
            key: key.to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn one_tag_told_twice_is_that_tag_and_two_values_are_none() {
        let twice = map_of(vec![tag("a", "1"), tag("b", "2"), tag("a", "1")], "Tags").unwrap();
        assert_eq!(twice.len(), 2);
        assert!(map_of(vec![tag("a", "1"), tag("a", "2")], "Tags").is_err());
    }
}
