//! Against which on-demand vCPU quota an instance type counts.

/// One on-demand vCPU quota: several families of instance types count against the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its code in Service Quotas.
    pub code: &'static str,
    /// Which families, as AWS names the quota.
    pub families: &'static str,
}

/// The families of nearly every node; Karpenter's pools take theirs from it.
pub const STANDARD: Class = Class {
    code: "L-1216C47A",
    families: "A, C, D, H, I, M, R, T, Z",
};

/// The others, by the beginning of the type's name (codes: AWS's table of on-demand instance quotas in the EC2 user
/// guide; tried against several public quota tools that carry them).
const OTHERS: [(&[&str], Class); 9] = [
    (&["dl"], class("L-6E869C2A", "DL")),
    (&["f"], class("L-74FC7D96", "F")),
    (&["g", "gr", "vt"], class("L-DB2E81BA", "G, VT")),
    (&["hpc"], class("L-F7808C92", "HPC")),
    (&["u"], class("L-43DA4232", "High Memory")),
    (&["inf"], class("L-1945791B", "Inf")),
    (&["p"], class("L-417A185B", "P")),
    (&["trn"], class("L-2C3B7624", "Trn")),
    (&["x"], class("L-7295265B", "X")),
];

const fn class(code: &'static str, families: &'static str) -> Class {
    Class { code, families }
}

/// The quota of `instance_type`; none where its family is not known here.
#[must_use]
pub fn class_of(instance_type: &str) -> Option<Class> {
    let end = instance_type.find(|letter: char| !letter.is_ascii_lowercase())?;
    let begin = &instance_type[..end];
    // `im4gn` and `is4gen` are of the I family; `inf`, `hpc` and `trn` are none of I, H and T.
    let standard = ["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"];
    if standard.contains(&begin) {
        return Some(STANDARD);
    }
    OTHERS
        .iter()
        .find(|(begins, _)| begins.contains(&begin))
        .map(|(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::{STANDARD, class_of};

    #[test]
    fn types_count_against_the_quota_of_their_family() {
        for name in [
            "t3.large",
            "m7i-flex.large",
            "c6gd.xlarge",
            "im4gn.large",
            "is4gen.medium",
            "r5b.large",
            "z1d.large",
            "d3en.xlarge",
            "h1.2xlarge",
            "i7ie.large",
            "a1.large",
        ] {
            assert_eq!(class_of(name), Some(STANDARD), "{name}");
        }
        for (name, code) in [
            ("p5.48xlarge", "L-417A185B"),
            ("g5.xlarge", "L-DB2E81BA"),
            ("gr6.4xlarge", "L-DB2E81BA"),
            ("vt1.3xlarge", "L-DB2E81BA"),
            ("x2iedn.xlarge", "L-7295265B"),
            ("inf2.xlarge", "L-1945791B"),
            ("trn1.2xlarge", "L-2C3B7624"),
            ("dl1.24xlarge", "L-6E869C2A"),
            ("f2.6xlarge", "L-74FC7D96"),
            ("hpc7g.4xlarge", "L-F7808C92"),
            ("u-6tb1.metal", "L-43DA4232"),
            ("u7i-12tb.224xlarge", "L-43DA4232"),
        ] {
            assert_eq!(class_of(name).map(|class| class.code), Some(code), "{name}");
        }
        for name in ["mac2.metal", "q9.large", "", "9.large", "m"] {
            assert_eq!(class_of(name), None, "{name}");
        }
    }
}
