//! The root domain and the site's domain.

use super::{BadInput, is_dns_label};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::fmt;
use std::str::FromStr;

/// A host name in ASCII with the text it was given as.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Domain {
    ascii: String,
    given: String,
}

macro_rules! domain {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Domain);

        impl $name {
            /// The name in ASCII, as DNS and AWS take it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0.ascii
            }

            /// The text exactly as it was given; another than [`Self::as_str`] only for IDNA names.
            #[must_use]
            pub fn given(&self) -> &str {
                &self.0.given
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0.ascii)
            }
        }
    };
}

domain! {
    /// The domain under which the site stands: two labels or more.
    ///
    /// Names that are not ASCII are brought to ASCII by IDNA (UTS #46), the one exception to "no
    /// value is ever rewritten". Lengths and characters: RFC 1035, 2.3.4 and RFC 1123, 2.1.
    RootDomain
}

domain! {
    /// The site's domain; made by [`SiteDomain::under`], it stands below its root.
    ///
    /// ACM takes at most 64 characters as a certificate's main name (its service model); a
    /// longer site needs a certificate that names it among the alternative names, or a wildcard.
    SiteDomain
}

impl FromStr for RootDomain {
    type Err = BadInput;

    fn from_str(text: &str) -> Result<Self, BadInput> {
        parse(text, "example.com").map(Self)
    }
}

impl FromStr for SiteDomain {
    type Err = BadInput;

    /// The form alone: where the root is known, [`SiteDomain::under`] is the one to use.
    fn from_str(text: &str) -> Result<Self, BadInput> {
        parse(text, "lakehouse.k8.example.com").map(Self)
    }
}

impl SiteDomain {
    /// A site below `root`: by labels, so that `notexample.com` is not below `example.com`.
    ///
    /// # Errors
    /// [`BadInput`] with a site below this very root as the example.
    pub fn under(text: &str, root: &RootDomain) -> Result<Self, BadInput> {
        let example = format!("lakehouse.k8.{root}");
        let site = Self(parse(text, &example)?);
        if site.is_under(root) {
            return Ok(site);
        }
        Err(BadInput::new(
            format!("a name below the root domain {root}"),
            example,
        ))
    }

    /// The default site, `lakehouse.k8.<root>` (the contract's).
    ///
    /// # Errors
    /// [`BadInput`] where the root leaves no room for it within 253 characters.
    pub fn of(root: &RootDomain) -> Result<Self, BadInput> {
        Self::under(&format!("lakehouse.k8.{root}"), root)
    }

    /// Whether the site stands below `root`.
    #[must_use]
    pub fn is_under(&self, root: &RootDomain) -> bool {
        self.as_str()
            .strip_suffix(root.as_str())
            .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
    }
}

fn parse(text: &str, example: &str) -> Result<Domain, BadInput> {
    let rule = |rule: &str| BadInput::new(rule, example);
    if text.ends_with('.') && text.len() > 1 {
        return Err(rule("a DNS name without a dot at its end"));
    }
    let malformed =
        || rule("a DNS name of two labels or more (letters, digits and inner '-', 63 a label, 253 in all)");
    let ascii = Uts46::new()
        .to_ascii(
            text.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| malformed())?;
    // Checked again in the end form: what is passed on does not rest on another crate's idea of a name.
    let labels: Vec<&str> = ascii.split('.').collect();
    if ascii.len() > 253 || labels.len() < 2 || !labels.iter().all(|label| is_dns_label(label)) {
        return Err(malformed());
    }
    if labels
        .last()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(rule("a DNS name and not an IP address"));
    }
    let lower = text.to_lowercase();
    if !is_kept(&lower, &labels) {
        return Err(BadInput::new(
            format!("a DNS name that IDNA keeps as it is (this one would become {ascii})"),
            ascii,
        ));
    }
    // DNS doesn't tell cases apart, but text that is written to files and compared does.
    if text != lower {
        return Err(BadInput::new("a DNS name in lower case", lower));
    }
    Ok(Domain {
        ascii: ascii.into_owned(),
        given: text.to_owned(),
    })
}

/// Whether `text` is one of the two spellings of its own name, label by label. IDNA also maps characters that look
/// alike or are not seen (a ligature, a soft hyphen, a wide letter) to others: such a text names another domain than
/// it shows.
fn is_kept(text: &str, ascii: &[&str]) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    labels.len() == ascii.len()
        && labels.iter().zip(ascii).all(|(label, ascii)| {
            let (unicode, read) =
                Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
            label == ascii || (read.is_ok() && unicode == *label)
        })
}

#[cfg(test)]
mod tests;
