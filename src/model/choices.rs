//! Inputs that are one of a few words, and the small values of the toolbox, the resolver and the clock.

mod approve;
mod dns_server;
mod events_to;
mod mirror;
mod time_limit;
mod toolbox;

pub use approve::Approve;
pub use dns_server::DnsServer;
pub use events_to::EventsTo;
pub use mirror::{MIRROR_VARIABLES, ToolboxMirror, ToolboxMirrors, without_credentials};
pub use time_limit::TimeLimit;
pub use toolbox::{ToolboxImage, ToolboxNetwork};

/// Makes an input that is one of a few words; the first word is the example of a refusal.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident $word:literal,)* }) => {
        $(#[$doc])*
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl $name {
            /// The words, in the order of the documentation.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word, as on the command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::model::BadInput;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(one_of(Self::WORDS)),
                }
            }
        }
    };
}

/// The refusal of a word that is none of `words`.
fn one_of(words: &[&str]) -> crate::model::BadInput {
    let rule = match words {
        [only] => format!("exactly {only}"),
        [first, second] => format!("{first} or {second}"),
        _ => format!("one of {}", words.join(", ")),
    };
    crate::model::BadInput::new(rule, words.first().copied().unwrap_or_default())
}

choice! {
    /// Where the tools run.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "lowercase")]
    ExecMode {
        /// Inside the toolbox container.
        Docker "docker",
        /// On this machine.
        Local "local",
    }
}

choice! {
    /// Who answers for the site's DNS.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    DnsProvider {
        /// A public Route53 zone of the account.
        Route53 "route53",
        /// Somebody else: records are made by hand.
        External "external",
    }
}

choice! {
    /// What stdout gets.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    OutputFormat {
        /// The one JSON document.
        Json "json",
        /// Text for people.
        Text "text",
    }
}

choice! {
    /// When stderr and text have colours.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    ColorChoice {
        /// On a terminal.
        Auto "auto",
        /// Also where no terminal is.
        Always "always",
        /// Nowhere.
        Never "never",
    }
}

choice! {
    /// How much is told on stderr.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    LogLevel {
        /// Only what stops the run.
        Error "error",
        /// And what the user should know.
        Warn "warn",
        /// And what is being done.
        Info "info",
        /// And each command.
        Debug "debug",
    }
}

choice! {
    /// Where the toolbox image's tools come from.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    ToolboxSource {
        /// The official downloads, or mirrors of them.
        Release "release",
        /// Package registries alone: Debian's archive and Go modules.
        Registry "registry",
    }
}

choice! {
    /// Who reaches the site's load balancer.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    Scheme {
        /// Everybody.
        InternetFacing "internet-facing",
        /// Whoever is in the VPC, or is routed into it.
        Internal "internal",
    }
}

choice! {
    /// The install's phases, in their order.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    Phase {
        /// Cluster, add-ons and storage class.
        Foundation "foundation",
        /// Bucket and its permissions.
        Storage "storage",
        /// Karpenter.
        Compute "compute",
        /// Redis, `OpenSearch`, etcd.
        Core "core",
        /// The stream's charts.
        Stream "stream",
        /// The lake's charts.
        Datalake "datalake",
        /// Load balancer and certificate.
        Ingress "ingress",
    }
}

#[cfg(test)]
mod tests {
    use super::{ExecMode, Phase, ToolboxSource};

    #[test]
    fn words_are_exact() {
        assert_eq!("docker".parse(), Ok(ExecMode::Docker));
        assert_eq!(
            "Docker".parse::<ExecMode>().unwrap_err().to_string(),
            "docker or local, for example docker"
        );
        assert_eq!(Phase::WORDS.len(), 7);
        assert!(
            "seventh"
                .parse::<Phase>()
                .unwrap_err()
                .rule
                .starts_with("one of foundation, storage")
        );
        assert_eq!(
            "x".parse::<ToolboxSource>().unwrap_err().rule,
            "release or registry"
        );
    }
}
