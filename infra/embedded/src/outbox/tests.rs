//! What the outbox promises, told one by one.

use std::fs;
use std::path::Path;

use journey::ContactId;
use journey::port::{KeepContact, LookUpSend, Precondition, SendEmail};

use super::*;
use crate::testing::{contact, email, eventually, journey_id, key, open, reference, send_key, start, text};

fn outbox(store: Store) -> Outbox {
    let config = OutboxConfig {
        from_name: "Batteries".to_owned(),
        from_address: "hello@batteries.example".to_owned(),
        reply_to: None,
        campaign: "standard".to_owned(),
    };
    Outbox::new(store, config).unwrap()
}

async fn send(outbox: &Outbox, email: &Email) -> String {
    let outcome = outbox.send_email(email).await;
    let SendOutcome::Accepted { message_id } = &outcome else {
        panic!("{outcome:?}")
    };
    message_id.clone()
}

/// Sends so many messages, and closes the store.
async fn filled(folder: &Path, messages: u32) {
    let outbox = outbox(open(folder));
    for n in 1..=messages {
        send(&outbox, &email(n, 1)).await;
    }
}

fn log(folder: &Path) -> Vec<String> {
    let log = fs::read_to_string(folder.join("outbox/messages.jsonl")).unwrap_or_default();
    assert!(log.is_empty() || log.ends_with('\n'), "torn: {log}");
    log.lines().map(str::to_owned).collect()
}

fn emls(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("outbox")).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.retain(|name| name != "messages.jsonl");
    names.sort();
    names
}

#[tokio::test]
async fn an_accepted_message_appears_as_a_file_and_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = outbox(open(folder.path()));
    send(&outbox, &email(1, 1)).await;
    eventually("the line", || log(folder.path()).len() == 1).await;
    let id = journey_id(1);
    assert_eq!(
        log(folder.path()),
        [
            r#"{"at":"2026-11-22T03:15:00.25Z","channel":"email","provider":"leap","reference":"site-1","episode":1,"touch":1,"diagnosis":"utility_not_connected","locale":"es","arm":"15min","subject":"¿Señora Núñez, seguimos mañana?","to":"ana1@example.com"}"#
        ]
    );
    let file = format!("20261122T031500Z-{id}-e1-t1.eml");
    assert_eq!(emls(folder.path()), [file.as_str()]);
    let eml = fs::read(folder.path().join("outbox").join(file)).unwrap();
    assert_eq!(outbox.message_content(1).unwrap(), Some((Channel::Email, eml)));
    assert!(outbox.message_html(1).unwrap().unwrap().contains("su conexión espera"));
    assert!(outbox.message_html(2).unwrap().is_none());
}

#[tokio::test]
async fn a_touch_has_one_message_whatever_the_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = outbox(open(folder.path()));
    let first = send(&outbox, &email(1, 1)).await;
    let mut again = email(1, 1);
    assert_eq!(send(&outbox, &again).await, first);
    again.key.attempt = 2;
    assert_eq!(send(&outbox, &again).await, first);
    let racing = email(2, 1);
    let (one, two) = tokio::join!(send(&outbox, &racing), send(&outbox, &racing));
    assert_eq!(one, two);
    send(&outbox, &email(1, 2)).await;
    drop(outbox);
    assert_eq!(log(folder.path()).len(), 3);
    assert_eq!(emls(folder.path()).len(), 3);
}

#[tokio::test]
async fn a_look_up_knows_what_was_sent_what_was_not_and_what_is_on_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = outbox(open(folder.path()));
    assert_eq!(outbox.look_up_send(&send_key(1, 1, 1)).await, Resolution::NotSent);
    let message_id = send(&outbox, &email(1, 1)).await;
    let at = email(1, 1).at;
    for attempt in [1, 2] {
        let sent = Resolution::Sent {
            message_id: message_id.clone(),
            at,
        };
        assert_eq!(outbox.look_up_send(&send_key(1, 1, attempt)).await, sent);
    }
    let first = OnItsWay::new(&outbox.0.in_flight, &send_key(2, 1, 1));
    let second = OnItsWay::new(&outbox.0.in_flight, &send_key(2, 1, 2));
    drop(first);
    assert_eq!(outbox.look_up_send(&send_key(2, 1, 1)).await, Resolution::Unknown);
    drop(second);
    assert_eq!(outbox.look_up_send(&send_key(2, 1, 1)).await, Resolution::NotSent);
    assert!(lock(&outbox.0.in_flight).is_empty());
}

#[tokio::test]
async fn a_recipient_that_is_no_address_is_refused_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = outbox(open(folder.path()));
    let mut email = email(1, 1);
    email.to = "ana@example.com\r\nBcc: ben@example.com".to_owned();
    let outcome = outbox.send_email(&email).await;
    let SendOutcome::Refused { why } = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(!why.contains("ana"), "{why}");
}

/// Takes the number back to where it was when a crash came before it.
fn forget_files_after(folder: &Path, number: u64) {
    let database = rusqlite::Connection::open(folder.join("rekindle.db")).unwrap();
    let changed = database.execute("UPDATE outbox_files SET written = ?1", [number]);
    assert_eq!(changed.unwrap(), 1);
}

fn collect(folder: &Path) {
    for file in emls(folder) {
        fs::remove_file(folder.join("outbox").join(file)).unwrap();
    }
}

#[tokio::test]
async fn what_a_crash_left_torn_or_unwritten_is_completed_without_doubling_a_line() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 5).await;
    let (lines, files) = (log(folder.path()), emls(folder.path()));
    assert_eq!((lines.len(), files.len()), (5, 5));
    let path = folder.path().join("outbox/messages.jsonl");
    let whole = fs::read(&path).unwrap();
    for length in 0..=whole.len() {
        // Every place at which a crash could have torn the log; each opening costs a few syncs.
        if length % 97 != 0 && length != whole.len() - 1 {
            continue;
        }
        let there = whole[..length].iter().filter(|byte| **byte == b'\n').count();
        for number in [0, there.saturating_sub(1), there] {
            forget_files_after(folder.path(), number as u64);
            fs::write(&path, &whole[..length]).unwrap();
            collect(folder.path());
            drop(outbox(open(folder.path())));
            assert_eq!(log(folder.path()), lines, "torn at {length}, known up to {number}");
            // A whole line says that its message's own file was there before it.
            assert_eq!(emls(folder.path()).len(), 5 - there, "torn at {length}");
        }
    }
}

#[tokio::test]
async fn a_crash_after_a_rotation_doubles_no_line() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 5).await;
    let lines = log(folder.path());
    forget_files_after(folder.path(), 1);
    let path = folder.path().join("outbox/messages.jsonl");
    fs::write(&path, format!("{}\n{}\n", lines[2], lines[3])).unwrap();
    drop(outbox(open(folder.path())));
    assert_eq!(log(folder.path()), lines[2..]);
}

#[tokio::test]
async fn what_was_collected_is_never_made_again() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 3).await;
    let first = log(folder.path());
    collect(folder.path());
    drop(outbox(open(folder.path())));
    assert_eq!((log(folder.path()), emls(folder.path()).len()), (first, 0));

    fs::remove_file(folder.path().join("outbox/messages.jsonl")).unwrap();
    filled(folder.path(), 4).await;
    assert_eq!((log(folder.path()).len(), emls(folder.path()).len()), (1, 1));

    fs::remove_dir_all(folder.path().join("outbox")).unwrap();
    drop(outbox(open(folder.path())));
    assert_eq!((log(folder.path()).len(), emls(folder.path()).len()), (0, 0));

    // A line that was lost together with the end of another is not written again either.
    filled(folder.path(), 6).await;
    let both = log(folder.path());
    let path = folder.path().join("outbox/messages.jsonl");
    fs::write(&path, format!("{}\n{}", both[0], &both[1][..20])).unwrap();
    drop(outbox(open(folder.path())));
    assert_eq!(log(folder.path()), both[..1]);
}

#[tokio::test]
async fn a_log_that_is_taken_away_under_the_running_program_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = outbox(open(folder.path()));
    let written = |number| outbox.0.store.files_written().unwrap() == number;
    send(&outbox, &email(1, 1)).await;
    eventually("the first message's files", || written(1)).await;
    let path = folder.path().join("outbox/messages.jsonl");
    fs::rename(&path, folder.path().join("rotated")).unwrap();
    send(&outbox, &email(2, 1)).await;
    eventually("the second message's files", || written(2)).await;
    assert!(log(folder.path()).concat().contains("ana2@example.com"));
    assert_eq!(log(folder.path()).len(), 1);
    fs::remove_dir_all(folder.path().join("outbox")).unwrap();
    send(&outbox, &email(3, 1)).await;
    eventually("the third message's files", || written(3)).await;
    assert_eq!((log(folder.path()).len(), emls(folder.path()).len()), (1, 1));
}

#[tokio::test]
async fn an_erased_persons_messages_are_blank_and_cannot_be_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = outbox(open(folder.path()));
    let store = outbox.0.store.clone();
    for n in [1, 2] {
        store
            .put_contact(&contact(n, &format!("ana{n}@example.com")), &Precondition::None)
            .await
            .unwrap();
    }
    let sent = send(&outbox, &email(1, 1)).await;
    send(&outbox, &email(2, 1)).await;
    eventually("the files", || store.files_written().unwrap() == 2).await;
    let id = ContactId::new(&key(), Provider::Leap, &reference(1));
    assert!(store.erase_contact(&id, &Precondition::None).await.unwrap());

    let recent = outbox.recent_messages(1).unwrap();
    assert_eq!(recent.iter().map(|message| message.id).collect::<Vec<_>>(), [2]);
    assert_eq!(outbox.recent_messages(9).unwrap().len(), 1);
    assert!(outbox.messages_of(&journey_id(1)).unwrap().is_empty());
    assert!(outbox.message_content(1).unwrap().is_none() && outbox.message_html(1).unwrap().is_none());
    assert!(outbox.message_html(2).unwrap().is_some());
    assert_eq!(send(&outbox, &email(1, 1)).await, sent);
    let known = outbox.look_up_send(&send_key(1, 1, 1)).await;
    assert!(matches!(known, Resolution::Sent { message_id, .. } if message_id == sent));

    let left = [format!("20261122T031500Z-{}-e1-t1.eml", journey_id(2))];
    assert_eq!(emls(folder.path()), left);
    assert_eq!(log(folder.path()).len(), 2, "the log is only appended to");
    for file in ["rekindle.db", "rekindle.db-wal"] {
        let bytes = fs::read(folder.path().join(file)).unwrap();
        assert!(!bytes.windows(5).any(|window| window == b"ana1@"), "{file}");
    }

    // Not even when a crash came before their number.
    drop((outbox, store));
    forget_files_after(folder.path(), 0);
    fs::write(folder.path().join("outbox/messages.jsonl"), "").unwrap();
    drop(self::outbox(open(folder.path())));
    assert_eq!(emls(folder.path()), left);
    assert_eq!(log(folder.path()).len(), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("outbox");
    fs::write(&blocked, "a file where the folder should be").unwrap();
    let outbox = outbox(open(folder.path()));
    send(&outbox, &email(1, 1)).await;
    fs::remove_file(&blocked).unwrap();
    eventually("the retry", || log(folder.path()).len() == 1).await;
    send(&outbox, &email(2, 1)).await;
    eventually("the second line", || log(folder.path()).len() == 2).await;
}

#[tokio::test]
async fn the_operator_sees_the_latest_messages_and_those_of_a_journey() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = outbox(open(folder.path()));
    for (n, touch) in [(1, 1), (2, 1), (1, 2)] {
        send(&outbox, &email(n, touch)).await;
    }
    let recent = outbox.recent_messages(2).unwrap();
    assert_eq!(recent.iter().map(|message| message.id).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(recent[0].line.to, "ana1@example.com");
    assert!(recent[0].line.at >= start());
    let touches: Vec<_> = outbox
        .messages_of(&journey_id(1))
        .unwrap()
        .into_iter()
        .map(|message| message.key.touch.0)
        .collect();
    assert_eq!(touches, [1, 2]);
}

#[test]
fn a_sender_that_is_no_address_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let config = |from: &str, reply_to: Option<&str>| OutboxConfig {
        from_name: "Batteries".to_owned(),
        from_address: from.to_owned(),
        reply_to: reply_to.map(str::to_owned),
        campaign: "standard".to_owned(),
    };
    assert!(matches!(
        Outbox::new(store.clone(), config("hello", None)),
        Err(OutboxError::FromAddress)
    ));
    let reply = config("hello@batteries.example", Some("help"));
    assert!(matches!(Outbox::new(store, reply), Err(OutboxError::ReplyTo)));
}

#[tokio::test]
async fn a_text_appears_as_a_file_and_a_line_and_is_erased_like_mail() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = outbox(open(folder.path()));
    let store = outbox.0.store.clone();
    let whole = journey::contact::Contact {
        phone: Some(text(1, 1).to),
        ..contact(1, "ana1@example.com")
    };
    store.put_contact(&whole, &Precondition::None).await.unwrap();
    let SendOutcome::Accepted { message_id } = outbox.send_text(&text(1, 1)).await else {
        panic!("not accepted")
    };
    // The touch has its message, whatever the channel and the attempt.
    assert_eq!(
        outbox.send_text(&text(1, 1)).await,
        SendOutcome::Accepted {
            message_id: message_id.clone()
        }
    );
    assert_eq!(send(&outbox, &email(1, 1)).await, message_id);
    assert!(matches!(
        outbox.look_up_send(&text(1, 1).key).await,
        Resolution::Sent { message_id: known, .. } if known == message_id
    ));
    eventually("the file", || store.files_written().unwrap() == 1).await;
    let file = format!("20261122T031500Z-{}-e1-t1.txt", journey_id(1));
    assert_eq!(emls(folder.path()), core::slice::from_ref(&file));
    let written = fs::read_to_string(folder.path().join("outbox").join(&file)).unwrap();
    assert_eq!(written, text(1, 1).body);
    assert_eq!(
        log(folder.path()),
        [
            r#"{"at":"2026-11-22T03:15:00.25Z","channel":"sms","provider":"leap","reference":"site-1","episode":1,"touch":1,"diagnosis":"utility_not_connected","locale":"es","arm":"15min","subject":"","to":"+12025550101","body":"Siga: <https://batteries.example/r/x> Responda STOP"}"#
        ]
    );
    let listed = outbox.messages_of(&journey_id(1)).unwrap();
    assert_eq!(listed[0].key.channel, Channel::Sms);
    assert_eq!(
        outbox.message_html(1).unwrap().unwrap(),
        "<!doctype html><meta charset=\"utf-8\"><p>Siga: &lt;https://batteries.example/r/x&gt; Responda STOP</p>\n"
    );

    let id = ContactId::new(&key(), Provider::Leap, &reference(1));
    assert!(store.erase_contact(&id, &Precondition::None).await.unwrap());
    assert!(emls(folder.path()).is_empty());
    assert!(outbox.message_content(1).unwrap().is_none());
    assert!(outbox.messages_of(&journey_id(1)).unwrap().is_empty());
    assert_eq!(
        outbox.send_text(&text(1, 1)).await,
        SendOutcome::Accepted { message_id },
        "never a second one"
    );
}
