//! An AWS account's number.

use super::{BadInput, name};

name! {
    /// An AWS account's twelve digits (leading zeros count, so it is text and never a number).
    AccountId, check
}

fn check(text: &str) -> Result<(), BadInput> {
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    Err(BadInput::new("the 12 digits of an AWS account", "123456789012"))
}

#[cfg(test)]
mod tests {
    use super::AccountId;

    #[test]
    fn twelve_digits_only() {
        assert!("000000000000".parse::<AccountId>().is_ok());
        for bad in [
            "",
            "123",
            "1234567890123",
            "12345678901a",
            "１２３４５６７８９０１２",
            " 12345678901",
        ] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad:?}");
        }
    }
}
