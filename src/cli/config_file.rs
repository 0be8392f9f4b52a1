//! The configuration file: TOML, `souwen/config.toml` in the platform's folder for such files. All keys are optional, a
//! key that is no setting is an error.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::failure::Failure;
use super::settings::{Environment, KEYS};

/// What the file holds; nothing when there is none.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    /// Where it is, or would be; unknown when the user has no home.
    pub(super) path: Option<PathBuf>,
    /// Whether it is there.
    pub(super) exists: bool,
    values: Vec<(String, String)>,
}

impl ConfigFile {
    /// Reads the user's file.
    pub(super) fn read() -> Result<Self, Failure> {
        let Ok(folders) = etcetera::choose_base_strategy() else { return Ok(Self::default()) };
        let path = folders.config_dir().join("souwen").join("config.toml");
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(Some(path), &text),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(Self { path: Some(path), ..Self::default() })
            }
            Err(error) => Err(Failure::File { path, error }),
        }
    }

    /// Reads its text.
    pub(super) fn parse(path: Option<PathBuf>, text: &str) -> Result<Self, Failure> {
        let mut file = Self { path, exists: true, values: Vec::new() };
        let bad = |reason: String| Failure::BadConfigFile { file: file.shown_path(), reason };
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            bad(format!("line {line}: {}", error.message()))
        })?;
        let mut values = Vec::new();
        for (key, value) in table {
            if !KEYS.contains(&key.as_str()) {
                return Err(Failure::UnknownSetting { file: file.shown_path(), key });
            }
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(switch) => switch.to_string(),
                other => return Err(bad(format!("{key} = {other}"))),
            };
            values.push((key, value));
        }
        file.values = values;
        Ok(file)
    }

    /// The value of a key, as text.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Its path for messages.
    pub(super) fn shown_path(&self) -> String {
        self.path.as_deref().map(|path| path.display().to_string()).unwrap_or_default()
    }

    /// A path that stands in the file: `~/` is the home folder, others are seen from the file's folder.
    pub(super) fn resolve_path(&self, path: &Path, environment: &Environment) -> PathBuf {
        let home = || environment.get("HOME").map(PathBuf::from).or_else(|| etcetera::home_dir().ok());
        if let Ok(rest) = path.strip_prefix("~")
            && let Some(home) = home()
        {
            return home.join(rest);
        }
        self.path.as_deref().and_then(Path::parent).map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }
}

#[cfg(test)]
mod tests {
    use souwen::messages::Lang;

    use super::*;

    #[track_caller]
    fn check(text: &str, message: &str) {
        let failure = ConfigFile::parse(Some("c.toml".into()), text).unwrap_err();
        assert_eq!(failure.text(Lang::En).lines().next(), Some(message));
    }

    #[test]
    fn mistakes_are_named() {
        check("limti = 3", "\"c.toml\": \"limti\" is no setting");
        check("limit = 3\nlang = \n", "\"c.toml\": line 2: string values must be quoted, expected literal string");
        check("limit = 3.5", "\"c.toml\": limit = 3.5");
    }
}
