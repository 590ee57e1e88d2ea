//! Wrong inputs, one case each: what is said, which row is blamed, and that every row is accounted for.

use std::{io::Write, path::PathBuf};

use fidance_intake::{Intake, IntakeError, Mapping, TextOptions, read_activities};

use crate::tools::{customers, no_parquet, options};

/// A file and how it is read.
struct Case {
    folder: tempfile::TempDir,
    files: Vec<PathBuf>,
    mapping: Mapping,
    text: TextOptions,
}

fn case(bytes: impl AsRef<[u8]>) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let mut case =
        Case { folder, files: Vec::new(), mapping: Mapping::default(), text: TextOptions::default() };
    case.add("orders.csv", bytes);
    case
}

impl Case {
    fn add(&mut self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        self.files.push(path);
    }

    fn mapping(mut self, toml: &str) -> Self {
        self.mapping = Mapping::from_toml(toml, "mapping").unwrap();
        self
    }

    fn text(mut self, change: impl FnOnce(&mut TextOptions)) -> Self {
        change(&mut self.text);
        self
    }

    fn read(&self) -> Result<Intake, IntakeError> {
        let mut options = options(self.folder.path());
        options.mapping = self.mapping.clone();
        options.text = self.text;
        options.rejects = Some(self.folder.path().join("rejects.csv"));
        let intake = read_activities(&self.files, &options, &no_parquet, &mut |_| {});
        if let Ok(Intake { summary, histories }) = &intake {
            let rejected: u64 = summary.rejected.iter().map(|count| count.rows).sum();
            assert_eq!(
                summary.rows_read,
                summary.rows_used + summary.filtered + summary.not_activity + rejected
            );
            let sorted: usize = customers(histories).iter().map(|(_, rows)| rows.len()).sum();
            assert_eq!(sorted as u64, summary.rows_used);
            assert_eq!(self.folder.path().join("rejects.csv").exists(), rejected > 0);
        }
        intake
    }

    /// The file cannot be used, and the message has all these parts.
    fn fails(&self, parts: &[&str]) {
        let message = self.read().unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in: {message}");
        }
    }

    /// So many rows are used, and these are rejected: reason, rows, first line.
    fn rejects(&self, used: u64, expected: &[(&str, u64, u64)]) -> Intake {
        let intake = self.read().unwrap();
        let mut found: Vec<_> =
            intake.summary.rejected.iter().map(|c| (c.reason, c.rows, c.first_line)).collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!((intake.summary.rows_used, found), (used, expected));
        intake
    }

    /// Everything is read, and one of the notes has this in it.
    fn notes(&self, used: u64, part: &str) {
        let intake = self.rejects(used, &[]);
        let notes: Vec<String> = intake.summary.notes.iter().map(ToString::to_string).collect();
        assert!(notes.iter().any(|note| note.contains(part)), "{part:?} is not in: {notes:?}");
    }
}

const GOOD: &str = "customer,date\na,2011-01-01\nb,2011-01-02\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Rows that do not compress to almost nothing.
fn many_rows(n: u32) -> String {
    let row = |i: u32| format!("c{},2011-01-{:02}\n", i.wrapping_mul(2_654_435_761) % 99_991, i % 28 + 1);
    std::iter::once("customer,date\n".to_owned()).chain((0..n).map(row)).collect()
}

#[test]
fn files_that_are_no_tables() {
    case("").fails(&["orders.csv", "the file is empty"]);
    case(" \n\n ").fails(&["the file is empty"]);
    case("\u{feff}").fails(&["the file is empty"]);
    case("customer,date\n").fails(&["a header but no row"]);
    case("customer,date").fails(&["a header but no row"]);
    case("customer\na\nb\n").fails(&["no separator", "--delimiter", "customer"]);
    case(b"\x00\x01\x02\x03\x00\x00\x00\x09rest").fails(&["NUL bytes"]);
    case(b"PK\x03\x04rest of a workbook").fails(&["Excel", "CSV"]);
    case(b"%PDF-1.7 and so on").fails(&["PDF"]);
    case("<!DOCTYPE html><html>").fails(&["web page"]);
    case(b"PAR1xxxx").fails(&["no Parquet in these tests"]);
    case(gzip(b"PAR1xxxx")).fails(&["Parquet can only be read from a plain file"]);
    case(gzip(&gzip(GOOD.as_bytes()))).fails(&["compressed twice"]);
    case("[{\"customer\":\"a\"}]").fails(&["JSON array", "jq -c '.[]'"]);
    case("{\n  \"customer\": \"a\"\n}\n").fails(&["several lines", "jq -c ."]);
    case("x".repeat(3 << 20)).fails(&["no separator"]);
}

#[test]
fn paths_that_are_no_files() {
    let mut absent = case(GOOD);
    absent.files = vec![absent.folder.path().join("absent.csv")];
    absent.fails(&["absent.csv", "there is no such file"]);
    absent.files = vec![absent.folder.path().to_owned()];
    absent.fails(&["this is a directory"]);
    absent.files.clear();
    absent.fails(&["no file was given"]);
}

#[test]
fn compressed_files() {
    let rows = many_rows(50_000);
    let packed = gzip(rows.as_bytes());
    case(&packed).rejects(50_000, &[]);
    case([gzip(GOOD.as_bytes()), gzip(b"c,2011-01-03\n")].concat()).rejects(3, &[]);
    case(&packed[..packed.len() / 2]).fails(&["gzip data end too early", "line "]);
    case(&packed[..packed.len() - 4]).fails(&["gzip data end too early", "line 5000"]);
    let few = gzip(many_rows(50).as_bytes());
    case(&few[..few.len() - 4]).fails(&["line 52", "gzip data end too early"]);
    case(&packed[..5]).fails(&["gzip data end too early"]);
    let mut damaged = packed.clone();
    damaged[packed.len() / 2] ^= 0xff;
    case(&damaged).fails(&["gzip data are damaged"]);
    let zstd = zstd::stream::encode_all(rows.as_bytes(), 1).unwrap();
    case(&zstd).rejects(50_000, &[]);
    case(&zstd[..zstd.len() / 2]).fails(&["zstd data end too early", "line "]);
}

#[test]
fn text_in_other_encodings() {
    let mixed = b"customer,date\nJos\xe9,2011-01-01\nJos\xc3\xa9,2011-01-02\n";
    case(mixed).notes(2, "1 row is not UTF-8 and was read as windows-1252");
    assert_eq!(customers(&case(mixed).read().unwrap().histories).len(), 1);
    case(mixed).text(|text| text.encoding = "utf-8".parse().unwrap()).rejects(1, &[("invalid_utf8", 1, 2)]);
    let cp1252 = case(b"customer,date\nJos\xe9,2011-01-01\nJos\xe9,2011-01-02\n");
    cp1252.text(|text| text.encoding = "cp1252".parse().unwrap()).rejects(2, &[]);
    let quoted = case(b"customer,date\n\"Jos\xe9, le \xeb\",2011-01-01\nb,2011-01-02\n");
    quoted.notes(2, "windows-1252");
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(GOOD.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(case(&utf16).rejects(2, &[]).summary.files[0].format, "CSV separated by \",\", UTF-16");
    let big: Vec<u8> =
        std::iter::once(0xfeff).chain(GOOD.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    case(&big).rejects(2, &[]);
    case([b"\xef\xbb\xbf", GOOD.as_bytes()].concat()).rejects(2, &[]);
}

#[test]
fn rows_that_do_not_fit() {
    case("customer,date\na,2011-01-01\nb\nc,2011-01-02,x\nd,2011-01-03\n")
        .rejects(2, &[("wrong_field_count", 2, 3)]);
    case(GOOD)
        .text(|text| text.delimiter = Some(b';'))
        .fails(&["only one column when split by \";\"", "customer,date"]);
    case("customer;date\na,2011-01-01\nb,2011-01-02\nc,2011-01-03\n")
        .fails(&["which column is the customer", "customer;date"]);
    case("customer;date\na,2011-01-01\nb,2011-01-02\n").text(|text| text.delimiter = Some(b';')).fails(&[
        "no row can be taken apart",
        "line 2",
        "wrong_field_count",
        "--delimiter",
    ]);
    case("a,b,customer,date\n1,2,3\n4,5,6\n")
        .fails(&["no row can be taken apart", "[3 fields instead of 4]"]);
    let swallowed =
        case("customer,date,x\na,2011-01-01,1\nb,\"2011-01-02,1\nc,2011-01-03,\"1\nd,2011-01-04,1\n")
            .rejects(2, &[("wrong_field_count", 1, 3)]);
    assert_eq!(swallowed.summary.rows_read, 3);
    let nul = "customer,date\na,2011-01-01\nb\0,2011-01-02\n".to_owned() + &"c,2011-01-03\n".repeat(200);
    case(nul).rejects(201, &[("nul_byte", 1, 3)]);
    let blank = "customer,date\n\n a,2011-01-01\r\n\r\n  \nb ,2011-01-02";
    case(blank).rejects(2, &[]);
}

#[test]
fn very_long_lines() {
    let long = "x".repeat(10 << 20);
    let case_of = |row: &str| case(format!("customer,date\na,2011-01-01\n{row}\nb,2011-01-02\n"));
    case_of(&long).rejects(2, &[("line_too_long", 1, 3)]);
    case_of(&format!("\"{long}\",2011-01-03")).rejects(2, &[("line_too_long", 1, 3)]);
    case_of(&format!("\"{}\",2011-01-03", "x,y\n".repeat(3 << 18))).rejects(2, &[("line_too_long", 1, 3)]);
    case(format!("customer,date\na,2011-01-01\n{long}")).rejects(1, &[("line_too_long", 1, 3)]);
    let json = format!(
        "{{\"customer\":\"a\",\"date\":\"2011-01-01\"}}\n{{\"x\":\"{long}\"}}\n{{\"customer\":\"b\",\"date\":\"2011-01-02\"}}\n"
    );
    case(json).rejects(2, &[("line_too_long", 1, 2)]);
    // Almost too long is not too long.
    case_of(&format!("{},2011-01-03", "x".repeat(1 << 19))).rejects(3, &[]);
}

#[test]
fn quotes() {
    case("customer,date\n\"a\",\"2011-01-01\"\n\"b, \"\"b\"\"\",2011-01-02\n").rejects(2, &[]);
    let folded = case("customer,note,date\na,\"two\nlines\",2011-01-01\nb,x,never\nc,x,2011-01-02\n");
    folded.rejects(2, &[("unreadable_date", 1, 4)]);
    case("customer,date\na,2011-01-01\nb,\"2011-01-02\n").rejects(1, &[("unclosed_quote", 1, 3)]);
    case("customer,date\na,2011-01-01\nb,\"2011-01-02\nc,2011-01-03\nd,2011-01-04\n").fails(&[
        "line 3",
        "never closed",
        "3 lines",
    ]);
    // A quote inside a value is only a character.
    case("customer,date\n5\" pipe,2011-01-01\nb,2011-01-02\n").rejects(2, &[]);
    case("customer,date\r\n\"a\",\"2011-01-01\"\r\n\"b\",\"2011-01-02\"\r\n").rejects(2, &[]);
    case("customer,date\ra,2011-01-01\rb,2011-01-02\r").rejects(2, &[]);
    case("sep=;\ncustomer;date\na;2011-01-01\nb;never\n").rejects(1, &[("unreadable_date", 1, 4)]);
}

#[test]
fn headers() {
    let twice = case("customer,date,date\na,2011-01-01,x\nb,2011-01-02,y\n");
    twice.notes(2, "the header names date twice; column 3 is called date_2");
    case(",customer,date\n0,a,2011-01-01\n1,b,2011-01-02\n").rejects(2, &[]);
    case("customer,date\n0,a,2011-01-01\n1,b,2011-01-02\n").notes(2, "one name fewer");
    let rows = case("a,2011-01-01\nb,2011-01-02\n");
    assert_eq!(rows.rejects(2, &[]).summary.mapping.customer.as_deref(), Some("column1"));
    let forced =
        case(GOOD).text(|text| text.header = Some(false)).mapping("customer='column1'\nat='column2'");
    forced.rejects(2, &[("unreadable_date", 1, 1)]);
    case(GOOD).mapping("customer = 'client'").fails(&[
        "no column \"client\"",
        "customer",
        "such as \"a\"",
        "2011-01-01",
    ]);
}

#[test]
fn customers_that_are_nobody() {
    let ids = "customer,date\nnull,2011-01-01\nNULL,2011-01-02\n,2011-01-03\n \u{a0},2011-01-04\nNaN,2011-01-05\n\
               00000000-0000-0000-0000-000000000000,2011-01-06\na,2011-01-07\n";
    let intake = case(ids).rejects(1, &[("no_customer", 2, 4), ("reserved_customer", 4, 2)]);
    assert_eq!(intake.summary.reserved.len(), 4);
    case("customer,date\nnull,2011-01-01\nundefined,2011-01-02\n").fails(&[
        "no row is left of the 2 read",
        "2 rejected for reserved_customer",
        "line 2",
    ]);
    let spaces = case("customer,date\n a ,2011-01-01\na,2011-01-02\n00001,2011-01-03\n1,2011-01-04\n");
    assert_eq!(customers(&spaces.read().unwrap().histories).len(), 3);
}

#[test]
fn dates_that_are_none() {
    let dates = "customer,date\na,2011-01-01\nb,\nc,2011-02-30\nd,0001-01-01\ne,2999-01-01\nf,-5\ng,2011-01-02\nh,1899-12-31\ni,2026-01-02\n";
    let expected = [("no_date", 1, 3), ("unreadable_date", 2, 4), ("date_out_of_range", 3, 5)];
    case(dates).rejects(3, &expected);
    case("customer,date\na,soon\nb,later\n").fails(&["which column is the date"]);
    case("customer,date\na,soon\nb,later\n").mapping("at='date'").fails(&[
        "\"date\" cannot be read as dates",
        "\"soon\"",
        "--at-format",
    ]);
    case("customer,date\na,soon\nb,later\n").mapping("at='date'\nat_format='iso'").fails(&[
        "no row is left",
        "unreadable_date",
        "line 2",
    ]);
    assert!(
        Mapping::from_toml("at_format='%H:%M'", "m")
            .unwrap_err()
            .to_string()
            .contains("does not name a year")
    );
}

#[test]
fn dates_that_can_be_read_in_two_ways() {
    let both = case("customer,date\na,01/02/2011\nb,03/04/2011\n");
    both.fails(&[
        "two ways",
        "01/02/2011",
        "1 February 2011",
        "2 January 2011",
        "--at-format dmy",
        "--at-format mdy",
    ]);
    case("customer,date\na,01/02/2011\nb,03/04/2011\n").mapping("at_format='dmy'").rejects(2, &[]);
    case("customer,date\na,01/02/2011\nb,13/04/2011\n").rejects(2, &[]);
    let mixed = "customer,date\na,01/02/2011\nb,13/04/2011\nc,04/13/2011\n";
    case(mixed).fails(&["mix two orders", "13/04/2011", "04/13/2011"]);
    let forced = case(mixed).mapping("at_format='dmy'").rejects(2, &[("unreadable_date", 1, 4)]);
    assert!(forced.summary.notes.iter().any(|note| note.to_string().contains("day and month swapped")));
    // The row that settles the question may come late.
    let late = format!("customer,date\n{}b,25/12/2011\n", "a,01/02/2011\n".repeat(60_000));
    assert_eq!(case(late).rejects(60_001, &[]).summary.files[0].date_format.as_deref(), Some("dmy"));
    // One that contradicts it makes all of them doubtful.
    let contradiction = format!("customer,date\n{}b,04/13/2011\n", "a,13/02/2011\n".repeat(30_000));
    case(&contradiction).fails(&["1 date in \"date\", such as \"04/13/2011\"", "--at-format"]);
    case(&contradiction).mapping("at_format='dmy'").rejects(30_000, &[("unreadable_date", 1, 30_002)]);
    // Or in another file.
    let mut two = case("customer,date\na,01/02/2011\n");
    two.add("more.csv", "date;customer\n25/12/2011;b\n");
    two.rejects(2, &[]);
}

#[test]
fn columns_that_cannot_be_told_apart() {
    let orders: Vec<String> = (0..600).map(|i| format!("o{i},2011-01-01\n")).collect();
    case(format!("customer,date\n{}", orders.concat()))
        .notes(600, "is \"customer\" the customer, or the order?");
    case("x,y\na,2011-01-01\nb,2011-01-02\n").fails(&[
        "which column is the customer",
        "--customer",
        "x  (such as \"a\")",
        "y  (such as",
    ]);
    case("customer,order_date,invoice_date\na,2011-01-01,2011-01-02\n").fails(&[
        "several columns may be the date",
        "--at",
        "order_date",
        "invoice_date",
    ]);
    case("customer,one,two\na,2011-01-01,2011-01-02\n").fails(&["several columns may be the date"]);
    case("customer,at,start_date,end_date\na,2011-01-01,2011-01-01,\n")
        .mapping("at='at'\nstart='start_date'")
        .rejects(1, &[]);
    let segment: Vec<String> = (0..1100).map(|i| format!("c{i},2011-01-01,s{i}\n")).collect();
    let segment = segment.concat();
    let segment = format!("customer,date,name\n{segment}");
    case(segment).mapping("segments=['name']").fails(&["\"name\" has more than 1000 different values"]);
}

#[test]
fn amounts() {
    let amounts = "customer,date,total\na,2011-01-01,12.50\nb,2011-01-02,NaN\nc,2011-01-03,\nd,2011-01-04,inf\ne,2011-01-05,3.5\n";
    case(amounts).notes(5, "2 amounts in \"total\" cannot be read, such as \"NaN\"");
    case(amounts).notes(5, "1 activity has no amount");
    let currencies =
        "customer,date,total,currency\na,2011-01-01,1,EUR\nb,2011-01-02,2,eur\nc,2011-01-03,4,USD\n";
    case(currencies).notes(3, "only amounts in EUR count; activities in other currencies: USD: 1");
    let total: i64 = customers(&case(currencies).read().unwrap().histories)
        .iter()
        .flat_map(|(_, rows)| rows)
        .map(|(_, amount)| amount.steps())
        .sum();
    assert_eq!(total, 30_000);
    let pieces =
        case("CustomerID,InvoiceDate,Quantity,UnitPrice\n1,2011-01-01,6,2.55\n2,2011-01-02,6,3.39\n");
    pieces.notes(2, "Quantity, UnitPrice are per piece");
    assert_eq!(pieces.read().unwrap().summary.mapping.value, None);
    case("customer,date,total\na,2011-01-01,\"1,234\"\nb,2011-01-02,\"2,000\"\n")
        .notes(2, "read as thousands");
}

#[test]
fn rejects_are_written_down() {
    let case = case("customer,date\na,2011-01-01\n=cmd,never\nnull,2011-01-02\nb\n");
    case.rejects(1, &[("unreadable_date", 1, 3), ("reserved_customer", 1, 4), ("wrong_field_count", 1, 5)]);
    let written = std::fs::read_to_string(case.folder.path().join("rejects.csv")).unwrap();
    let file = case.files[0].display();
    let expected = format!(
        "file,line,reason,content\n{file},5,wrong_field_count,[1 field instead of 2] b\n\
         {file},3,unreadable_date,'=cmd | never\n{file},4,reserved_customer,null | 2011-01-02\n"
    );
    assert_eq!(written, expected);
}

#[test]
fn places_that_cannot_be_written() {
    let mut case = case(many_rows(2_000));
    let mut options = options(&case.folder.path().join("absent"));
    options.memory = 1024;
    let spill = read_activities(&case.files, &options, &no_parquet, &mut |_| {}).unwrap_err().to_string();
    assert!(spill.contains("cannot write to the temporary folder") && spill.contains("absent"), "{spill}");
    options.rejects = Some(case.files[0].clone());
    let overwrite = read_activities(&case.files, &options, &no_parquet, &mut |_| {}).unwrap_err().to_string();
    assert!(overwrite.contains("would overwrite"), "{overwrite}");
    case.add("bad.csv", "customer,date\nnull,2011-01-01\n");
    options.memory = 64 << 20;
    options.rejects = Some(case.folder.path().join("absent/rejects.csv"));
    let rejects = read_activities(&case.files, &options, &no_parquet, &mut |_| {}).unwrap_err().to_string();
    assert!(rejects.contains("cannot write the rejected rows"), "{rejects}");
}
