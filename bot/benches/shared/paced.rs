//! Bare requests at a platform's pace, with no bot around them.

use std::time::{Duration, Instant};

use reqwest::RequestBuilder;

/// Sends requests so far apart, whatever became of those before. Returns how many were taken, and the time for all.
pub(crate) async fn paced(apart: Duration, requests: Vec<RequestBuilder>) -> (usize, Duration) {
    let begun = Instant::now();
    let mut under_way = tokio::task::JoinSet::new();
    for (number, request) in requests.into_iter().enumerate() {
        let at = begun + apart * u32::try_from(number).unwrap();
        tokio::time::sleep_until(at.into()).await;
        under_way.spawn(async move { request.send().await.unwrap().status().is_success() });
    }
    let taken = under_way.join_all().await.into_iter().filter(|taken| *taken).count();
    (taken, begun.elapsed())
}
