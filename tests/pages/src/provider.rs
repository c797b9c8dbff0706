//! A stand-in of the provider's own page, where the resume page leads.

use std::net::SocketAddr;

use axum::Router;
use axum::http::header::LOCATION;
use axum::http::{StatusCode, Uri};
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;

/// Has faults on purpose: text without contrast, a picture of somebody else's without words, a button without a
/// name. Whatever looks for faults must find them here.
const FAULTY: &str = r#"<!doctype html><html><head><meta charset="utf-8"><title>faulty</title></head><body>
<p style="color:#ccc;background:#fff">hardly to be read</p><img src="http://localhost:9/pixel.png"><button></button>
<div style="width:2000px">wide</div></body></html>"#;

/// Whether scripts run shows in the title.
const SCRIPTED: &str = r#"<!doctype html><html lang="en"><head><title>no script ran</title>
<script>document.title = "a script ran"</script></head><body></body></html>"#;

/// A site of somebody else's, on two origins.
pub struct Provider {
    address: SocketAddr,
}

impl Provider {
    /// Starts it.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let elsewhere = format!("http://localhost:{}", address.port());
        // As a provider does: it sends on to another host, the reference with it.
        let onwards = move |uri: Uri| {
            let to = format!("{elsewhere}/arrived?{}", uri.query().unwrap_or_default());
            async move { (StatusCode::FOUND, [(LOCATION, to)]) }
        };
        let page = || async { Html("<!doctype html><html lang=\"en\"><title>arrived</title><h1>arrived</h1></html>") };
        let routes = Router::new()
            .route("/connect", get(onwards))
            .route("/arrived", get(page))
            .route("/faulty", get(|| async { Html(FAULTY) }))
            .route("/scripted", get(|| async { Html(SCRIPTED) }));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Provider { address }
    }

    /// The link that the partner gave to somebody.
    #[must_use]
    pub fn link(&self, reference: &str) -> String {
        format!("http://{}/connect?refId={reference}", self.address)
    }

    /// Where that link ends.
    #[must_use]
    pub fn arrival(&self, reference: &str) -> String {
        format!("http://localhost:{}/arrived?refId={reference}", self.address.port())
    }

    /// A page that has every fault which the tests look for.
    #[must_use]
    pub fn faulty(&self) -> String {
        format!("http://{}/faulty", self.address)
    }

    /// A page whose title says whether scripts run.
    #[must_use]
    pub fn scripted(&self) -> String {
        format!("http://{}/scripted", self.address)
    }
}
