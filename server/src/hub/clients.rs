//! The clients by their places.
//!
//! Guarantees: an id of a client that is gone finds nobody, also when its place is taken again. Does not: decide
//! who may come.

use super::api::ClientId;
use super::client::Client;

/// The clients.
#[derive(Default)]
pub(super) struct Clients {
    places: Vec<Option<Box<Client>>>,
    count: usize,
}

impl Clients {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn insert(&mut self, client: Client) {
        let place = client.id.place() as usize;
        if place >= self.places.len() {
            self.places.resize_with(place + 1, || None);
        }
        if self.places[place].replace(Box::new(client)).is_none() {
            self.count += 1;
        }
    }

    pub(super) fn remove(&mut self, id: ClientId) -> Option<Box<Client>> {
        self.get(id)?;
        self.count -= 1;
        self.places[id.place() as usize].take()
    }

    pub(super) fn get(&self, id: ClientId) -> Option<&Client> {
        self.at(id.place()).filter(|client| client.id == id)
    }

    pub(super) fn get_mut(&mut self, id: ClientId) -> Option<&mut Client> {
        self.at_mut(id.place()).filter(|client| client.id == id)
    }

    /// Whoever has a place now.
    pub(super) fn at(&self, place: u32) -> Option<&Client> {
        self.places.get(place as usize)?.as_deref()
    }

    /// Whoever has a place now.
    pub(super) fn at_mut(&mut self, place: u32) -> Option<&mut Client> {
        self.places.get_mut(place as usize)?.as_deref_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Client> {
        self.places.iter().flatten().map(|client| &**client)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Client> {
        self.places.iter_mut().flatten().map(|client| &mut **client)
    }
}
