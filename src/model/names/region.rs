//! An AWS region.

use super::{BadInput, name};

name! {
    /// An AWS region by AWS's form: `us-east-2`, `us-gov-west-1`, `ap-southeast-7`, `eusc-de-east-1`.
    ///
    /// By form and not by a list: a list is old on the day a region opens. Source of the form: the
    /// region patterns of botocore's `partitions.json`.
    Region, check
}

fn check(text: &str) -> Result<(), BadInput> {
    if good(text) {
        return Ok(());
    }
    Err(BadInput::new(
        "an AWS region in lower case, AREA-PLACE-NUMBER",
        "us-east-2",
    ))
}

fn good(text: &str) -> bool {
    let word = |w: &str, least: usize, most: usize| {
        (least..=most).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_lowercase())
    };
    let number =
        |n: &str| (1..=2).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()) && !n.starts_with('0');
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [area, place, n] => word(area, 2, 4) && word(place, 2, 12) && number(n),
        [area, part, place, n] => word(area, 2, 4) && word(part, 2, 8) && word(place, 2, 12) && number(n),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Region;

    #[test]
    fn aws_form() {
        for good in [
            "us-east-2",
            "us-gov-west-1",
            "ap-southeast-7",
            "mx-central-1",
            "cn-north-1",
            "il-central-1",
            "eusc-de-east-1",
            "us-isob-east-1",
            "ap-northeast-3",
        ] {
            assert_eq!(good.parse::<Region>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "us-east-2a",
            "US-EAST-2",
            "us_east_2",
            "useast2",
            "us-east",
            "us--2",
            "us-east-0",
            "us-east-2\n",
            "us-east-2;reboot",
            "aws-global",
            "global",
            "us-east-123",
        ] {
            assert!(bad.parse::<Region>().is_err(), "{bad:?}");
        }
        assert!("a".repeat(300).parse::<Region>().is_err());
    }
}
