//! An image and a network of the user's own.

use crate::model::BadInput;
use crate::model::names::name;

name! {
    /// An image that is named by what is in it: an ID `sha256:…`, or `NAME@sha256:…`.
    ///
    /// A tag is refused: it names today one image and tomorrow another, and a run's evidence would
    /// not say which. Source of the form: the image reference grammar of `distribution/reference`.
    ToolboxImage, check_image
}

name! {
    /// A container network's name (the engine's own rule: `[a-zA-Z0-9][a-zA-Z0-9_.-]*`).
    ///
    /// `host` is refused, and with it `container:…`: the container would share the network of the
    /// machine, or of somebody else's container, and everything that listens there on loopback.
    ToolboxNetwork, check_network
}

fn check_image(text: &str) -> Result<(), BadInput> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (Some(name), digest),
        None => (None, text),
    };
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    let good = hex.len() == 64
        && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && name.is_none_or(is_image_name);
    if good {
        return Ok(());
    }
    Err(BadInput::new(
        "an image by digest or ID, NAME@sha256:… or sha256:… with 64 lower-case hex digits",
        format!("registry.example/toolbox@sha256:{}", "0123456789abcdef".repeat(4)),
    ))
}

fn is_image_name(name: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=255).contains(&name.len())
        && name.chars().all(|c| alphanumeric(c) || "._-/:".contains(c))
        && name
            .split('/')
            .all(|part| part.starts_with(alphanumeric) && part.ends_with(alphanumeric))
}

fn check_network(text: &str) -> Result<(), BadInput> {
    let good = (1..=128).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    if !good {
        return Err(BadInput::new(
            "a container network's name (letters, digits, '_', '.', '-', beginning with a letter or a digit)",
            "rehearsal",
        ));
    }
    if text == "host" {
        return Err(BadInput::new(
            "a network that is not the machine's own",
            "rehearsal",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{ToolboxImage, ToolboxNetwork};

    #[test]
    fn images_by_content_only() {
        let hex = "0123456789abcdef".repeat(4);
        for good in [
            format!("sha256:{hex}"),
            format!("a/b@sha256:{hex}"),
            format!("localhost:5000/a:1@sha256:{hex}"),
        ] {
            assert_eq!(good.parse::<ToolboxImage>().unwrap().as_str(), good);
        }
        for bad in [
            String::new(),
            "toolbox".into(),
            "toolbox:latest".into(),
            hex.clone(),
            format!("@sha256:{hex}"),
            format!("sha256:{}", &hex[1..]),
            format!("-v=/:/x@sha256:{hex}"),
            format!("a;b@sha256:{hex}"),
            format!("a@sha256:{}", hex.to_uppercase()),
            format!("a//b@sha256:{hex}"),
        ] {
            assert!(bad.parse::<ToolboxImage>().is_err(), "{bad:?}");
        }
        assert!(
            "x".parse::<ToolboxImage>()
                .unwrap_err()
                .example
                .parse::<ToolboxImage>()
                .is_ok()
        );
    }

    #[test]
    fn networks_of_their_own() {
        for good in ["rehearsal", "bridge", "lakehouse_1.x-y"] {
            assert!(good.parse::<ToolboxNetwork>().is_ok());
        }
        for bad in [
            "",
            "host",
            "container:abc",
            "-x",
            "a b",
            "a;b",
            "$(reboot)",
            "a=b",
            &*"a".repeat(129),
        ] {
            assert!(bad.parse::<ToolboxNetwork>().is_err(), "{bad:?}");
        }
    }
}
