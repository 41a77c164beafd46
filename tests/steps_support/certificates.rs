//! Certificates, and what they are held against.

use super::{NOW, cert_named};
use lakehouse::clients::Asker;
use lakehouse::clients::aws::acm::Certificate;
use lakehouse::report::ExecMode;
use lakehouse::steps::preflight::certificate::Look;

pub const SITE: &str = "lakehouse.k8.example.com";

pub fn arn(id: &str) -> String {
    format!("arn:aws:acm:us-east-2:123456789012:certificate/{id}")
}

pub fn certificate(id: &str, names: &[&str], status: &str, until: &str) -> Certificate {
    Certificate {
        arn: arn(id),
        domain: names[0].to_owned(),
        names: names.iter().map(|&name| name.to_owned()).collect(),
        names_cut: false,
        status: Some(status.to_owned()),
        kind: Some("AMAZON_ISSUED".to_owned()),
        not_after: (!until.is_empty()).then(|| until.parse().unwrap()),
        validation_records: Vec::new(),
        by_email: false,
    }
}

pub fn issued(id: &str, names: &[&str], year: u32) -> Certificate {
    certificate(id, names, "ISSUED", &format!("{year}-01-01T00:00:00Z"))
}

pub fn with_look<T>(use_it: impl FnOnce(&Look<'_>) -> T) -> T {
    look_at(SITE, use_it)
}

/// By the profile `corp` of account 123456789012, in us-east-2.
pub fn look_at<T>(site: &str, use_it: impl FnOnce(&Look<'_>) -> T) -> T {
    let profile = "corp".parse().unwrap();
    use_it(&Look {
        site: &site.parse().unwrap(),
        account: &"123456789012".parse().unwrap(),
        now: NOW.parse().unwrap(),
        asker: Asker {
            profile: Some(&profile),
            region: &"us-east-2".parse().unwrap(),
            mode: ExecMode::Local,
        },
        named: &cert_named(),
    })
}
