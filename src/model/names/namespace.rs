//! A Kubernetes namespace.

use super::{BadInput, is_dns_label, name};

name! {
    /// A Kubernetes namespace: a DNS label (Kubernetes, "Object Names and IDs").
    ///
    /// Kubernetes' own namespaces are refused: an install into them would mix with the control
    /// plane's objects, and a cleanup would delete them. `default` is the user's to choose.
    Namespace, check
}

/// What every cluster has for itself (Kubernetes, "Namespaces": the initial namespaces).
const OF_KUBERNETES: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

const EXAMPLE: &str = "ingext";

fn check(text: &str) -> Result<(), BadInput> {
    if !is_dns_label(text) {
        return Err(BadInput::new(
            "a DNS label (1 to 63 lower-case letters, digits and '-', beginning and ending with a letter or a digit)",
            EXAMPLE,
        ));
    }
    if OF_KUBERNETES.contains(&text) {
        return Err(BadInput::new("a namespace that is not Kubernetes' own", EXAMPLE));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Namespace;

    #[test]
    fn a_dns_label_that_is_not_reserved() {
        for good in ["ingext", "default", "a", "1", "a-b-1", &*"a".repeat(63)] {
            assert_eq!(good.parse::<Namespace>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "A",
            "a_b",
            "-a",
            "a-",
            "a.b",
            "../x",
            "a/b",
            "kube-system",
            "kube-public",
            &*"a".repeat(64),
        ] {
            assert!(bad.parse::<Namespace>().is_err(), "{bad:?}");
        }
    }
}
