//! The bucket check's rules.

mod steps_support;

use lakehouse::clients::aws::S3;
use lakehouse::clients::aws::s3::Bucket;
use lakehouse::clients::{CallError, ErrorClass};
use lakehouse::steps::preflight::bucket;
use steps_support::{Script, brief, inputs};

fn error(class: ErrorClass, code: &str) -> CallError {
    let code = (!code.is_empty()).then(|| code.to_owned());
    CallError {
        purpose: "x".to_owned(),
        action: "a:B",
        class,
        code,
        said: String::new(),
    }
}

#[test]
fn a_bucket_is_ours_only_when_s3_says_so() {
    let inputs = inputs();
    let (name, owner) = ("b-1".parse().unwrap(), "123456789012".parse().unwrap());
    let judged = |found| bucket::decide(found, &name, &owner, &inputs.asker());
    let said = || "words".to_owned();
    let region = |text: &str| {
        Ok(Bucket::Ours {
            region: text.to_owned(),
        })
    };
    for (found, wanted, exists) in [
        (Ok(Bucket::Absent), "Pass", Some(false)),
        (region("us-east-2"), "Pass", Some(true)),
        (region("eu-west-1"), "Fail S3_BUCKET_WRONG_REGION", Some(true)),
        (
            Ok(Bucket::Forbidden { said: said() }),
            "Fail S3_BUCKET_TAKEN",
            None,
        ),
        (
            Ok(Bucket::Elsewhere { said: said() }),
            "Fail S3_BUCKET_TAKEN",
            None,
        ),
        (
            Ok(Bucket::NameRefused { said: said() }),
            "Fail S3_BUCKET_NAME_INVALID",
            None,
        ),
        (Err(error(ErrorClass::Other, "400")), "Fail AWS_UNEXPECTED", None),
        (
            Err(error(ErrorClass::Throttled, "503")),
            "Fail AWS_THROTTLED",
            None,
        ),
    ] {
        let checked = judged(found);
        assert_eq!(brief(&checked.findings, "s3-bucket"), wanted);
        assert_eq!(checked.evidence.s3_bucket_exists, exists, "{wanted}");
        assert!(!checked.findings[0].message.contains("words"));
    }
    assert_eq!(
        bucket::default_bucket(&"My-Lake".parse().unwrap(), &owner)
            .unwrap()
            .as_str(),
        "my-lake-123456789012"
    );
}

#[test]
fn head_bucket_answers_are_told_apart() {
    let (name, owner) = ("b-1".parse().unwrap(), "000000000000".parse().unwrap());
    let ask = |exit, out: &str, err: &str| {
        let script = Script::default().on("aws s3api head-bucket", exit, out, err).on(
            "aws s3api get-bucket-location",
            0,
            "{\"LocationConstraint\": \"EU\"}",
            "",
        );
        S3 { gateway: &script }.bucket(&name, &owner)
    };
    let head =
        |status: &str| format!("\nAn error occurred ({status}) when calling the HeadBucket operation: x\n");
    assert_eq!(ask(254, "", &head("404")), Ok(Bucket::Absent));
    // The same words from the call that gets a role's keys: nothing is said about the bucket.
    for code in ["404", "403", "301", "NoSuchBucket"] {
        let role = format!("\nAn error occurred ({code}) when calling the AssumeRole operation: x\n");
        assert!(ask(254, "", &role).is_err(), "{code} of AssumeRole");
    }
    assert!(matches!(ask(254, "", &head("403")), Ok(Bucket::Forbidden { .. })));
    assert!(matches!(ask(254, "", &head("301")), Ok(Bucket::Elsewhere { .. })));
    assert!(matches!(
        ask(
            252,
            "",
            "\nParameter validation failed:\nInvalid bucket name \"b\": …"
        ),
        Ok(Bucket::NameRefused { .. })
    ));
    assert_eq!(
        ask(252, "", "usage: aws").unwrap_err().class,
        ErrorClass::BadUsage
    );
    assert_eq!(ask(254, "", &head("400")).unwrap_err().class, ErrorClass::Other);
    assert_eq!(
        ask(0, "{\"BucketRegion\": \"us-west-2\"}", ""),
        Ok(Bucket::Ours {
            region: "us-west-2".to_owned()
        })
    );
    assert_eq!(
        ask(0, "", ""),
        Ok(Bucket::Ours {
            region: "eu-west-1".to_owned()
        })
    );
}
