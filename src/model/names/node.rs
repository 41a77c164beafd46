//! The nodes' type and number.

use super::{BadInput, name};
use std::fmt;
use std::str::FromStr;

name! {
    /// An EC2 instance type by its form, `family.size` (`EC2`'s own names: `t3.large`, `u-6tb1.112xlarge`).
    /// Whether the region offers it is asked of AWS.
    NodeType, check
}

fn check(text: &str) -> Result<(), BadInput> {
    let part = |p: &str| {
        !p.is_empty()
            && p.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let good = text.len() <= 40
        && !text.starts_with('-')
        && text
            .split_once('.')
            .is_some_and(|(family, size)| part(family) && part(size));
    if good {
        return Ok(());
    }
    Err(BadInput::new(
        "an EC2 instance type in lower case, FAMILY.SIZE, 40 characters at most",
        "t3.large",
    ))
}

/// How many nodes: 1 to 100 (the product's own bounds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeCount(u32);

impl NodeCount {
    /// The fewest.
    pub const LEAST: u32 = 1;
    /// The most.
    pub const MOST: u32 = 100;
    /// Two: one node can be replaced while the other serves.
    pub const DEFAULT: Self = Self(2);

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for NodeCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for NodeCount {
    type Err = BadInput;

    /// Digits without sign or leading zero, so that the number prints as it was given.
    fn from_str(text: &str) -> Result<Self, BadInput> {
        let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        match text.parse() {
            Ok(number @ Self::LEAST..=Self::MOST) if plain => Ok(Self(number)),
            _ => Err(BadInput::new("a whole number from 1 to 100", "2")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NodeCount, NodeType};

    #[test]
    fn types_have_a_family_and_a_size() {
        for good in ["t3.large", "m7g.16xlarge", "u-6tb1.112xlarge", "c5.metal-24xl"] {
            assert_eq!(good.parse::<NodeType>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "large",
            ".large",
            "t3.",
            "T3.large",
            "t3.large.x",
            "t3 large",
            "-t.x",
            "t3.$(reboot)",
        ] {
            assert!(bad.parse::<NodeType>().is_err(), "{bad:?}");
        }
        assert!(format!("t3.{}", "a".repeat(38)).parse::<NodeType>().is_err());
    }

    #[test]
    fn counts_from_one_to_a_hundred() {
        for good in ["1", "2", "100"] {
            assert_eq!(good.parse::<NodeCount>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "0",
            "101",
            "-1",
            "+2",
            "02",
            "2.5",
            "two",
            "1e2",
            "4294967297",
            " 2",
        ] {
            assert!(bad.parse::<NodeCount>().is_err(), "{bad:?}");
        }
    }
}
