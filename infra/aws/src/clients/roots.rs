//! The root certificates of Amazon Trust Services, under which the endpoints of AWS are signed.
//!
//! Reading the 145 roots of a machine takes 3 ms at full speed, more with a cold disk, and that is more
//! than the rest of a cold start; reading these five takes 0.03 ms. They are those that AWS asks its
//! customers to trust (<https://www.amazontrust.com/repository/>), and the first to end does so at the
//! end of 2037.

/// The roots, as PEM.
pub(super) const AMAZON: &[u8] = include_bytes!("amazon_roots.pem");

/// Are the endpoints of a Region signed by these roots? Those of China and of the isolated
/// partitions are run by others.
pub(super) fn signed_by_amazon(region: &str) -> bool {
    !["cn-", "us-iso", "eu-iso", "eusc-"]
        .iter()
        .any(|partition| region.starts_with(partition))
}
