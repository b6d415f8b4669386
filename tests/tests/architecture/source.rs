//! Reads a Rust source as far as imports need it: without comments, strings and test
//! modules, as the set of its words and the full paths it names.

use std::collections::BTreeSet;

/// One source file of the workspace.
pub struct Source {
    /// From the workspace's root, with forward slashes.
    pub path: String,
    pub lines: usize,
    /// Whether it begins with `//!`.
    pub documented: bool,
    /// The text without comments, literals and test modules.
    pub code: String,
    pub words: BTreeSet<String>,
    /// Every path named, `use` trees spread out, `self` and `super` resolved to `crate`.
    pub paths: Vec<Vec<String>>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let code = without_tests(&without_comments(text));
        let tokens = tokens(&code);
        let module = module_of(path);
        let mut paths = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            // `use<'a>` among bounds captures lifetimes, and names no path.
            let imports = tokens[at] == "use" && tokens.get(at + 1).is_none_or(|t| t != "<");
            if imports {
                at = use_tree(&tokens, at + 1, &[], &mut paths);
            } else if is_word(&tokens[at]) {
                at = plain_path(&tokens, at, &mut paths);
            } else {
                at += 1;
            }
        }
        let words = tokens.iter().filter(|t| is_word(t)).cloned().collect();
        Self {
            path: path.to_owned(),
            lines: text.lines().count(),
            documented: text.starts_with("//!"),
            words,
            paths: paths
                .into_iter()
                .map(|path| resolve(path, &module))
                .collect(),
            code,
        }
    }
}

/// Numbers with a decimal point. `x.0.1` and `0..1` are none.
pub fn float_literals(code: &str) -> Vec<String> {
    let chars: Vec<char> = code.chars().collect();
    let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let starts = digit(at)
            && (at == 0 || !(chars[at - 1].is_alphanumeric() || "._".contains(chars[at - 1])));
        if !starts {
            at += 1;
            continue;
        }
        let start = at;
        while digit(at) || chars.get(at) == Some(&'_') {
            at += 1;
        }
        if chars.get(at) == Some(&'.') && digit(at + 1) {
            at += 1;
            while digit(at) {
                at += 1;
            }
            found.push(chars[start..at].iter().collect());
        }
    }
    found
}

/// The module a file is, from the crate's root: `contracts/src/cash/actions.rs` is [cash, actions].
fn module_of(path: &str) -> Vec<String> {
    let inner = path.split_once("src/").map_or(path, |(_, inner)| inner);
    let mut module: Vec<String> = inner
        .trim_end_matches(".rs")
        .split('/')
        .map(String::from)
        .collect();
    if module
        .last()
        .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
    {
        module.pop();
    }
    module
}

/// `self::x` and `super::x` as paths from `crate`.
fn resolve(path: Vec<String>, module: &[String]) -> Vec<String> {
    if path[0] != "self" && path[0] != "super" {
        return path;
    }
    let supers = path.iter().take_while(|part| *part == "super").count();
    let rest = path.iter().skip(supers.max(1)).cloned();
    let kept = module.len().saturating_sub(supers);
    let base = module[..kept].iter().cloned();
    std::iter::once("crate".to_owned())
        .chain(base)
        .chain(rest)
        .collect()
}

fn is_word(token: &str) -> bool {
    token
        .chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_')
}

fn tokens(code: &str) -> Vec<String> {
    let chars: Vec<char> = code.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        if chars[at].is_alphanumeric() || chars[at] == '_' {
            while at < chars.len() && (chars[at].is_alphanumeric() || chars[at] == '_') {
                at += 1;
            }
        } else if chars[at] == ':' && chars.get(at + 1) == Some(&':') {
            at += 2;
        } else {
            at += 1;
        }
        if !chars[start].is_whitespace() {
            found.push(chars[start..at].iter().collect());
        }
    }
    found
}

/// Spreads the tree of a `use` out, from `at` to its end; returns where it ends.
fn use_tree(
    tokens: &[String],
    mut at: usize,
    prefix: &[String],
    paths: &mut Vec<Vec<String>>,
) -> usize {
    let mut path = prefix.to_vec();
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => {
                at += 1;
                while at < tokens.len() && tokens[at] != "}" {
                    at = use_tree(tokens, at, &path, paths);
                    if tokens.get(at).is_some_and(|token| token == ",") {
                        at += 1;
                    }
                }
                return at + 1;
            }
            "," | "}" | ";" => break,
            "as" => at += 2,
            // `{self, x}` names the prefix itself; a leading `self` is the module.
            "self" if !path.is_empty() => at += 1,
            "::" | "*" => at += 1,
            word => {
                path.push(word.to_owned());
                at += 1;
            }
        }
    }
    if !path.is_empty() {
        paths.push(path);
    }
    at
}

/// The path that begins with the word at `at`, if it has more than that word; returns where it ends.
fn plain_path(tokens: &[String], mut at: usize, paths: &mut Vec<Vec<String>>) -> usize {
    let mut path = vec![tokens[at].clone()];
    at += 1;
    while tokens.get(at).is_some_and(|t| t == "::")
        && tokens.get(at + 1).is_some_and(|t| is_word(t))
    {
        path.push(tokens[at + 1].clone());
        at += 2;
    }
    if path.len() > 1 {
        paths.push(path);
    }
    at
}

/// Takes out comments and the contents of string and character literals.
fn without_comments(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let starts = |at: usize, with: &str| {
        with.chars()
            .enumerate()
            .all(|(i, c)| chars.get(at + i) == Some(&c))
    };
    let mut code = String::new();
    let mut at = 0;
    while at < chars.len() {
        let after_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
        if starts(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if starts(at, "/*") {
            while at < chars.len() && !starts(at, "*/") {
                at += 1;
            }
            at += 2;
        } else if chars[at] == 'r' && !after_word && raw_hashes(&chars[at + 1..]).is_some() {
            let hashes = raw_hashes(&chars[at + 1..]).unwrap_or_default();
            let end = format!("\"{}", "#".repeat(hashes));
            at += hashes + 2;
            while at < chars.len() && !starts(at, &end) {
                at += 1;
            }
            at += end.len();
            code.push_str("\"\"");
        } else if chars[at] == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
            code.push_str("\"\"");
        } else if chars[at] == '\'' && chars.get(at + 1) == Some(&'\\') {
            at += 3;
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else if chars[at] == '\'' && chars.get(at + 2) == Some(&'\'') {
            at += 3;
        } else {
            code.push(chars[at]);
            at += 1;
        }
    }
    code
}

/// How many hashes open a raw string here, after its `r`.
fn raw_hashes(after: &[char]) -> Option<usize> {
    let hashes = after.iter().take_while(|c| **c == '#').count();
    (after.get(hashes) == Some(&'"')).then_some(hashes)
}

/// Takes out modules under `#[cfg(test)]`: tests may set the scene with what they need.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(start) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..start]);
        let item = &rest[start..];
        let opens = item.find('{').unwrap_or(item.len());
        let ends = item.find(';').unwrap_or(item.len());
        let mut end = ends.min(opens);
        if opens < ends {
            let mut depth = 0_usize;
            for (at, c) in item.char_indices().skip_while(|(at, _)| *at < opens) {
                end = at;
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
        }
        rest = item.get(end + 1..).unwrap_or_default();
    }
    kept + rest
}

#[test]
fn imports_are_read_through_trees_comments_and_strings() {
    let text = r##"
        // use a::comment;
        /* b::comment */
        use crate::{one::{self, two as other}, three::*};
        fn f<'a>(x: &'a str) -> char { let s = r#"c::raw "quoted" "#; "d::string\""; 'x' }
        fn g() { super::near(e::f::<u8>()) }
        #[cfg(test)]
        mod tests { fn t() { if true { g::hidden() } } }
        fn h() { i::shown() }
    "##;
    let source = Source::new("types/src/money.rs", text);
    let paths: BTreeSet<String> = source.paths.iter().map(|p| p.join("::")).collect();
    let expected = [
        "crate::one",
        "crate::one::two",
        "crate::three",
        "crate::near",
        "e::f",
        "i::shown",
    ];
    assert_eq!(paths, expected.map(String::from).into());
    assert_eq!(
        float_literals("x.0.1 + 1.5 - a[0..1] + 2_0.25 + t1.2"),
        ["1.5", "2_0.25"]
    );
}
