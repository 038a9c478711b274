//! The binary: arguments, a configuration file, signals, and the server around the records that
//! they ask for.
#![forbid(unsafe_code)]

use aimdb_core::AimDbBuilder;
use aimdb_server::command::{self, ContractCommand};
use aimdb_server::config::{self, Inspected};
use aimdb_server::store::{self, Sqlite, Store};
use aimdb_server::watch::{LogForm, start_log};
use aimdb_server::{Certificate, Config, Listen, Server, check, demo, new_instance, records};
use aimdb_tokio_adapter::TokioAdapter;
use clap::Parser;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Gives back to the system what clients made the server need for a while, also from between what is still needed;
/// the system's own allocator keeps it (measured in `tests/hostile.rs`).
#[cfg(all(unix, feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The pages that `--demo` serves when nothing else is said and they are built.
const DEMO_FILES: &str = "examples/dashboard/dist";

/// Serves live records to browsers and programs over WebSocket, and checks what they write.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = EXAMPLES, after_long_help = long_help())]
struct Args {
    /// Read records, limits and allowed origins from a TOML file
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<Listen>,
    /// Let everybody who reaches the server read and write all of it, also beyond loopback
    #[arg(long)]
    open: bool,
    /// How the log is written [default: text]
    #[arg(long, value_name = "FORM")]
    log: Option<LogForm>,
    /// Answer /metrics, /healthz and /readyz here; without it, nowhere
    #[arg(long, value_name = "HOST:PORT")]
    metrics: Option<Listen>,
    /// Keep what is written and published in this folder, and go on there after the next start [default: in memory alone]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Look at all that would be served, say what is wrong with it, and end
    #[arg(long)]
    check_config: bool,
    /// Publish this machine's metrics, simulated sensors, and a setpoint to write
    #[arg(long)]
    demo: bool,
    #[command(subcommand)]
    command: Option<Command>,
    /// Serve the pages in this folder [default with --demo: examples/dashboard/dist, if it is there]
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
}

/// Instead of serving.
#[derive(clap::Subcommand)]
enum Command {
    /// Check, convert and compare contract files
    #[command(subcommand)]
    Contract(ContractCommand),
    /// Copy a server's data to a file while the server runs; to restore, put the file in an empty folder as aimdb.sqlite
    Backup {
        /// The server's folder of data
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The file to make
        #[arg(value_name = "FILE")]
        to: PathBuf,
    },
}

const EXAMPLES: &str = "\
Examples:
  aimdb-server --demo                               look at it: http://127.0.0.1:8080
  aimdb-server --config rooms.toml                  serve records of your own
  aimdb-server --demo --listen :9000 --open         for everybody on the network
  aimdb-server --config plant.toml --listen :9000   for those who have a token: [auth] in the file
  aimdb-server --config rooms.toml --data rooms     keep what is written
  aimdb-server --config rooms.toml --check-config   is all of it right, and what would be served?
  aimdb-server backup --data rooms monday.sqlite    copy it, while the server runs
  aimdb-server contract check order.json            can this contract be used?
  aimdb-server contract diff old.json new.json      what does a change of it break?

The socket is at /ws; /health and /version answer with JSON. The address stands on standard
output once the server listens, everything else goes to standard error. Ctrl-C or SIGTERM closes
every socket and stops. `--help` also shows a configuration file.";

fn long_help() -> String {
    let names = records::contracts(&[]).map(|contracts| records::names(&contracts).join(", "));
    format!(
        "{EXAMPLES}\n\nBuilt-in contracts for records: {}\n\nA configuration file with every key and its default:\n\n{}",
        names.unwrap_or_default(),
        config::EXAMPLE
    )
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.command {
        Some(Command::Contract(command)) => contract(command),
        Some(Command::Backup { data, to }) => store::backup(data, to)
            .map(|()| ExitCode::SUCCESS)
            .map_err(Into::into),
        None if args.check_config => check_config(&args),
        None => run(args).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("aimdb-server: {error}");
        ExitCode::FAILURE
    })
}

fn contract(command: &ContractCommand) -> Result<ExitCode, Box<dyn Error>> {
    let said = command::run(command)?;
    let _ = std::io::stdout().write_all(said.text.as_bytes());
    Ok(match said.is_met {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Says what would be served, or everything that is wrong with it.
#[tokio::main]
async fn check_config(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let (mut config, mut problems) = match &args.config {
        None => (Config::default(), Vec::new()),
        Some(path) => {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
            let Inspected {
                mut config,
                problems,
            } = config::inspect(&text);
            config.resolve_beside(path);
            let problems = problems
                .iter()
                .map(|problem| format!("{}: {problem}", path.display()));
            (config, problems.collect())
        }
    };
    configure(args, &mut config);
    problems.extend(contradiction(args, &config).map(str::to_owned));
    let checked = check::check(&config, args.demo).await?;
    problems.extend(checked.problems);
    if problems.is_empty() {
        let said = format!("ok\n{}\n", checked.says.join("\n"));
        std::io::stdout().write_all(said.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    for problem in &problems {
        eprintln!("aimdb-server: {problem}");
    }
    eprintln!("aimdb-server: problems: {}", problems.len());
    Ok(ExitCode::FAILURE)
}

#[tokio::main]
async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    // From the first moment on, so that no signal ends the process without a word.
    let shutdown = shutdown()?;
    let mut config = match &args.config {
        Some(path) => Config::read(path)?,
        None => Config::default(),
    };
    configure(&args, &mut config);
    if let Some(problem) = config.files_problem().or(config.data_problem()) {
        return Err(problem.into());
    }
    if let Some(problem) = config.open_problem().await {
        return Err(problem.into());
    }
    if let Some(problem) = contradiction(&args, &config) {
        return Err(problem.into());
    }
    start_log(config.log)?;
    raise_file_limit();
    let mut builder = AimDbBuilder::new(TokioAdapter::current()?);
    let links = builder.connector("ws");
    if args.demo {
        demo::configure(&mut builder);
    }
    let db = builder.build()?;
    let contracts = records::contracts(&config.contracts)?;
    records::check(&config.records, &contracts)?;
    let opened = records::open(&db, &config.records, config.history, &contracts)?;
    let certificate = config.tls.as_ref().map(Certificate::load).transpose()?;
    let (listen, metrics_listen) = (config.listen.clone(), config.metrics_listen.clone());
    let store = open_store(&config)?;
    let kept = match &config.data {
        Some(folder) => format!("what is written is kept in {}", folder.display()),
        None => "what is written is in memory alone, and gone when the server stops: --data DIR keeps it".to_string(),
    };
    let mut server = match store {
        Some(store) => Server::with_store(config, links, store)?,
        None => Server::new(config, links)?,
    };
    for (topic, keep) in &opened.keeps {
        server.keep(topic, *keep);
    }
    if args.demo {
        for (topic, keep) in demo::keeps() {
            server.keep(&topic, keep);
        }
        // Behind the store, whose values records have by now.
        demo::start(&db)?;
    }
    for topic in &opened.exact_integers {
        server.exact_integers(topic);
    }
    for link in opened.links {
        server.link(link)?;
    }
    let has_templates = !opened.templates.is_empty();
    for template in opened.templates {
        server.template(&db, template);
    }
    if db.doors().is_empty() && !has_templates {
        tracing::warn!("there are no records: try --demo, or list some in a file for --config");
    }
    let listener = listen.bind().await;
    let listener = listener.map_err(|error| format!("{error}; try another --listen"))?;
    let scheme = if certificate.is_some() {
        "https"
    } else {
        "http"
    };
    let mut places = format!("listening on {scheme}://{}\n", listener.local_addr()?);
    if let Some(listen) = metrics_listen {
        let listener = listen.bind().await;
        let listener = listener.map_err(|error| format!("{error}; try another --metrics"))?;
        places += &format!("metrics on http://{}/metrics\n", listener.local_addr()?);
        server.watch(listener);
    }
    tracing::info!("{kept}");
    // Whoever started the server may have closed the other end; it serves all the same.
    let _ = std::io::stdout().write_all(places.as_bytes());
    match certificate {
        Some(certificate) => {
            let listener = certificate.listen(listener);
            // Ended by being dropped.
            let mut renewing = tokio::task::JoinSet::new();
            renewing.spawn(renew(certificate));
            server.serve(listener, shutdown).await?;
        }
        None => server.serve(listener, shutdown).await?,
    }
    db.close();
    tracing::info!("stopped");
    Ok(())
}

/// What an argument says against the file; within the file it is told when that is read.
fn contradiction(args: &Args, config: &Config) -> Option<&'static str> {
    let is_both = args.open && config.auth.is_some();
    is_both.then_some("--open and `auth` say the opposite: leave one of them out")
}

/// Opens the folder of data, if one is named.
fn open_store(config: &Config) -> Result<Option<Box<dyn Store>>, Box<dyn Error>> {
    let Some(folder) = &config.data else {
        return Ok(None);
    };
    Ok(Some(Box::new(Sqlite::open(folder, &new_instance())?)))
}

/// Puts what the arguments say before what the file says.
fn configure(args: &Args, config: &mut Config) {
    if let Some(listen) = &args.listen {
        config.listen = listen.clone();
    }
    config.open |= args.open;
    config.log = args.log.unwrap_or(config.log);
    if args.metrics.is_some() {
        config.metrics_listen.clone_from(&args.metrics);
    }
    if args.data.is_some() {
        config.data.clone_from(&args.data);
    }
    if args.files.is_some() {
        config.files.clone_from(&args.files);
    }
    if args.demo && config.files.is_none() && Path::new(DEMO_FILES).join("index.html").is_file() {
        config.files = Some(DEMO_FILES.into());
    }
}

/// Each connection is a file for the system, which by default lets a process open fewer than it may.
fn raise_file_limit() {
    #[cfg(unix)]
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::debug!("the limit of open files stays as it is: {error}");
    }
}

/// Reads the certificate again whenever SIGHUP comes; one that cannot be used changes nothing.
async fn renew(certificate: Certificate) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hang_up = match signal(SignalKind::hangup()) {
            Ok(hang_up) => hang_up,
            Err(error) => {
                return tracing::error!(
                    "SIGHUP cannot be heard, so the certificate stays: {error}"
                );
            }
        };
        while hang_up.recv().await.is_some() {
            match certificate.reload() {
                Ok(()) => tracing::info!("the certificate was read again"),
                Err(problem) => tracing::error!("the certificate stays as it was: {problem}"),
            }
        }
    }
    #[cfg(not(unix))]
    drop(certificate);
}

/// Ends with the first signal to stop.
fn shutdown() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    let stop = {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
    };
    #[cfg(not(unix))]
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    Ok(async move {
        stop.await;
        tracing::info!("stopping");
    })
}
