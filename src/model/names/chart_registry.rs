//! Where the charts come from.

use super::{BadInput, name};

name! {
    /// An OCI registry with the path that the charts stand in, `oci://HOST[:PORT]/PATH`
    /// (Helm's own form, `helm help pull`; the path's grammar is that of `distribution/reference`).
    ///
    /// User and password don't belong in it: they would stand in argv. Never read from an env file: charts are
    /// what the cluster runs.
    ChartRegistry, check
}

impl ChartRegistry {
    /// Where the charts are published (facts: `charts.md`).
    pub const DEFAULT: &str = "oci://public.ecr.aws/ingext";

    /// The reference of a chart in it.
    #[must_use]
    pub fn chart(&self, name: &str) -> String {
        format!("{}/{name}", self.as_str())
    }
}

fn check(text: &str) -> Result<(), BadInput> {
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let segment = |p: &str| {
        p.starts_with(lower) && p.ends_with(lower) && p.chars().all(|c| lower(c) || "._-".contains(c))
    };
    let host = |host: &str| {
        let (name, port) = host
            .split_once(':')
            .map_or((host, None), |(name, port)| (name, Some(port)));
        let label = |l: &str| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-');
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        name.chars().all(good)
            && name.split('.').all(label)
            && port.is_none_or(|port| !port.starts_with('0') && port.parse::<u16>().is_ok())
    };
    let good = text.len() <= 255
        && text
            .strip_prefix("oci://")
            .and_then(|rest| rest.split_once('/'))
            .is_some_and(|(authority, path)| host(authority) && path.split('/').all(segment));
    if good {
        return Ok(());
    }
    Err(BadInput::new(
        "an OCI registry and a path in it, oci://HOST[:PORT]/PATH, without user, password or last slash",
        ChartRegistry::DEFAULT,
    ))
}

#[cfg(test)]
mod tests {
    use super::ChartRegistry;

    #[test]
    fn a_registry_is_a_host_and_a_path() {
        for good in [
            ChartRegistry::DEFAULT,
            "oci://10.0.0.2:5000/a",
            "oci://mirror.example.com/a/b-c",
        ] {
            assert_eq!(good.parse::<ChartRegistry>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "public.ecr.aws/ingext",
            "https://charts.example/ingext",
            "oci://public.ecr.aws",
            "oci://public.ecr.aws/",
            "oci:///ingext",
            "oci://me:word@host/a",
            "oci://host:0/a",
            "oci://host:99999/a",
            "oci://host/A",
            "oci://host/a/",
            "oci://host/../a",
            "oci://host/a b",
            "oci://host/$(reboot)",
            "oci://-x/a",
        ] {
            assert!(bad.parse::<ChartRegistry>().is_err(), "{bad:?}");
        }
        assert!(
            format!("oci://h/{}", "a".repeat(250))
                .parse::<ChartRegistry>()
                .is_err()
        );
    }
}
