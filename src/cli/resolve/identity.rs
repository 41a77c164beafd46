//! Who asks AWS, and in which region.

use super::aws_config::AwsConfig;
use super::lookup::Lookup;
use super::{UsageError, World, sso_token};
use crate::model::{AwsProfileFacts, Profile, Region, Source, Sourced, shown};

/// AWS's own variables for the profile: aws-cli v2 and the Go SDK both ask them in this order.
const PROFILE_VARIABLES: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// AWS's own variables for the region (`awscli/clidriver.py`: `AWS_REGION` first).
const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// The profile, what is known of it, and the region.
pub(super) struct Identity {
    pub(super) profile: Option<Sourced<Profile>>,
    pub(super) facts: AwsProfileFacts,
    pub(super) region: Sourced<Region>,
}

/// Settles all three.
pub(super) fn identity(lookup: &Lookup<'_>) -> Result<Identity, UsageError> {
    let profile = profile(lookup)?;
    let config = AwsConfig::load(lookup.world);
    let name = profile
        .as_ref()
        .map_or("default", |profile| profile.value.as_str());
    let facts = with_token(lookup.world, config.facts(name));
    let region = match region(lookup)? {
        Some(region) => region,
        None => of_profile(&config, &facts, name)?,
    };
    Ok(Identity {
        profile,
        facts,
        region,
    })
}

/// The facts of a profile, for a command that asks for no region; `default` where none is chosen.
pub(super) fn facts(world: &World, profile: Option<&Profile>) -> AwsProfileFacts {
    let name = profile.map_or("default", |profile| profile.as_str());
    AwsConfig::load(world).facts(name)
}

/// The same facts, with what aws's cache says of the sign-on.
fn with_token(world: &World, mut facts: AwsProfileFacts) -> AwsProfileFacts {
    if let Some(sso) = &mut facts.sso {
        sso.token = sso_token::look(world, sso);
    }
    facts
}

/// The profile; the file and the environment naming two is a question only the user can answer.
pub(super) fn profile(lookup: &Lookup<'_>) -> Result<Option<Sourced<Profile>>, UsageError> {
    let mut own = None;
    for name in PROFILE_VARIABLES {
        if own.is_none() {
            own = lookup.variable(name)?;
        }
    }
    let given = lookup.given("profile", Some("AWS_PROFILE"))?;
    if let (Some(file), Some(own)) = (&given, &own)
        && file.source == Source::EnvFile
        && file.text != own.text
    {
        return Err(UsageError::new(format!(
            "{} {} and the environment's {} {} name different profiles: --profile settles it, for example --profile {}",
            file.place,
            shown(&file.text),
            own.place,
            shown(&own.text),
            shown(&file.text),
        )));
    }
    given.or(own).map(|given| given.parse()).transpose()
}

/// The region that somebody gave, the AWS files apart.
pub(super) fn region(lookup: &Lookup<'_>) -> Result<Option<Sourced<Region>>, UsageError> {
    if let Some(given) = lookup.get("region", Some("AWS_REGION"))? {
        return Ok(Some(given));
    }
    for name in REGION_VARIABLES {
        if let Some(given) = lookup.variable(name)? {
            return given.parse().map(Some);
        }
    }
    Ok(None)
}

fn of_profile(
    config: &AwsConfig,
    facts: &AwsProfileFacts,
    name: &str,
) -> Result<Sourced<Region>, UsageError> {
    if let Some(region) = &facts.region {
        return Ok(Sourced::new(region.clone(), Source::AwsConfig));
    }
    let profile = shown(name);
    if let Some(text) = config.region_text(name) {
        let place = format!("AWS config, region of profile {profile}");
        return match text.parse::<Region>() {
            Ok(region) => Ok(Sourced::new(region, Source::AwsConfig)),
            Err(why) => Err(UsageError::value(&place, text, &why)),
        };
    }
    let unread = config
        .problem
        .as_ref()
        .map(|problem| format!(" ({problem})"))
        .unwrap_or_default();
    if !facts.found && name != "default" {
        let known: Vec<String> = facts.known.iter().take(8).map(|name| shown(name)).collect();
        let more = if facts.known.len() > known.len() {
            ", …"
        } else {
            ""
        };
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        };
        return Err(UsageError::new(format!(
            "--profile {profile}: must be a profile of the AWS config files{unread}, which have {known}{more}; and no \
             region is given, for example --region us-east-2"
        )));
    }
    let quoted = shlex::try_quote(name).map_or_else(|_| "NAME".into(), std::borrow::Cow::into_owned);
    Err(UsageError::new(format!(
        "--region: no region is given, and profile {profile} has none{unread}: must be set by --region us-east-2, \
         AWS_REGION=us-east-2, or aws configure set region us-east-2 --profile {quoted}"
    )))
}
