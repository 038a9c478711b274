//! The codes of errors, each once: what failed, in a word that never changes.
//!
//! Guarantees: the words are `SCREAMING_SNAKE_CASE`, each says one thing wherever it is raised, and the TypeScript of the
//! npm package has the same ones (`make types`).
//! Does not: say the finer why. That is a `reason`, in `snake_case`, and comes from the wire or from inside.

/// Makes the enum, the list of all, and the words of each.
///
/// `codes! { /** A key is none. */ KeyInvalid = "KEY_INVALID", }` is `enum Code { KeyInvalid }`,
/// `ALL = &[Code::KeyInvalid]`, `as_str` with `"KEY_INVALID"` and `about` with `" A key is none. "`.
macro_rules! codes {
    ($(#[doc = $about:literal] $name:ident = $text:literal,)*) => {
        /// What failed, as a stable word for programs. Errors tell it by their `code()`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $about] $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word.
            #[inline]
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What failed and what to do, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$name => $about,)*
                }
            }
        }
    };
}

codes! {
    /// A value breaks its contract: the path says where, the reason how.
    ContractViolation = "CONTRACT_VIOLATION",
    /// A contract file is none: correct it at the place that is named.
    ContractInvalid = "CONTRACT_INVALID",
    /// A contract file cannot be read: look at its path and its permissions.
    ContractUnreadable = "CONTRACT_UNREADABLE",
    /// There are as many contracts as may be: register fewer.
    TooManyContracts = "TOO_MANY_CONTRACTS",
    /// Another contract has the name already: take another name, or register one of them.
    SchemaNameTaken = "SCHEMA_NAME_TAKEN",
    /// The name of a contract cannot be one: take `a-z`, `0-9`, `_`, `.` and `-`.
    SchemaNameInvalid = "SCHEMA_NAME_INVALID",
    /// No contract of this name is registered: register it before the record.
    SchemaUnknown = "SCHEMA_UNKNOWN",
    /// A contract cannot say what a JSON Schema does: leave the keyword out, or say it in another way.
    SchemaUnsupported = "SCHEMA_UNSUPPORTED",
    /// A text or a value is no JSON that can be read: correct it where the error says.
    JsonInvalid = "JSON_INVALID",

    /// A key cannot be one: take 1 to 256 bytes without control characters.
    KeyInvalid = "KEY_INVALID",
    /// A record of this key is there already: take another key, or remove that record.
    KeyTaken = "KEY_TAKEN",
    /// A record was given no buffer: say which.
    BufferMissing = "BUFFER_MISSING",
    /// The capacity of a ring is outside its range: take 1 to 2^20.
    CapacityInvalid = "CAPACITY_INVALID",
    /// There is no record of this key: configure it first.
    RecordUnknown = "RECORD_UNKNOWN",
    /// A record is kept as another type than the one that is asked for: ask for that one.
    TypeMismatch = "TYPE_MISMATCH",
    /// What a record is derived from is no record: configure that one too.
    InputUnknown = "INPUT_UNKNOWN",
    /// A join has no inputs: give it one at least.
    InputsMissing = "INPUTS_MISSING",
    /// Records derive from each other in a circle: cut it.
    Cycle = "CYCLE",
    /// There are more circles than are told with their paths: cut those first.
    CyclesUntold = "CYCLES_UNTOLD",
    /// A record has two writers: leave one.
    TwoWriters = "TWO_WRITERS",
    /// The address of a link is none: write it as a scheme, `://` and a place.
    LinkAddressInvalid = "LINK_ADDRESS_INVALID",
    /// No connector has claimed the scheme of a link: give the builder one that does.
    LinkSchemeUnknown = "LINK_SCHEME_UNKNOWN",
    /// A connector refused a link: its words say why.
    LinkFailed = "LINK_FAILED",
    /// There are as many records as may be: remove some first.
    TooManyRecords = "TOO_MANY_RECORDS",
    /// The database is closed: open a new one.
    DatabaseClosed = "DATABASE_CLOSED",
    /// Others are derived from the record that is to be removed: remove them first, or with it.
    RecordInUse = "RECORD_IN_USE",
    /// The record was removed: configure it anew, and ask for a new handle.
    RecordRemoved = "RECORD_REMOVED",
    /// A configuration was refused without a problem that has a code of its own: the message says why.
    BuildFailed = "BUILD_FAILED",

    /// An option cannot be used: the message names it.
    OptionsInvalid = "OPTIONS_INVALID",
    /// An option of a session is outside its range: take a value in it.
    OptionOutOfRange = "OPTION_OUT_OF_RANGE",
    /// A client's name cannot be one: take 1 to 64 visible ASCII characters.
    ClientNameInvalid = "CLIENT_NAME_INVALID",
    /// The address of a server is none of a WebSocket: begin it with `ws://` or `wss://`.
    UrlInvalid = "URL_INVALID",
    /// Another bridge mirrors this database: end that one first, or subscribe through it.
    BridgeInUse = "BRIDGE_IN_USE",
    /// A record was given a topic that is none: take one without wildcards.
    TopicInvalid = "TOPIC_INVALID",
    /// Another record has the topic already: give one of them another.
    TopicTaken = "TOPIC_TAKEN",
    /// There are as many subscriptions as may be: take wider patterns.
    TooManySubscriptions = "TOO_MANY_SUBSCRIPTIONS",
    /// So many commands wait already: give the bridge time to take them.
    TooManyCommands = "TOO_MANY_COMMANDS",
    /// A payload is no JSON: correct it at the path that is named.
    PayloadInvalid = "PAYLOAD_INVALID",
    /// A server sent a frame that is no text: it follows another protocol.
    FrameBinary = "FRAME_BINARY",
    /// A server sent an answer that cannot be read: it follows another protocol.
    FrameInvalid = "FRAME_INVALID",
    /// What was written to a record was not sent: the reason says why.
    WriteNotSent = "WRITE_NOT_SENT",
    /// A record's policy for conflicts cannot hold, and its writes are not sent: update the server, or let the last write win.
    ConflictUnsupported = "CONFLICT_UNSUPPORTED",
    /// The bridge has ended: connect a new one.
    Disconnected = "DISCONNECTED",
    /// The first attempt to connect failed: look at the address, and whether the server runs.
    ConnectFailed = "CONNECT_FAILED",
    /// The first attempt to connect takes too long; it is tried again.
    ConnectTimeout = "CONNECT_TIMEOUT",
    /// The server does not answer pings; it is connected to again.
    PeerSilent = "PEER_SILENT",
    /// The server closed the connection: the message has its close code and its words.
    ClosedByServer = "CLOSED_BY_SERVER",
    /// There is no token for the server: what was to give one failed, gave none, or did not end. It is asked again.
    TokenFailed = "TOKEN_FAILED",
    /// All retries failed: connect again to go on.
    RetriesExhausted = "RETRIES_EXHAUSTED",
    /// A request got no answer in time: ask again.
    RequestTimeout = "REQUEST_TIMEOUT",
    /// The server refused a request: its words say why.
    RequestRefused = "REQUEST_REFUSED",
    /// The server does not know such requests: it is older than this client.
    RequestUnsupported = "REQUEST_UNSUPPORTED",
    /// A request cannot be asked so: the message names the reason.
    RequestInvalid = "REQUEST_INVALID",

    /// The configuration of a server cannot be read: look at its path and its permissions.
    ConfigUnreadable = "CONFIG_UNREADABLE",
    /// The configuration of a server is no TOML, or has a key that there is not: correct it where the message says.
    ConfigSyntaxInvalid = "CONFIG_SYNTAX_INVALID",
    /// A value of a server's configuration cannot be used: the message says what can.
    ConfigValueInvalid = "CONFIG_VALUE_INVALID",
    /// A limit of a server is outside its range: take a value in it.
    LimitOutOfRange = "LIMIT_OUT_OF_RANGE",
    /// A link to be served has an address that is no topic: take one without wildcards.
    LinkTopicInvalid = "LINK_TOPIC_INVALID",
    /// A server has as many topics as its limits allow: raise `limits.topics_max`.
    TooManyTopics = "TOO_MANY_TOPICS",
    /// A server cannot listen any more: look at what the system says.
    ListenFailed = "LISTEN_FAILED",
    /// There is no room left for a server's data: free some.
    StoreFull = "STORE_FULL",
    /// A server's data cannot be kept or read: look at what the system says of the disk.
    StoreFailed = "STORE_FAILED",
    /// A server's data is damaged, or none of its own: put a backup in its place.
    StoreDamaged = "STORE_DAMAGED",
    /// A server's data was written by a newer one: update the server, or give it another folder.
    StoreTooNew = "STORE_TOO_NEW",
    /// Another server has the folder of data open: stop it, or use another folder.
    StoreInUse = "STORE_IN_USE",
}
