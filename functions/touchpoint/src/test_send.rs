//! A test message: composed and sent as real ones are, to somebody who is on the list of those who may get one.
//!
//! It belongs to no journey, and nothing is read or written but the message: no ledger, cap, consent or suppression. Its
//! links lead to a page that says what they are ([`BadLink::Test`](journey::link::BadLink::Test)).

use jiff::Timestamp;
use journey::campaign::Channel;
use journey::contact::{Classification, Contact, Inbox, Known, Locale, OptOut};
use journey::port::{Clock, SendEmail, SendText};
use journey::{
    Campaign, ContactId, Diagnosis, Flow, IdKey, JourneyId, PhoneNumber, Provider, Reference, SendKey, SendOrder,
    SendOutcome, Touch, UtilityCode,
};
use message::Length;

use crate::{Compose, ComposeError, Composer, Outgoing};

/// Those who may get a test message: e-mail addresses, and numbers for texts.
#[derive(Clone, Default)]
pub struct Testers(Vec<Tester>);

#[derive(Clone, PartialEq, Eq)]
enum Tester {
    /// In lower case, without space around it.
    Email(String),
    Phone(PhoneNumber),
}

/// An entry that is neither an address nor a number. It is not repeated: it may go to a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither an e-mail address, such as qa@example.com, nor a number, such as +12025550123")]
pub struct NotATester;

/// Which message to send, and to whom.
#[derive(Clone)]
pub struct TestSend {
    /// An address or a number of the list.
    pub to: String,
    /// The channel.
    pub channel: Channel,
    /// The language.
    pub locale: Locale,
    /// The reason, which chooses the message.
    pub diagnosis: Diagnosis,
    /// Which reminder, from 1.
    pub touch: u8,
    /// The utility that it is about.
    pub utility: Option<UtilityCode>,
}

/// Why no test message went out. None of them repeats the recipient.
#[derive(Debug, thiserror::Error)]
pub enum TestSendError {
    /// The recipient is not on the list.
    #[error(
        "the recipient is not on the list of those who may get test messages: add the address or number to \
         [test_sends] allowed"
    )]
    NotAllowed,
    /// An address for a text, or a number for a mail.
    #[error("a mail goes to an address, and a text to a number")]
    WrongChannel,
    /// A test goes to an address or a number alone.
    #[error("a test message goes by email or sms; `rekindle preview` shows what goes by {}", .0.as_str())]
    NoTest(Channel),
    /// The campaign has no such reminder.
    #[error("the campaign has no such reminder: it has {0}")]
    NoSuchTouch(u16),
    /// It could not be composed.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// With the mark of a test it is too long.
    #[error("with \"TEST \" in front, the text has {0}, and two segments are the most")]
    TooLong(Length),
    /// The sender refused it.
    #[error("the sender refused it: {0}")]
    Refused(String),
    /// The number answered STOP.
    #[error("the number is on the sender's list of those who answered STOP: START from that phone takes it off")]
    OptedOut,
    /// Surely not sent.
    #[error("the sender is busy or not set up; nothing was sent, and the log says what it answered")]
    NotNow,
    /// Nobody can tell.
    #[error("the sender gave no clear answer: it may have gone out, or not")]
    Unclear,
}

impl Testers {
    /// Reads the list.
    ///
    /// # Errors
    /// The first entry that is neither an address nor a number.
    pub fn new<'t>(entries: impl IntoIterator<Item = &'t str>) -> Result<Self, NotATester> {
        let testers = entries.into_iter().map(|entry| Tester::of(entry).ok_or(NotATester));
        Ok(Testers(testers.collect::<Result<_, _>>()?))
    }

    fn find(&self, to: &str) -> Option<&Tester> {
        let wanted = Tester::of(to)?;
        self.0.iter().find(|tester| **tester == wanted)
    }
}

impl Tester {
    fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(number) = PhoneNumber::new(text) {
            return Some(Tester::Phone(number));
        }
        let stray = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"".contains(c);
        let (name, domain) = text.split_once('@')?;
        let address = !name.is_empty() && domain.contains('.') && !domain.contains('@') && !text.contains(stray);
        address.then(|| Tester::Email(text.to_lowercase()))
    }
}

/// Sends a test message, and answers the sender's identifier of it.
///
/// The subject begins with `[Test] `, a text with `TEST `.
///
/// # Errors
/// [`TestSendError`]; nothing is sent to anybody who is not on the list.
pub async fn send_test<P>(
    ports: &P,
    composer: &Composer,
    campaign: &Campaign,
    id_key: &IdKey,
    testers: &Testers,
    test: &TestSend,
) -> Result<String, TestSendError>
where
    P: Clock + SendEmail + SendText,
{
    let tester = testers.find(&test.to).ok_or(TestSendError::NotAllowed)?;
    let (email, phone) = match (test.channel, tester) {
        (Channel::Email, Tester::Email(_)) => (Some(test.to.trim().to_owned()), None),
        (Channel::Sms, Tester::Phone(number)) => (None, Some(number.clone())),
        (Channel::Email | Channel::Sms, _) => return Err(TestSendError::WrongChannel),
        (Channel::Push | Channel::Event, _) => return Err(TestSendError::NoTest(test.channel)),
    };
    let touches = u16::try_from(campaign.series(test.diagnosis.series()).len()).unwrap_or(u16::MAX);
    if !(1..=touches).contains(&u16::from(test.touch)) {
        return Err(TestSendError::NoSuchTouch(touches));
    }
    let now = ports.now();
    let known = nobody(id_key, test, email, phone).ok_or(TestSendError::NotAllowed)?;
    let outcome = match composer.compose(&order(test, touches, now), &known, now)? {
        Outgoing::Email(mut email) => {
            email.subject.insert_str(0, "[Test] ");
            ports.send_email(&email).await
        }
        Outgoing::Text(mut text) => {
            text.body.insert_str(0, "TEST ");
            let length = Length::of(&text.body);
            if !length.fits() {
                return Err(TestSendError::TooLong(length));
            }
            ports.send_text(&text).await
        }
        Outgoing::Push(_) | Outgoing::Event => return Err(TestSendError::NoTest(test.channel)),
    };
    match outcome {
        SendOutcome::Accepted { message_id } => Ok(message_id),
        SendOutcome::Refused { why } => Err(TestSendError::Refused(why)),
        SendOutcome::OptedOut => Err(TestSendError::OptedOut),
        SendOutcome::Throttled | SendOutcome::Withheld => Err(TestSendError::NotNow),
        SendOutcome::Ambiguous => Err(TestSendError::Unclear),
    }
}

fn order(test: &TestSend, touches: u16, now: Timestamp) -> SendOrder {
    SendOrder {
        key: SendKey {
            // One of its own for each test, or the sender would take the second for the first.
            journey: JourneyId::of_test(now),
            episode: 1,
            touch: Touch(test.touch),
            attempt: 1,
            channel: test.channel,
        },
        claimed_at: now,
        diagnosis: test.diagnosis,
        locale: test.locale,
        utility: test.utility.clone(),
        utility_name: None,
        left: test.diagnosis.steps_left().to_vec(),
        starts_soon: None,
        touches,
        arm: "test".to_owned(),
    }
}

/// An invented person with the tester's address.
fn nobody(id_key: &IdKey, test: &TestSend, email: Option<String>, phone: Option<PhoneNumber>) -> Option<Known> {
    let reference = Reference::new("rekindle-test-send".to_owned()).ok()?;
    Some(Known {
        id: ContactId::new(id_key, Provider::Leap, &reference),
        contact: Contact {
            provider: Provider::Leap,
            reference,
            email,
            phone,
            push: None,
            consent: Default::default(),
            first_name: Some("Ana".to_owned()),
            locale: test.locale,
            zone: None,
            state: None,
            flow: Flow::Unknown,
            region: None,
            classification: Classification::Residential,
            utility: test.utility.clone(),
            link: None,
            sharing_ends_at: None,
            opted_out: OptOut::NOTHING,
        },
        address: None,
        inbox: Inbox::default(),
        number: None,
        device: None,
    })
}
