//! Holds `docs/rejections.md` against the protos: every number with its name and meaning, no
//! number twice, each contract's in its own thousand.

use std::collections::BTreeMap;
use std::path::Path;

/// A numbered refusal or rejection.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Code {
    number: u32,
    name: String,
    meaning: String,
}

/// A section of the document: one enum of a proto file.
#[derive(PartialEq, Eq, Debug)]
struct Section {
    heading: String,
    codes: Vec<Code>,
}

/// The numbered codes of an enum in a proto's text, with their comments. Zero stands for none.
fn codes_of(proto: &str, name: &str, prefix: &str) -> Vec<Code> {
    let mut lines = proto.lines().map(str::trim);
    let opening = format!("enum {name} {{");
    if !lines.any(|line| line == opening) {
        return Vec::new();
    }
    let mut codes = Vec::new();
    let mut meaning = String::new();
    for line in lines.take_while(|line| *line != "}") {
        if let Some(comment) = line.strip_prefix("// ") {
            meaning = format!("{meaning} {comment}").trim().to_owned();
        } else if let Some((value, number)) = line.trim_end_matches(';').split_once(" = ") {
            let number: u32 = number.parse().unwrap();
            if number != 0 {
                let name = value.strip_prefix(prefix).unwrap().to_owned();
                let meaning = std::mem::take(&mut meaning);
                codes.push(Code {
                    number,
                    name,
                    meaning,
                });
            }
        }
    }
    codes.sort_by_key(|code| code.number);
    codes
}

/// What a contract's proto calls itself: `// Contract 4, invoice: …`.
fn contract_of(proto: &str) -> (u32, String) {
    let line = proto
        .lines()
        .find(|line| line.starts_with("// Contract "))
        .unwrap();
    let (number, rest) = line["// Contract ".len()..].split_once(", ").unwrap();
    let name = rest.split(':').next().unwrap();
    (number.parse().unwrap(), name.to_owned())
}

/// The sections that the protos call for.
fn sections_of_protos(root: &Path) -> Vec<Section> {
    let folder = root.join("proto/counterfoil");
    let transaction = std::fs::read_to_string(folder.join("v1/transaction.proto")).unwrap();
    let mut sections = vec![
        Section {
            heading: "Refusals".into(),
            codes: codes_of(&transaction, "RefusalCode", "REFUSAL_CODE_"),
        },
        Section {
            heading: "Kernel".into(),
            codes: codes_of(
                &transaction,
                "KernelRejectionCode",
                "KERNEL_REJECTION_CODE_",
            ),
        },
    ];
    let mut contracts = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name == "v1" {
            continue;
        }
        let proto =
            std::fs::read_to_string(folder.join(format!("{name}/v1/{name}.proto"))).unwrap();
        let (number, title) = contract_of(&proto);
        assert_eq!(title, name);
        let codes = codes_of(&proto, "RejectionCode", "REJECTION_CODE_");
        for code in &codes {
            assert_eq!(code.number / 1000, number, "{name}: {code:?}");
        }
        contracts.insert(
            number,
            Section {
                heading: format!("Contract {number}: {name}"),
                codes,
            },
        );
    }
    sections.extend(
        contracts
            .into_values()
            .filter(|section| !section.codes.is_empty()),
    );
    sections
}

/// The sections of the document, from its headings and table rows.
fn sections_of_document(document: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in document.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            sections.push(Section {
                heading: heading.to_owned(),
                codes: Vec::new(),
            });
        } else if let Some(row) = line.strip_prefix("| ") {
            let cells: Vec<&str> = row.trim_end_matches(" |").splitn(3, " | ").collect();
            if let Ok(number) = cells[0].parse() {
                let code = Code {
                    number,
                    name: cells[1].trim_matches('`').to_owned(),
                    meaning: cells[2].to_owned(),
                };
                sections
                    .last_mut()
                    .expect("a row stands under a heading")
                    .codes
                    .push(code);
            }
        }
    }
    sections
}

fn rows(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections {
        text += &format!(
            "\n## {}\n\n| number | name | meaning |\n|---|---|---|\n",
            section.heading
        );
        for Code {
            number,
            name,
            meaning,
        } in &section.codes
        {
            text += &format!("| {number} | `{name}` | {meaning} |\n");
        }
    }
    text
}

#[test]
fn the_document_says_what_the_protos_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let document = std::fs::read_to_string(root.join("docs/rejections.md")).unwrap();
    let expected = sections_of_protos(root);
    assert!(expected.iter().map(|s| s.codes.len()).sum::<usize>() > 60);
    assert!(
        sections_of_document(&document) == expected,
        "docs/rejections.md should hold these tables:\n{}",
        rows(&expected)
    );
}

#[test]
fn no_number_stands_for_two_things() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut seen = BTreeMap::new();
    for section in sections_of_protos(root) {
        // Refusals have no receipt: their numbers are apart from those of rejections.
        let refusal = section.heading == "Refusals";
        for code in section.codes {
            assert!(!code.meaning.is_empty(), "{} has no comment", code.name);
            let first = seen.insert((refusal, code.number), code.name.clone());
            assert_eq!(first, None, "{} repeats a number", code.name);
        }
    }
}

#[test]
fn a_row_that_differs_is_found() {
    let proto = "enum RejectionCode {\n  REJECTION_CODE_UNSPECIFIED = 0;\n  // Two\n  // lines.\n  REJECTION_CODE_A = 3002;\n  REJECTION_CODE_B = 3001;\n}\nenum Other {\n  OTHER_C = 1;\n}";
    let codes = codes_of(proto, "RejectionCode", "REJECTION_CODE_");
    let code = |number, name: &str, meaning: &str| Code {
        number,
        name: name.into(),
        meaning: meaning.into(),
    };
    assert_eq!(codes, [code(3001, "B", ""), code(3002, "A", "Two lines.")]);
    let expected = [Section {
        heading: "Contract 3: cash".into(),
        codes,
    }];
    let document = rows(&expected);
    assert_eq!(sections_of_document(&document), expected);
    for (from, to) in [
        ("3002", "3003"),
        ("`A`", "`D`"),
        ("Two", "Three"),
        ("| 3001", "- 3001"),
    ] {
        assert_ne!(
            sections_of_document(&document.replace(from, to)),
            expected,
            "{from}"
        );
    }
}
