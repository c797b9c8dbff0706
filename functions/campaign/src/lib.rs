//! The campaign file: read, checked, and turned into rules and words.
