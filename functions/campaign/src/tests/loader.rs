//! The loader, over a store that changes, fails and counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use journey::port::{Clock, LoadCampaign, PushedCampaign, StoreError};

use super::with_sender;
use crate::{Head, LOOK_EVERY, LoadError, Loader, Running};

struct Store(Mutex<State>);

#[derive(Default)]
struct State {
    now: Timestamp,
    active: Option<String>,
    stored: BTreeMap<String, PushedCampaign>,
    /// Does the store fail?
    down: bool,
    /// What was asked, in order.
    asked: Vec<&'static str>,
}

impl Store {
    fn empty() -> Self {
        Store(Mutex::new(State::default()))
    }

    /// Pushes a campaign of so many episodes and makes it the active one.
    fn push(&self, max_episodes: u16) -> String {
        let loaded = with_sender(&format!("max_episodes = {max_episodes}\n")).unwrap();
        let pushed = loaded.package().to_pushed(self.now()).unwrap();
        let version = pushed.version.clone();
        let mut state = self.0.lock().unwrap();
        state.stored.insert(version.clone(), pushed);
        state.active = Some(version.clone());
        version
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap());
    }

    fn pass(&self, time: SignedDuration) {
        self.change(|state| state.now += time);
    }

    fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }

    fn ask<T>(&self, what: &'static str, answer: impl FnOnce(&State) -> T) -> Result<T, StoreError> {
        let mut state = self.0.lock().unwrap();
        state.asked.push(what);
        if state.down {
            return Err(StoreError::Unavailable("out of reach".into()));
        }
        Ok(answer(&state))
    }
}

impl Clock for Store {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().now
    }
}

impl LoadCampaign for Store {
    async fn active_campaign(&self) -> Result<Option<String>, StoreError> {
        self.ask("active", |state| state.active.clone())
    }

    async fn campaign_head(&self, version: &str) -> Result<Option<String>, StoreError> {
        self.ask("head", |state| {
            state.stored.get(version).map(|stored| stored.head.clone())
        })
    }

    async fn campaign_messages(&self, version: &str) -> Result<Vec<(String, String)>, StoreError> {
        self.ask("messages", |state| {
            state
                .stored
                .get(version)
                .map(|stored| stored.messages.clone())
                .unwrap_or_default()
        })
    }
}

#[tokio::test]
async fn a_campaign_is_loaded_once_and_looked_for_once_a_minute() {
    let store = Store::empty();
    let loader = Loader::<Running>::new();
    let first = store.push(1);
    let campaign = loader.current(&store).await.unwrap();
    assert_eq!(campaign.head.rules.version, first);
    assert_eq!(campaign.templates.texts().count(), 52);
    assert_eq!(store.asked(), ["active", "head", "messages"]);

    let second = store.push(2);
    store.pass(LOOK_EVERY - SignedDuration::from_secs(1));
    assert!(Arc::ptr_eq(&campaign, &loader.current(&store).await.unwrap()));
    assert!(store.asked().is_empty());

    store.pass(SignedDuration::from_secs(1));
    let campaign = loader.current(&store).await.unwrap();
    assert_eq!(
        (campaign.head.rules.version.as_str(), campaign.head.rules.max_episodes),
        (second.as_str(), 2)
    );
    assert_eq!(store.asked(), ["active", "head", "messages"]);

    store.pass(LOOK_EVERY);
    assert!(Arc::ptr_eq(&campaign, &loader.current(&store).await.unwrap()));
    assert_eq!(store.asked(), ["active"], "the same one is not loaded again");

    // Rolled back.
    store.change(|state| state.active = Some(first.clone()));
    store.pass(LOOK_EVERY);
    assert_eq!(loader.current(&store).await.unwrap().head.rules.version, first);
}

#[tokio::test]
async fn a_head_is_loaded_without_messages() {
    let store = Store::empty();
    let version = store.push(1);
    let head = Loader::<Head>::new().current(&store).await.unwrap();
    assert_eq!(head.rules.version, version);
    assert_eq!(store.asked(), ["active", "head"]);
}

#[tokio::test]
async fn without_a_push_the_error_says_how_to_push() {
    let store = Store::empty();
    let loader = Loader::<Head>::new();
    let error = loader.current(&store).await.unwrap_err();
    assert!(matches!(error, LoadError::None));
    assert!(error.to_string().contains("rekindle campaign push"), "{error}");
    // The first push is noticed at once: there is nothing to go on with.
    store.push(1);
    loader.current(&store).await.unwrap();
}

#[tokio::test]
async fn a_store_that_fails_stops_nothing_that_runs() {
    let store = Store::empty();
    let loader = Loader::<Running>::new();
    store.change(|state| state.down = true);
    assert!(matches!(loader.current(&store).await, Err(LoadError::Store(_))));

    store.change(|state| state.down = false);
    let first = store.push(1);
    loader.current(&store).await.unwrap();
    let second = store.push(2);
    store.change(|state| state.down = true);
    store.pass(LOOK_EVERY);
    store.asked();
    for _ in 0..3 {
        assert_eq!(loader.current(&store).await.unwrap().head.rules.version, first);
    }
    assert_eq!(store.asked(), ["active"], "a store in need is not asked all the time");

    store.change(|state| state.down = false);
    store.pass(LOOK_EVERY);
    assert_eq!(loader.current(&store).await.unwrap().head.rules.version, second);
}

#[tokio::test]
async fn a_version_that_cannot_be_run_stops_nothing_that_runs() {
    let store = Store::empty();
    let loader = Loader::<Running>::new();
    let first = store.push(1);
    loader.current(&store).await.unwrap();
    let second = store.push(2);
    store.change(|state| state.stored.get_mut(&second).unwrap().messages.truncate(5));
    store.pass(LOOK_EVERY);
    assert_eq!(loader.current(&store).await.unwrap().head.rules.version, first);

    let error = Loader::<Running>::new().current(&store).await.unwrap_err();
    assert!(
        matches!(&error, LoadError::Package { version, .. } if *version == second),
        "{error}"
    );
    store.change(|state| state.active = Some("gone".to_owned()));
    let error = Loader::<Head>::new().current(&store).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the campaign gone should run, but is not stored: push it again"
    );
}
