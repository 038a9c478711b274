//! One slot for a command that is to be carried out once.

/// One value until it is taken. A newer value replaces one that waits; of several readers exactly
/// one gets each value.
///
/// ```
/// use aimdb_core::buffer::Mailbox;
///
/// let mut mailbox = Mailbox::new();
/// mailbox.push("open");
/// mailbox.push("close");
/// assert_eq!(mailbox.take(), Some("close"));
/// assert_eq!(mailbox.take(), None);
/// assert_eq!(mailbox.latest(), Some(&"close"));
/// ```
#[derive(Clone, Debug)]
pub struct Mailbox<T> {
    value: Option<T>,
    waiting: bool,
    written: u64,
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        Self {
            value: None,
            waiting: false,
            written: 0,
        }
    }
}

impl<T> Mailbox<T> {
    /// An empty slot.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes out what the next [`push`](Self::push) would replace, for who drops it elsewhere.
    pub fn make_room(&mut self) -> Option<T> {
        self.value.take()
    }

    /// Puts a value in, over one that waits.
    pub fn push(&mut self, value: T) -> u64 {
        self.value = Some(value);
        self.waiting = true;
        self.written += 1;
        self.written
    }

    /// The newest value written, whether it was taken or not: for people who look, not for those
    /// who act.
    pub fn latest(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// How many values were ever written.
    pub fn version(&self) -> u64 {
        self.written
    }

    /// Forgets what it holds, which it gives away for who drops it elsewhere. The version stays.
    pub fn take_all(&mut self) -> Self {
        Self {
            value: self.value.take(),
            waiting: core::mem::take(&mut self.waiting),
            written: self.written,
        }
    }

    /// Forgets the value.
    pub fn clear(&mut self) {
        self.value = None;
        self.waiting = false;
    }
}

impl<T: Clone> Mailbox<T> {
    /// The value, if one waits.
    pub fn take(&mut self) -> Option<T> {
        core::mem::take(&mut self.waiting)
            .then(|| self.value.clone())
            .flatten()
    }
}
