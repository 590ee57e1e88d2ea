//! Bad files, and what each prints. The table is also a page of the guide, written from here.

use std::{io::Write as _, path::Path};

use serde_json::Value;

use crate::support::run;

/// A bad input: a name for people, the file's bytes, and arguments after the file.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    arguments: &'static [&'static str],
    /// Exit code.
    code: i32,
    /// What must be said, in errors, notes or reasons.
    says: &'static [&'static str],
}

const GOOD: &str = "customer,date,total\nann,2024-01-05,10\nbob,2024-01-20,20\nann,2024-02-10,10\n";

fn good_with(rows: &str) -> Vec<u8> {
    format!("{GOOD}{rows}").into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn half(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() / 2);
    bytes
}

/// Rows that do not compress to nothing, so that half of the file is half of the rows.
fn many_rows() -> Vec<u8> {
    let mut text = GOOD.to_owned();
    for row in 0_u64..5_000 {
        text += &format!(
            "c{},2024-01-{:02},{}\n",
            row.wrapping_mul(2_654_435_761) % 100_003,
            row % 28 + 1,
            row * 7919 % 1009
        );
    }
    text.into_bytes()
}

fn case(
    name: &'static str,
    bytes: impl Into<Vec<u8>>,
    arguments: &'static [&'static str],
    code: i32,
    says: &'static [&'static str],
) -> Case {
    Case { name, bytes: bytes.into(), arguments, code, says }
}

fn cases() -> Vec<Case> {
    let mut cases = shapes_of_files();
    cases.extend(contents());
    cases.extend(columns_and_flags());
    cases
}

fn shapes_of_files() -> Vec<Case> {
    let long_line =
        [GOOD.as_bytes(), b"ann,2024-03-01,", &vec![b'9'; 10 << 20], b"\nbob,2024-03-02,4\n"].concat();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(GOOD.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    vec![
        case("an empty file", "", &[], 1, &["empty"]),
        case("a header and nothing else", "customer,date,total\n", &[], 1, &["header"]),
        case("blank lines only", "\n\n  \n", &[], 1, &["input.csv"]),
        case("a picture", [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 300]].concat(), &[], 1, &["input.csv"]),
        case("a spreadsheet (xlsx)", [b"PK\x03\x04".as_slice(), &[7; 300]].concat(), &[], 1, &["input.csv"]),
        case("NUL bytes in the middle", [GOOD.as_bytes(), b"ann,\0\0\0,1\n"].concat(), &[], 1, &["NUL"]),
        case("UTF-16 with a byte order mark", utf16, &[], 0, &[]),
        case("UTF-8 with a byte order mark", [b"\xef\xbb\xbf".as_slice(), GOOD.as_bytes()].concat(), &[], 0, &[]),
        case("a line of 10 MB", long_line, &[], 0, &["line_too_long"]),
        case("a truncated gzip file", half(gzip(&many_rows())), &[], 1, &["input.csv"]),
        case("a truncated zstd file", half(zstd::encode_all(many_rows().as_slice(), 1).unwrap()), &[], 1, &["input.csv"]),
        case("a Parquet file cut off", b"PAR1\x15\x04\x15\x10\x15\x14\x4c\x15".to_vec(), &[], 1, &["error: input.csv is not a complete Parquet file"]),
        case("a JSON array instead of lines", "[{\"customer\":\"a\",\"date\":\"2024-01-01\"}]\n", &[], 1, &["input.csv"]),
        case("JSON lines, one of them broken", "{\"customer\":\"a\",\"date\":\"2024-01-01\"}\n{\"customer\":\"b\",\n{\"customer\":\"b\",\"date\":\"2024-02-01\"}\n", &[], 0, &["invalid_json"]),
        case("a quote that is never closed", good_with("ann,2024-03-01,\"12\nbob,2024-03-02,4\n"), &[], 1, &["line 5", "quote"]),
        case("rows with too few and too many cells", good_with("ann\nann,2024-03-01,12,extra\n"), &[], 0, &["wrong_field_count"]),
        case("mixed encodings", [b"customer,date,city\nann,2024-01-05,Orl\xe9ans\nbob,2024-01-20,Orl\xc3\xa9ans\nann,2024-02-10,Paris\n".as_slice()].concat(), &["--segment", "city"], 0, &["1 row is not UTF-8"]),
    ]
}

fn contents() -> Vec<Case> {
    vec![
        case("the wrong delimiter", GOOD, &["--delimiter", ";"], 1, &["customer,date,total"]),
        case(
            "customers named NaN, null and anonymous",
            good_with(
                "NaN,2024-03-01,1\nnull,2024-03-01,1\nanonymous,2024-03-01,1\n00000000-0000-0000-0000-000000000000,2024-03-01,1\n",
            ),
            &[],
            0,
            &["reserved_customer"],
        ),
        case(
            "rows without a customer",
            good_with(",2024-03-01,1\n  ,2024-03-02,1\n"),
            &[],
            0,
            &["no_customer"],
        ),
        case(
            "negative and absurd dates",
            good_with("ann,-5,1\nann,0000-00-00,1\nann,2024-02-30,1\nann,1066-10-14,1\nann,9999-12-31,1\n"),
            &[],
            0,
            &["date"],
        ),
        case(
            "the days of a spreadsheet",
            "customer,date,total\nann,45293.81,1\nbob,45294,2\nann,45330.5,2\n",
            &[],
            1,
            &["45293.81", "2 January 2024", "--at-format excel"],
        ),
        case(
            "the days of a spreadsheet, said to be such",
            "customer,date,total\nann,45293.81,1\nbob,45294,2\nann,45330.5,2\nbob,soon,2\n",
            &["--at-format", "excel"],
            0,
            &["3 of 4 rows used", "unreadable_date"],
        ),
        case("dates in the future", good_with("ann,2099-01-01,1\n"), &[], 0, &["date_out_of_range"]),
        case(
            "no readable date at all",
            "customer,date,total\nann,soon,1\nbob,later,2\n",
            &["--at", "date"],
            1,
            &["date"],
        ),
        case(
            "ambiguous dates",
            "customer,date,total\nann,01/02/2011,1\nbob,03/04/2011,2\nann,05/06/2011,2\n",
            &[],
            1,
            &["dmy", "mdy"],
        ),
        case(
            "day and month in both orders",
            "customer,date,total\nann,25/12/2010,1\nbob,12/25/2010,2\nann,26/12/2010,2\nbob,27/12/2010,2\n",
            &[],
            1,
            &["--at-format", "dmy", "mdy"],
        ),
        case(
            "amounts that are no numbers",
            good_with("ann,2024-03-01,n/a\nbob,2024-03-02,NaN\nann,2024-03-03,free\n"),
            &[],
            0,
            &[],
        ),
        case(
            "several currencies",
            "customer,date,total,currency\nann,2024-01-05,10,EUR\nbob,2024-01-20,20,USD\nann,2024-02-10,10,EUR\n",
            &[],
            0,
            &["USD"],
        ),
        case(
            "a header that names two columns alike",
            "customer,date,date,total\nann,2024-01-05,x,10\nann,2024-02-05,y,10\n",
            &[],
            0,
            &[],
        ),
        case(
            "only rows that cannot be used",
            "customer,date,total\nnull,2024-01-05,10\n,2024-01-06,3\n",
            &["--customer", "customer"],
            1,
            &[],
        ),
        case(
            "contracts that end before they begin",
            "client,start,end\na,2024-01-01,2024-03-01\nb,2024-05-01,2024-02-01\nc,2024-01-15,\n",
            &["--start", "start", "--end", "end"],
            0,
            &["ends_before_start"],
        ),
        case(
            "durations that are no numbers",
            "id,months,left\na,3,yes\nb,long,no\nc,-2,no\nd,5,no\n",
            &["--duration", "months", "--ended", "left"],
            0,
            &["unreadable_duration"],
        ),
        case(
            "a condition on leaving that cannot be read",
            "id,months,left\na,3,yes\nb,5,no\n",
            &["--duration", "months", "--ended", "left ="],
            1,
            &["--ended left =", "position 7"],
        ),
        case(
            "a condition on leaving with a column that does not exist",
            "id,months,left\na,3,yes\nb,5,no\n",
            &["--duration", "months", "--ended", "churn = yes"],
            1,
            &["churn", "left"],
        ),
    ]
}

fn columns_and_flags() -> Vec<Case> {
    vec![
        case("a column that does not exist", GOOD, &["--customer", "klient"], 1, &["klient", "customer"]),
        case("nothing that looks like a date", "a,b\nx,y\nz,w\n", &[], 1, &["--at"]),
        case("a condition that cannot be read", GOOD, &["--where", "total >> 3"], 1, &["--where"]),
        case(
            "a condition on a column that does not exist",
            GOOD,
            &["--where", "status = paid"],
            1,
            &["status"],
        ),
        case("a condition that no row meets", GOOD, &["--where", "total > 1000"], 1, &[]),
        case(
            "an event that never occurs",
            "customer,date,event\nann,2024-01-05,View\nbob,2024-01-06,View\n",
            &["--activity", "Order Completed"],
            1,
            &[],
        ),
        case("an unknown time zone", GOOD, &["--time-zone", "Paris"], 2, &["Europe/Paris"]),
        case("a window without a unit", GOOD, &["--window", "90"], 2, &["90d"]),
        case("an unknown date format", GOOD, &["--at-format", "%Q"], 1, &["--at-format"]),
        case(
            "a segment with a value of its own for every row",
            ids_as_segment(),
            &["--segment", "order"],
            1,
            &["segment"],
        ),
    ]
}

fn ids_as_segment() -> Vec<u8> {
    let rows = (0..3_000).map(|row| format!("c{},2024-01-{:02},o{row}\n", row % 50, row % 28 + 1));
    format!("customer,date,order\n{}", rows.collect::<String>()).into_bytes()
}

/// Everything a person would see: errors, or notes and reasons of the report.
fn printed(folder: &Path, case: &Case) -> (i32, String) {
    std::fs::write(folder.join("input.csv"), &case.bytes).unwrap();
    let arguments: Vec<&str> =
        ["report", "input.csv", "--format", "json"].iter().chain(case.arguments).copied().collect();
    let (code, stdout, stderr) = run(folder, &arguments);
    if code != 0 {
        return (code, stderr.trim().to_owned());
    }
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let mut said = vec![format!("{} of {} rows used", report["input"]["rows_used"], report["input"]["rows"])];
    for reason in report["rejected"]["reasons"].as_array().unwrap() {
        said.push(format!(
            "{}: {}, first on line {}",
            reason["reason"].as_str().unwrap(),
            reason["rows"],
            reason["first_line"]
        ));
    }
    let notes = report["notes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|note| note["text"].as_str().map(str::to_owned));
    said.extend(notes);
    (code, said.join("; "))
}

#[test]
fn every_bad_input_is_answered_clearly() {
    let folder = tempfile::tempdir().unwrap();
    let mut page = String::from(
        "# Bad input\n\nWhat `fidance report` does with files that are not what they should be. A failure exits with 1, wrong \
         usage with 2; otherwise the report is made from the rows that can be used, and every other row is accounted for. \
         This page is written by `make guide` from the tests.\n\n| input | flags | exit | printed |\n|---|---|---|---|\n",
    );
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 40, "{}", cases.len());
    for case in cases {
        let (code, said) = printed(folder.path(), &case);
        let missing: Vec<_> = case.says.iter().filter(|word| !said.contains(**word)).collect();
        if code != case.code || !missing.is_empty() || said.contains("panicked") || said.len() > 2_000 {
            wrong.push(format!("{} ({code}): {missing:?} missing in {said}", case.name));
        }
        let flags =
            if case.arguments.is_empty() { String::new() } else { format!("`{}`", case.arguments.join(" ")) };
        page += &format!("| {} | {} | {code} | {} |\n", case.name, cell(&flags), cell(&said));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let committed =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("docs/guide/bad-input.md");
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        std::fs::write(&committed, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&committed).unwrap_or_default();
    assert!(committed == page, "docs/guide/bad-input.md is out of date: make guide");
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', "<br>")
}

#[test]
fn files_that_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, stderr) = run(folder.path(), &["report", "absent.csv"]);
    assert!(code == 1 && stderr.contains("absent.csv"), "{stderr}");
    let (code, _, stderr) = run(folder.path(), &["report", "."]);
    assert!(code == 1 && stderr.contains("folder") || stderr.contains("directory"), "{stderr}");
    std::fs::write(folder.path().join("o.csv"), GOOD).unwrap();
    let (code, _, stderr) =
        run(folder.path(), &["report", "o.csv", "--rejects", "no/such/folder/r.csv", "--where", "total > 0"]);
    assert!(code == 0 || stderr.contains("no/such/folder"), "{stderr}");
    std::fs::write(folder.path().join("m.toml"), "customer = \"customer\"\nklient = 3\n").unwrap();
    let (code, _, stderr) = run(folder.path(), &["report", "o.csv", "--mapping", "m.toml"]);
    assert!(code == 1 && stderr.contains("klient") && stderr.contains("m.toml"), "{stderr}");
}
