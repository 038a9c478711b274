// Written from the `Code`s of the crates by `make types`: do not edit.

/** What Rust raises. */
export type RustErrorCode =
  /** A value breaks its contract: the path says where, the reason how. */
  | 'CONTRACT_VIOLATION'
  /** A contract file is none: correct it at the place that is named. */
  | 'CONTRACT_INVALID'
  /** A contract file cannot be read: look at its path and its permissions. */
  | 'CONTRACT_UNREADABLE'
  /** There are as many contracts as may be: register fewer. */
  | 'TOO_MANY_CONTRACTS'
  /** Another contract has the name already: take another name, or register one of them. */
  | 'SCHEMA_NAME_TAKEN'
  /** The name of a contract cannot be one: take `a-z`, `0-9`, `_`, `.` and `-`. */
  | 'SCHEMA_NAME_INVALID'
  /** No contract of this name is registered: register it before the record. */
  | 'SCHEMA_UNKNOWN'
  /** A contract cannot say what a JSON Schema does: leave the keyword out, or say it in another way. */
  | 'SCHEMA_UNSUPPORTED'
  /** A text or a value is no JSON that can be read: correct it where the error says. */
  | 'JSON_INVALID'
  /** A key cannot be one: take 1 to 256 bytes without control characters. */
  | 'KEY_INVALID'
  /** A record of this key is there already: take another key, or remove that record. */
  | 'KEY_TAKEN'
  /** A record was given no buffer: say which. */
  | 'BUFFER_MISSING'
  /** The capacity of a ring is outside its range: take 1 to 2^20. */
  | 'CAPACITY_INVALID'
  /** There is no record of this key: configure it first. */
  | 'RECORD_UNKNOWN'
  /** A record is kept as another type than the one that is asked for: ask for that one. */
  | 'TYPE_MISMATCH'
  /** What a record is derived from is no record: configure that one too. */
  | 'INPUT_UNKNOWN'
  /** A join has no inputs: give it one at least. */
  | 'INPUTS_MISSING'
  /** Records derive from each other in a circle: cut it. */
  | 'CYCLE'
  /** There are more circles than are told with their paths: cut those first. */
  | 'CYCLES_UNTOLD'
  /** A record has two writers: leave one. */
  | 'TWO_WRITERS'
  /** The address of a link is none: write it as a scheme, `://` and a place. */
  | 'LINK_ADDRESS_INVALID'
  /** No connector has claimed the scheme of a link: give the builder one that does. */
  | 'LINK_SCHEME_UNKNOWN'
  /** A connector refused a link: its words say why. */
  | 'LINK_FAILED'
  /** There are as many records as may be: remove some first. */
  | 'TOO_MANY_RECORDS'
  /** The database is closed: open a new one. */
  | 'DATABASE_CLOSED'
  /** Others are derived from the record that is to be removed: remove them first, or with it. */
  | 'RECORD_IN_USE'
  /** The record was removed: configure it anew, and ask for a new handle. */
  | 'RECORD_REMOVED'
  /** A configuration was refused without a problem that has a code of its own: the message says why. */
  | 'BUILD_FAILED'
  /** An option cannot be used: the message names it. */
  | 'OPTIONS_INVALID'
  /** An option of a session is outside its range: take a value in it. */
  | 'OPTION_OUT_OF_RANGE'
  /** A client's name cannot be one: take 1 to 64 visible ASCII characters. */
  | 'CLIENT_NAME_INVALID'
  /** The address of a server is none of a WebSocket: begin it with `ws://` or `wss://`. */
  | 'URL_INVALID'
  /** Another bridge mirrors this database: end that one first, or subscribe through it. */
  | 'BRIDGE_IN_USE'
  /** A record was given a topic that is none: take one without wildcards. */
  | 'TOPIC_INVALID'
  /** Another record has the topic already: give one of them another. */
  | 'TOPIC_TAKEN'
  /** There are as many subscriptions as may be: take wider patterns. */
  | 'TOO_MANY_SUBSCRIPTIONS'
  /** So many commands wait already: give the bridge time to take them. */
  | 'TOO_MANY_COMMANDS'
  /** A payload is no JSON: correct it at the path that is named. */
  | 'PAYLOAD_INVALID'
  /** A server sent a frame that is no text: it follows another protocol. */
  | 'FRAME_BINARY'
  /** A server sent an answer that cannot be read: it follows another protocol. */
  | 'FRAME_INVALID'
  /** What was written to a record was not sent: the reason says why. */
  | 'WRITE_NOT_SENT'
  /** A record's policy for conflicts cannot hold, and its writes are not sent: update the server, or let the last write win. */
  | 'CONFLICT_UNSUPPORTED'
  /** The bridge has ended: connect a new one. */
  | 'DISCONNECTED'
  /** The first attempt to connect failed: look at the address, and whether the server runs. */
  | 'CONNECT_FAILED'
  /** The first attempt to connect takes too long; it is tried again. */
  | 'CONNECT_TIMEOUT'
  /** The server does not answer pings; it is connected to again. */
  | 'PEER_SILENT'
  /** The server closed the connection: the message has its close code and its words. */
  | 'CLOSED_BY_SERVER'
  /** There is no token for the server: what was to give one failed, gave none, or did not end. It is asked again. */
  | 'TOKEN_FAILED'
  /** All retries failed: connect again to go on. */
  | 'RETRIES_EXHAUSTED'
  /** A request got no answer in time: ask again. */
  | 'REQUEST_TIMEOUT'
  /** The server refused a request: its words say why. */
  | 'REQUEST_REFUSED'
  /** The server does not know such requests: it is older than this client. */
  | 'REQUEST_UNSUPPORTED'
  /** A request cannot be asked so: the message names the reason. */
  | 'REQUEST_INVALID'
  /** The configuration of a server cannot be read: look at its path and its permissions. */
  | 'CONFIG_UNREADABLE'
  /** The configuration of a server is no TOML, or has a key that there is not: correct it where the message says. */
  | 'CONFIG_SYNTAX_INVALID'
  /** A value of a server's configuration cannot be used: the message says what can. */
  | 'CONFIG_VALUE_INVALID'
  /** A limit of a server is outside its range: take a value in it. */
  | 'LIMIT_OUT_OF_RANGE'
  /** A link to be served has an address that is no topic: take one without wildcards. */
  | 'LINK_TOPIC_INVALID'
  /** A server has as many topics as its limits allow: raise `limits.topics_max`. */
  | 'TOO_MANY_TOPICS'
  /** A server cannot listen any more: look at what the system says. */
  | 'LISTEN_FAILED'
  /** There is no room left for a server's data: free some. */
  | 'STORE_FULL'
  /** A server's data cannot be kept or read: look at what the system says of the disk. */
  | 'STORE_FAILED'
  /** A server's data is damaged, or none of its own: put a backup in its place. */
  | 'STORE_DAMAGED'
  /** A server's data was written by a newer one: update the server, or give it another folder. */
  | 'STORE_TOO_NEW'
  /** Another server has the folder of data open: stop it, or use another folder. */
  | 'STORE_IN_USE'
  /** A frame is not one JSON object: the other end is no AimDB, or another program wrote into the connection. */
  | 'NOT_JSON'
  /** A frame lacks a field: the other end follows another protocol. */
  | 'MISSING_FIELD'
  /** A field of a frame has a type or a value that the protocol does not have. */
  | 'WRONG_FIELD_TYPE'
  /** A frame is of a type that this side does not know: the other end is newer. */
  | 'UNKNOWN_TYPE'
  /** A frame is beyond its size limit: send less at once. */
  | 'FRAME_TOO_LARGE'
  /** A topic or a pattern is empty: name at least one level. */
  | 'TOPIC_EMPTY'
  /** A topic or a pattern has too many bytes: shorten it to 512. */
  | 'TOPIC_TOO_LONG'
  /** A topic or a pattern has too many levels: take at most 32. */
  | 'TOPIC_TOO_DEEP'
  /** A topic or a pattern has a control character: leave it out. */
  | 'TOPIC_CONTROL_CHARACTER'
  /** A topic has a wildcard: only a pattern may. */
  | 'TOPIC_WILDCARD'
  /** Something follows the `#` of a pattern: make it the last level. */
  | 'PATTERN_TAIL_NOT_LAST'
  /** A server says so; `reason` is the finer why, see [wire.md](wire.md). */
  | 'UNAUTHORIZED'
  /** A server says so; `reason` is the finer why, see [wire.md](wire.md). */
  | 'FORBIDDEN'
  /** A server says so; `reason` is the finer why, see [wire.md](wire.md). */
  | 'UNKNOWN_TOPIC'
  /** A server says so; `reason` is the finer why, see [wire.md](wire.md). */
  | 'SERIALIZATION_ERROR'
  /** A server says so; `reason` is the finer why, see [wire.md](wire.md). */
  | 'WRITE_ERROR'
  /** A server says so; `reason` is the finer why, see [wire.md](wire.md). */
  | 'SERVER_ERROR'
  /** A write below a value that is no object: write the object first. */
  | 'THROUGH_PRIMITIVE'
  /** A write past the end of an array: the next index is its length. */
  | 'PAST_ARRAY_END'
  /** A write below an array to something that is no index. */
  | 'NOT_AN_INDEX'
  /** A write to a path that a computation owns: write what it is computed from. */
  | 'COMPUTED_TARGET'
  /** Rules, or subscribers that write, still changed something after the last round: let them come to an end. */
  | 'NOT_SETTLED'
  /** One batch wrote more values than any may: write less at once. */
  | 'TOO_MANY_WRITES'
  /** Listeners answered listeners too many times: let them come to an end. */
  | 'LISTENER_TOO_DEEP'
  /** A path would be the target and a source of aggregations: make it one of them. */
  | 'AGGREGATION_CYCLE'
  /** A path would have to equal, or to invert, something above or below it. */
  | 'NESTED_MEMBERS'
  /** A computation depends on its own target: compute from something else. */
  | 'COMPUTATION_CYCLE'
  /** Two rules of different kinds would own one target: leave one. */
  | 'TARGET_TAKEN'
  /** The target of a clear rule has more `[*]` than one of its triggers. */
  | 'UNBOUND_WILDCARD'
  /** A rule nests too deep: say it flatter. */
  | 'LOGIC_TOO_DEEP'
  /** A path has too many segments: take at most 64. */
  | 'PATH_TOO_DEEP'
  /** A text is too long. */
  | 'TEXT_TOO_LONG'
  /** There are as many paths as may be. */
  | 'TOO_MANY_PATHS'
  /** There are as many texts as may be. */
  | 'TOO_MANY_TEXTS'
  /** A batch cannot be read: its parts do not fit together. */
  | 'MALFORMED_INPUT'
  /** A rule cannot be read: the message says what was expected. */
  | 'MALFORMED_RULE'
  /** The text is no query: the message says what stands there and what may. */
  | 'QUERY_SYNTAX'
  /** SQL that is not run here: the message names it and its place; write the query without it. */
  | 'QUERY_UNSUPPORTED'
  /** A query beyond a stated limit, such as the length of its text: make it smaller. */
  | 'QUERY_TOO_LARGE'
  /** No source has that name: the message names the nearest one. */
  | 'UNKNOWN_TABLE'
  /** No table of the query has that column: the message names the nearest one. */
  | 'UNKNOWN_COLUMN'
  /** Two tables of the query have that column: write the table before it. */
  | 'AMBIGUOUS_COLUMN'
  /** No function has that name, or not with so many arguments. */
  | 'UNKNOWN_FUNCTION'
  /** A column that is neither grouped by nor within an aggregate: do one of them. */
  | 'NOT_GROUPED'
  /** An aggregate where none may stand, such as in WHERE: use HAVING. */
  | 'MISPLACED_AGGREGATE'
  /** Two sides have not the same number of columns. */
  | 'COLUMN_COUNT'
  /** A parameter of the query was given no value. */
  | 'MISSING_PARAMETER'
  /** A value for a parameter that the query does not have. */
  | 'UNKNOWN_PARAMETER'
  /** A sum of integers left the range of 64 bits: use total(). */
  | 'INTEGER_OVERFLOW'
  /** What the query holds at a time came over its bound: filter more, or raise the bound. */
  | 'MEMORY_EXCEEDED'
  /** The query was cancelled. */
  | 'QUERY_CANCELLED'
  /** A graph of operators that cannot run: unknown vertex, circle, wrong columns. */
  | 'BAD_GRAPH'
  /** A source gave something else than its schema says, or could not be read. */
  | 'SOURCE_FAILED';
