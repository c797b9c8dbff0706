//! The rules: whom to remind, when, with which message, and when to be silent.
