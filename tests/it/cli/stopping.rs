//! Signals: the end comes soon, is a good one, and begins nothing new.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Place, says};
use crate::program::{Demo, PATIENCE, poll};

/// The bound that the program promises for its end, and a little for a machine that is busy.
const STOPS_WITHIN: Duration = Duration::from_secs(12);

/// Opens the stream of live updates and waits for its beginning.
async fn live(demo: &Demo) -> TcpStream {
    let address = demo.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /api/events HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut begin = [0; 15];
    stream.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK");
    stream
}

#[tokio::test]
async fn a_signal_stops_it_well_while_a_page_listens() {
    for signal in ["TERM", "INT"] {
        let place = Place::new();
        let mut demo = place.demo().await;
        let mut page = live(&demo).await;
        demo.post("/api/say", &json!({ "as": "p2", "channel": "c1", "thread": "m1", "text": "An answer" }))
            .await;
        demo.program.signal(signal);
        let status = demo.program.ended(STOPS_WITHIN).await;
        assert!(status.success(), "{signal}: {status}");
        // The stream has ended, and nobody listens any more.
        let mut rest = Vec::new();
        tokio::time::timeout(PATIENCE, page.read_to_end(&mut rest)).await.unwrap().ok();
        assert!(demo.http.get(format!("{}/api/state", demo.url)).send().await.is_err());
        says(&place.run(&["doctor"]), &["All is well."]);
        let demo = place.demo().await;
        let thread = demo.get("/api/messages?channel=c1&thread=m1").await;
        assert!(thread.to_string().contains("An answer"));
        demo.stop().await;
    }
}

#[tokio::test]
async fn a_signal_stops_it_while_a_caller_dawdles() {
    let place = Place::new();
    let mut demo = place.demo().await;
    // Half a request, whose other half never comes.
    let address = demo.url.trim_start_matches("http://");
    let mut dawdler = TcpStream::connect(address).await.unwrap();
    dawdler.write_all(format!("GET /api/state HTTP/1.1\r\nhost: {address}\r\n").as_bytes()).await.unwrap();
    let _page = live(&demo).await;
    demo.program.signal("TERM");
    let status = demo.program.ended(STOPS_WITHIN).await;
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn a_signal_in_the_middle_of_a_year_begins_no_new_work() {
    let place = Place::new();
    let mut demo = place.demo().await;
    says(&place.run(&["channel", "set", "1", "--schedule", "daily 09:00, 11:00, 13:00, 15:00"]), &[]);
    let (http, url) = (demo.http.clone(), demo.url.clone());
    let year = json!({ "advance_s": 366 * 24 * 3_600 });
    let under_way =
        tokio::spawn(async move { http.post(format!("{url}/api/clock")).json(&year).send().await });
    let mut database = place.database().await;
    let mut rounds = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM rounds").fetch_one(&mut database).await.unwrap()
    };
    assert!(poll(PATIENCE, async || rounds().await > 20).await, "the year goes by");
    demo.program.signal("TERM");
    let status = demo.program.ended(STOPS_WITHIN).await;
    assert!(status.success(), "{status}");
    under_way.await.unwrap().ok();
    let until = rounds().await;
    assert!(until < 1_400, "it went on to the end of the year: {until} rounds");
    says(&place.run(&["doctor"]), &["All is well."]);
    // What was begun is finished by the next start.
    let demo = place.demo().await;
    demo.post("/api/settle", &json!({})).await;
    demo.stop().await;
    says(&place.run(&["doctor"]), &["All is well."]);
}
