//! The words: MJML and Liquid templates, compiled once, filled in at each send.
