use super::*;
use crate::testing::{ManualTime, START, speed, start};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn program(start_plus_seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(start_plus_seconds)
}

/// Opens the clock of a folder, as a new process would.
fn open(folder: &tempfile::TempDir, seconds_per_second: u32, time: &ManualTime) -> ProgramClock {
    let data = DataDir::open(folder.path()).unwrap();
    ProgramClock::open_with(&data, speed(seconds_per_second), time.clone()).unwrap()
}

#[test]
fn a_fresh_clock_at_speed_one_is_the_machines() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualTime::at(START);
    let clock = open(&folder, 1, &time);
    assert_eq!(clock.now(), start());
    time.pass(seconds(90));
    assert_eq!(clock.now(), program(90));
}

#[test]
fn a_restart_finds_that_time_has_gone_on() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualTime::at(START);
    let clock = open(&folder, 3600, &time);
    time.pass(seconds(2));
    assert_eq!(clock.now(), program(7_200));
    drop(clock);
    time.pass(seconds(3));
    let clock = open(&folder, 3600, &time);
    assert_eq!(clock.now(), program(5 * 3_600));
}

#[test]
fn another_speed_goes_on_from_where_the_old_one_has_come() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualTime::at(START);
    let clock = open(&folder, 3600, &time);
    time.pass(seconds(2));
    drop(clock);
    let clock = open(&folder, 1, &time);
    assert_eq!(clock.now(), program(7_200));
    time.pass(seconds(10));
    assert_eq!(clock.now(), program(7_210));
    drop(clock);
    let clock = open(&folder, 60, &time);
    time.pass(seconds(1));
    assert_eq!(clock.now(), program(7_270));
}

#[test]
fn it_never_goes_back_when_the_machines_clock_does() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualTime::at(START);
    let clock = open(&folder, 1, &time);
    time.pass(seconds(600));
    let before = clock.now();
    time.set_wall(SignedDuration::from_hours(-5));
    assert_eq!(clock.now(), before);
    time.pass(seconds(60));
    assert_eq!(clock.now(), program(660));
    drop(clock);
    time.set_wall(SignedDuration::from_hours(-5));
    let clock = open(&folder, 1, &time);
    assert!(clock.now() >= program(660), "{}", clock.now());
}

#[test]
fn a_suspended_machine_finds_that_time_has_gone_on() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualTime::at(START);
    let clock = open(&folder, 1, &time);
    time.set_wall(SignedDuration::from_hours(8));
    assert_eq!(clock.now(), program(8 * 3_600));
}

#[test]
fn a_jump_forward_lasts_and_a_jump_back_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let time = ManualTime::at(START);
    let clock = open(&folder, 60, &time);
    assert_eq!(clock.advance(SignedDuration::from_hours(10)).unwrap(), program(36_000));
    time.pass(seconds(1));
    assert_eq!(clock.now(), program(36_060));
    assert_eq!(clock.advance(SignedDuration::from_hours(-1)).unwrap(), program(36_060));
    drop(clock);
    assert_eq!(open(&folder, 60, &time).now(), program(36_060));
}

#[test]
fn real_time_until_a_moment_is_shorter_by_the_speed() {
    let folder = tempfile::tempdir().unwrap();
    let clock = open(&folder, 3600, &ManualTime::at(START));
    let until = clock.real_duration_until(program(7_200));
    assert!(
        until >= seconds(2) && until < seconds(2) + Duration::from_micros(1),
        "{until:?}"
    );
    assert_eq!(clock.real_duration_until(start()), Duration::ZERO);
    assert_eq!(clock.real_duration_until(program(-60)), Duration::ZERO);
}

#[test]
fn a_clocks_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("clock.json"), "{").unwrap();
    let data = DataDir::open(folder.path()).unwrap();
    let refused = ProgramClock::open(&data, speed(1)).err().unwrap();
    assert!(refused.to_string().contains("clock.json"), "{refused}");
}

#[test]
fn many_readers_never_see_it_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(folder.path()).unwrap();
    let clock = ProgramClock::open(&data, speed(3600)).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut last = clock.now();
                for _ in 0..2_000 {
                    let now = clock.now();
                    assert!(now >= last);
                    last = now;
                }
            });
        }
    });
}

#[tokio::test]
async fn a_sleeper_wakes_when_time_jumps() {
    let folder = tempfile::tempdir().unwrap();
    let clock = open(&folder, 1, &ManualTime::at(START));
    let sleeper = tokio::spawn({
        let clock = clock.clone();
        async move { clock.sleep_until(program(3_600)).await }
    });
    tokio::task::yield_now().await;
    clock.advance(SignedDuration::from_hours(1)).unwrap();
    tokio::time::timeout(Duration::from_secs(20), sleeper)
        .await
        .unwrap()
        .unwrap();
}
