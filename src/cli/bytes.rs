//! Sizes as people write and read them.

/// Units of a size; the longer ones first, so that `MB` is not read as `B`.
const UNITS: [(&str, u64); 10] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("b", 1),
];

/// Bytes of `512MB`, `1GiB`, `1.5 g` or `1048576`. Bare letters count in powers of two, as in `ls` and `java -Xmx`.
pub(super) fn parse(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let unit = UNITS.iter().find_map(|(name, bytes)| Some((text.strip_suffix(name)?, *bytes)));
    let (number, unit) = unit.unwrap_or((&text, 1));
    let number = number.trim_end();
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let bytes = number.parse::<f64>().ok().filter(|_| plain)? * unit as f64;
    (bytes < u64::MAX as f64).then_some(bytes as u64)
}

/// `512 MiB` where that is exact, for settings: what it shows, [`parse`] reads back as the same.
pub(super) fn exact(bytes: u64) -> String {
    let fits = |unit: &&(&str, u64)| bytes > 0 && bytes.is_multiple_of(unit.1);
    let units = [("GB", 1_000_000_000), ("GiB", 1 << 30), ("MB", 1_000_000), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    units.iter().find(fits).map_or_else(|| bytes.to_string(), |(name, unit)| format!("{}{name}", bytes / unit))
}

/// `0.9 kB`, `12.3 MB`: decimal, as file managers show it.
pub(super) fn human(bytes: u64) -> String {
    let (value, unit) = match bytes as f64 {
        bytes @ ..1e3 => return format!("{bytes:.0} B"),
        bytes @ ..1e6 => (bytes / 1e3, "kB"),
        bytes @ ..1e9 => (bytes / 1e6, "MB"),
        bytes => (bytes / 1e9, "GB"),
    };
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("512MB", 512_000_000),
            ("1GiB", 1 << 30),
            ("1.5 g", 3 << 29),
            ("64k", 64 << 10),
            (" 1048576 ", 1 << 20),
            ("7b", 7),
        ] {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
        for text in ["", "MB", "-1", "1e9", "much", "1TB", "1..2", "inf", "99999999999999GB"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn exact_sizes_are_read_back() {
        for (bytes, text) in [(512 << 20, "512MiB"), (512_000_000, "512MB"), (1 << 30, "1GiB"), (1_234_567, "1234567")]
        {
            assert_eq!(exact(bytes), text);
            assert_eq!(parse(text), Some(bytes));
        }
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!([7, 1_234, 12_345_678, 2_000_000_000].map(human), ["7 B", "1.2 kB", "12.3 MB", "2.0 GB"]);
    }
}
