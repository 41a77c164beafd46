//! Step `app-secret`: the token that the services know each other by. Made once: another token would lock out what has
//! the first one, so a Secret that stands is never written, and its value is never read.

use crate::clients::call::formed;
use crate::clients::kubectl::{Kubectl, Resource};
use crate::clients::{CallError, ParseFailure};
use crate::model::{CREATED_BY, Phase};
use crate::report::Code;
use crate::steps::install::release::by_hand;
use crate::steps::install::world::cannot;
use crate::steps::install::{Decision, Desired, Look, Step, Stop, World, Write, cluster_asks};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::fmt::Write as _;
use std::sync::OnceLock;

/// The Secret, and the key in it.
pub const NAME: &str = "app-secret";
const KEY: &str = "token";
/// How many random bytes the token is made of.
const BYTES: usize = 32;

/// The step. A run makes one token at most, whatever is asked of it how often: a write whose answer was lost is then
/// known again.
#[derive(Default)]
pub struct AppSecret {
    token: OnceLock<Token>,
}

/// A token, 64 hexadecimal digits. Not `Debug`: it is to be seen nowhere.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new one, of the system's random source.
    ///
    /// # Errors
    /// Where the system has none to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self::of(&bytes))
    }

    /// The one that is made of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8; BYTES]) -> Self {
        let mut text = String::with_capacity(BYTES * 2);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }
}

/// The Secret as it stands, without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether it has a token that is not empty.
    pub has_token: bool,
    /// Whether it is being deleted.
    pub leaving: bool,
    /// Our mark of creation, an installation's id.
    pub created_by: Option<String>,
}

impl Step for AppSecret {
    fn id(&self) -> &'static str {
        "app-secret"
    }

    fn phase(&self) -> Phase {
        Phase::Core
    }

    fn after(&self) -> &'static [&'static str] {
        &["namespace"]
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let found = match world.standing()? {
            None => None,
            Some(standing) => {
                let kubectl = Kubectl {
                    gateway: world.gateway,
                    access: &standing.access,
                };
                let namespace = world.desired.target.namespace.as_str();
                kubectl.object_shown(Resource::SECRET, Some(namespace), NAME, &template(), parse_found)?
            }
        };
        let decision = match &found {
            Some(found) => decide_found(world.desired, found),
            None => decide_absent(world.desired, self.token()?),
        };
        let stands = found.is_some_and(|found| found.has_token && !found.leaving);
        Ok(Look::of(decision).telling(move |evidence, _| evidence.core().app_secret = stands))
    }
}

impl AppSecret {
    fn token(&self) -> Result<&Token, CallError> {
        if let Some(token) = self.token.get() {
            return Ok(token);
        }
        let token =
            Token::random().map_err(|_| cannot("make a token", "the system's random source gave nothing"))?;
        Ok(self.token.get_or_init(|| token))
    }
}

/// What kubectl prints of the Secret: never its value.
#[must_use]
pub fn template() -> String {
    format!(
        concat!(
            "go-template={{{{\"secret \"}}}}",
            "{{{{with .data}}}}{{{{with .{key}}}}}{{{{\"token\"}}}}{{{{end}}}}{{{{end}}}}{{{{\" \"}}}}",
            "{{{{with .metadata.deletionTimestamp}}}}{{{{\"leaving\"}}}}{{{{end}}}}{{{{\" \"}}}}",
            "{{{{with .metadata.labels}}}}{{{{with index . \"{mark}\"}}}}{{{{.}}}}{{{{end}}}}{{{{end}}}}{{{{\"\\n\"}}}}",
        ),
        key = KEY,
        mark = CREATED_BY,
    )
}

/// Reads what is printed of the Secret: `secret token leaving lh-0123…`, each word but the first where it is so.
///
/// # Errors
/// [`ParseFailure`] where it is not that answer.
pub fn parse_found(bytes: &[u8]) -> Result<Found, ParseFailure> {
    let text = std::str::from_utf8(bytes).map_err(|_| ParseFailure::Form("secret"))?;
    if text.trim().is_empty() {
        return Err(ParseFailure::Empty);
    }
    let line = text.strip_suffix('\n').ok_or(ParseFailure::Cut)?;
    let fields: Vec<&str> = line.split(' ').collect();
    let ["secret", token, leaving, mark] = fields.as_slice() else {
        return Err(ParseFailure::Form("secret"));
    };
    let is = |text: &str, word: &'static str| match text {
        "" => Ok(false),
        text if text == word => Ok(true),
        _ => Err(ParseFailure::Form("secret")),
    };
    let mark = formed(
        (*mark).to_owned(),
        crate::clients::kubectl::metadata::is_label_value,
        "metadata.labels",
    )?;
    Ok(Found {
        has_token: is(token, "token")?,
        leaving: is(leaving, "leaving")?,
        created_by: (!mark.is_empty()).then_some(mark),
    })
}

fn wanted(desired: &Desired) -> serde_json::Value {
    json!({ "secret": format!("{}/{NAME}", desired.target.namespace), "key": KEY })
}

/// What is to be written where there is none: the plan shows that, and nothing of what goes by stdin.
#[must_use]
pub fn decide_absent(desired: &Desired, token: &Token) -> Decision {
    let namespace = desired.target.namespace.as_str();
    let object = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": NAME,
            "namespace": namespace,
            "labels": { CREATED_BY: desired.installation().as_str() },
        },
        "type": "Opaque",
        "stringData": { KEY: token.0 },
    });
    // As the API server itself would print it, too.
    let secrets = vec![token.0.clone(), STANDARD.encode(&token.0)];
    let purpose = format!("make the Secret `{namespace}/{NAME}`");
    Decision::create(
        format!("the Secret `{namespace}/{NAME}` with a new random token of {BYTES} bytes"),
        wanted(desired),
        vec![Write::cluster(cluster_asks::create(&purpose, &object, secrets))],
    )
}

/// What is to be done with one that stands: it is used as it is, or it is in the way.
#[must_use]
pub fn decide_found(desired: &Desired, found: &Found) -> Decision {
    let (namespace, by_hand) = (&desired.target.namespace, by_hand(desired));
    let decision = if found.leaving {
        let stop = Stop::new(
            Code::AppSecretUnusable,
            format!("The Secret `{namespace}/{NAME}` is being deleted, and something holds it."),
            format!(
                "`kubectl get secret {NAME} -n {namespace} -o jsonpath='{{.metadata.finalizers}}'` names what holds it ({by_hand}). Once it is gone, run the same command: it makes a new one."
            ),
        );
        Decision::blocked("it is being deleted", wanted(desired), vec![stop])
    } else if found.has_token {
        let detail = format!("the Secret `{namespace}/{NAME}` has its token, which stays as it is");
        Decision::settled(detail, wanted(desired))
    } else {
        let stop = Stop::new(
            Code::AppSecretUnusable,
            format!(
                "The Secret `{namespace}/{NAME}` is there without a `{KEY}`, or with an empty one: the services would not start. Install does not change a Secret that stands."
            ),
            format!(
                "If nothing needs it: `kubectl delete secret {NAME} -n {namespace}` ({by_hand}), then run the same command: it makes one with a new token."
            ),
        );
        Decision::blocked("it has no token", wanted(desired), vec![stop])
    };
    if found.created_by.as_deref() == Some(desired.installation().as_str()) {
        decision
    } else {
        decision.adopting()
    }
}
