//! The partner's own API: contacts, erasure, explanations.
