//! What may be wrong with a server, or with the driver of a tab, to see that the worlds notice it.
//!
//! Guarantees: each is done around the machines under test, which stay as they are. Does not: belong into any of them.

/// Something that the world's server, or what tabs share, does wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// A write is answered before the disk has it.
    AnswerBeforeKept,
    /// What was answered is forgotten when the server restarts.
    LedgerLost,
    /// The last number of each client is forgotten then.
    LastLost,
    /// A repeat over another connection is taken for a new write.
    RepeatsTaken,
    /// Of what was being written when the server died there are values without answers.
    AnswersTornOff,
    /// There are answers without values.
    ValuesTornOff,
    /// Numbers begin anew under the same name after a restart.
    NumbersAnew,
    /// Data do not say which write they came from.
    DataWithoutCause,
    /// Whoever came earlier may go on writing.
    FenceIgnored,
    /// A client is never told where its chain stands.
    ExpectedNeverSent,
    /// Answers are forgotten before they have come.
    SettledTooEarly,
    /// What is kept together is done in the wrong order.
    BatchReversed,
    /// A value is told before the disk has it.
    ToldBeforeKept,
    /// A value that came later than its number says keeps its number on the disk.
    MovesForgotten,
    /// The server's own values are told and not kept.
    OwnValuesNotKept,
    /// A value that was kept is taken for a new one when its record has it.
    StampsLost,
    /// A write that must find a value unchanged is taken over any.
    BaseIgnored,
    /// One that was written over another write of its client is taken whatever became of that.
    OntoIgnored,
    /// A base of another instance is taken for one of this.
    InstanceIgnored,
    /// A write whose time is earlier is taken all the same.
    NewerIgnored,
    /// A write that lost hears so before the disk has what it lost against.
    LostTooEarly,
    /// It does not hear what it lost against.
    WinnerUntold,
    /// A write is taken however late it comes.
    LateTaken,
    /// Whoever sent before another tab took over may go on marking and removing, and the server does not mind either.
    TabsFenceIgnored,
    /// Who sends is told its own numbers before it hears of lower ones that others were given.
    TabsOrderIgnored,
    /// Who takes over does not learn what may have been sent.
    TabsMarksLost,
    /// Who takes over, or was away, does not learn what waits.
    TabsTakeOverBlind,
    /// The others do not hear that another tab has taken over.
    TabsLeaderUntold,
    /// A write that is there no more and left no letter is taken for one that the server has, whatever it was.
    TabsReplacedAsTaken,
    /// A session hears that another sends only once it has heard what became of its marks.
    TabsFollowLate,
    /// That a write has ended is told before the disk has it no more.
    TabsEndedEarly,
    /// An application takes what an older one has stored for its own.
    StoredVersionUnread,
    /// It makes its own of what may have been sent already.
    SentOnceMigrated,
    /// A write does not say which version its value is in.
    WriteVersionUntold,
    /// An application does not say which version it has, until it says hello again.
    OlderHeardLate,
    /// A server takes values of other versions for its own.
    MigrationSkipped,
}

use Mutation as M;

/// All of them, by their names.
pub const ALL: [(&str, Mutation); 36] = [
    ("answer-before-kept", M::AnswerBeforeKept),
    ("ledger-lost", M::LedgerLost),
    ("last-lost", M::LastLost),
    ("repeats-taken", M::RepeatsTaken),
    ("answers-torn-off", M::AnswersTornOff),
    ("values-torn-off", M::ValuesTornOff),
    ("numbers-anew", M::NumbersAnew),
    ("data-without-cause", M::DataWithoutCause),
    ("fence-ignored", M::FenceIgnored),
    ("expected-never-sent", M::ExpectedNeverSent),
    ("settled-too-early", M::SettledTooEarly),
    ("batch-reversed", M::BatchReversed),
    ("told-before-kept", M::ToldBeforeKept),
    ("moves-forgotten", M::MovesForgotten),
    ("own-values-not-kept", M::OwnValuesNotKept),
    ("stamps-lost", M::StampsLost),
    ("base-ignored", M::BaseIgnored),
    ("onto-ignored", M::OntoIgnored),
    ("instance-ignored", M::InstanceIgnored),
    ("newer-ignored", M::NewerIgnored),
    ("lost-too-early", M::LostTooEarly),
    ("winner-untold", M::WinnerUntold),
    ("late-taken", M::LateTaken),
    ("tabs-fence-ignored", M::TabsFenceIgnored),
    ("tabs-order-ignored", M::TabsOrderIgnored),
    ("tabs-marks-lost", M::TabsMarksLost),
    ("tabs-take-over-blind", M::TabsTakeOverBlind),
    ("tabs-leader-untold", M::TabsLeaderUntold),
    ("tabs-replaced-as-taken", M::TabsReplacedAsTaken),
    ("tabs-follow-late", M::TabsFollowLate),
    ("tabs-ended-early", M::TabsEndedEarly),
    ("stored-version-unread", M::StoredVersionUnread),
    ("sent-once-migrated", M::SentOnceMigrated),
    ("write-version-untold", M::WriteVersionUntold),
    ("older-heard-late", M::OlderHeardLate),
    ("migration-skipped", M::MigrationSkipped),
];

/// The one of this name.
#[must_use]
pub fn named(name: &str) -> Option<Mutation> {
    let found = ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, mutation)| *mutation)
}

impl Mutation {
    /// What the server hears instead of this frame.
    pub(crate) fn heard(self, connection: u64, text: &str) -> Option<String> {
        match self {
            M::RepeatsTaken => {
                let name = format!("\"client\":\"{connection}-host");
                Some(text.replace("\"client\":\"host", &name))
            }
            M::FenceIgnored | M::TabsFenceIgnored => without(text, ",\"epoch\":"),
            M::LateTaken => without(text, ",\"until\":"),
            M::WriteVersionUntold if text.starts_with("{\"type\":\"write\"") => {
                without(text, ",\"version\":")
            }
            M::OlderHeardLate if text.contains("\"hello\":") => {
                let (before, rest) = text.split_once(",\"contracts\":[")?;
                let (_, rest) = rest.split_once(']')?;
                Some(format!("{before}{rest}"))
            }
            M::InstanceIgnored => {
                let (before, rest) = text.split_once(",\"server\":\"")?;
                let (_, rest) = rest.split_once('"')?;
                text.starts_with("{\"type\":\"write\"")
                    .then(|| format!("{before}{rest}"))
            }
            _ => None,
        }
    }

    /// What a client hears instead of this frame; empty for nothing.
    pub(crate) fn said(self, text: &str) -> Option<String> {
        match self {
            M::ExpectedNeverSent if text.contains("\"type\":\"expected\"") => Some(String::new()),
            M::WinnerUntold if text.contains("\"reason\":\"superseded\"") => {
                let (before, _) = text.split_once(",\"value\":")?;
                Some(format!("{before}}}"))
            }
            M::DataWithoutCause if text.contains("\"type\":\"data\"") => without(text, ",\"by\":"),
            _ => None,
        }
    }
}

/// Leaves out a field that is a number.
fn without(text: &str, field: &str) -> Option<String> {
    let (before, rest) = text.split_once(field)?;
    let rest = rest.trim_start_matches(|one: char| one.is_ascii_digit());
    Some(format!("{before}{rest}"))
}
