//! The hosted flow: its links, and what its page finishes.

use serde_json::{Value, json};

use super::{HOME, MINUTE, Story};

async fn login(story: &Story, account: &str, scope: &str) -> String {
    let path = format!("/accounts/{account}/flow-login");
    let (status, login) = story.app(&path, json!({"scope": scope})).await;
    assert_eq!((status, &login["scope"]), (200, &json!(scope)));
    login["login_link"].as_str().unwrap().to_owned()
}

/// Opens a link, and returns where its page is.
async fn open(story: &Story, link: &str) -> Option<String> {
    let answer = story.http.get(link).send().await.unwrap();
    if answer.status() == 410 {
        return None;
    }
    assert_eq!(answer.status(), 303);
    Some(story.url(answer.headers()["location"].to_str().unwrap()))
}

async fn page(request: reqwest::RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn submit(story: &Story, page: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let post = story.http.post(page);
    post.header("content-type", "application/x-www-form-urlencoded")
        .body(form)
}

#[tokio::test]
async fn the_page_finishes_what_is_missing_and_nothing_else() {
    let story = Story::start(1).await;
    let account = story.account();
    assert!(story.sandbox.request_plans(&account, HOME));
    let at = open(&story, &login(&story, &account, "enrollment").await)
        .await
        .unwrap();
    let (status, shown) = page(story.http.get(&at)).await;
    assert!(
        status == 200 && shown.contains("value=\"123 Main St Apt 1, Dallas, TX 75201\""),
        "{shown}"
    );
    let address = ("address", "123 Main St Apt 1, Dallas");
    let (status, shown) = page(submit(&story, &at, &[address, ("card", "4242424242424242")])).await;
    assert!(status == 422 && shown.contains("role=\"alert\""), "{shown}");
    let agree = ("agree", "yes");
    let (status, shown) = page(submit(&story, &at, &[address, agree, ("card", "4000000000000002")])).await;
    assert!(status == 422 && shown.contains("Your card was declined."), "{shown}");
    let enrollment = |object: &Value| object["enrollment"].clone();
    let object = enrollment(&story.read(&account).await);
    assert_eq!(
        [&object["has_accepted_plan"], &object["has_payment_method"]],
        [true, false]
    );
    let (_, shown) = page(story.http.get(&at)).await;
    assert!(
        !shown.contains("name=\"address\"") && shown.contains("name=\"card\""),
        "{shown}"
    );
    let (status, _) = page(submit(&story, &at, &[("card", "4242424242424242")])).await;
    assert_eq!(status, 303);
    story.live_for(MINUTE).await;
    assert_eq!(enrollment(&story.read(&account).await)["is_enrollment_finalized"], true);
    let (_, shown) = page(story.http.get(&at)).await;
    assert!(
        shown.contains("nothing left to do") && shown.contains("light-flow-close"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_link_works_once_for_a_while_and_a_look_at_its_head_burns_nothing() {
    let story = Story::start(1).await;
    let account = story.account();
    let link = login(&story, &account, "enrollment").await;
    assert!(link.starts_with(&story.url("/login?token=")));
    assert_eq!(story.http.head(&link).send().await.unwrap().status(), 200);
    assert!(open(&story, &link).await.is_some());
    assert_eq!(open(&story, &link).await, None);
    let link = login(&story, &account, "enrollment").await;
    story.live_for(MINUTE * 10).await;
    assert_eq!(open(&story, &link).await, None);
    assert_eq!(open(&story, &story.url("/login")).await, None);
    let stats = story.sandbox.stats();
    assert_eq!((stats.login_links, stats.login_links_opened), (2, 1));
    let (status, _) = page(story.http.get(story.url("/flow/unknown"))).await;
    assert_eq!(status, 410);
}

#[tokio::test]
async fn a_scope_asks_for_its_own_step_alone() {
    let story = Story::start(1).await;
    let account = story.account();
    let at = open(&story, &login(&story, &account, "update-payment-method").await)
        .await
        .unwrap();
    assert_eq!(page(submit(&story, &at, &[("card", "5555555555554444")])).await.0, 303);
    let object = story.read(&account).await;
    assert_eq!(object["enrollment"]["has_payment_method"], true);
    assert_eq!(object["enrollment"]["has_accepted_plan"], false);
    for scope in ["documents", "billing"] {
        let at = open(&story, &login(&story, &account, scope).await).await.unwrap();
        let (status, shown) = page(story.http.get(&at)).await;
        assert!(status == 200 && !shown.contains("<form"), "{shown}");
    }
}
