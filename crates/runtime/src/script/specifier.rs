//! Tells the kinds of import specifiers apart: relative, built in, package, and the rest.

pub(super) fn is_relative(specifier: &str) -> bool {
    matches!(specifier.split('/').next(), Some("." | ".."))
}

/// Whether npm could have a package of that name: not a URL, a path, an alias of some bundler (`@/x`, `~/x`) or a
/// private import (`#x`).
pub(super) fn is_package(specifier: &str) -> bool {
    specifier
        .trim_start_matches('@')
        .starts_with(|it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_')
        && !specifier.contains(':')
}

pub(super) fn is_builtin(specifier: &str) -> bool {
    specifier.starts_with("node:")
        || specifier
            .split('/')
            .next()
            .is_some_and(|module| BUILTINS.binary_search(&module).is_ok())
}

/// `require('node:module').builtinModules` of Node.js 24, without what has an underscore or needs `node:`.
const BUILTINS: [&str; 42] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_specifiers_are_told_apart() {
        assert!(BUILTINS.is_sorted());
        for it in ["node:fs", "fs", "fs/promises", "zlib", "node:test"] {
            assert!(is_builtin(it), "{it}");
        }
        for it in ["stripe", "@sendgrid/mail", "lodash/get", "fs-extra", "7zip", "react"] {
            assert!(!is_builtin(it) && is_package(it), "{it}");
        }
        for it in [
            "https://esm.sh/x",
            "data:text/javascript,1",
            "bun:ffi",
            "/etc/x.js",
            "@/lib",
            "~/lib",
            "#lib",
            "",
        ] {
            assert!(!is_builtin(it) && !is_package(it) && !is_relative(it), "{it}");
        }
        for it in ["./x", "../x", ".", "..", "./"] {
            assert!(is_relative(it), "{it}");
        }
        assert!(!is_relative(".hidden") && !is_relative("...") && !is_relative("..x/y"));
    }
}
