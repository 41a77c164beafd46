//! Step `bucket`: the lake's bucket, its own settings, and the mark of whose it is.
//!
//! `create-bucket` takes no tags before aws 2.27 (tried: 2.23.6), so a run that is killed right after it leaves a
//! bucket without a mark. Whose that is, the stack of the lake's role tells: it is made before, and carries
//! [`MAKES_BUCKET`] only where S3 had said that the name is free. A bucket that has that name now was made since; if it
//! is as new too (no tags, no policy, no versioning, no object), it is the one that the killed run made.

mod stops;

use super::policy;
use crate::clients::aws::s3::{Bucket, BucketSettings, PublicAccess, Versioning};
use crate::clients::aws::tags::Tags;
use crate::clients::aws::{CloudFormation, S3};
use crate::clients::explain::quoted;
use crate::clients::{Ask, CallError};
use crate::model::Phase;
use crate::report::Code;
use crate::steps::install::marks::{Owner, owner, with_use};
use crate::steps::install::{Decision, Desired, Look, Step, Stop, Waits, World, Write, asks};
use serde_json::{Value, json};
use stops::{blocked, in_the_way};

/// Tag of the stack of the lake's role: the bucket that was absent when the stack was made or changed, and that the
/// installation therefore makes.
pub const MAKES_BUCKET: &str = "lakehouse.ingext.io/makes-bucket";

/// What the bucket's owner is called by S3 where ACLs have no effect.
const ENFORCED: &str = "BucketOwnerEnforced";

/// What stands under the bucket's name.
#[derive(Clone, Debug, PartialEq)]
pub enum Observed {
    /// S3's answer where it is not the account's own bucket of this region, or none.
    Not(Bucket),
    /// The account's own, in this region.
    There(Facts),
}

/// The account's own bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// How it is set up.
    pub settings: BucketSettings,
    /// Whether its access control list lets in anybody but its owner; false where such lists have no effect.
    pub grants_to_others: bool,
    /// Whether it is as new, under a name that was free when our stack was made.
    pub made_by_us_unmarked: bool,
}

/// The step.
pub struct TheBucket;

impl Step for TheBucket {
    fn id(&self) -> &'static str {
        "bucket"
    }

    fn phase(&self) -> Phase {
        Phase::Storage
    }

    fn after(&self) -> &'static [&'static str] {
        &["lake-role"]
    }

    fn waits(&self) -> Waits {
        Waits::new(10, 180, 1)
    }

    fn look(&self, world: &World<'_>) -> Result<Look, CallError> {
        let observed = observe(world)?;
        let decision = decide(world.desired, &observed);
        let (bucket, region) = (
            world.desired.bucket.to_string(),
            world.desired.target.region.to_string(),
        );
        let arn = arn(world.desired);
        Ok(Look::of(decision).telling(move |evidence, history| {
            let storage = evidence.storage();
            storage.bucket_name.clone_from(&bucket);
            storage.existed = history.existed;
            storage.created = history.created;
            if let Observed::There(facts) = &observed {
                let settings = &facts.settings;
                storage.region = Some(region.clone());
                storage.public_access_blocked = settings.public_access.is_some_and(PublicAccess::is_blocked);
                storage.encryption = settings.encryption.as_ref().map(|it| it.algorithm.clone());
                storage.ownership.clone_from(&settings.ownership);
                storage.tls_only = settings
                    .policy
                    .as_ref()
                    .is_some_and(|policy| policy::is_tls_only(policy, &arn));
                storage.versioning = match settings.versioning {
                    Versioning::Never => None,
                    Versioning::Enabled => Some("Enabled".to_owned()),
                    Versioning::Suspended => Some("Suspended".to_owned()),
                };
            }
        }))
    }
}

fn observe(world: &World<'_>) -> Result<Observed, CallError> {
    let desired = world.desired;
    let (bucket, account) = (&desired.bucket, &desired.target.account);
    let s3 = S3 {
        gateway: world.gateway,
    };
    match s3.bucket(bucket, account)? {
        Bucket::Ours { region } if region == desired.target.region.as_str() => {
            let settings = s3.settings(bucket, account)?;
            let is_enforced = settings.ownership.as_deref() == Some(ENFORCED);
            Ok(Observed::There(Facts {
                grants_to_others: !is_enforced && s3.grants_to_others(bucket, account)?,
                made_by_us_unmarked: is_as_new(&settings)
                    && is_promised(world)?
                    && s3.is_empty(bucket, account)?,
                settings,
            }))
        }
        other => Ok(Observed::Not(other)),
    }
}

/// Whether nobody has set anything on it yet. A policy, tags and versioning come only by somebody's hand.
fn is_as_new(settings: &BucketSettings) -> bool {
    settings.tags.is_empty() && settings.policy.is_none() && settings.versioning == Versioning::Never
}

/// Whether our own stack says that the bucket's name was free.
fn is_promised(world: &World<'_>) -> Result<bool, CallError> {
    let cloudformation = CloudFormation {
        gateway: world.gateway,
    };
    let desired = world.desired;
    let stack = cloudformation.stack(&desired.storage_stack())?;
    Ok(stack.is_some_and(|stack| {
        owner(&stack.tags, &desired.installation()) == Owner::Ours && promises(&stack.tags, desired)
    }))
}

/// Whether these tags of our stack name the bucket as the one that the installation makes.
#[must_use]
pub fn promises(tags: &Tags, desired: &Desired) -> bool {
    tags.get(MAKES_BUCKET)
        .is_some_and(|name| name == desired.bucket.as_str())
}

fn arn(desired: &Desired) -> String {
    format!("arn:{}:s3:::{}", desired.target.partition(), desired.bucket)
}

fn wanted(desired: &Desired) -> Value {
    json!({
        "bucket": desired.bucket.as_str(),
        "region": desired.target.region.as_str(),
        "publicAccess": "blocked",
        "encryption": "AES256, or the KMS key that it has",
        "ownership": ENFORCED,
        "tlsOnly": true,
        // Never switched off: what it is without the flag is not the plan's.
        "versioning": desired.versioning,
    })
}

/// What would have to be written.
#[must_use]
pub fn decide(desired: &Desired, observed: &Observed) -> Decision {
    match observed {
        Observed::Not(Bucket::Absent) => create(desired),
        Observed::Not(found) => blocked(desired, found),
        Observed::There(facts) => there(desired, facts),
    }
}

fn create(desired: &Desired) -> Decision {
    let (bucket, account) = (&desired.bucket, &desired.target.account);
    let mut commands = vec![
        asks::create_bucket(bucket, &desired.target.region),
        asks::tag_bucket(bucket, account, &desired.created_tags()),
        asks::block_public_access(bucket, account),
        asks::enforce_ownership(bucket, account),
        asks::encrypt_bucket(bucket, account),
    ];
    if desired.versioning {
        commands.push(asks::version_bucket(bucket, account));
    }
    let mut writes: Vec<Write> = commands.into_iter().map(Write::account).collect();
    writes.extend(policy_write(desired, None));
    Decision::create(
        format!(
            "The bucket `{bucket}` is made: no public access, encrypted, TLS only{}.",
            if desired.versioning { ", with versions" } else { "" }
        ),
        wanted(desired),
        writes,
    )
}

fn policy_write(desired: &Desired, found: Option<&Value>) -> Option<Write> {
    let policy = policy::merged(found, &arn(desired))?;
    let ask = asks::put_bucket_policy(&desired.bucket, &desired.target.account, &policy);
    Some(Write::account(ask).showing("bucket-policy.json"))
}

fn there(desired: &Desired, facts: &Facts) -> Decision {
    let (bucket, account) = (&desired.bucket, &desired.target.account);
    let settings = &facts.settings;
    let is_ours = facts.made_by_us_unmarked || owner(&settings.tags, &desired.installation()) == Owner::Ours;
    let mut stops = in_the_way(desired, facts, is_ours);
    if !desired.bucket_is_named && owner(&settings.tags, &desired.installation()) == Owner::OtherInstallation
    {
        stops.push(Stop::new(
            Code::BucketOfAnother,
            format!("The bucket `{bucket}` holds the lake of another installation: its name is made of the cluster's, and this is another namespace. Two lakes in one bucket would be one."),
            format!("Name a bucket of this installation's own: `--bucket {bucket}-{}`. To share that one on purpose, name it: `--bucket {bucket}`.", desired.target.namespace),
        ));
    }
    let adopted = |decision: Decision| if is_ours { decision } else { decision.adopting() };
    if !stops.is_empty() {
        let detail = format!("The bucket `{bucket}` is set up for another use.");
        return adopted(Decision::blocked(detail, wanted(desired), stops));
    }
    let (mut writes, mut changes): (Vec<Write>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut set = |what: &'static str, write: Write| {
        changes.push(what);
        writes.push(write);
    };
    let tagged = |tags: &Tags| -> Ask { asks::tag_bucket(bucket, account, tags) };
    if facts.made_by_us_unmarked {
        set("its mark", Write::account(tagged(&desired.created_tags())));
    } else if !is_ours && let Some(tags) = with_use(&settings.tags, &desired.installation()) {
        set("a mark of use", Write::account(tagged(&tags)));
    }
    if !settings.public_access.is_some_and(PublicAccess::is_blocked) {
        set(
            "the block of public access",
            Write::account(asks::block_public_access(bucket, account)),
        );
    }
    if settings.ownership.as_deref() != Some(ENFORCED) {
        set(
            "the owner's hold on all objects",
            Write::account(asks::enforce_ownership(bucket, account)),
        );
    }
    // S3 encrypts each new bucket by itself; ours says so in its own words, so that a run that was killed before it wrote
    // them ends as any other. What somebody else chose stays.
    let is_encrypted = settings
        .encryption
        .as_ref()
        .is_some_and(|it| !is_ours || it.algorithm != "AES256" || it.bucket_key);
    if !is_encrypted {
        set(
            "its encryption",
            Write::account(asks::encrypt_bucket(bucket, account)),
        );
    }
    if desired.versioning && settings.versioning != Versioning::Enabled {
        set(
            "its versioning",
            Write::account(asks::version_bucket(bucket, account)),
        );
    }
    if let Some(write) = policy_write(desired, settings.policy.as_ref()) {
        set("the TLS-only statement of its policy", write);
    }
    let whose = if is_ours {
        "ours"
    } else {
        "the account's own from before"
    };
    if writes.is_empty() {
        let detail = format!("The bucket `{bucket}` is {whose} and set up as it should be.");
        return adopted(Decision::settled(detail, wanted(desired)));
    }
    let detail = format!(
        "The bucket `{bucket}` is {whose} and gets {}; all else of it stays.",
        changes.join(", ")
    );
    let mut decision = adopted(Decision::update(detail, wanted(desired), writes));
    if !is_ours && settings.ownership.as_deref() != Some(ENFORCED) {
        decision = decision.warn(Stop::new(
            Code::BucketAclsInUse,
            format!(
                "The bucket `{bucket}` lets each object have an access control list of its own; these lose their effect. The bucket's own list lets in nobody else."
            ),
            format!(
                "If others read or write its objects by such lists, name another bucket with `--bucket`; `aws s3api get-object-acl --bucket {}{} --key KEY` shows an object's.",
                quoted(bucket.as_str()),
                desired.asker().flag()
            ),
        ));
    }
    decision
}
