//! What customers see: resume, preferences, unsubscribe.
