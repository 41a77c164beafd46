//! The user's own values of the charts (`--set-values FILE`): YAML, by release.

use serde_json::{Map, Value};
use serde_norway::Value as Yaml;
use std::collections::BTreeMap;
use std::fmt;

/// Every release of an install, in its order: the only names that the file may hold.
pub const RELEASES: [&str; 18] = [
    "ingext-aws-gp3",
    "karpenter-crd",
    "karpenter",
    "ingext-serviceaccount",
    "ingext-stack",
    "etcd-single",
    "etcd-single-cronjob",
    "ingext-manager-role",
    "ingext-community-config",
    "ingext-community-init",
    "ingext-community",
    "ingext-lake-config",
    "ingext-merge-pool",
    "ingext-search-pool",
    "ingext-s3-lake",
    "ingext-lake",
    "aws-load-balancer-controller",
    "ingext-community-ingress-aws",
];

/// The most that is read.
pub const LARGEST: usize = 256 * 1024;

/// The most that is kept, as JSON, which may be longer than the file: in base64 a Secret holds it, with a megabyte.
const MOST_KEPT: usize = 700 * 1024;

/// The values, by release; each an object. They may be secrets: [`fmt::Debug`] shows none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SetValues(BTreeMap<String, Value>);

impl SetValues {
    /// Reads the file's text.
    ///
    /// # Errors
    /// What is wrong with it, as a phrase behind the file's name, without any of the values.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.len() > LARGEST {
            return Err(format!("has more than {} KiB", LARGEST / 1024));
        }
        let mut yaml: Yaml = serde_norway::from_str(text).map_err(|error| match error.location() {
            Some(at) => format!("is not YAML: see line {}, column {}", at.line(), at.column()),
            None => "is not YAML".to_owned(),
        })?;
        yaml.apply_merge()
            .map_err(|_| "has a merge (`<<`) of what is no object".to_owned())?;
        let Yaml::Mapping(releases) = yaml else {
            return Err(format!(
                "is not an object by release; it may be `{}: {{replicas: 2}}`",
                RELEASES[2]
            ));
        };
        let mut found = BTreeMap::new();
        for (name, values) in releases {
            let name = match name.as_str() {
                Some(name) if RELEASES.contains(&name) => name.to_owned(),
                other => {
                    let shown = super::shown(other.unwrap_or("?"));
                    return Err(format!(
                        "names {shown}, which is no release of an install: the keys at its top are {}",
                        RELEASES.join(", ")
                    ));
                }
            };
            let values = json(values, &name)?;
            if !values.is_object() {
                return Err(format!(
                    "has under `{name}` no object: it may be `{name}: {{key: value}}`"
                ));
            }
            found.insert(name, values);
        }
        let read = Self(found);
        if read.text().len() > MOST_KEPT {
            return Err(format!(
                "comes to more than {} KiB once its aliases are written out",
                MOST_KEPT / 1024
            ));
        }
        Ok(read)
    }

    /// Those of an object by release, as [`Self::text`] gave it; of any length, for JSON may be longer than the YAML was.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn kept(bytes: &[u8]) -> Result<Self, String> {
        let all: BTreeMap<String, Value> =
            serde_json::from_slice(bytes).map_err(|_| "is no JSON object by release".to_owned())?;
        match all
            .iter()
            .find(|(name, values)| !RELEASES.contains(&name.as_str()) || !values.is_object())
        {
            Some((name, _)) => Err(format!("has no values of a release under {}", super::shown(name))),
            None => Ok(Self(all)),
        }
    }

    /// All of them as one JSON object, the same text for the same values.
    #[must_use]
    pub fn text(&self) -> String {
        let all: Map<String, Value> = self.0.clone().into_iter().collect();
        Value::Object(all).to_string()
    }

    /// The values by release.
    #[must_use]
    pub const fn by_release(&self) -> &BTreeMap<String, Value> {
        &self.0
    }

    /// The same, to take.
    #[must_use]
    pub fn into_map(self) -> BTreeMap<String, Value> {
        self.0
    }
}

/// All texts in the values, which may be secrets.
#[must_use]
pub fn texts(values: &Value) -> Vec<String> {
    match values {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

impl fmt::Debug for SetValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl From<BTreeMap<String, Value>> for SetValues {
    fn from(values: BTreeMap<String, Value>) -> Self {
        Self(values)
    }
}

/// YAML as JSON: what has no form there is refused, with its path.
fn json(yaml: Yaml, path: &str) -> Result<Value, String> {
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(it) => it.into(),
        Yaml::String(it) => it.into(),
        Yaml::Number(it) => {
            if let Some(whole) = it.as_i64() {
                whole.into()
            } else if let Some(whole) = it.as_u64() {
                whole.into()
            } else {
                let finite = it.as_f64().and_then(serde_json::Number::from_f64);
                Value::Number(finite.ok_or_else(|| format!("has at `{path}` a number without an end"))?)
            }
        }
        Yaml::Sequence(all) => all
            .into_iter()
            .enumerate()
            .map(|(at, it)| json(it, &format!("{path}[{at}]")))
            .collect::<Result<_, _>>()?,
        Yaml::Mapping(fields) => {
            let mut object = Map::new();
            for (key, it) in fields {
                let key = match key {
                    Yaml::String(key) => key,
                    // As helm reads them: `8080: x` is the key "8080".
                    Yaml::Number(number) => number.to_string(),
                    Yaml::Bool(word) => word.to_string(),
                    _ => return Err(format!("has below `{path}` a key that is no text")),
                };
                let below = format!("{path}.{}", super::shown_name(&key));
                object.insert(key, json(it, &below)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(_) => {
            return Err(format!(
                "has at `{path}` a tag (`!…`), which a chart's value can't be"
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_is_an_object_of_objects_by_release() {
        let read = SetValues::read(
            "karpenter:\n  replicas: 3\n  text: 'a,b={c}\"\n\n    d'\n  no: \"yes\"\n  8080: {a: [1, 2.5, null, true]}\n",
        )
        .unwrap();
        assert_eq!(
            read.by_release()["karpenter"],
            json!({"replicas": 3, "text": "a,b={c}\"\nd", "no": "yes", "8080": {"a": [1, 2.5, null, true]}})
        );
        assert_eq!(SetValues::kept(read.text().as_bytes()).unwrap(), read);
        assert_eq!(SetValues::read("{}").unwrap(), SetValues::default());
        let merged = SetValues::read("karpenter: {a: &x {b: 1}, c: {<<: *x, d: 2}}").unwrap();
        assert_eq!(merged.by_release()["karpenter"]["c"], json!({"b": 1, "d": 2}));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_values() {
        for (text, word) in [
            ("", "not an object"),
            ("hush", "not an object"),
            ("[hush]", "not an object"),
            ("karpenter: [hush", "is not YAML: see line"),
            ("karpenter:\n\t- hush", "is not YAML: see line"),
            ("karpenter: hush", "no object"),
            ("karpenter:", "no object"),
            ("karpentr: {a: hush}", "no release of an install"),
            ("1: {a: hush}", "no release of an install"),
            ("karpenter: {a: .nan}", "`karpenter.a`"),
            ("karpenter: {a: !x hush}", "a tag"),
            ("karpenter: {a: hush}\nkarpenter: {b: 1}", "is not YAML"),
            ("karpenter: {a: 1}\n---\nkarpenter: {b: 1}", "is not YAML"),
            ("karpenter: {? [1] : hush}", "a key that is no text"),
        ] {
            let why = SetValues::read(text).unwrap_err();
            assert!(why.contains(word) && !why.contains("hush"), "{text:?}: {why}");
        }
        assert!(SetValues::read(&"#".repeat(LARGEST + 1)).is_err());
        let shown = format!("{:?}", SetValues::read("karpenter: {a: hush}").unwrap());
        assert!(!shown.contains("hush"), "{shown}");
    }
}
