//! What Cargo and npm say that the workspace is made of: its crates and its packages.

use crate::house::House;
use crate::process::output_of;
use std::path::Path;
use std::process::Command;

/// A Rust crate of the workspace.
pub(crate) struct Crate {
    /// What Cargo calls it.
    pub(crate) name: String,
    /// Its folder, relative to the root.
    pub(crate) folder: String,
    /// The crates it names, of this workspace or any other, and whether only its tests use them.
    pub(crate) uses: Vec<(String, bool)>,
}

impl Crate {
    fn read(house: &House, package: &serde_json::Value) -> Result<Crate, String> {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let manifest = text(&package["manifest_path"]);
        let folder = Path::new(&manifest)
            .parent()
            .and_then(|folder| folder.strip_prefix(&house.root).ok())
            .ok_or_else(|| format!("{manifest} is not in {}", house.root.display()))?;
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        Ok(Crate {
            name: text(&package["name"]),
            folder: folder.to_string_lossy().into_owned(),
            uses: dependencies
                .map(|one| (text(&one["name"]), one["kind"] == "dev"))
                .collect(),
        })
    }
}

/// An npm package of the workspace.
pub(crate) struct NpmPackage {
    /// What npm calls it.
    pub(crate) name: String,
    /// Its folder, relative to the root.
    pub(crate) folder: String,
    /// Its `package.json`.
    pub(crate) package: serde_json::Value,
}

/// The crates of the workspace.
pub(crate) fn crates(house: &House) -> Result<Vec<Crate>, String> {
    let text = output_of(
        Command::new("cargo")
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .current_dir(&house.root),
    )?;
    let metadata: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| error.to_string())?;
    metadata["packages"]
        .as_array()
        .ok_or("cargo metadata lists no packages")?
        .iter()
        .map(|package| Crate::read(house, package))
        .collect()
}

/// The npm packages of the workspace.
pub(crate) fn npm_packages(house: &House) -> Result<Vec<NpmPackage>, String> {
    let workspace = house.read_json("package.json")?;
    workspace["workspaces"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|folder| folder.as_str())
        .map(|folder| {
            let package = house.read_json(&format!("{folder}/package.json"))?;
            Ok(NpmPackage {
                name: package["name"].as_str().unwrap_or_default().to_owned(),
                folder: folder.to_owned(),
                package,
            })
        })
        .collect()
}
