//! The plan's digest: what an approval is for (design 11).

use crate::model::Target;
use crate::steps::install::Decision;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// `sha256:` and the hash of the target and of each step's wanted state. How far a step is does not count: what is left
/// of an approved plan is a part of it. Whether a thing is ours or somebody else's does: using a foreign cluster is
/// another plan than making one.
#[must_use]
pub fn of<'a>(target: &Target, steps: impl IntoIterator<Item = (&'a str, &'a Decision)>) -> String {
    let steps: Vec<Value> = steps
        .into_iter()
        .map(|(id, decision)| json!({ "id": id, "adopted": decision.adopted, "desired": decision.desired }))
        .collect();
    let plan = json!({
        "form": 1,
        "account": target.account.as_str(),
        "region": target.region.as_str(),
        "cluster": target.cluster.as_str(),
        "namespace": target.namespace.as_str(),
        "steps": steps,
    });
    // serde_json writes the members of an object in the order of their names: equal plans give equal bytes.
    let hash = Sha256::digest(plan.to_string().as_bytes());
    hash.iter().fold("sha256:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(namespace: &str) -> Target {
        Target {
            account: "123456789012".parse().unwrap(),
            region: "us-east-2".parse().unwrap(),
            cluster: "demo".parse().unwrap(),
            namespace: namespace.parse().unwrap(),
        }
    }

    #[test]
    fn what_is_left_of_a_plan_has_its_digest_and_another_plan_has_not() {
        let make = Decision::create("made", json!({"a": 1, "b": 2}), Vec::new());
        let left = Decision::settled("there", json!({"b": 2, "a": 1}));
        let digest = of(&target("ingext"), [("bucket", &make)]);
        assert_eq!(digest.len(), 71);
        assert_eq!(digest, of(&target("ingext"), [("bucket", &left)]));
        assert_ne!(digest, of(&target("other"), [("bucket", &make)]));
        assert_ne!(
            digest,
            of(&target("ingext"), [("bucket", &left.clone().adopting())])
        );
        let changed = Decision::create("made", json!({"a": 1, "b": 3}), Vec::new());
        assert_ne!(digest, of(&target("ingext"), [("bucket", &changed)]));
    }
}
