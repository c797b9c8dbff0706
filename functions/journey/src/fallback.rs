//! What a customer without an online account gives instead of a connection: a bill, or the account typed in.

use core::fmt;

use jiff::Timestamp;
use law::State;
use serde::{Deserialize, Serialize};

/// The longest bill that is taken, in bytes: 10 MB.
pub const LONGEST_BILL: usize = 10 * 1024 * 1024;

/// What a file must be to be taken as a bill. None of them runs anything in a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillKind {
    /// A PDF.
    Pdf,
    /// A photo.
    Jpeg,
    /// A picture of a screen.
    Png,
    /// A photo, as iPhones take them.
    Heic,
}

impl BillKind {
    /// All of them.
    pub const ALL: [BillKind; 4] = [BillKind::Pdf, BillKind::Jpeg, BillKind::Png, BillKind::Heic];

    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            BillKind::Pdf => "application/pdf",
            BillKind::Jpeg => "image/jpeg",
            BillKind::Png => "image/png",
            BillKind::Heic => "image/heic",
        }
    }

    /// The kind with this media type.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }

    /// The name that the file has for whoever fetches it: ours, never the customer's.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            BillKind::Pdf => "bill.pdf",
            BillKind::Jpeg => "bill.jpg",
            BillKind::Png => "bill.png",
            BillKind::Heic => "bill.heic",
        }
    }
}

/// An account as its holder typed it in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account's number at the utility.
    pub number: String,
    /// The service address: street and house.
    pub line: String,
    /// Its city.
    pub city: String,
    /// Its state.
    pub state: State,
    /// Its ZIP code.
    pub zip: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Account(hidden)")
    }
}

/// What is kept of a customer: the latest of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fallback {
    /// A bill.
    pub bill: Option<KeptBill>,
    /// The account.
    pub account: Option<KeptAccount>,
}

/// A bill that is kept, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptBill {
    /// When it was given.
    pub given_at: Timestamp,
    /// What it is.
    pub kind: BillKind,
    /// Its length.
    pub bytes: u64,
    /// How far it is on its way to the provider.
    pub hand_over: Option<HandOver>,
}

/// How far a bill is on its way to the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum HandOver {
    /// Somebody is at it, or was when they died.
    Begun {
        /// Since when.
        at: Timestamp,
    },
    /// The provider has taken it.
    Done {
        /// When.
        at: Timestamp,
        /// The provider's name for it, if it told one.
        bill_id: Option<String>,
    },
}

/// An account that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAccount {
    /// When it was given.
    pub given_at: Timestamp,
    /// The account.
    pub account: Account,
}

/// The content of a bill.
#[derive(Clone, PartialEq, Eq)]
pub enum BillFile {
    /// Here it is.
    Bytes(BillKind, Vec<u8>),
    /// At this address, for a few minutes.
    At(String),
}

impl fmt::Debug for BillFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BillFile(hidden)")
    }
}
