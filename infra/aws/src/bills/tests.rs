use journey::port::{EraseFallback, KeepFallback, PassOnFallback, TakeUpload};
use journey::{BillFile, BillKind, Provider, Reference};

use super::*;
use crate::testing::{Answer, Asked, Wire, id_key, object, status, text};

const NAME: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

fn contact() -> ContactId {
    ContactId::new(&id_key(), Provider::Bayou, &Reference::new("MSCOTT123").unwrap())
}

fn incoming() -> String {
    format!("incoming/{}/{NAME}", contact())
}

fn at() -> Timestamp {
    "2026-07-01T16:00:00Z".parse().unwrap()
}

fn bills(answers: Vec<Answer>) -> (Wire, Bills) {
    let wire = Wire::new(answers);
    let public_url = "https://remind.example.com".to_owned();
    let bills = Bills::new(&wire.clients(), "bills".to_owned(), public_url);
    (wire, bills)
}

fn upload() -> Uploaded {
    Uploaded {
        name: incoming(),
        tag: "\"a-tag\"".to_owned(),
        bytes: 9,
        head: b"%PDF-1.7\n".to_vec(),
    }
}

fn uris(asked: &[Asked]) -> Vec<&str> {
    let path = |asked: &'_ Asked| {
        asked
            .uri
            .find("amazonaws.com")
            .map_or(0, |at| at + "amazonaws.com".len())
    };
    asked.iter().map(|asked| &asked.uri[path(asked)..]).collect()
}

#[tokio::test]
async fn a_form_posts_to_a_name_of_its_own_and_leads_back() {
    let (_, bills) = bills(Vec::new());
    let mut names = Vec::new();
    for _ in 0..2 {
        let form = bills.upload_form(&contact(), "/f/token").await.unwrap().unwrap();
        assert_eq!(form.action, "https://bills.s3.us-west-2.amazonaws.com/");
        let field = |name: &str| form.fields.iter().find(|(one, _)| *one == name).unwrap().1.clone();
        assert_eq!(field("success_action_redirect"), "https://remind.example.com/f/token");
        assert_eq!(field("Content-Type"), "application/octet-stream");
        names.push(field("key"));
    }
    assert_ne!(names[0], names[1]);
    for name in names {
        assert!(name.starts_with(&format!("incoming/{}/", contact())), "{name}");
        // What the form names is what is looked for when the browser comes back.
        let (wire, bills) = self::bills(vec![status(404)]);
        assert!(bills.uploaded(&contact(), &name).await.unwrap().is_none());
        assert_eq!(wire.asked().len(), 1);
    }
}

#[tokio::test]
async fn an_upload_s_beginning_length_and_tag_are_read_in_one_call() {
    let headers = [("content-range", "bytes 0-8/12345"), ("etag", "\"a-tag\"")];
    let (wire, bills) = bills(vec![object(206, &headers, "%PDF-1.7\n")]);
    let found = bills.uploaded(&contact(), &incoming()).await.unwrap().unwrap();
    assert_eq!((found.bytes, found.tag.as_str()), (12_345, "\"a-tag\""));
    assert_eq!(found.head, b"%PDF-1.7\n");
    assert_eq!(wire.asked()[0].header("range"), Some("bytes=0-4095"));
}

#[tokio::test]
async fn a_name_that_no_form_of_this_contact_has_is_not_even_asked_for() {
    let other = ContactId::new(&id_key(), Provider::Bayou, &Reference::new("someone-else").unwrap());
    for name in [
        String::new(),
        NAME.to_owned(),
        format!("incoming/{other}/{NAME}"),
        format!("incoming/{}/../{other}/{NAME}", contact()),
        format!("incoming/{}/{NAME}/", contact()),
        format!("kept/{}/bill", contact()),
    ] {
        let (wire, bills) = bills(Vec::new());
        assert!(bills.uploaded(&contact(), &name).await.unwrap().is_none(), "{name}");
        assert!(wire.asked().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn what_is_kept_is_a_copy_of_just_what_was_looked_at() {
    let copied = || text(200, "<CopyObjectResult><ETag>\"a-tag\"</ETag></CopyObjectResult>");
    let (wire, bills) = bills(vec![copied()]);
    assert!(
        bills
            .keep_upload(&contact(), &upload(), BillKind::Pdf, at())
            .await
            .unwrap()
    );
    let asked = &wire.asked()[0];
    assert!(
        asked.uri.contains(&format!("/kept/{}/bill", contact())),
        "{}",
        asked.uri
    );
    assert_eq!(asked.header("x-amz-copy-source-if-match"), Some("\"a-tag\""));
    assert_eq!(asked.header("x-amz-server-side-encryption"), Some("AES256"));
    assert_eq!(asked.header("x-amz-metadata-directive"), Some("REPLACE"));
    assert_eq!(asked.header("content-type"), Some("application/pdf"));
    assert_eq!(
        asked.header("content-disposition"),
        Some("attachment; filename=\"bill.pdf\"")
    );

    let changed = "<Error><Code>PreconditionFailed</Code></Error>";
    for (code, body) in [(412, changed), (404, "<Error><Code>NoSuchKey</Code></Error>")] {
        let (_, bills) = self::bills(vec![text(code, body)]);
        assert!(
            !bills
                .keep_upload(&contact(), &upload(), BillKind::Pdf, at())
                .await
                .unwrap()
        );
    }
    let (_, bills) = self::bills(vec![text(403, "<Error><Code>AccessDenied</Code></Error>")]);
    let refused = bills.keep_upload(&contact(), &upload(), BillKind::Pdf, at()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn an_account_reads_back_as_it_was_kept() {
    let account = Account {
        number: "1234567890".to_owned(),
        line: "100 Example Street".to_owned(),
        city: "Springfield".to_owned(),
        state: law::State::parse("CA").unwrap(),
        zip: "90000".to_owned(),
    };
    let (wire, bills) = bills(vec![status(200)]);
    bills.keep_account(&contact(), &account, at()).await.unwrap();
    let asked = &wire.asked()[0];
    assert_eq!(asked.header("x-amz-server-side-encryption"), Some("AES256"));
    let kept = asked.text();
    let (_, bills) = self::bills(vec![object(200, &[], &kept)]);
    let found = bills.find_account(&contact()).await.unwrap().unwrap();
    assert_eq!(
        found,
        KeptAccount {
            given_at: at(),
            account
        }
    );
}

#[tokio::test]
async fn a_bill_is_fetched_by_a_link_of_five_minutes_that_saves_it() {
    let headers = [
        ("content-type", "image/heic"),
        ("content-length", "9"),
        ("x-amz-meta-given-at", "2026-07-01T16:00:00Z"),
    ];
    let (_, bills) = bills(vec![object(200, &headers, "")]);
    let Some(BillFile::At(url)) = bills.read_bill(&contact()).await.unwrap() else {
        panic!("a link");
    };
    let url = url::Url::parse(&url).unwrap();
    let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(query["X-Amz-Expires"], "300");
    assert_eq!(
        query["response-content-disposition"],
        "attachment; filename=\"bill.heic\""
    );
    assert_eq!(query["response-content-type"], "image/heic");

    let (_, bills) = self::bills(vec![status(404)]);
    assert_eq!(bills.read_bill(&contact()).await.unwrap(), None);
}

#[tokio::test]
async fn an_erasure_takes_what_is_kept_and_what_was_only_uploaded() {
    let listed = |key: &str| {
        text(
            200,
            &format!(
                "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>{key}</Key></Contents>\
                 </ListBucketResult>"
            ),
        )
    };
    let bill = format!("kept/{}/bill", contact());
    let answers = vec![listed(&bill), status(204), listed(&incoming()), status(204)];
    let (wire, bills) = bills(answers);
    bills.erase_fallback(&contact()).await.unwrap();
    let asked = wire.asked();
    let uris = uris(&asked);
    assert!(uris[1].starts_with(&format!("/{bill}")), "{uris:?}");
    assert!(uris[3].starts_with(&format!("/{}", incoming())), "{uris:?}");
    assert_eq!(uris.len(), 4);
}

#[tokio::test]
async fn a_hand_over_is_begun_by_one_alone_and_belongs_to_its_bill() {
    let headers = [
        ("content-type", "application/pdf"),
        ("content-length", "9"),
        ("x-amz-meta-given-at", "2026-07-01T16:00:00Z"),
    ];
    let head = || object(200, &headers, "");
    let begun = HandOver::Begun { at: at() };
    let (wire, bills) = bills(vec![head(), status(404), status(404), status(200)]);
    let new = bills.find_fallback(&contact()).await.unwrap().bill.unwrap();
    assert_eq!(new.hand_over, None);
    assert!(bills.keep_hand_over(&contact(), &new, Some(&begun)).await.unwrap());
    let asked = wire.asked();
    let put = asked.last().unwrap();
    let key = format!("/kept/{}/handed-over-{}", contact(), at().as_millisecond());
    assert!(put.uri.contains(&key), "{}", put.uri);
    assert_eq!(put.header("if-none-match"), Some("*"));
    let kept = put.text();

    // Who was faster has it, and only they write on.
    let taken = text(412, "<Error><Code>PreconditionFailed</Code></Error>");
    let (_, bills) = self::bills(vec![taken]);
    assert!(!bills.keep_hand_over(&contact(), &new, Some(&begun)).await.unwrap());
    let (wire, bills) = self::bills(vec![
        head(),
        status(404),
        object(200, &[], &kept),
        status(200),
        status(204),
    ]);
    let at_it = bills.find_fallback(&contact()).await.unwrap().bill.unwrap();
    assert_eq!(at_it.hand_over, Some(begun.clone()));
    assert!(bills.keep_hand_over(&contact(), &at_it, Some(&begun)).await.unwrap());
    assert_eq!(wire.asked().last().unwrap().header("if-none-match"), None);
    assert!(bills.keep_hand_over(&contact(), &at_it, None).await.unwrap());
}

#[tokio::test]
async fn a_bill_s_content_is_that_of_the_bill_that_was_found_and_never_too_long() {
    let bill = KeptBill {
        given_at: at(),
        kind: BillKind::Pdf,
        bytes: 9,
        hand_over: None,
    };
    let (of_it, of_another) = ("2026-07-01T16:00:00Z", "2026-07-01T16:00:01Z");
    let content = |given_at: &str| {
        object(
            200,
            &[("x-amz-meta-given-at", given_at), ("content-length", "9")],
            "%PDF-1.7\n",
        )
    };
    let (_, shelf) = bills(vec![content(of_it), content(of_another), status(404)]);
    let found = shelf.bill_content(&contact(), &bill).await.unwrap();
    assert_eq!(found.as_deref(), Some(b"%PDF-1.7\n".as_slice()));
    assert_eq!(shelf.bill_content(&contact(), &bill).await.unwrap(), None);
    assert_eq!(shelf.bill_content(&contact(), &bill).await.unwrap(), None);
    let long = object(
        200,
        &[("x-amz-meta-given-at", of_it), ("content-length", "10485761")],
        "",
    );
    let (_, shelf) = bills(vec![long]);
    assert!(shelf.bill_content(&contact(), &bill).await.is_err());
}
