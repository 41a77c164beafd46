//! The times of a cached sign-on token. aws keeps it as `~/.aws/sso/cache/SHA1.json`, by the session's name or, in
//! the older form, by the start URL (`botocore/utils.py`, `SSOTokenLoader`).

use super::World;
use crate::model::{SsoFacts, SsoToken};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha1::{Digest, Sha1};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;

/// More than any token file has.
const MAX_BYTES: u64 = 1024 * 1024;

/// What is read of the file; that secrets are there is read, they themselves are not.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cached {
    expires_at: String,
    refresh_token: Option<IgnoredAny>,
    client_id: Option<IgnoredAny>,
    client_secret: Option<IgnoredAny>,
    registration_expires_at: Option<String>,
}

/// Looks at the cached token of `sso`.
pub(super) fn look(world: &World, sso: &SsoFacts) -> SsoToken {
    let Some(key) = sso.session.as_ref().or(sso.start_url.as_ref()) else {
        return SsoToken::Absent;
    };
    let Some(home) = &world.home else {
        return SsoToken::Unreadable("there is no home folder".to_owned());
    };
    let path = home.join(".aws/sso/cache").join(file_name(key));
    let mut text = String::new();
    let read = File::open(&path).and_then(|file| {
        // A pipe would hang.
        if file.metadata()?.is_file() {
            file.take(MAX_BYTES).read_to_string(&mut text)
        } else {
            Err(std::io::ErrorKind::InvalidInput.into())
        }
    });
    match read {
        Ok(_) => parse(&text).unwrap_or_else(|| {
            SsoToken::Unreadable(format!(
                "{} has not the form of aws's token files",
                path.display()
            ))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => SsoToken::Absent,
        Err(error) => SsoToken::Unreadable(format!("{} could not be read ({error})", path.display())),
    }
}

fn file_name(key: &str) -> String {
    let mut name = Sha1::digest(key).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    name.push_str(".json");
    name
}

fn parse(text: &str) -> Option<SsoToken> {
    let cached: Cached = serde_json::from_str(text).ok()?;
    let renews =
        cached.refresh_token.is_some() && cached.client_id.is_some() && cached.client_secret.is_some();
    let registered = cached.registration_expires_at.as_deref().and_then(time);
    Some(SsoToken::Found {
        expires_at: time(&cached.expires_at)?,
        renewable_until: registered.filter(|_| renews),
    })
}

/// RFC 3339, or aws's older way of it: `2020-01-01T00:00:00UTC`.
fn time(text: &str) -> Option<Timestamp> {
    match text.strip_suffix("UTC") {
        Some(local) => format!("{local}Z").parse().ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED_ON: &str = r#"{"startUrl":"https://x.test/start","region":"us-east-2","accessToken":"secret",
        "expiresAt":"2026-11-23T08:00:00Z","clientId":"c","clientSecret":"s","refreshToken":"r",
        "registrationExpiresAt":"2027-01-01T00:00:00Z"}"#;

    #[test]
    fn the_file_is_named_as_aws_names_it() {
        // `printf my-sso | sha1sum`
        assert_eq!(
            file_name("my-sso"),
            "0ad374308c5a4e22f723adf10145eafad7c4031c.json"
        );
    }

    #[test]
    fn a_token_that_renews_itself_is_told_from_one_that_does_not() {
        let ends: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let found = |until: Option<&str>| SsoToken::Found {
            expires_at: ends,
            renewable_until: until.map(|until| until.parse().unwrap()),
        };
        assert_eq!(parse(SIGNED_ON), Some(found(Some("2027-01-01T00:00:00Z"))));
        for missing in [
            "refreshToken",
            "clientId",
            "clientSecret",
            "registrationExpiresAt",
        ] {
            let text = SIGNED_ON.replace(missing, "other");
            assert_eq!(parse(&text), Some(found(None)), "{missing}");
        }
        let old = r#"{"accessToken":"x","expiresAt":"2026-11-23T08:00:00UTC"}"#;
        assert_eq!(parse(old), Some(found(None)));
    }

    #[test]
    fn what_is_no_token_tells_nothing_rather_than_a_time() {
        for text in [
            "",
            "{}",
            "[]",
            r#"{"expiresAt":"tomorrow"}"#,
            r#"{"expiresAt":7}"#,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
