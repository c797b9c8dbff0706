//! A one-shot schedule fires: look again, then send.
