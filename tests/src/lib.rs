//! What must hold across crates. The tests are in `tests/tests/`, one file for each matter.
