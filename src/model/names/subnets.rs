//! Subnets of a VPC that exists.

use super::{BadInput, name};
use std::fmt;
use std::str::FromStr;

name! {
    /// A subnet's id, `subnet-` and 8 or 17 hexadecimal digits (EC2 user guide, "Resource IDs").
    SubnetId, check
}

/// The subnets of `--subnets`: at least two, each once, in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnets(Vec<SubnetId>);

impl Subnets {
    /// Them.
    #[must_use]
    pub fn ids(&self) -> &[SubnetId] {
        &self.0
    }
}

impl fmt::Display for Subnets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.0.iter().map(SubnetId::as_str).collect();
        f.write_str(&ids.join(","))
    }
}

impl FromStr for Subnets {
    type Err = BadInput;

    fn from_str(text: &str) -> Result<Self, BadInput> {
        let rule = || {
            BadInput::new(
                "two to sixteen ids of subnets, each once, with commas between them",
                "subnet-0a1b2c3d4e5f60718,subnet-0123456789abcdef0",
            )
        };
        let mut ids = Vec::new();
        for part in text.split(',') {
            let id: SubnetId = part.parse().map_err(|_: BadInput| rule())?;
            if ids.contains(&id) {
                return Err(rule());
            }
            ids.push(id);
        }
        // EKS takes 2 to 16 (eks `CreateCluster`, VpcConfigRequest; quota of subnets a cluster).
        if (2..=16).contains(&ids.len()) {
            Ok(Self(ids))
        } else {
            Err(rule())
        }
    }
}

fn check(text: &str) -> Result<(), BadInput> {
    let hex = text.strip_prefix("subnet-").unwrap_or_default();
    let good = matches!(hex.len(), 8 | 17) && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if good {
        return Ok(());
    }
    Err(BadInput::new(
        "`subnet-` and 8 or 17 hexadecimal digits",
        "subnet-0a1b2c3d4e5f60718",
    ))
}

#[cfg(test)]
mod tests {
    use super::Subnets;

    #[test]
    fn two_or_more_and_each_once() {
        let two = "subnet-0a1b2c3d4e5f60718,subnet-0a1b2c3d";
        assert_eq!(two.parse::<Subnets>().unwrap().to_string(), two);
        for bad in [
            "",
            "subnet-0a1b2c3d",
            "subnet-0a1b2c3d,subnet-0a1b2c3d",
            "subnet-0a1b2c3d, subnet-0a1b2c3e",
            "subnet-0a1b2c3d,",
            "subnet-0A1B2C3D,subnet-0a1b2c3e",
            "vpc-0a1b2c3d,subnet-0a1b2c3e",
            "subnet-0a1b2c3d,subnet-$(reboot)",
        ] {
            assert!(bad.parse::<Subnets>().is_err(), "{bad:?}");
        }
    }
}
