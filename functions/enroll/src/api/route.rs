//! Which resource a path names.

/// A resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Document,
    Enrollment,
    AddressSearch,
    EsiIdSearch,
    Plans,
    Acceptance,
    BillingAddress,
    PaymentSession,
    PaymentMethod,
    Usage,
}

impl Route {
    pub(super) fn of(path: &str) -> Option<Self> {
        Some(match path.strip_prefix("/enroll/v1/")? {
            "openapi.yaml" => Route::Document,
            "enrollment" => Route::Enrollment,
            "address-search" => Route::AddressSearch,
            "esi-id-search" => Route::EsiIdSearch,
            "plans" => Route::Plans,
            "acceptance" => Route::Acceptance,
            "billing-address" => Route::BillingAddress,
            "payment-session" => Route::PaymentSession,
            "payment-method" => Route::PaymentMethod,
            "usage" => Route::Usage,
            _ => return None,
        })
    }

    /// The methods that it answers to, as `Allow` lists them. Each of them answers to OPTIONS besides.
    pub(super) const fn allow(self) -> &'static str {
        match self {
            Route::Document | Route::Enrollment | Route::Usage => "GET, HEAD",
            Route::AddressSearch
            | Route::EsiIdSearch
            | Route::Plans
            | Route::Acceptance
            | Route::PaymentSession
            | Route::PaymentMethod => "POST",
            Route::BillingAddress => "PUT",
        }
    }
}
