//! The binary: arguments, signals, and the server around the records they ask for.
#![forbid(unsafe_code)]

use aimdb_core::AimDbBuilder;
use aimdb_server::{Config, Server, demo};
use aimdb_tokio_adapter::TokioAdapter;
use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Serves live records over WebSocket.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Publish this machine's metrics and simulated sensors
    #[arg(long)]
    demo: bool,
    /// Serve the pages in this folder
    #[arg(long)]
    files: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aimdb-server: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(args: Args) -> Result<(), Box<dyn std::error::Error>> {
    let mut builder = AimDbBuilder::new(TokioAdapter::current()?);
    let links = builder.connector("ws");
    if args.demo {
        demo::configure(&mut builder);
    }
    let db = builder.build()?;
    if args.demo {
        demo::start(&db)?;
    }
    let config = Config {
        files: args.files,
        ..Config::default()
    };
    let server = Server::new(config, links)?;
    let listener = tokio::net::TcpListener::bind(args.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    server
        .serve(listener, async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    db.close();
    Ok(())
}
