//! The form by which a browser posts to a bucket, signed as
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html> says. The SDK has no such thing.

use core::fmt;

use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use journey::LONGEST_BILL;
use journey::port::UploadForm;
use serde_json::json;
use sha2::Sha256;

/// How long a form is good for: time enough to find the bill.
const HOLDS: SignedDuration = SignedDuration::from_mins(30);

/// What S3 takes. What is too long for a bill comes back to our page, which says so and deletes it; beyond this, S3
/// answers itself, in XML.
const LONGEST_UPLOAD: usize = 5 * LONGEST_BILL;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const ENCRYPTION: &str = "AES256";

/// What forms are signed with: the function's own credentials.
#[derive(Clone)]
pub(crate) struct PostKey {
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
    /// Where the service is, if not at Amazon's own address.
    pub(crate) endpoint: Option<String>,
}

impl fmt::Debug for PostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostKey(hidden)")
    }
}

/// What a form is for.
pub(super) struct Post<'a> {
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) redirect: &'a str,
    pub(super) content_type: &'a str,
}

impl PostKey {
    /// A name that follows from `of`, and that nobody else can work out.
    pub(super) fn name(&self, of: &str) -> String {
        let hash = mac(self.secret_access_key.as_bytes(), of);
        BASE32_NOPAD.encode(hash.get(..16).unwrap_or_default()).to_lowercase()
    }

    /// A form for one file of up to [`LONGEST_UPLOAD`] bytes: nothing in it can be changed but the file.
    pub(super) fn form(&self, post: &Post<'_>, now: Timestamp) -> UploadForm {
        let day = now.strftime("%Y%m%d").to_string();
        let mut fields = vec![
            ("key", post.key.to_owned()),
            ("success_action_redirect", post.redirect.to_owned()),
            ("Content-Type", post.content_type.to_owned()),
            ("x-amz-server-side-encryption", ENCRYPTION.to_owned()),
            ("x-amz-algorithm", ALGORITHM.to_owned()),
            (
                "x-amz-credential",
                format!("{}/{day}/{}/s3/aws4_request", self.access_key_id, self.region),
            ),
            ("x-amz-date", now.strftime("%Y%m%dT%H%M%SZ").to_string()),
        ];
        if let Some(token) = &self.session_token {
            fields.push(("x-amz-security-token", token.clone()));
        }
        let expires = now.checked_add(HOLDS).unwrap_or(now);
        let mut conditions = vec![
            json!({"bucket": post.bucket}),
            json!(["content-length-range", 1, LONGEST_UPLOAD]),
        ];
        conditions.extend(fields.iter().map(|(name, value)| json!({*name: value})));
        let policy = json!({
            "expiration": expires.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
            "conditions": conditions,
        });
        let policy = BASE64.encode(policy.to_string().as_bytes());
        let signature = sign(&self.secret_access_key, &day, &self.region, &policy);
        fields.push(("policy", policy));
        fields.push(("x-amz-signature", signature));
        UploadForm {
            action: self.action(post.bucket),
            fields,
        }
    }

    fn action(&self, bucket: &str) -> String {
        match &self.endpoint {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            None => format!("https://{bucket}.s3.{}.amazonaws.com/", self.region),
        }
    }
}

/// Signs a policy in its Base64 form.
fn sign(secret: &str, day: &str, region: &str, policy: &str) -> String {
    let key = [day, region, "s3", "aws4_request"]
        .into_iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part));
    HEXLOWER.encode(&mac(&key, policy))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of every length, so the other arm is never taken; what it gives, S3 refuses.
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>
    #[test]
    fn the_documented_example_has_the_documented_signature() {
        let policy = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaW\
             d2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJs\
             aWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3\
             MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQog\
             ICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQU\
             VTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAi\
             QUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIj\
             ogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
        let signature = sign(
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "20151229",
            "us-east-1",
            policy,
        );
        assert_eq!(
            signature,
            "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
        );
    }

    #[test]
    fn every_field_but_the_file_is_fixed_by_the_policy() {
        let key = PostKey {
            region: "us-west-2".to_owned(),
            access_key_id: "AKIAINVENTED".to_owned(),
            secret_access_key: "invented".to_owned(),
            session_token: Some("an-invented-token".to_owned()),
            endpoint: None,
        };
        let post = Post {
            bucket: "bills",
            key: "incoming/a/1",
            redirect: "https://remind.example.com/f/token",
            content_type: "application/octet-stream",
        };
        let form = key.form(&post, "2026-07-01T16:00:00.123Z".parse().unwrap());
        assert_eq!(form.action, "https://bills.s3.us-west-2.amazonaws.com/");
        let field = |name: &str| {
            let field = form.fields.iter().find(|(one, _)| *one == name);
            field.map(|(_, value)| value.as_str()).unwrap()
        };
        let policy = BASE64.decode(field("policy").as_bytes()).unwrap();
        let policy: serde_json::Value = serde_json::from_slice(&policy).unwrap();
        assert_eq!(policy["expiration"], "2026-07-01T16:30:00.000Z");
        assert_eq!(
            policy["conditions"],
            json!([
                {"bucket": "bills"},
                ["content-length-range", 1, 52_428_800],
                {"key": "incoming/a/1"},
                {"success_action_redirect": "https://remind.example.com/f/token"},
                {"Content-Type": "application/octet-stream"},
                {"x-amz-server-side-encryption": "AES256"},
                {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
                {"x-amz-credential": "AKIAINVENTED/20260701/us-west-2/s3/aws4_request"},
                {"x-amz-date": "20260701T160000Z"},
                {"x-amz-security-token": "an-invented-token"},
            ])
        );
        assert_eq!(
            field("x-amz-signature"),
            sign("invented", "20260701", "us-west-2", field("policy"))
        );
        assert!(!format!("{key:?}").contains("invented"));
    }
}
