//! `/f/{token}`: who has no online account at the utility sends a bill, or types the account in.
//!
//! On one machine the bill comes to this page. On AWS the browser posts it past us to the bucket, which sends the
//! browser back here with the upload's name; only then it is looked at. Either way it is a file's first bytes that
//! say what it is, and its name and its media type are never asked.

mod account;
mod words;

use core::future::ready;

use bytes::Bytes;
use futures::stream;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use journey::contact::{Known, Locale};
use journey::link::{BadLink, LinkKind};
use journey::port::{
    ArmTimer, Clock, CommitJourney, Count, EraseFallback, FindContact, KeepFallback, LoadJourney, TakeUpload,
    UploadForm, Uploaded,
};
use journey::protocol::{IfAbsent, Person, take};
use journey::{
    BillKind, Campaign, ContactId, Event, Evidence, Given, Journey, JourneyId, LONGEST_BILL, Phase, Provider, Purpose,
};
use maud::{Markup, html};
use multer::{Multipart, parse_boundary};

use crate::{PageError, Pages, Reply, layout, page};
use account::{Field, Typed};
use words::{Words, words};

/// What a form has around its file, and more.
const AROUND: usize = 16 * 1024;

/// The longest body that is read.
pub(crate) const MAX_BODY_BYTES: usize = LONGEST_BILL + AROUND;

/// Our form has one field. Whoever sends many keeps us busy.
const FIELDS: usize = 8;

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BadBill {
    Missing,
    TooLong,
    NoBill,
}

impl BadBill {
    const fn status(self) -> u16 {
        match self {
            BadBill::Missing => 422,
            BadBill::TooLong => 413,
            BadBill::NoBill => 415,
        }
    }
}

/// What the page says besides its forms.
#[derive(Default)]
struct Said {
    bill: Option<BadBill>,
    typed: Typed,
    wrong: Vec<Field>,
}

impl Said {
    fn of_bill(bad: BadBill) -> Self {
        Said {
            bill: Some(bad),
            ..Said::default()
        }
    }

    fn status(&self) -> u16 {
        match self.bill {
            Some(bad) => bad.status(),
            None if self.wrong.is_empty() => 200,
            None => 422,
        }
    }
}

/// A bill: as it came, or where a browser has put it.
enum Bill<'a> {
    Here(&'a [u8]),
    Uploaded(&'a Uploaded),
}

/// An answer, and the place besides this one to which its form leads.
pub(crate) struct Answered {
    pub(crate) reply: Reply,
    pub(crate) leads_to: Option<String>,
}

impl From<Reply> for Answered {
    fn from(reply: Reply) -> Self {
        Answered { reply, leads_to: None }
    }
}

/// Where a customer stands who may give something.
struct Visitor<'a> {
    token: &'a str,
    id: JourneyId,
    known: Known,
}

impl Pages {
    /// `GET` and `POST /f/{token}`.
    pub(crate) async fn fallback<P>(
        &self,
        ports: &P,
        campaign: &Campaign,
        token: &str,
        parts: &Parts,
        body: &[u8],
    ) -> Answered
    where
        P: Clock
            + FindContact
            + LoadJourney
            + CommitJourney
            + ArmTimer
            + Count
            + KeepFallback
            + TakeUpload
            + EraseFallback,
    {
        let visitor = match self.visitor(ports, token).await {
            Ok(visitor) => visitor,
            Err(reply) => return (*reply).into(),
        };
        let done = if parts.method == Method::POST {
            match boundary(&parts.headers) {
                Some(boundary) => match file_in(boundary, body).await {
                    Ok(bill) => self.keep_bill(ports, campaign, &visitor, Bill::Here(&bill)).await,
                    Err(bad) => Ok(Err(Said::of_bill(bad))),
                },
                None => self.keep_account(ports, campaign, &visitor, Typed::read(body)).await,
            }
        } else {
            match upload_in(parts) {
                // The one GET that changes something. The store sends it after a person's POST, and it names what
                // that person has just sent: nobody who only follows the links of a message can.
                Some(name) => self.take_upload(ports, campaign, &visitor, &name).await,
                None => Ok(Err(Said::default())),
            }
        };
        match done {
            Ok(Ok(reply)) => reply.into(),
            Ok(Err(said)) => self.show(ports, &visitor, &said).await,
            Err(error) => self.failed(&visitor.id, &error).into(),
        }
    }

    /// The page, after a file that is too long to be read.
    pub(crate) async fn fallback_too_long<P>(&self, ports: &P, token: &str) -> Answered
    where
        P: Clock + FindContact + LoadJourney + TakeUpload,
    {
        match self.visitor(ports, token).await {
            Ok(visitor) => self.show(ports, &visitor, &Said::of_bill(BadBill::TooLong)).await,
            Err(reply) => (*reply).into(),
        }
    }

    /// Who comes with a token; or else the answer.
    async fn visitor<'a, P>(&self, ports: &P, token: &'a str) -> Result<Visitor<'a>, Box<Reply>>
    where
        P: Clock + FindContact + LoadJourney,
    {
        let id = match self.links.verify(LinkKind::Resume, token, ports.now()) {
            Ok(id) => id,
            Err(bad) => return Err(Box::new(self.bad_link(bad))),
        };
        let (journey, known) = match self.read(ports, &id).await {
            Ok(Some(found)) => found,
            Ok(None) => return Err(Box::new(self.bad_link(BadLink::Expired))),
            Err(error) => return Err(Box::new(self.failed(&id, &error))),
        };
        if !is_offered(&known) {
            return Err(Box::new(self.bad_link(BadLink::Forged)));
        }
        match journey {
            Some(journey) if matches!(journey.phase, Phase::Completed { .. }) => Err(Box::new(page(
                200,
                layout::resume(self, Some(&journey), &known, token, false),
            ))),
            Some(_) | None => Ok(Visitor { token, id, known }),
        }
    }

    async fn keep_bill<P>(
        &self,
        ports: &P,
        campaign: &Campaign,
        visitor: &Visitor<'_>,
        bill: Bill<'_>,
    ) -> Result<Result<Reply, Said>, PageError>
    where
        P: Clock
            + FindContact
            + LoadJourney
            + CommitJourney
            + ArmTimer
            + Count
            + KeepFallback
            + TakeUpload
            + EraseFallback,
    {
        let (length, head) = match &bill {
            Bill::Here(bytes) => (bytes.len() as u64, *bytes),
            Bill::Uploaded(upload) => (upload.bytes, upload.head.as_slice()),
        };
        let kind = match kind_of(length, head) {
            Ok(kind) => kind,
            Err(bad) => {
                ports.count("page.bill_refused", 1);
                return Ok(Err(Said::of_bill(bad)));
            }
        };
        let (contact, now) = (&visitor.known.id, ports.now());
        match bill {
            Bill::Here(bytes) => ports.keep_bill(contact, kind, bytes, now).await?,
            Bill::Uploaded(upload) => {
                if !ports.keep_upload(contact, upload, kind, now).await? {
                    // Another file came under the same name since it was looked at.
                    return Ok(Err(Said::of_bill(BadBill::Missing)));
                }
            }
        }
        self.given(ports, campaign, visitor, Given::Bill).await.map(Ok)
    }

    async fn take_upload<P>(
        &self,
        ports: &P,
        campaign: &Campaign,
        visitor: &Visitor<'_>,
        name: &str,
    ) -> Result<Result<Reply, Said>, PageError>
    where
        P: Clock
            + FindContact
            + LoadJourney
            + CommitJourney
            + ArmTimer
            + Count
            + KeepFallback
            + TakeUpload
            + EraseFallback,
    {
        let Some(upload) = ports.uploaded(&visitor.known.id, name).await? else {
            return Ok(Err(Said::of_bill(BadBill::Missing)));
        };
        let done = self
            .keep_bill(ports, campaign, visitor, Bill::Uploaded(&upload))
            .await?;
        // A bill has a copy by now, and anything else goes for good.
        ports.drop_upload(&upload).await?;
        Ok(done)
    }

    async fn keep_account<P>(
        &self,
        ports: &P,
        campaign: &Campaign,
        visitor: &Visitor<'_>,
        typed: Typed,
    ) -> Result<Result<Reply, Said>, PageError>
    where
        P: Clock + FindContact + LoadJourney + CommitJourney + ArmTimer + Count + KeepFallback + EraseFallback,
    {
        let account = match typed.check() {
            Ok(account) => account,
            Err(wrong) => {
                return Ok(Err(Said {
                    bill: None,
                    typed,
                    wrong,
                }));
            }
        };
        ports.keep_account(&visitor.known.id, &account, ports.now()).await?;
        self.given(ports, campaign, visitor, Given::Account).await.map(Ok)
    }

    /// What was given is kept: the journey hears of it.
    async fn given<P>(
        &self,
        ports: &P,
        campaign: &Campaign,
        visitor: &Visitor<'_>,
        what: Given,
    ) -> Result<Reply, PageError>
    where
        P: Clock + FindContact + LoadJourney + CommitJourney + ArmTimer + Count + EraseFallback,
    {
        let contact: &ContactId = &visitor.known.id;
        // Erased meanwhile: then nothing may be kept either.
        if ports.contact_of(&visitor.id).await?.is_none() {
            ports.erase_fallback(contact).await?;
            return Ok(self.bad_link(BadLink::Expired));
        }
        // Who came by the partner's own message may be nobody yet of whom we have heard; a journey that is to make
        // a connection again has begun before there is a link to it.
        let begin = IfAbsent::Begin {
            provider: visitor.known.contact.provider,
            purpose: Purpose::Enroll,
            flow: visitor.known.contact.flow,
        };
        let person = Person {
            contact: Some(contact),
            ..Person::default()
        };
        take(
            ports,
            campaign,
            &visitor.id,
            begin,
            person,
            &Event::FallbackGiven { what }.into(),
        )
        .await?;
        ports.count("page.fallback_given", 1);
        tracing::info!(journey = %visitor.id, what = what.as_str(), "given by hand");
        Ok(page(200, thanks(self, visitor.known.contact.locale)))
    }

    async fn show<P: TakeUpload>(&self, ports: &P, visitor: &Visitor<'_>, said: &Said) -> Answered {
        let back = format!("/f/{}", visitor.token);
        match ports.upload_form(&visitor.known.id, &back).await {
            Ok(form) => Answered {
                reply: page(said.status(), forms(self, visitor, form.as_ref(), said)),
                leads_to: form.map(|form| form.action),
            },
            Err(error) => self.failed(&visitor.id, &error.into()).into(),
        }
    }
}

/// May this customer give a bill or an account instead of a connection?
pub(crate) fn is_offered(known: &Known) -> bool {
    match known.contact.provider {
        Provider::Bayou => true,
        Provider::Leap | Provider::Light => false,
    }
}

/// Was a journey completed by something that was given?
pub(crate) fn was_given(journey: &Journey) -> bool {
    matches!(
        journey.phase,
        Phase::Completed {
            evidence: Evidence::Fallback,
            ..
        }
    )
}

/// What a file is, by its length and its first bytes.
fn kind_of(length: u64, head: &[u8]) -> Result<BillKind, BadBill> {
    if length == 0 {
        return Err(BadBill::Missing);
    }
    if length > LONGEST_BILL as u64 {
        return Err(BadBill::TooLong);
    }
    // Both ways of taking a bill see the same of it.
    let head = head.get(..HEAD).unwrap_or(head);
    // Readers take a PDF that begins anywhere in the first kilobyte, and so does `infer`; behind a page of HTML it
    // is not one for us.
    let kind = if head.starts_with(b"%PDF-") {
        BillKind::Pdf
    } else if infer::image::is_jpeg(head) {
        BillKind::Jpeg
    } else if infer::image::is_png(head) {
        BillKind::Png
    } else if infer::image::is_heif(head) {
        BillKind::Heic
    } else {
        return Err(BadBill::NoBill);
    };
    Ok(kind)
}

const HEAD: usize = 4096;

/// The boundary of a form with a file.
fn boundary(headers: &HeaderMap) -> Option<String> {
    parse_boundary(headers.get(header::CONTENT_TYPE)?.to_str().ok()?).ok()
}

/// The file in a form. Its name is not read.
async fn file_in(boundary: String, body: &[u8]) -> Result<Bytes, BadBill> {
    let body = Bytes::copy_from_slice(body);
    let mut form = Multipart::new(stream::once(ready(Ok::<_, core::convert::Infallible>(body))), boundary);
    for _ in 0..FIELDS {
        match form.next_field().await {
            Ok(Some(field)) if field.name() == Some("file") => {
                return field.bytes().await.map_err(|_| BadBill::Missing);
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    Err(BadBill::Missing)
}

/// The upload that the store says has arrived.
fn upload_in(parts: &Parts) -> Option<String> {
    if parts.method != Method::GET {
        return None;
    }
    let query = parts.uri.query()?;
    let key = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "key");
    key.map(|(_, name)| name.into_owned())
}

fn thanks(pages: &Pages, locale: Locale) -> Markup {
    let words = words(locale);
    layout::document(pages, locale, words.thanks_title, &html! { p { (words.thanks) } })
}

/// What the resume page says to who has given something before.
pub(crate) fn given_before(pages: &Pages, locale: Locale) -> Markup {
    thanks(pages, locale)
}

/// The quiet link on the resume page.
pub(crate) fn link(known: &Known, token: &str) -> Markup {
    html! {
        @if is_offered(known) {
            p { a href={ "../f/" (token) } { (words(known.contact.locale).link) } }
        }
    }
}

fn forms(pages: &Pages, visitor: &Visitor<'_>, upload: Option<&UploadForm>, said: &Said) -> Markup {
    let locale = visitor.known.contact.locale;
    let words = words(locale);
    let action = upload.map_or(visitor.token, |form| form.action.as_str());
    let fields = upload.map(|form| form.fields.as_slice()).unwrap_or_default();
    let bad = said.bill.map(|bad| words.bad_bill(bad));
    let body = html! {
        p { (words.intro) }
        p { (words.limited) " " (words.goes_to(&pages.brand.name)) }
        h2 { (words.bill_title) }
        form method="post" enctype="multipart/form-data" action=(action) {
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            div.field {
                label for="file" { (words.bill) }
                p.soft #file-hint { (words.bill_hint) }
                @if let Some(bad) = bad { p.error #file-error role="alert" { (bad) } }
                input #file type="file" name="file" required accept=".pdf,image/jpeg,image/png,image/heic"
                    aria-describedby=(described("file", true, bad.is_some())) aria-invalid=[bad.map(|_| "true")];
            }
            button type="submit" { (words.send_bill) }
        }
        h2 { (words.account_title) }
        form method="post" action=(visitor.token) {
            @for field in Field::ALL { (input(words, field, said)) }
            button.second type="submit" { (words.send_account) }
        }
    };
    layout::document(pages, locale, words.title, &body)
}

fn input(words: &Words, field: Field, said: &Said) -> Markup {
    let (name, value, wrong) = (field.name(), said.typed.of(field), said.wrong.contains(&field));
    let describes = wrong.then(|| described(name, false, true));
    html! {
        div.field {
            label for=(name) { (words.label(field)) }
            @if wrong { p.error id={ (name) "-error" } role="alert" { (words.wrong(field)) } }
            @if field == Field::State {
                select id=(name) name=(name) required autocomplete=(field.autocomplete())
                    aria-describedby=[describes] aria-invalid=[wrong.then_some("true")] {
                    option value="" {}
                    @for state in law::State::all() {
                        option value=(state.as_str()) selected[state.as_str() == value] { (state.as_str()) }
                    }
                }
            } @else {
                input id=(name) type="text" name=(name) value=(value) required maxlength=(field.longest())
                    autocomplete=(field.autocomplete()) inputmode=[(field == Field::Zip).then_some("numeric")]
                    aria-describedby=[describes] aria-invalid=[wrong.then_some("true")];
            }
        }
    }
}

fn described(name: &str, hint: bool, error: bool) -> String {
    let parts = [hint.then_some("-hint"), error.then_some("-error")];
    let names: Vec<String> = parts
        .into_iter()
        .flatten()
        .map(|part| format!("{name}{part}"))
        .collect();
    names.join(" ")
}
