//! What the API refuses and takes.

use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};

use super::{BayouConfig, DAY, GAS, KEY, POWER, START, Story, at};
use crate::bayou::{NewLink, Upload};
use crate::{ApiDown, Trouble};

fn error_code(error: &Value) -> &str {
    error["error_code"].as_str().unwrap()
}

#[tokio::test]
async fn a_call_needs_the_key_as_user_name_and_an_empty_password() {
    let story = Story::start(1).await;
    let url = story.url("/customers");
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
    assert_eq!(status(story.http.get(&url)).await, 401);
    assert_eq!(status(story.http.get(&url).bearer_auth(KEY)).await, 401);
    assert_eq!(status(story.http.get(&url).basic_auth("other", Some(""))).await, 401);
    assert_eq!(status(story.http.get(&url).basic_auth(KEY, Some("secret"))).await, 401);
    assert_eq!(status(story.http.get(&url).basic_auth(KEY, Some(""))).await, 200);
    let error: Value = story.http.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(error["error_type"], "auth_error");
}

#[tokio::test]
async fn a_body_has_to_be_declared_as_json_and_to_be_it() {
    let story = Story::start(1).await;
    let post = |content_type: &str, body: &'static str| {
        let request = story.http.post(story.url("/customers"));
        story.call(request.header("content-type", content_type).body(body))
    };
    assert_eq!(post("text/plain", "{}").await.0, 415);
    assert_eq!(post("application/x-www-form-urlencoded", "a=b").await.0, 415);
    assert_eq!(post("application/json; charset=utf-8", "{}").await.0, 201);
    for body in ["", "[]", "3", "{"] {
        assert_eq!(post("application/json", body).await.0, 400, "{body}");
    }
    let (status, error) = story.call(story.http.delete(story.url("/customers/1"))).await;
    assert_eq!((status, &error["error_type"]), (405, &json!("invalid_request")));
    let undeclared = story.http.patch(story.url("/customers/1")).body("{}");
    assert_eq!(story.call(undeclared).await.0, 415);
}

#[tokio::test]
async fn fields_have_limits_and_none_is_mandatory() {
    let story = Story::start(1).await;
    let (status, object) = story.post("/customers", json!({})).await;
    assert_eq!((status, &object["external_id"]), (201, &Value::Null));
    let long = |length: usize| "x".repeat(length);
    for (body, code) in [
        (json!({"email": "no-at.example.com"}), "customer_email_invalid"),
        (json!({"email": "dot@less"}), "customer_email_invalid"),
        (
            json!({"email": format!("{}@example.com", long(310))}),
            "customer_email_invalid",
        ),
        (json!({"email": 3}), "customer_email_invalid"),
        (json!({"first_name": long(31)}), "customer_first_name_invalid"),
        (json!({"last_name": long(31)}), "customer_last_name_invalid"),
        (json!({"utility": "nowhere_power"}), "utility_code_invalid"),
        (json!({"external_id": 12}), "customer_external_id_invalid"),
    ] {
        let (status, error) = story.post("/customers", body).await;
        assert_eq!((status, error_code(&error)), (400, code));
        assert_eq!(error["error_type"], "invalid_input");
    }
    let most = json!({"email": format!("{}@example.com", long(308)), "first_name": long(30), "utility": null});
    assert_eq!(story.post("/customers", most).await.0, 201);
}

#[tokio::test]
async fn an_external_id_is_unique_and_finds_its_customer_however_it_is_written() {
    let story = Story::start(1).await;
    let odd = "casa+7 @ala:señal/100";
    let made = story.create(odd, &POWER).await;
    let (status, error) = story.post("/customers", json!({"external_id": odd})).await;
    assert_eq!(status, 409, "{error}");
    let path = "/customers/external_id:casa%2B7%20%40ala%3Ase%C3%B1al%2F100";
    assert_eq!(story.get(path).await, (200, made.clone()));
    assert_eq!(
        story.get(&format!("/customers/{}", made["id"])).await,
        (200, made.clone())
    );
    let (status, error) = story.get("/customers/external_id:nobody").await;
    assert_eq!((status, error_code(&error)), (404, "customer_id_invalid"));
    let (_, other) = story.post("/customers", json!({"external_id": "other"})).await;
    let other_path = format!("/customers/{}", other["id"]);
    assert_eq!(story.patch(&other_path, json!({"external_id": odd})).await.0, 409);
    assert_eq!(story.patch(&other_path, json!({"email": "x"})).await.0, 400);
    let changes = json!({"external_id": "renamed", "utility": GAS.code, "email": "new@example.com"});
    let (status, changed) = story.patch(&other_path, changes).await;
    assert_eq!((status, &changed["utility"]), (200, &json!(GAS.code)));
    assert_eq!(story.customer("renamed").await["email"], "new@example.com");
    assert_eq!(story.get("/customers/external_id:other").await.0, 404);
    let truth = story.sandbox.truth();
    assert_eq!(
        [truth["renamed"].created_at, truth["other"].created_at],
        [Some(at(START)), None]
    );
    let (_, all) = story.get("/customers").await;
    assert_eq!(all.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_link_is_made_anew_by_a_call_after_ten_days_or_by_each() {
    let story = Story::start(1).await;
    let made = story.create("home-1", &POWER).await;
    story.leap_to(at(START) + DAY * 9).await;
    assert_eq!(story.customer("home-1").await, made);
    story.leap_to(at(START) + DAY * 10).await;
    let fresh = story.customer("home-1").await;
    assert_ne!(fresh["onboarding_link"], made["onboarding_link"]);
    assert_ne!(fresh["onboarding_token"], made["onboarding_token"]);
    assert_eq!(story.customer("home-1").await, fresh);
    let open = async |story: &Story, object: &Value| {
        let link = object["onboarding_link"].as_str().unwrap();
        story.http.get(link).send().await.unwrap().status().as_u16()
    };
    assert_eq!([open(&story, &made).await, open(&story, &fresh).await], [410, 200]);

    let mut config = BayouConfig::new(1, KEY);
    config.new_link = NewLink::AtEachGet;
    let story = Story::start_with(config).await;
    let made = story.create("home-1", &POWER).await;
    let fresh = story.customer("home-1").await;
    assert_eq!([open(&story, &made).await, open(&story, &fresh).await], [410, 200]);
    assert_eq!(story.sandbox.truth()["home-1"].expired_links, 1);
}

#[tokio::test]
async fn trouble_shows_as_documented() {
    let story = Story::start(1).await;
    let with = async |trouble: Trouble| {
        story.sandbox.set_trouble(trouble);
        let request = story.http.get(story.url("/customers")).basic_auth(KEY, Some(""));
        let response = request.send().await.ok()?;
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .map(|value| value.to_str().unwrap().to_owned());
        let (status, body) = (response.status().as_u16(), response.json::<Value>().await.unwrap());
        Some((status, retry_after, body["error_type"].clone()))
    };
    let none = Trouble::default;
    let throttled = Trouble {
        throttled_p: 1.0,
        ..none()
    };
    let patient = Trouble {
        retry_after_seconds: Some(7),
        ..throttled.clone()
    };
    assert_eq!(with(throttled).await, Some((429, None, json!("request_blocked"))));
    assert_eq!(
        with(patient).await,
        Some((429, Some("7".to_owned()), json!("request_blocked")))
    );
    let failing = Trouble { error_p: 1.0, ..none() };
    assert_eq!(with(failing).await, Some((500, None, json!("api_error"))));
    let forbidden = Trouble {
        forbidden: true,
        ..none()
    };
    assert_eq!(with(forbidden).await, Some((403, None, json!("auth_error"))));
    let unavailable = Trouble {
        down: Some(ApiDown::Unavailable),
        ..none()
    };
    assert_eq!(with(unavailable).await, Some((503, None, json!("api_error"))));
    let unreachable = Trouble {
        down: Some(ApiDown::Unreachable),
        ..none()
    };
    assert_eq!(with(unreachable).await, None);
    let counted = &story.sandbox.stats().api["GET /api/v2/customers"];
    assert_eq!(counted.keys().copied().collect::<Vec<_>>(), [0, 403, 429, 500, 503]);
}

#[tokio::test]
async fn of_an_uploaded_bill_the_type_and_the_size_are_kept() {
    let story = Story::start(1).await;
    story.create("home-1", &POWER).await;
    let bill = json!({
        "customer_external_id": "home-1",
        "external_id": "upload-1",
        "file_type": "image/png",
        "file": data_encoding::BASE64.encode(b"a picture"),
    });
    let (status, made) = story.post("/bills", bill).await;
    assert_eq!((status, &made["status"]), (201, &json!("unparsed")));
    let id = &made["id"];
    assert_eq!(story.get(&format!("/bills/{id}")).await, (200, made.clone()));
    assert_eq!(story.get("/bills/external_id:upload-1").await, (200, made.clone()));
    assert_eq!(
        story.get("/customers/external_id:home-1/bills").await,
        (200, json!([made]))
    );
    let kept = Upload {
        file_type: "image/png".to_owned(),
        size: 9,
    };
    assert_eq!(story.sandbox.truth()["home-1"].uploads, [kept]);
    let (status, error) = story.get("/bills/1").await;
    assert_eq!((status, error_code(&error)), (404, "bill_id_invalid"));
    let (status, error) = story.get("/bills/one").await;
    assert_eq!((status, error_code(&error)), (400, "bill_id_invalid_format"));
    assert_eq!(
        story.post("/bills", json!({"customer_external_id": "home-1"})).await.0,
        400
    );
}

#[tokio::test]
async fn a_bill_is_taken_as_a_form_of_any_names() {
    let mut config = BayouConfig::new(1, KEY);
    (config.bill_fields.file, config.bill_fields.customer_id) = ("document".to_owned(), "owner".to_owned());
    let story = Story::start_with(config).await;
    let id = story.create("home-1", &POWER).await["id"].to_string();
    let post = |parts: &[(&str, &str)]| {
        let part =
            |(name, rest): &(&str, &str)| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n");
        let body = format!("{}--b--\r\n", parts.iter().map(part).collect::<String>());
        let post = story.http.post(story.url("/bills"));
        post.header("content-type", "multipart/form-data; boundary=b")
            .body(body)
    };
    let file = "; filename=\"bill.jpg\"\r\nContent-Type: image/jpeg\r\n\r\na picture";
    let owner = format!("\r\n\r\n{id}");
    let (status, made) = story.call(post(&[("owner", &owner), ("document", file)])).await;
    assert_eq!(status, 201, "{made}");
    assert!(made["id"].is_u64());
    let kept = Upload {
        file_type: "image/jpeg".to_owned(),
        size: 9,
    };
    assert_eq!(story.sandbox.truth()["home-1"].uploads, [kept]);
    for (parts, code) in [
        (&[("document", file)][..], "customer_id_invalid"),
        (&[("owner", owner.as_str())], "bill_file_invalid"),
        (&[("owner", &owner), ("document", "\r\n\r\n")], "bill_file_invalid"),
    ] {
        let (status, error) = story.call(post(parts)).await;
        assert_eq!((status, error_code(&error)), (400, code));
    }
    let keyless = post(&[("owner", &owner), ("document", file)]).send().await.unwrap();
    assert_eq!(keyless.status(), 401);
}

#[tokio::test]
async fn what_is_not_documented_of_the_customers_object_is_shown_if_it_is_to() {
    let mut config = BayouConfig::new(1, KEY);
    (config.shows_filled_on, config.shows_velocity) = (true, true);
    let story = Story::start_with(config).await;
    story.create("home-1", &POWER).await;
    story.log_in("home-1").await;
    let object = story.customer("home-1").await;
    assert_eq!(object["has_filled_credentials_on"], START);
    assert_eq!(object["utility_data_velocity"], "instant");
}
