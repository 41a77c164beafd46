//! An EKS cluster's name.

use super::{BadInput, name};

name! {
    /// An EKS cluster's name, short enough for everything that is named after it.
    ///
    /// EKS itself takes 100 characters and `_`; an IAM role takes 64, and Karpenter's is
    /// `KarpenterNodeRole-<cluster>`, so 46 are left; a `CloudFormation` stack takes no `_`.
    /// Source: service models of EKS, IAM and `CloudFormation`; Karpenter's template.
    ClusterName, check
}

fn check(text: &str) -> Result<(), BadInput> {
    let good = (1..=46).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-');
    if good {
        return Ok(());
    }
    Err(BadInput::new(
        "1 to 46 letters, digits and '-', beginning with a letter or a digit",
        "ingext-lakehouse",
    ))
}

#[cfg(test)]
mod tests {
    use super::ClusterName;

    #[test]
    fn letters_digits_and_hyphens() {
        for good in ["a", "My-Cluster-1", "1st", &*"a".repeat(46), "ends-"] {
            assert_eq!(good.parse::<ClusterName>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "-a",
            "a_b",
            "a b",
            "a;b",
            "$(reboot)",
            "ä",
            "a\n",
            "a\0",
            &*"a".repeat(47),
        ] {
            assert!(bad.parse::<ClusterName>().is_err(), "{bad:?}");
        }
    }
}
