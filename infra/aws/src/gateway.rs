//! API Gateway's HTTP API, payload format 2.0: a request comes in as an event, and goes out as an answer.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::collections::BTreeMap;

use data_encoding::BASE64;
use http::header::SET_COOKIE;
use http::{Method, Request, Response, Uri};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// What may not stand in a path as it is. `%` may: whether the gateway has decoded a path is not
/// documented for every character, and in a reference of a provider's a `%` cannot occur.
const IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A request as the gateway hands it over; only what we look at.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayRequest {
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    /// Names in lower case; several values of one name are joined by commas.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The header `cookie`, taken apart: it is not among the headers.
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: Context,
}

#[derive(Clone, Deserialize)]
struct Context {
    http: Description,
}

#[derive(Clone, Deserialize)]
struct Description {
    method: String,
}

/// An answer as the gateway takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayResponse {
    status_code: u16,
    headers: BTreeMap<String, String>,
    /// One `Set-Cookie` each, which is the only header that may not be joined by commas (RFC 9110, section 5.3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    body: String,
    is_base64_encoded: bool,
}

impl core::fmt::Debug for GatewayRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("GatewayRequest(hidden)")
    }
}

impl GatewayRequest {
    /// The request, for a handler that knows no gateway. What cannot be one (no gateway sends it) becomes
    /// a request for an address where nothing is, so that it is answered and not tried again.
    #[must_use]
    pub fn into_http(self) -> Request<Vec<u8>> {
        let path = utf8_percent_encode(&self.raw_path, IN_A_PATH).to_string();
        let uri = if self.raw_query_string.is_empty() {
            path.parse::<Uri>()
        } else {
            format!("{path}?{}", self.raw_query_string).parse::<Uri>()
        };
        let body = if self.is_base64_encoded {
            BASE64.decode(self.body.as_bytes()).unwrap_or_default()
        } else {
            self.body.into_bytes()
        };
        let mut request = Request::builder()
            .method(Method::from_bytes(self.request_context.http.method.as_bytes()).unwrap_or_default())
            .uri(uri.unwrap_or_else(|_| Uri::from_static("/")));
        let mut headers = self.headers;
        if !self.cookies.is_empty() {
            headers.insert("cookie".to_owned(), self.cookies.join("; "));
        }
        for (name, value) in &headers {
            // A header that HTTP does not allow is none that a handler asks for.
            if let (Ok(name), Ok(value)) = (
                http::HeaderName::from_bytes(name.as_bytes()),
                http::HeaderValue::from_bytes(value.as_bytes()),
            ) {
                request = request.header(name, value);
            }
        }
        request.body(body).unwrap_or_default()
    }
}

impl From<Response<Vec<u8>>> for GatewayResponse {
    fn from(response: Response<Vec<u8>>) -> Self {
        let (parts, body) = response.into_parts();
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        let mut cookies = Vec::new();
        for (name, value) in &parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            if name == SET_COOKIE {
                cookies.push(value.into_owned());
                continue;
            }
            headers
                .entry(name.as_str().to_owned())
                .and_modify(|known| {
                    known.push_str(", ");
                    known.push_str(&value);
                })
                .or_insert_with(|| value.clone().into_owned());
        }
        let (body, is_base64_encoded) = match String::from_utf8(body) {
            Ok(text) => (text, false),
            Err(binary) => (BASE64.encode(binary.as_bytes()), true),
        };
        GatewayResponse {
            status_code: parts.status.as_u16(),
            headers,
            cookies,
            body,
            is_base64_encoded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str, extra: &str) -> Request<Vec<u8>> {
        let json = format!(
            r#"{{"version":"2.0","rawPath":"{path}","headers":{{"x-a":"1,2","bad name":"x"}},
                "requestContext":{{"http":{{"method":"PUT","path":"{path}"}}}}{extra}}}"#
        );
        serde_json::from_str::<GatewayRequest>(&json).unwrap().into_http()
    }

    #[test]
    fn a_path_is_the_same_whether_the_gateway_has_decoded_it_or_not() {
        for path in ["/contacts/leap/a%20b@ü", "/contacts/leap/a b@ü"] {
            let uri = request(path, "").uri().clone();
            let decoded = percent_encoding::percent_decode_str(uri.path()).decode_utf8().unwrap();
            assert_eq!(decoded, "/contacts/leap/a b@ü", "{path}");
        }
        assert_eq!(request("/x", r#","rawQueryString":"a=b%20c""#).uri(), "/x?a=b%20c");
    }

    #[test]
    fn bodies_come_as_text_or_as_base64() {
        assert_eq!(request("/x", "").body(), b"");
        assert_eq!(request("/x", r#","body":"hi","isBase64Encoded":false"#).body(), b"hi");
        assert_eq!(request("/x", r#","body":"aGk=","isBase64Encoded":true"#).body(), b"hi");
        assert_eq!(request("/x", "").headers().len(), 1);
        assert_eq!(request("/x", "").method(), "PUT");
    }

    #[test]
    fn cookies_come_and_go_each_by_itself() {
        let came = request("/x", r#","cookies":["a=1","b=2"]"#);
        assert_eq!(came.headers()["cookie"], "a=1; b=2");
        let mut response = Response::new(Vec::new());
        let set = ["a=1; Path=/; Expires=Mon, 23 Nov 2026 10:00:00 GMT", "b=2; Path=/"];
        for cookie in set {
            response
                .headers_mut()
                .append(SET_COOKIE, http::HeaderValue::from_static(cookie));
        }
        let answer = serde_json::to_value(GatewayResponse::from(response)).unwrap();
        assert_eq!(answer["cookies"], serde_json::json!(set));
        assert_eq!(answer["headers"], serde_json::json!({}));
    }

    #[test]
    fn what_no_gateway_sends_is_answered_all_the_same() {
        assert_eq!(request("not a path", "").uri(), "/");
        assert!(serde_json::from_str::<GatewayRequest>("{}").is_err());
    }

    #[test]
    fn an_answer_goes_out_whole() {
        let mut response = Response::new(b"{}".to_vec());
        *response.status_mut() = http::StatusCode::CREATED;
        for value in ["a", "b"] {
            response.headers_mut().append("x-b", value.parse().unwrap());
        }
        let answer = GatewayResponse::from(response);
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"statusCode":201,"headers":{"x-b":"a, b"},"body":"{}","isBase64Encoded":false}"#
        );
        assert_eq!(GatewayResponse::from(Response::new(vec![0xff])).body, "/w==");
    }
}
