//! A provider's webhook arrives.
