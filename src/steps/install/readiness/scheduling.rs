//! What the scheduler says of a pod that it has no node for. Its words are Kubernetes' own and plain
//! (kubernetes `pkg/scheduler/framework/plugins`, 1.34; those of the rehearsal's scheduler are recorded in
//! `fixtures/kubectl/get-work`): `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {a: b}.
//! preemption: …`.

use crate::clients::form::is_dns_name;

/// Why no node takes a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// There is no node at all.
    NoNodes,
    /// Too little is free of this: `cpu`, `memory`, `ephemeral-storage`.
    Insufficient(String),
    /// A node takes no more pods.
    TooManyPods,
    /// A taint, by its key, that the pod does not tolerate.
    Taint(String),
    /// The pod's node selector or affinity fits no node.
    Selector,
    /// Rules about which pods may stand side by side.
    Apart,
    /// Nodes that take no new pods by somebody's order.
    Cordoned,
    /// A volume stands in a zone without a node, or a node takes no more volumes.
    VolumePlace,
    /// A claim that is not bound, or not there.
    Claim,
    /// Something else.
    Other,
}

/// The constraints, each once, in the order of this list.
#[must_use]
pub fn constraints(said: &str) -> Vec<Constraint> {
    // What preemption would not help is no constraint of its own.
    let said = said.split("preemption:").next().unwrap_or_default();
    let mut found = Vec::new();
    if said.contains("no nodes available to schedule pods") || said.starts_with("0/0 nodes") {
        found.push(Constraint::NoNodes);
    }
    for piece in said.split("Insufficient ").skip(1) {
        let end = piece.find([',', ' ', '\n']).unwrap_or(piece.len());
        let name = piece[..end].trim_end_matches('.');
        if name.split('/').all(is_dns_name) {
            found.push(Constraint::Insufficient(name.to_owned()));
        }
    }
    for piece in said
        .split("untolerated taint {")
        .skip(1)
        .chain(said.split("untolerated taint(s) {").skip(1))
    {
        let key = piece.split([':', '}']).next().unwrap_or_default().trim();
        if key.split('/').all(is_dns_name) {
            found.push(Constraint::Taint(key.to_owned()));
        }
    }
    let words: [(&str, Constraint); 13] = [
        ("Too many pods", Constraint::TooManyPods),
        ("didn't match Pod's node affinity/selector", Constraint::Selector),
        ("didn't match pod affinity rules", Constraint::Apart),
        ("didn't match pod anti-affinity rules", Constraint::Apart),
        ("anti-affinity", Constraint::Apart),
        ("topology spread constraints", Constraint::Apart),
        ("node(s) were unschedulable", Constraint::Cordoned),
        ("volume node affinity conflict", Constraint::VolumePlace),
        ("exceed max volume count", Constraint::VolumePlace),
        ("no available volume zone", Constraint::VolumePlace),
        ("unbound immediate PersistentVolumeClaims", Constraint::Claim),
        ("persistentvolumeclaim \"", Constraint::Claim),
        (
            "didn't find available persistent volumes to bind",
            Constraint::Claim,
        ),
    ];
    for (word, constraint) in words {
        if said.contains(word) && !found.contains(&constraint) {
            found.push(constraint);
        }
    }
    if found.is_empty() {
        found.push(Constraint::Other);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_constraint_is_read_from_the_schedulers_own_words() {
        let cpu = || Constraint::Insufficient("cpu".to_owned());
        for (said, wanted) in [
            (
                "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
                vec![cpu()],
            ),
            (
                "0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2",
                vec![Constraint::Insufficient("memory".to_owned()), cpu()],
            ),
            (
                "0/3 nodes are available: 1 Too many pods, 1 node(s) had untolerated taint {node-pool: pool-merge}, 1 node(s) were unschedulable.",
                vec![
                    Constraint::Taint("node-pool".to_owned()),
                    Constraint::TooManyPods,
                    Constraint::Cordoned,
                ],
            ),
            (
                "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
                vec![Constraint::Selector],
            ),
            (
                "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: …",
                vec![Constraint::Claim],
            ),
            (
                "0/2 nodes are available: persistentvolumeclaim \"cloud-storage-ingext\" not found.",
                vec![Constraint::Claim],
            ),
            (
                "0/2 nodes are available: 2 node(s) had volume node affinity conflict.",
                vec![Constraint::VolumePlace],
            ),
            (
                "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.",
                vec![Constraint::Apart],
            ),
            ("no nodes available to schedule pods", vec![Constraint::NoNodes]),
            ("something new", vec![Constraint::Other]),
        ] {
            assert_eq!(constraints(said), wanted, "{said}");
        }
    }
}
