//! `/enroll/status`: what is done, and what is still to come. Never with a date (docs/light.md, trap 15).

use http::StatusCode;
use journey::enrollment::Step;
use maud::html;

use super::{Reply, chart};
use crate::Ports;
use crate::acts::Trouble;
use crate::session::Visit;
use crate::standing::State;
use crate::words::common;
use crate::words::status::words;

impl<P: Ports> Visit<'_, P> {
    pub(super) async fn status(&self) -> Result<Reply, Trouble> {
        if let Some(matter) = self.support() {
            return Ok(Reply::page(StatusCode::OK, self.support_page(matter)));
        }
        let view = self.view().await?;
        let standing = self.standing(&view);
        if let Some(matter) = standing.support() {
            return Ok(Reply::page(StatusCode::OK, self.support_page(matter)));
        }
        let (locale, words) = (self.locale(), words(self.locale()));
        let is_final = standing.is_final() == Some(true);
        let is_active = standing.service_is_active() == Some(true) && is_final;
        let is_left = standing.next().is_some();
        let (title, text) = match (is_active, is_final, is_left) {
            (true, _, _) => (words.active_title, words.active),
            (false, true, _) => (words.final_title, words.setting_up),
            (false, false, true) => (words.left_title, words.left),
            (false, false, false) => (words.left_title, words.nothing_left),
        };
        let months = if is_active && standing.usage_is_there() == Some(true) {
            self.usage_of_home(&view).await
        } else {
            Vec::new()
        };
        // After the end every step was taken, whatever single flags say.
        let state = |step| if is_final { State::Done } else { standing.state(step) };
        // Of the identity nobody knows what sets it: it is shown where the record speaks of it.
        let steps = Step::ALL
            .into_iter()
            .filter(|step| *step != Step::Identity || !is_final);
        let service = if is_active { State::Done } else { State::Missing };
        // Nothing is said of what nobody knows.
        let entry = |name: &str, state| {
            html! {
                @if let Some(said) = words.state(state) {
                    li.done[state == State::Done] { (name) ": " (said) }
                }
            }
        };
        let body = html! {
            p { (text) }
            h2 { (words.steps) }
            ul.state {
                @for step in steps { (entry(words.step(step), state(step))) }
                (entry(words.service, service))
            }
            @if is_left {
                form method="get" action="/enroll" { button type="submit" { (common::words(locale).go_on) } }
            }
            // Who waits looks again when they like: a page that loads itself anew takes readers from their place.
            @if standing.awaits_something() { p { a href="/enroll/status" { (words.look_again) } } }
            (chart::chart(locale, &months))
        };
        Ok(Reply::page(StatusCode::OK, self.document(title, None, false, &body)))
    }
}
