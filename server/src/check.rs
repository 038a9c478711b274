//! `aimdb-server --check-config`: all that serving would look at, without serving.
//!
//! Guarantees: tells every problem that it finds, not only the first; listens nowhere and writes nothing. Does not: try
//! whether an address is free; names are looked up.

use crate::auth::Keyring;
use crate::config::{Config, RecordConfig, TokenConfig};
use crate::edge::listen::Listen;
use crate::edge::tls::Certificate;
use crate::records::{self, Opened};
use crate::server::Server;
use crate::watch::check_log;
use crate::{demo, hub::Limits};
use aimdb_core::{AimDbBuilder, BufferConfig};
use aimdb_tokio_adapter::TokioAdapter;
use aimdb_ws_protocol::key_to_topic;
use std::fmt::Display;

/// What came of it.
#[derive(Debug, Default)]
pub struct Checked {
    /// What would be served, a line each.
    pub says: Vec<String>,
    /// What is wrong.
    pub problems: Vec<String>,
}

impl Checked {
    fn says(&mut self, name: &str, what: impl Display) {
        self.says.push(format!("{name}: {what}"));
    }

    /// Notes a problem once, however many ways lead to it.
    fn wrong(&mut self, problem: impl Display) {
        let problem = problem.to_string();
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// Checks a configuration whose own problems are known: its folders, addresses, contracts and records. Call it
/// inside the tokio runtime.
///
/// # Errors
/// There is no runtime to open records in.
pub async fn check(config: &Config, has_demo: bool) -> std::io::Result<Checked> {
    let mut checked = Checked::default();
    if let Err(problem) = check_log() {
        checked.wrong(problem);
    }
    check_listen(&mut checked, "listen", &config.listen).await;
    if let Some(metrics) = &config.metrics_listen {
        check_listen(&mut checked, "metrics_listen", metrics).await;
        if metrics.is_taken_by(&config.listen) {
            checked.wrong(format!(
                "metrics_listen must be another place than listen, got {metrics}"
            ));
        }
    }
    if let Some(problem) = config.open_problem().await {
        checked.wrong(problem);
    }
    check_auth(&mut checked, config);
    match config.tls.as_ref().map(Certificate::load) {
        Some(Err(problem)) => checked.wrong(problem),
        Some(Ok(_)) => checked.says("tls", "by the certificate in the file"),
        None => {}
    }
    match config.files_problem() {
        Some(problem) => checked.wrong(problem),
        None => {
            if let Some(files) = &config.files {
                checked.says("files", files.display());
            }
        }
    }
    for (name, list) in [
        ("names", &config.names),
        ("origins", &config.origins),
        ("trusted_proxies", &config.trusted_proxies),
    ] {
        if !list.is_empty() {
            checked.says(name, list.join(", "));
        }
    }
    match config.data_problem() {
        Some(problem) => checked.wrong(problem),
        None => match &config.data {
            Some(data) => checked.says("data", data.display()),
            None => checked.says(
                "data",
                "none: what is written is gone when the server stops",
            ),
        },
    }
    check_records(&mut checked, config, has_demo)?;
    Ok(checked)
}

/// Says who may do what, and reads every secret, so that one that is not there is told of now.
fn check_auth(checked: &mut Checked, config: &Config) {
    let Some(auth) = &config.auth else {
        let what = match config.open {
            true => "none: everybody who reaches the server reads and writes",
            false => "none: everybody on this machine reads and writes",
        };
        return checked.says("auth", what);
    };
    if let Err(problem) = Keyring::load(auth) {
        checked.wrong(problem);
    }
    for TokenConfig { name, grants, .. } in &auth.tokens {
        let list = |verb: &str, patterns: &[String]| match patterns {
            [] => format!("{verb} nothing"),
            patterns => format!("{verb} {}", patterns.join(" ")),
        };
        let may = [
            list("follows", &grants.subscribe),
            list("writes", &grants.write),
            list("asks for the past of", &grants.query),
        ];
        checked.says("token", format!("{name} {}", may.join(", ")));
    }
    if let Some(jwt) = &auth.jwt {
        let issuer = jwt.issuer.as_deref().unwrap_or("anybody who has the key");
        let (algorithm, audience, leeway_s) = (jwt.algorithm, &jwt.audience, jwt.leeway_s);
        let what = format!("{algorithm:?}, for {audience}, from {issuer}, {leeway_s} s of leeway");
        checked.says("jwt", what);
    }
}

async fn check_listen(checked: &mut Checked, name: &str, listen: &Listen) {
    match listen.addresses().await {
        Ok(addresses) if addresses.is_empty() => {
            checked.wrong(format!("{name}: {listen} has no address"));
        }
        Ok(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            checked.says(name, addresses.join(" or "));
        }
        Err(error) => checked.wrong(format!("{name}: {listen} cannot be looked up: {error}")),
    }
}

fn check_records(checked: &mut Checked, config: &Config, has_demo: bool) -> std::io::Result<()> {
    let (contracts, problems) = records::contracts_and_problems(&config.contracts);
    for problem in problems {
        checked.wrong(problem);
    }
    for problem in records::idle_options(&config.records, &contracts) {
        checked.wrong(problem);
    }
    for contract in &config.contracts {
        // What cannot be read is known by now.
        if let Ok(schema) = contract.read() {
            let (version, fingerprint) = (schema.version, schema.fingerprint_text());
            checked.says(
                "contract",
                format!(
                    "{} version {version}, fingerprint {fingerprint}",
                    schema.name
                ),
            );
        }
    }
    let runtime = TokioAdapter::current().map_err(std::io::Error::other)?;
    let mut builder = AimDbBuilder::new(runtime);
    let links = builder.connector("ws");
    if has_demo {
        demo::configure(&mut builder);
        checked.says(
            "demo",
            "this machine's metrics, simulated stations, a setpoint and a pumping station",
        );
    }
    let db = match builder.build() {
        Ok(db) => db,
        Err(error) => {
            error
                .problems
                .iter()
                .for_each(|problem| checked.wrong(problem));
            return Ok(());
        }
    };
    let (
        Opened {
            links: opened,
            templates,
            ..
        },
        problems,
    ) = records::open_and_problems(&db, &config.records, config.history, &contracts);
    problems.iter().for_each(|problem| checked.wrong(problem));
    // The rest of the configuration is judged by itself, so that it does not hide what is wrong with links.
    let limits = match config.limits.check() {
        Ok(()) => config.limits.clone(),
        Err(_) => Limits::default(),
    };
    let bare = Config {
        limits,
        ..Config::default()
    };
    match Server::new(bare, links) {
        Err(error) => checked.wrong(error),
        Ok(mut server) => {
            for link in opened {
                if let Err(error) = server.link(link) {
                    checked.wrong(error);
                }
            }
            templates
                .into_iter()
                .for_each(|template| server.template(&db, template));
        }
    }
    for record in &config.records {
        checked.says("record", line(record));
    }
    if config.records.is_empty() && !has_demo {
        checked.says(
            "records",
            "none; try --demo, or list some in a file for --config",
        );
    }
    db.close();
    Ok(())
}

/// A record in a line.
fn line(record: &RecordConfig) -> String {
    let topic = record.topic.clone();
    let topic = topic.unwrap_or_else(|| key_to_topic(&record.key).into_owned());
    let buffer = match record.buffer {
        BufferConfig::SpmcRing { capacity } => format!("a ring of {capacity}"),
        BufferConfig::SingleLatest => "the latest value".to_string(),
        BufferConfig::Mailbox => "a mailbox".to_string(),
    };
    let access = match (record.is_template(), record.writable) {
        (true, _) => ", each made by its first write",
        (false, true) => ", writable",
        (false, false) => "",
    };
    format!(
        "{} as {topic}: {}, {buffer}{access}",
        record.key, record.schema
    )
}
