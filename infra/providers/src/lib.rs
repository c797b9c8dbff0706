//! Clients of the providers' APIs.
