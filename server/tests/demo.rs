//! What `--demo` keeps of what clients write.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::json;
use support::{Client, Process, run, temporary_folder};

/// More than the ring of readings holds.
const READINGS: u64 = 210;

#[test]
fn what_a_technician_wrote_outlives_the_ring_and_the_server() {
    let folder = temporary_folder();
    let data = folder.join("data");
    let arguments = ["--demo", "--data", data.to_str().unwrap()];
    let server = Process::start(&arguments);
    run(async {
        let mut client = Client::hello(&server.socket(), "technician").await;
        for id in 1..=READINGS {
            let reading = json!({
                "id": format!("reading-{id}"), "meter": "water-inflow", "value": id, "unit": "m³", "timestamp": id,
            });
            client
                .write(id, "field/readings", &reading.to_string())
                .await;
        }
        let setpoint = json!({ "value": 70, "by": "technician", "timestamp": 1 });
        let last = READINGS + 1;
        client
            .write(last, "field/boiler/setpoint", &setpoint.to_string())
            .await;
        client
            .until(|frame| frame["type"] == "ack" && frame["id"] == last)
            .await;
    });
    server.kill();

    let server = Process::start(&arguments);
    run(async {
        let mut client = Client::connect(&server.socket()).await;
        client.subscribe("field/boiler/setpoint").await;
        let snapshot = client.until(|frame| frame["type"] == "snapshot").await;
        assert_eq!(snapshot["payload"]["value"], 70.0);
        client.subscribe("field/boiler/measure").await;
        client
            .until(|frame| frame["payload"]["value"].as_f64() > Some(65.0))
            .await;
        client
            .send(r#"{"type":"query","id":"q","pattern":"field/readings"}"#)
            .await;
        let found = client.until(|frame| frame["type"] == "query_result").await;
        assert_eq!(found["total"], READINGS);
    });
    std::fs::remove_dir_all(folder).unwrap();
}
