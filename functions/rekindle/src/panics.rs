//! What a panic may say.

/// From now on a panic is a line of the log, with its place, and with its words only where they are literally in the
/// code: a slice that was cut in the wrong place, or an error that was unwrapped, may name a person or a secret in
/// those that were put together.
pub(crate) fn log() {
    std::panic::set_hook(Box::new(|info| {
        let what = info.payload().downcast_ref::<&'static str>().copied();
        let place = info.location().map(ToString::to_string);
        tracing::error!(
            place = place.unwrap_or_default(),
            what = what.unwrap_or("(not shown)"),
            "a defect: panicked"
        );
    }));
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::panic::catch_unwind;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_tells_its_place_and_no_data() {
        let lines = Lines::default();
        let writer = lines.clone();
        let logs = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .finish();
        let before = std::panic::take_hook();
        super::log();
        tracing::subscriber::with_default(logs, || {
            let email = "señora@example.com";
            // In the middle of a letter: the standard library repeats the whole text.
            assert!(catch_unwind(|| email.split_at(3)).is_err());
            assert!(catch_unwind(|| email.parse::<u8>().map_err(|_| email).unwrap()).is_err());
            assert!(catch_unwind(|| panic!("a plain word")).is_err());
        });
        std::panic::set_hook(before);
        let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(log.matches("a defect: panicked").count(), 3, "{log}");
        assert_eq!(log.matches("place=\"").count(), 3, "{log}");
        assert!(log.contains("a plain word") && !log.contains("example.com"), "{log}");
    }
}
