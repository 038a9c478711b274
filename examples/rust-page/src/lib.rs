//! A page in Rust alone: records, contracts and a bridge to a server, with plain wasm-bindgen and none of the TypeScript of
//! this project. A framework such as Leptos or Dioxus does the same where this writes into elements.

use std::fmt::Display;

use aimdb_contracts::Settable;
use aimdb_contracts::builtin::{Setpoint, Temperature};
use aimdb_core::{AimDb, AimDbBuilder, BufferConfig, TimeOps, Write};
use aimdb_wasm_adapter::WasmAdapter;
use aimdb_ws_client::{Event, Options, WsBridge};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, HtmlInputElement, window};

const VIENNA: &str = "sensors.temperature.vienna";
const ROOM: &str = "commands.setpoint.room1";

/// Runs when the module is loaded.
#[wasm_bindgen(start)]
fn start() -> Result<(), JsError> {
    let mut builder = AimDbBuilder::new(WasmAdapter);
    builder.configure::<Temperature>(VIENNA, |reg| {
        reg.buffer(BufferConfig::SingleLatest);
    });
    builder.configure::<Setpoint>(ROOM, |reg| {
        reg.buffer(BufferConfig::SingleLatest);
    });
    let db = builder.build()?;
    let options = Options {
        subscribe_topics: vec!["sensors/#".into(), "commands/#".into()],
        ..Options::default()
    };
    let bridge = WsBridge::connect(&db, &server_address(), options)?;

    let mut vienna = db.consumer::<Temperature>(VIENNA)?;
    spawn_local(async move {
        while let Some(value) = vienna.next().await {
            show("vienna", format_args!("{:.1} °C", value.celsius));
        }
    });
    let mut room = db.consumer::<Setpoint>(ROOM)?;
    spawn_local(async move {
        while let Some(value) = room.next().await {
            show("room", format_args!("{} °C", value.celsius));
        }
    });
    let mut events = bridge.events();
    spawn_local(async move {
        // As long as this waits, the bridge is there.
        let _bridge = bridge;
        while let Some(event) = events.next().await {
            match event {
                Event::Status(status) => show("status", status.as_str()),
                Event::Settled(write) => show("write", write),
                _ => {}
            }
        }
    });
    on_click("set", move || set_room(&db));
    Ok(())
}

/// Writes what the field says. It shows at once; the server decides.
fn set_room(db: &AimDb<WasmAdapter>) {
    let Some(celsius) = wanted() else {
        return show("write", "that is no number");
    };
    let written = db.record::<Setpoint>(ROOM).map(|room| {
        let value = Setpoint::set(celsius, WasmAdapter.unix_ms());
        room.produce(value, Write::default())
    });
    match written {
        Ok(Ok(_)) => {}
        Ok(Err(refused)) => show("write", refused),
        Err(problem) => show("write", problem),
    }
}

fn wanted() -> Option<f32> {
    let input = document()?.get_element_by_id("wanted")?;
    let input: HtmlInputElement = input.dyn_into().ok()?;
    input.value().parse().ok()
}

/// The server that the page came from.
fn server_address() -> String {
    let host = window().and_then(|window| window.location().host().ok());
    format!("ws://{}/ws", host.unwrap_or_default())
}

fn document() -> Option<Document> {
    window()?.document()
}

fn show(id: &str, what: impl Display) {
    if let Some(element) = document().and_then(|document| document.get_element_by_id(id)) {
        element.set_text_content(Some(&what.to_string()));
    }
}

fn on_click(id: &str, act: impl FnMut() + 'static) {
    let Some(element) = document().and_then(|document| document.get_element_by_id(id)) else {
        return;
    };
    let listener = Closure::<dyn FnMut()>::new(act);
    let _ = element.add_event_listener_with_callback("click", listener.as_ref().unchecked_ref());
    // It stays for as long as the page does.
    listener.forget();
}
