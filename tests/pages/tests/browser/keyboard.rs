//! A keyboard, and nothing else.

use browser::Chromium;
use browser::thirtyfour::{By, WebElement};

pub(crate) const TAB: char = '\u{e004}';
pub(crate) const ENTER: char = '\u{e007}';
pub(crate) const DOWN: char = '\u{e015}';
pub(crate) const SPACE: char = ' ';

/// Goes from stop to stop with Tab until the button has the focus, which must show.
pub(crate) async fn reach(chromium: &Chromium, button: &str) {
    let button = chromium.driver.find(By::Css(button)).await.unwrap();
    for _ in 0..60 {
        chromium.press(TAB).await;
        let stop = chromium.driver.active_element().await.unwrap();
        // What is within a frame shows its own.
        if stop.tag_name().await.unwrap() != "iframe" {
            shows_focus(&stop).await;
        }
        if stop.element_id() == button.element_id() {
            return;
        }
    }
    panic!("60 times Tab, and it was not reached");
}

pub(crate) async fn shows_focus(stop: &WebElement) {
    let style = stop.css_value("outline-style").await.unwrap();
    let width = stop.css_value("outline-width").await.unwrap();
    let at = stop.outer_html().await.unwrap();
    assert_eq!(
        (style.as_str(), width.as_str()),
        ("solid", "3px"),
        "no focus is seen on {at}"
    );
}

/// Types into a field that is reached by Tab.
pub(crate) async fn type_in(chromium: &Chromium, field: &str, text: &str) {
    reach(chromium, field).await;
    write(chromium, text).await;
}

/// Types where the focus is.
pub(crate) async fn write(chromium: &Chromium, text: &str) {
    for key in text.chars() {
        chromium.press(key).await;
    }
}
