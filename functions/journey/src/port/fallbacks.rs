//! What a customer without an online account gives instead.

use core::future::Future;

use jiff::Timestamp;

use crate::fallback::{Account, BillFile, BillKind, Fallback, HandOver, KeptBill};
use crate::id::{ContactId, Provider, Reference};
use crate::port::{ProviderError, StoreError};

/// Keeps what customers give instead of a connection: of each, the latest bill and the latest account.
pub trait KeepFallback: Sync {
    /// Keeps a bill durably, of which the caller knows what it is.
    fn keep_bill(
        &self,
        contact: &ContactId,
        kind: BillKind,
        bill: &[u8],
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps an account durably.
    fn keep_account(
        &self,
        contact: &ContactId,
        account: &Account,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The form by which a browser hands a bill to the store itself.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadForm {
    /// Where it leads.
    pub action: String,
    /// Its hidden fields, in front of the file's, whose name is `file`.
    pub fields: Vec<(&'static str, String)>,
}

/// What a browser has handed to the store, not yet looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// Its name.
    pub name: String,
    /// Names this content: another one under the same name has another tag.
    pub tag: String,
    /// Its length.
    pub bytes: u64,
    /// How it begins: [`TakeUpload::HEAD`] bytes, or all of them.
    pub head: Vec<u8>,
}

/// Takes bills that browsers hand to the store past us, where a function cannot take so many bytes.
pub trait TakeUpload: Sync {
    /// How much of an upload is read to see what it is.
    const HEAD: usize = 4096;

    /// A form for one bill, good for ten minutes; the store sends the browser on to `back`, a path of ours, with the
    /// upload's name in the query's `key`. None where bills come to us.
    fn upload_form(
        &self,
        contact: &ContactId,
        back: &str,
    ) -> impl Future<Output = Result<Option<UploadForm>, StoreError>> + Send;

    /// What came under a name; none when there is nothing, or the name is not one for this contact.
    fn uploaded(
        &self,
        contact: &ContactId,
        name: &str,
    ) -> impl Future<Output = Result<Option<Uploaded>, StoreError>> + Send;

    /// Keeps what was looked at as the contact's bill, where no form leads. Answers whether it was still the same.
    fn keep_upload(
        &self,
        contact: &ContactId,
        upload: &Uploaded,
        kind: BillKind,
        at: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes it.
    fn drop_upload(&self, upload: &Uploaded) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Passes on what customers gave instead of a connection: to the partner, and a bill to the provider.
pub trait PassOnFallback: Sync {
    /// What is kept of a contact.
    fn find_fallback(&self, contact: &ContactId) -> impl Future<Output = Result<Fallback, StoreError>> + Send;

    /// The contact's bill.
    fn read_bill(&self, contact: &ContactId) -> impl Future<Output = Result<Option<BillFile>, StoreError>> + Send;

    /// The content of just this bill; none when it is gone, or another one is there.
    fn bill_content(
        &self,
        contact: &ContactId,
        bill: &KeptBill,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// Writes down how far this bill's hand-over is, or that there is none. False, and nothing is written, when
    /// it is not as `bill` says any more: somebody else is at it, or another bill is there.
    fn keep_hand_over(
        &self,
        contact: &ContactId,
        bill: &KeptBill,
        to: Option<&HandOver>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// A bill that the provider has not taken, as far as we know.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HandOverError {
    /// The provider takes none, or nobody has told this deployment how.
    #[error("no way is configured by which the provider takes bills")]
    NotConfigured,
    /// The provider has refused it.
    #[error("the provider refuses the bill with status {status}")]
    Refused {
        /// The status of its answer.
        status: u16,
        /// Its code of the error: letters, digits and `_`.
        code: Option<String>,
    },
    /// There is no answer that could be relied on.
    #[error(transparent)]
    NoAnswer(#[from] ProviderError),
}

/// Hands a bill to the provider.
pub trait HandOverBill: Sync {
    /// Hands it over, in one attempt. Answers the provider's name for it, if it tells one.
    fn hand_over_bill(
        &self,
        provider: Provider,
        reference: &Reference,
        kind: BillKind,
        bill: Vec<u8>,
    ) -> impl Future<Output = Result<Option<String>, HandOverError>> + Send;
}

/// Erases what a customer gave instead of a connection.
pub trait EraseFallback: Sync {
    /// Nothing of it is left. It is no error if there was nothing.
    fn erase_fallback(&self, contact: &ContactId) -> impl Future<Output = Result<(), StoreError>> + Send;
}
