//! The tokens of accounts, and the links into the hosted flow.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::clock::later;
use crate::light::world::World;

/// All that opens something.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    accounts: BTreeMap<String, (String, Timestamp)>,
    links: BTreeMap<String, Link>,
    /// The hosted flow's sessions, each begun by one link.
    sessions: BTreeMap<String, Link>,
    minted: u64,
}

/// What the hosted flow is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) account: String,
    pub(crate) scope: String,
    expires_at: Timestamp,
}

/// How long a session of the hosted flow lives.
const SESSION: SignedDuration = SignedDuration::from_mins(30);

impl Tokens {
    pub(crate) fn expire_all(&mut self) {
        self.accounts.clear();
    }
}

impl World {
    /// Mints an account's token: the token, and when it says to expire.
    pub(crate) fn mint_token(&mut self, account: &str, now: Timestamp) -> (String, Timestamp) {
        let token = format!("at_{}", self.secret("account token"));
        self.tokens.accounts.insert(token.clone(), (account.to_owned(), now));
        (token, later(now, self.config.token_lives))
    }

    /// Whose a token is, if it lives.
    pub(crate) fn account_of(&self, token: &str, now: Timestamp) -> Option<String> {
        let (account, minted_at) = self.tokens.accounts.get(token)?;
        let lives = self.quirks.tokens_live.unwrap_or(self.config.token_lives);
        (now < later(*minted_at, lives)).then(|| account.clone())
    }

    /// Mints a link into the hosted flow: its token, and when it expires.
    pub(crate) fn mint_link(&mut self, account: &str, scope: &str, now: Timestamp) -> (String, Timestamp) {
        let token = self.secret("login link");
        let expires_at = later(now, self.config.login_link_lives);
        let link = Link {
            account: account.to_owned(),
            scope: scope.to_owned(),
            expires_at,
        };
        self.tokens.links.insert(token.clone(), link);
        self.stats.login_links += 1;
        (token, expires_at)
    }

    /// Opens a link, which works once, and returns the session that it begins.
    pub(crate) fn open_link(&mut self, token: &str, now: Timestamp) -> Option<String> {
        let link = self.tokens.links.remove(token)?;
        if link.expires_at <= now {
            return None;
        }
        self.stats.login_links_opened += 1;
        self.truth_of(&link.account).visits += 1;
        let session = self.secret("flow session");
        let expires_at = later(now, SESSION);
        self.tokens
            .sessions
            .insert(session.clone(), Link { expires_at, ..link });
        Some(session)
    }

    pub(crate) fn session(&self, session: &str, now: Timestamp) -> Option<Link> {
        let link = self.tokens.sessions.get(session)?;
        (now < link.expires_at).then(|| link.clone())
    }

    /// Whose a link is, as long as it has not been opened.
    pub(crate) fn owner_of_link(&self, token: &str) -> Option<&str> {
        self.tokens.links.get(token).map(|link| link.account.as_str())
    }

    fn secret(&mut self, what: &str) -> String {
        let number = self.tokens.minted.to_string();
        self.tokens.minted += 1;
        let half = |part| self.seed.seal(&[what, part, &number]);
        format!("{}{}", half("first half"), half("second half"))
    }
}
