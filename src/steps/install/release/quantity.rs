//! Kubernetes' quantities: `1000m` is `1`, `1Gi` is `1024Mi`.

/// What follows the number, and what it multiplies by (apimachinery `api/resource/suffix.go`).
const SUFFIXES: [(&str, f64); 15] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
];

/// The number that the text means; none where it is no quantity.
#[must_use]
pub fn value(text: &str) -> Option<f64> {
    let number = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E');
        let begins = text.starts_with(|first: char| first.is_ascii_digit() || first == '-' || first == '+');
        (begins && text.bytes().all(plain))
            .then(|| text.parse::<f64>().ok())
            .flatten()
            .filter(|it| it.is_finite())
    };
    number(text).or_else(|| {
        SUFFIXES
            .iter()
            .find_map(|(suffix, by)| Some(number(text.strip_suffix(suffix)?)? * by))
    })
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn a_quantity_is_a_number_however_it_is_written() {
        for (one, other) in [
            ("1000m", "1"),
            ("1Gi", "1024Mi"),
            ("0.5", "500m"),
            ("128", "128.0"),
            ("1e3", "1k"),
        ] {
            let (Some(one), Some(other)) = (value(one), value(other)) else {
                panic!("{one} {other}")
            };
            assert!((one - other).abs() < 1e-9, "{one} {other}");
        }
        for none in ["", "m", "api:1", "Gi", "1Gib", "-", "30s", "1.2.3"] {
            assert_eq!(value(none), None, "{none}");
        }
    }
}
